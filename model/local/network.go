package local

import (
	"fmt"
	"math"

	"golang.org/x/sync/errgroup"
)

// network holds the weights, laid out for the kernels.
type network struct {
	words     []byte // Q4_0, one row of 384 per piece; stays in the mapped file
	positions []float32
	kind      []float32 // the embedding of token type 0, the only one in use
	norm      norm
	layers    [layerCount]layer
	eps       float32
}

type norm struct{ weight, bias []float32 }

// layer is one post-norm transformer layer.
type layer struct {
	attention        matrix // queries, keys and values under one another: 1152 rows
	attentionOutput  matrix
	attentionNorm    norm
	feedForwardInput matrix
	feedForwardOut   matrix
	outputNorm       norm
}

// newNetwork lays out the weights of all layers, a few layers at once.
func newNetwork(f *modelFile) (*network, error) {
	n := &network{eps: f.eps}
	var err error
	word, ok := f.tensors["emb.word"]
	if !ok || !word.quantized || word.elements < f.pieces.count*dimensions {
		return nil, fmt.Errorf("%w: the word embeddings are missing", errFormat)
	}
	n.words = word.data
	if n.positions, err = f.floats("emb.pos", maxPositions*dimensions); err != nil {
		return nil, err
	}
	kinds, err := f.floats("emb.type", 2*dimensions)
	if err != nil {
		return nil, err
	}
	n.kind = kinds[:dimensions]
	if n.norm, err = f.norm("emb.ln"); err != nil {
		return nil, err
	}
	var g errgroup.Group
	g.SetLimit(4)
	for i := range n.layers {
		g.Go(func() (err error) {
			n.layers[i], err = f.layer(i)
			return err
		})
	}
	return n, g.Wait()
}

func (f *modelFile) norm(name string) (n norm, err error) {
	if n.weight, err = f.floats(name+".w", dimensions); err != nil {
		return norm{}, err
	}
	n.bias, err = f.floats(name+".b", dimensions)
	return n, err
}

// layer reads layer i. Queries are scaled by 1/√headSize here, once, so that
// attention need not do it for every product.
func (f *modelFile) layer(i int) (l layer, err error) {
	prefix := fmt.Sprintf("l%d.", i)
	matrixOf := func(m *matrix, rows, cols int, names ...string) {
		if err == nil {
			*m, err = f.matrix(prefix, rows, cols, names...)
		}
	}
	normOf := func(n *norm, name string) {
		if err == nil {
			*n, err = f.norm(prefix + name)
		}
	}
	matrixOf(&l.attention, dimensions, dimensions, "q", "k", "v")
	matrixOf(&l.attentionOutput, dimensions, dimensions, "ao")
	normOf(&l.attentionNorm, "aln")
	matrixOf(&l.feedForwardInput, feedForward, dimensions, "fi")
	matrixOf(&l.feedForwardOut, dimensions, feedForward, "fo")
	normOf(&l.outputNorm, "oln")
	return l, err
}

// matrix puts the named linear layers, each [rows, cols], under one another.
func (f *modelFile) matrix(prefix string, rows, cols int, names ...string) (matrix, error) {
	var parts []part
	for _, name := range names {
		weights, err := f.weights(prefix+name+".w", rows, cols)
		if err != nil {
			return matrix{}, err
		}
		bias, err := f.floats(prefix+name+".b", rows)
		if err != nil {
			return matrix{}, err
		}
		p := part{weights: weights, bias: bias, factor: 1}
		if name == "q" {
			p.factor = float32(1 / math.Sqrt(headSize))
		}
		parts = append(parts, p)
	}
	return newMatrix(cols, parts...), nil
}
