package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/projection"
)

// reindexFlags are the choices of one `pika reindex`.
type reindexFlags struct {
	model string
	drop  bool
}

// setModel takes the value of --model, which may be left out but not be empty.
func (f *reindexFlags) setModel(name string) error {
	if name == "" {
		return errors.New("it is empty: give local or openai:MODEL, or leave --model out for PIKA_EMBEDDER")
	}
	f.model = name
	return nil
}

// runReindex makes the vectors of all facts and messages anew with another model,
// beside those in use, and switches to them. Gateways and workers go on meanwhile.
func runReindex(ctx context.Context, args []string, out io.Writer) (err error) {
	var f reindexFlags
	config, err := LoadConfig("reindex", args, os.Getenv, func(flags *flag.FlagSet) {
		flags.Func("model", "the embedder to switch to, as PIKA_EMBEDDER names it; default PIKA_EMBEDDER", f.setModel)
		flags.BoolVar(&f.drop, "drop", false, "remove the former model's vectors once everything is switched")
	})
	if err != nil {
		return err
	}
	if f.model != "" {
		if err := model(func(c *Config) *string { return &c.Embedder }, "local")(&config, f.model); err != nil {
			return fmt.Errorf("--model: %w", err)
		}
	}
	b, err := openBench(ctx, config, os.Stderr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	return b.reindex(ctx, f, out)
}

func (b *workbench) reindex(ctx context.Context, f reindexFlags, out io.Writer) error {
	active, err := b.active(ctx)
	if err != nil {
		return err
	}
	r := projection.Reindexer{
		Projections: b.projections(pika.Index{Model: active}), Census: b.truth, Progress: b.toldPass(),
	}
	if b.milvus != nil {
		err = b.besideInMilvus(ctx, &r, active)
	} else {
		err = b.besideInFile(ctx, &r, active)
	}
	if err != nil {
		return err
	}
	report, err := r.Run(ctx)
	if len(report.Passes) > 0 {
		fmt.Fprint(out, report)
	}
	if err != nil || !f.drop || b.milvus == nil {
		return err
	}
	return b.dropModel(ctx, r.To, active, out)
}

// besideInMilvus makes the new model's collections.
func (b *workbench) besideInMilvus(ctx context.Context, r *projection.Reindexer, active pika.ActiveModel) (err error) {
	if r.To, err = b.indexOf(ctx, pika.ActiveModel{Embedder: b.config.Embedder}); err != nil {
		return err
	}
	r.Switch = func(ctx context.Context) error { return b.switchTo(ctx, active, r.To.Model) }
	return b.milvus.Migrate(ctx, r.To.Model.EmbeddingModel)
}

// besideInFile collects the new vectors in the file that holds the index. It belongs to
// this process alone, so nothing else writes meanwhile.
func (b *workbench) besideInFile(ctx context.Context, r *projection.Reindexer, active pika.ActiveModel) error {
	if b.truth != truthStore(b.file) {
		return errors.New("pika reindex needs facts and vectors in one SQLite file, or vectors in Milvus: set PIKA_VECTORS or PIKA_FACTS so")
	}
	embedder, err := b.openEmbedder(ctx, b.config.Embedder)
	if err != nil {
		return err
	}
	next := &nextIndex{file: b.file, model: embedder.Model()}
	r.To = pika.Index{Model: pika.ActiveModel{EmbeddingModel: next.model, Embedder: b.config.Embedder}, Embedder: embedder, Vectors: next}
	r.Projections.Raw = b.truth
	r.Settle = time.Millisecond
	r.Switch = func(ctx context.Context) error {
		r.Projections.Raw = nil // from here on the index's own rows are the truth about vectors
		return next.adopt(ctx, active, r.To.Model)
	}
	b.closers = append(b.closers, closer{"the vector index", func() error {
		if next.made == nil {
			return nil
		}
		return next.made.Close()
	}})
	return nil
}

// switchTo makes a model the active one. The truth decides; the alias, which only
// operators read, follows.
func (b *workbench) switchTo(ctx context.Context, from, to pika.ActiveModel) error {
	if err := b.truth.SwitchModel(ctx, from, to); err != nil {
		return err
	}
	return b.milvus.SwitchAlias(ctx, to.EmbeddingModel)
}

// dropModel removes what is left of the former model.
func (b *workbench) dropModel(ctx context.Context, now pika.Index, former pika.ActiveModel, out io.Writer) error {
	if err := b.milvus.DropModel(ctx, former.EmbeddingModel); err != nil {
		return err
	}
	n, err := b.projections(now).DropModel(ctx, former.EmbeddingModel)
	if err == nil {
		fmt.Fprintf(out, "the collections and %d vectors of the model %s are removed\n", n, former.ID)
	}
	return err
}

// toldPass returns what prints the progress of a reindexing.
func (b *workbench) toldPass() func(string, projection.ReconcileProgress) {
	started := time.Now()
	last := started
	return func(pass string, p projection.ReconcileProgress) {
		now := time.Now()
		if now.Sub(last) < tellEvery {
			return
		}
		last = now
		fmt.Fprintf(b.out, "  %s: %d of %d parts, %d rows written, %.0f s\n", pass, p.Done, p.Buckets, p.Repaired, now.Sub(started).Seconds())
	}
}
