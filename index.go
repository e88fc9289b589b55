package pika

// Index is an embedding model together with the vector index of its vectors. The two
// are switched at once, so whoever embeds and then asks the index takes one Index for
// both: the questions of one model are never compared with the vectors of another.
type Index struct {
	Model    ActiveModel // of Embedder and of the rows of Vectors
	Embedder Embedder
	Vectors  Vectors
}

// FixedIndex returns a source of always the same Index, for where the model does not
// change while the process runs. Model.Embedder, which only configurations read, stays
// empty.
func FixedIndex(embedder Embedder, vectors Vectors) func() Index {
	x := Index{Model: ActiveModel{EmbeddingModel: embedder.Model()}, Embedder: embedder, Vectors: vectors}
	return func() Index { return x }
}
