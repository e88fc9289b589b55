package projection

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pikamem/pika"
)

// vectorWriter writes vectors of one user's corpus: into the truth first, so that they
// are found and can be indexed again while the index does not answer, then into it.
type vectorWriter struct {
	*Projections
	index  pika.Index
	scope  pika.Scope
	corpus pika.Corpus
	reuse  bool // a vector that the truth keeps under an id is of the id's text
}

func (p *Projections) writer(scope pika.Scope, corpus pika.Corpus, reuse bool) vectorWriter {
	return vectorWriter{Projections: p, index: p.Index(), scope: scope, corpus: corpus, reuse: reuse}
}

func (w vectorWriter) write(ctx context.Context, passages []Passage) error {
	passages = slices.DeleteFunc(slices.Clone(passages), func(t Passage) bool { return strings.TrimSpace(t.Text) == "" })
	for batch := range slices.Chunk(passages, embedBatch) {
		rows, err := w.vectors(ctx, batch)
		if err != nil {
			return err
		}
		err = within(ctx, writeTimeout, func(ctx context.Context) error {
			return w.index.Vectors.Upsert(ctx, w.scope, w.corpus, rows)
		})
		if err != nil {
			return fmt.Errorf("upsert %d vectors: %w", len(rows), err)
		}
	}
	return nil
}

// vectors returns a batch's vectors, which the truth holds when it returns.
func (w vectorWriter) vectors(ctx context.Context, batch []Passage) ([]pika.Vector, error) {
	kept, err := w.kept(ctx, batch)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, v := range kept {
		known[v.ID] = true
	}
	fresh := slices.DeleteFunc(slices.Clone(batch), func(t Passage) bool { return known[t.ID] })
	if len(fresh) == 0 {
		return kept, nil
	}
	rows, err := w.embed(ctx, fresh)
	if err != nil {
		return nil, err
	}
	return append(kept, rows...), w.keep(ctx, rows)
}

// kept returns the vectors that need no model.
func (w vectorWriter) kept(ctx context.Context, batch []Passage) (rows []pika.Vector, err error) {
	if w.Raw == nil || !w.reuse {
		return nil, nil
	}
	ids := passageIDs(batch)
	err = within(ctx, writeTimeout, func(ctx context.Context) error {
		rows, err = w.Raw.RawVectors(ctx, w.scope, w.corpus, w.index.Model.EmbeddingModel, ids)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read %d vectors: %w", len(ids), err)
	}
	return rows, nil
}

func (w vectorWriter) embed(ctx context.Context, passages []Passage) ([]pika.Vector, error) {
	texts := texts(passages)
	var values [][]float32
	err := within(ctx, embedTimeout, func(ctx context.Context) (err error) {
		values, err = w.index.Embedder.Embed(ctx, pika.EmbedPassage, texts)
		return err
	})
	if err == nil && len(values) != len(texts) {
		err = pika.Errorf(pika.Internal, "the embedder returned %d vectors", len(values))
	}
	if err != nil {
		return nil, fmt.Errorf("embed %d texts: %w", len(texts), err)
	}
	return rows(passages, values), nil
}

// keep puts vectors into the truth. Where a text may have changed, what other models
// made of the former one goes first: it must not be taken for a vector of this one.
func (w vectorWriter) keep(ctx context.Context, rows []pika.Vector) error {
	if w.Raw == nil {
		return nil
	}
	if w.corpus == pika.CorpusMessages && !w.beside {
		if err := w.deleteRaw(ctx, w.scope, w.corpus, vectorIDs(rows)); err != nil {
			return err
		}
	}
	err := within(ctx, writeTimeout, func(ctx context.Context) error {
		return w.Raw.PutRawVectors(ctx, w.scope, w.corpus, w.index.Model.EmbeddingModel, rows)
	})
	if err != nil {
		return fmt.Errorf("keep %d vectors: %w", len(rows), err)
	}
	return nil
}

// deleteVectors removes vectors from the truth and the index. One that does not answer
// does not keep it from the other.
func (p *Projections) deleteVectors(ctx context.Context, scope pika.Scope, corpus pika.Corpus, ids []string) error {
	return errors.Join(p.deleteRaw(ctx, scope, corpus, ids), p.deleteIndexed(ctx, scope, corpus, ids))
}

func (p *Projections) deleteIndexed(ctx context.Context, scope pika.Scope, corpus pika.Corpus, ids []string) error {
	index := p.Index()
	for batch := range slices.Chunk(ids, pika.MaxVectorBatch) {
		err := within(ctx, writeTimeout, func(ctx context.Context) error {
			return index.Vectors.DeleteVectors(ctx, scope, corpus, batch)
		})
		if err != nil {
			return fmt.Errorf("delete %d vectors: %w", len(batch), err)
		}
	}
	return nil
}

func (p *Projections) deleteRaw(ctx context.Context, scope pika.Scope, corpus pika.Corpus, ids []string) error {
	if p.Raw == nil {
		return nil
	}
	for batch := range slices.Chunk(ids, pika.MaxVectorBatch) {
		err := within(ctx, writeTimeout, func(ctx context.Context) error {
			return p.Raw.DeleteRawVectors(ctx, scope, corpus, batch)
		})
		if err != nil {
			return fmt.Errorf("delete %d kept vectors: %w", len(batch), err)
		}
	}
	return nil
}

func passageIDs(passages []Passage) []string {
	ids := make([]string, len(passages))
	for i, t := range passages {
		ids[i] = t.ID
	}
	return ids
}

func vectorIDs(rows []pika.Vector) []string {
	ids := make([]string, len(rows))
	for i, v := range rows {
		ids[i] = v.ID
	}
	return ids
}
