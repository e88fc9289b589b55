package local

import "context"

// chunkTokens is how many tokens go through the token-wise parts of a layer at
// once, and how many a pass of several texts may hold: enough to read each weight
// from memory once for many tokens, few enough that a layer stays short.
const chunkTokens = 128

// segment is the tokens [from, to) of a pass that attend to one another.
type segment struct{ from, to int }

// scratch is the memory of one pass.
type scratch struct {
	hidden, projected, context []float32 // per token of the pass
	inner, outer               []float32 // per token of a chunk
	quantized                  quantized
	keys, scores               []float32 // of one head: keys transposed; four rows of scores
}

// newScratch makes room for passes of up to tokens tokens.
func newScratch(tokens int) *scratch {
	tokens = roundUp(tokens, tokenGroup) + tokenGroup // attention writes whole groups
	chunk := min(tokens, chunkTokens)
	return &scratch{
		hidden:    make([]float32, tokens*dimensions),
		projected: make([]float32, tokens*3*dimensions),
		context:   make([]float32, tokens*dimensions),
		inner:     make([]float32, chunk*feedForward),
		outer:     make([]float32, chunk*dimensions),
		quantized: quantized{values: make([]int8, chunk*feedForward), scales: make([]scale, chunk*feedForward/block)},
		keys:      make([]float32, headSize*roundUp(tokens, 16)),
		scores:    make([]float32, 4*roundUp(tokens, 16)),
	}
}

func roundUp(n, to int) int { return (n + to - 1) / to * to }

// forward runs the tokens of all segments through the layers and leaves the last
// hidden states in s.hidden. between is called after each layer; an error it
// returns ends the pass.
func (n *network) forward(ctx context.Context, k *kernels, s *scratch, ids []int32, segments []segment, between func(context.Context) error) error {
	n.embed(k, s, ids, segments)
	for i := range n.layers {
		n.layers[i].run(k, s, len(ids), segments, n.eps)
		if err := between(ctx); err != nil {
			return err
		}
	}
	return nil
}

// embed sets the hidden states to norm(word + position + kind), and the rows that
// pad them to a whole group to zero.
func (n *network) embed(k *kernels, s *scratch, ids []int32, segments []segment) {
	for _, seg := range segments {
		for t := seg.from; t < seg.to; t++ {
			row := s.hidden[t*dimensions:][:dimensions]
			dequantizeRow(n.words, int(ids[t]), row)
			for i, v := range n.positions[(t-seg.from)*dimensions:][:dimensions] {
				row[i] += v
			}
			k.addNorm(row, n.kind, n.norm.weight, n.norm.bias, n.eps)
		}
	}
	clear(s.hidden[len(ids)*dimensions : roundUp(len(ids), tokenGroup)*dimensions])
}

func (l *layer) run(k *kernels, s *scratch, tokens int, segments []segment, eps float32) {
	padded := roundUp(tokens, tokenGroup)
	eachChunk(padded, func(from, to int) {
		q := s.quantize(k, s.hidden[from*dimensions:to*dimensions], dimensions)
		l.attention.multiply(k, q, s.projected[from*3*dimensions:])
	})
	for _, seg := range segments {
		attend(k, s, seg)
	}
	eachChunk(padded, func(from, to int) {
		q := s.quantize(k, s.context[from*dimensions:to*dimensions], dimensions)
		l.attentionOutput.multiply(k, q, s.outer)
		addNorms(k, s, from, min(to, tokens), l.attentionNorm, eps)

		q = s.quantize(k, s.hidden[from*dimensions:to*dimensions], dimensions)
		l.feedForwardInput.multiply(k, q, s.inner)
		k.gelu(s.inner[:(to-from)*feedForward])
		q = s.quantize(k, s.inner[:(to-from)*feedForward], feedForward)
		l.feedForwardOut.multiply(k, q, s.outer)
		addNorms(k, s, from, min(to, tokens), l.outputNorm, eps)
	})
}

func eachChunk(tokens int, do func(from, to int)) {
	for from := 0; from < tokens; from += chunkTokens {
		do(from, min(from+chunkTokens, tokens))
	}
}

// quantize rounds rows of the given width; the result lives until the next call.
func (s *scratch) quantize(k *kernels, x []float32, width int) *quantized {
	q := &s.quantized
	q.tokens, q.width = len(x)/width, width
	k.quantize(x, q.values[:len(x)], q.scales[:len(x)/block])
	return q
}

// addNorms adds the chunk's outer rows to the hidden ones and normalises them.
func addNorms(k *kernels, s *scratch, from, to int, n norm, eps float32) {
	for t := from; t < to; t++ {
		y := s.outer[(t-from)*dimensions:][:dimensions]
		k.addNorm(s.hidden[t*dimensions:][:dimensions], y, n.weight, n.bias, eps)
	}
}

// mean returns the mean of a segment's hidden states, times weight.
func (s *scratch) mean(seg segment, weight float32) []float32 {
	sum := make([]float32, dimensions)
	for t := seg.from; t < seg.to; t++ {
		for i, v := range s.hidden[t*dimensions:][:dimensions] {
			sum[i] += v
		}
	}
	for i := range sum {
		sum[i] *= weight / float32(seg.to-seg.from)
	}
	return sum
}
