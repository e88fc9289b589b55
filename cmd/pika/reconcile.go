package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/projection"
)

// reconcileFlags are the choices of one `pika reconcile`.
type reconcileFlags struct {
	force bool
	json  bool
}

// runReconcile compares the truth and its projections once, repairs what is out of
// step, and prints a table of what it did.
func runReconcile(ctx context.Context, args []string, out io.Writer) (err error) {
	var f reconcileFlags
	config, err := LoadConfig("reconcile", args, os.Getenv, func(flags *flag.FlagSet) {
		flags.BoolVar(&f.force, "force", false, "delete rows that the truth does not want however many they are")
		flags.BoolVar(&f.json, "json", false, "print the report as JSON")
	})
	if err != nil {
		return err
	}
	b, err := openBench(ctx, config, os.Stderr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	active, err := b.active(ctx)
	if err != nil {
		return err
	}
	index, err := b.indexOf(ctx, active)
	if err != nil {
		return err
	}
	report, err := b.reconciler(index).Run(ctx, projection.ReconcileOptions{Force: f.force, Progress: b.told()})
	if err != nil && len(report.Lines) == 0 {
		return err
	}
	if printErr := printReport(out, report, f.json); printErr != nil {
		return printErr
	}
	switch {
	case err != nil:
		return err
	case !report.InStep():
		return errors.New("truth and projections are not in step yet: the lines below the table say why")
	}
	return nil
}

func printReport(out io.Writer, report projection.ReconcileReport, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(out).Encode(report)
	}
	_, err := fmt.Fprint(out, report)
	return err
}

// workbench is the stores of a command that works on them directly.
type workbench struct {
	*stores
	config  Config
	out     io.Writer // progress
	closers []closer
}

// openBench opens the stores and waits for none of them: the first call of each says
// what is wrong.
func openBench(ctx context.Context, c Config, progress io.Writer) (*workbench, error) {
	s, err := openStores(ctx, c, time.Now)
	if err != nil {
		return nil, err
	}
	return &workbench{stores: s, config: c, out: progress}, nil
}

// Close gives embedders and stores back.
func (b *workbench) Close() error { return errors.Join(closeAll(b.closers), b.stores.Close()) }

// active returns the data's model.
func (b *workbench) active(ctx context.Context) (pika.ActiveModel, error) {
	active, err := b.truth.ActiveModel(ctx)
	if pika.CodeOf(err) == pika.NotFound {
		return active, errors.New("no vector was ever written: run `pika migrate` first")
	}
	return active, err
}

// openEmbedder opens an embedder that is closed with the workbench.
func (b *workbench) openEmbedder(ctx context.Context, name string) (pika.Embedder, error) {
	embedder, closeEmbedder, err := openEmbedder(ctx, b.config, name, time.Now)
	if err == nil {
		b.closers = append(b.closers, closer{"the embedding model", closeEmbedder})
	}
	return embedder, err
}

// indexOf returns a model with its embedder and its index.
func (b *workbench) indexOf(ctx context.Context, m pika.ActiveModel) (pika.Index, error) {
	embedder, err := b.openEmbedder(ctx, m.Embedder)
	if err != nil {
		return pika.Index{}, err
	}
	if m.EmbeddingModel == (pika.EmbeddingModel{}) {
		m.EmbeddingModel = embedder.Model()
	}
	if embedder.Model() != m.EmbeddingModel {
		return pika.Index{}, mismatched(m, pika.ActiveModel{EmbeddingModel: embedder.Model(), Embedder: m.Embedder})
	}
	vectors, err := b.vectors(ctx, b.config)(m.EmbeddingModel)
	return pika.Index{Model: m, Embedder: embedder, Vectors: vectors}, err
}

func (b *workbench) projections(index pika.Index) *projection.Projections {
	return &projection.Projections{
		Facts: b.truth, Messages: b.truth, Outbox: b.truth, Raw: b.raw(), Graph: b.graph(),
		Index: func() pika.Index { return index },
	}
}

func (b *workbench) reconciler(index pika.Index) *projection.Reconciler {
	return &projection.Reconciler{
		Projections: b.projections(index), Census: b.truth, Grace: b.config.ReconcileGrace, RowsPerSecond: b.config.ReconcileRate,
	}
}

// tellEvery is the time between two lines of progress.
const tellEvery = 2 * time.Second

// told returns what prints the progress of a comparison.
func (b *workbench) told() func(projection.ReconcileProgress) {
	started := time.Now()
	last := started
	return func(p projection.ReconcileProgress) {
		now := time.Now()
		if now.Sub(last) < tellEvery {
			return
		}
		last = now
		fmt.Fprintf(b.out, "  %d of %d parts: %d rows compared, %d repaired, %.0f s\n", p.Done, p.Buckets, p.Rows, p.Repaired, now.Sub(started).Seconds())
	}
}
