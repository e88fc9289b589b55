package local

import (
	"context"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/text"
)

// window is a part of a text that the model reads at once.
type window struct {
	text   int     // index of the text
	part   int     // index of the window in the text
	pieces []int32 // 1–maxPieces, without <s> and </s>
}

// parts gathers, per text, the vector of each window weighted by its pieces.
// Passes that run side by side write different elements.
type parts [][][]float32

// sum returns the sum of a text's vectors, in order, so that the last bits do not
// depend on which pass ended first. The mean of windows weighted by their pieces is
// the mean over all of the text's tokens; its length is for the caller to set.
func (p parts) sum(text int) []float32 {
	sum := p[text][0]
	for _, v := range p[text][1:] {
		for i, x := range v {
			sum[i] += x
		}
	}
	return sum
}

// plan cuts every text into windows and sends them on, together as long as they
// fit one chunk.
func (e *Embedder) plan(ctx context.Context, role pika.EmbedRole, texts []string, p parts, passes chan<- []window) error {
	var next []window
	tokens := 0
	send := func() error {
		select {
		case passes <- next:
			next, tokens = nil, 0
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	for i, s := range texts {
		windows := cut(i, e.tokens.pieces(string(role)+": "+text.Normalize(s)))
		p[i] = make([][]float32, len(windows))
		for _, w := range windows {
			if size := len(w.pieces) + 2; len(next) > 0 && tokens+size > chunkTokens {
				if err := send(); err != nil {
					return err
				}
			}
			next, tokens = append(next, w), tokens+len(w.pieces)+2
		}
	}
	return send()
}

// cut splits the pieces of a text into windows.
func cut(index int, pieces []int32) []window {
	var windows []window
	for len(pieces) > maxPieces {
		windows = append(windows, window{text: index, part: len(windows), pieces: pieces[:maxPieces]})
		pieces = pieces[maxPieces:]
	}
	return append(windows, window{text: index, part: len(windows), pieces: pieces})
}

// pass runs windows through the network and puts their vectors into p. A long question is
// not urgent: it would hold up those of others.
func (e *Embedder) pass(ctx context.Context, rank class, windows []window, p parts) error {
	ids, segments := e.arrange(windows)
	if len(ids) > chunkTokens {
		rank = bulk
	}
	return e.gate.run(ctx, rank, func(yield func(context.Context) error) error {
		pool := &e.short
		if len(ids) > chunkTokens {
			pool = &e.long
		}
		s := pool.Get().(*scratch)
		defer pool.Put(s)
		if err := e.network.forward(ctx, &e.kernels, s, ids, segments, yield); err != nil {
			return err
		}
		for i, seg := range segments {
			w := windows[i]
			p[w.text][w.part] = s.mean(seg, float32(len(w.pieces)))
		}
		return nil
	})
}

// arrange puts the windows' tokens one after another, each window in <s> and </s>.
func (e *Embedder) arrange(windows []window) ([]int32, []segment) {
	var ids []int32
	var segments []segment
	for _, w := range windows {
		from := len(ids)
		ids = append(ids, e.piece.begin)
		ids = append(ids, w.pieces...)
		ids = append(ids, e.piece.end)
		segments = append(segments, segment{from, len(ids)})
	}
	return ids, segments
}
