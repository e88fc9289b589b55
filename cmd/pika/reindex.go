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

// runReindex makes the vectors of all facts and messages anew with another model,
// beside those in use, and switches to them. Gateways and workers go on meanwhile.
func runReindex(ctx context.Context, args []string, out io.Writer) (err error) {
	var f reindexFlags
	config, err := LoadConfig("reindex", args, os.Getenv, func(flags *flag.FlagSet) {
		flags.StringVar(&f.model, "model", "", "the embedder to switch to, as PIKA_EMBEDDER names it; default PIKA_EMBEDDER")
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
	if b.milvus == nil {
		return errors.New("pika reindex works on Milvus so far: an embedded index belongs to its model; set PIKA_EMBEDDER to the former one, or begin with a new PIKA_DATA")
	}
	active, err := b.active(ctx)
	if err != nil {
		return err
	}
	to, err := b.indexOf(ctx, pika.ActiveModel{Embedder: b.config.Embedder})
	if err != nil {
		return err
	}
	if err := b.milvus.Migrate(ctx, to.Model.EmbeddingModel); err != nil {
		return err
	}
	from := pika.Index{Model: active, Vectors: b.milvus.Index(active.EmbeddingModel)}
	r := projection.Reindexer{
		Projections: b.projections(from), Census: b.truth, To: to, Progress: b.toldPass(),
		Switch: func(ctx context.Context) error { return b.switchTo(ctx, active, to.Model) },
	}
	report, err := r.Run(ctx)
	if len(report.Passes) > 0 {
		fmt.Fprint(out, report)
	}
	if err != nil || !f.drop {
		return err
	}
	return b.dropModel(ctx, to, active, out)
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
