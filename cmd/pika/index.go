package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/pikamem/pika"
)

// followEvery is how often the truth is asked which embedding model is the data's.
const followEvery = time.Second

// activeIndex is the embedder and the vector index that the truth names, together.
// `pika reindex` switches both with one row of the truth; every process follows it.
type activeIndex struct {
	models pika.Models
	open   func(ctx context.Context, embedder string) (pika.Embedder, error)
	index  func(model pika.EmbeddingModel) (vectorIndex, error)
	log    *slog.Logger
	mine   pika.ActiveModel // as this process is configured
	own    pika.Embedder    // of mine

	current  atomic.Pointer[pika.Index]
	agreed   bool                // the truth has named mine
	failed   pika.EmbeddingModel // what could not be switched to
	mismatch atomic.Pointer[pika.Error]
}

// use makes a pair the one in use.
func (x *activeIndex) use(model pika.ActiveModel, embedder pika.Embedder) error {
	vectors, err := x.index(model.EmbeddingModel)
	if err != nil {
		return err
	}
	x.current.Store(&pika.Index{Model: model, Embedder: embedder, Vectors: vectors})
	return nil
}

// Index returns the pair in use.
func (x *activeIndex) Index() pika.Index { return *x.current.Load() }

// ping asks the vector index in use.
func (x *activeIndex) ping(ctx context.Context) error {
	if v, ok := x.Index().Vectors.(pinger); ok {
		return v.Ping(ctx)
	}
	return nil
}

// problem says why the data cannot be searched by meaning with this configuration.
func (x *activeIndex) problem(context.Context) error {
	if e := x.mismatch.Load(); e != nil {
		return e
	}
	return nil
}

// claim asks the truth for its model, and makes this process's the one if it has none.
// Another model than this process's is a Conflict, until one was agreed upon: from then
// on it is a switch, which follow takes part in.
func (x *activeIndex) claim(ctx context.Context) error {
	active, err := x.models.ActiveModel(ctx)
	if pika.CodeOf(err) == pika.NotFound {
		active, err = x.models.ClaimModel(ctx, x.mine)
	}
	if err != nil {
		return err
	}
	if active.EmbeddingModel != x.mine.EmbeddingModel {
		return mismatched(active, x.mine)
	}
	x.agreed = true
	return nil
}

// follow asks the truth once. A truth that does not answer changes nothing.
func (x *activeIndex) follow(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, followEvery)
	defer cancel()
	if !x.agreed {
		return x.agree(ctx)
	}
	active, err := x.models.ActiveModel(ctx)
	switch active.EmbeddingModel {
	case x.Index().Model.EmbeddingModel, x.failed:
		return err
	}
	if err != nil {
		return err
	}
	return x.change(ctx, active)
}

// agree claims once more, and refuses to search by meaning as long as the data is
// another model's.
func (x *activeIndex) agree(ctx context.Context) error {
	err := x.claim(ctx)
	switch {
	case pika.CodeOf(err) == pika.Conflict:
		x.refuse(err)
	case err == nil && x.mismatch.Swap(nil) != nil:
		return x.use(x.mine, x.own)
	}
	return err
}

// change follows a switch that was made while this process ran.
func (x *activeIndex) change(ctx context.Context, to pika.ActiveModel) error {
	embedder, err := x.open(context.WithoutCancel(ctx), to.Embedder)
	if err == nil && embedder.Model() != to.EmbeddingModel {
		err = pika.Errorf(pika.Conflict, "its model is %s now", embedder.Model().ID)
	}
	if err == nil {
		err = x.use(to, embedder)
	}
	if err != nil {
		e := pika.Wrap(pika.Conflict, err, "the data is searched with the model %s (%s) now, which this process cannot open: configure what it needs and restart it", to.ID, to.Embedder)
		x.mismatch.Store(e)
		x.failed = to.EmbeddingModel // not tried again: opening a model is dear
		return e
	}
	x.mismatch.Store(nil)
	x.log.Info("the embedding model was switched", "model", to.ID, "embedder", to.Embedder)
	return nil
}

// refuse stops searches by meaning: vectors of two models cannot be compared.
func (x *activeIndex) refuse(why error) {
	var e *pika.Error
	if errors.As(why, &e) {
		x.mismatch.Store(e)
	}
	now := x.Index()
	now.Embedder = refusingEmbedder{x.mine.EmbeddingModel, why}
	x.current.Store(&now)
}

func mismatched(active, mine pika.ActiveModel) error {
	return pika.Errorf(pika.Conflict,
		"the stored vectors were made by the model %s (%d dimensions), the configured model is %s (%d dimensions): run `pika reindex --model %s` to make them anew, or set PIKA_EMBEDDER=%s",
		active.ID, active.Dimensions, mine.ID, mine.Dimensions, mine.Embedder, cmp.Or(active.Embedder, "to the former one"))
}

// refusingEmbedder stands in for an embedder that must not be used.
type refusingEmbedder struct {
	model pika.EmbeddingModel
	err   error
}

func (r refusingEmbedder) Model() pika.EmbeddingModel { return r.model }

func (r refusingEmbedder) Embed(context.Context, pika.EmbedRole, []string) ([][]float32, error) {
	return nil, fmt.Errorf("embed with %s: %w", r.model.ID, r.err)
}

// run follows the truth until ctx ends.
func (x *activeIndex) run(ctx context.Context) error {
	ticker := time.NewTicker(followEvery)
	defer ticker.Stop()
	var last string
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		err := x.follow(ctx)
		if ctx.Err() == nil && pika.CodeOf(err) == pika.Conflict && err.Error() != last {
			last = err.Error()
			x.log.Error("searches by meaning are off", "reason", message(err))
		}
	}
}
