package main

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/pikatest"
)

// namedModel is a truth that knows one model, or does not answer.
type namedModel struct {
	model pika.ActiveModel
	err   error
}

func (n *namedModel) ActiveModel(context.Context) (pika.ActiveModel, error) {
	if n.err == nil && n.model.ID == "" {
		return n.model, pika.Errorf(pika.NotFound, "no model")
	}
	return n.model, n.err
}

func (n *namedModel) ClaimModel(_ context.Context, m pika.ActiveModel) (pika.ActiveModel, error) {
	if n.model.ID == "" {
		n.model = m
	}
	return n.model, n.err
}

func (n *namedModel) SwitchModel(context.Context, pika.ActiveModel, pika.ActiveModel) error {
	return errors.New("nobody switches here")
}

// named is a vector index that is only told apart from others.
type named struct {
	vectorIndex
	model pika.EmbeddingModel
}

// follower returns an activeIndex of the fake embedder, and the models it opened.
func follower(t *testing.T, truth pika.Models) (x *activeIndex, opened *[]string) {
	t.Helper()
	embedder := pikatest.NewEmbedder(pikatest.VectorDimensions)
	opened = &[]string{}
	x = &activeIndex{
		models: truth, log: slog.New(slog.DiscardHandler),
		mine: pika.ActiveModel{EmbeddingModel: embedder.Model(), Embedder: "local"}, own: embedder,
		open: func(_ context.Context, name string) (pika.Embedder, error) {
			*opened = append(*opened, name)
			if name == "openai:lost" {
				return nil, errors.New("no such server")
			}
			return pikatest.NewEmbedder(2 * pikatest.VectorDimensions), nil
		},
		index: func(m pika.EmbeddingModel) (vectorIndex, error) { return named{model: m}, nil },
	}
	if err := x.use(x.mine, embedder); err != nil {
		t.Fatal(err)
	}
	return x, opened
}

func TestFollowsASwitchOfTheModel(t *testing.T) {
	t.Parallel()
	truth := &namedModel{}
	x, opened := follower(t, truth)
	if err := x.follow(t.Context()); err != nil || truth.model != x.mine {
		t.Fatalf("follow() = %v; the truth has %v, want this process's model", err, truth.model)
	}
	truth.err = pika.Errorf(pika.Unavailable, "down")
	if err := x.follow(t.Context()); pika.CodeOf(err) != pika.Unavailable || x.problem(t.Context()) != nil {
		t.Errorf("follow() of a truth that is down = %v, problem %v", err, x.problem(t.Context()))
	}
	next := pika.ActiveModel{EmbeddingModel: pikatest.NewEmbedder(2 * pikatest.VectorDimensions).Model(), Embedder: "openai:next"}
	truth.model, truth.err = next, nil
	for range 2 {
		if err := x.follow(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	now := x.Index()
	if now.Model != next || now.Embedder.Model() != next.EmbeddingModel || now.Vectors.(named).model != next.EmbeddingModel {
		t.Errorf("after the switch the model is %v, its embedder's %v", now.Model, now.Embedder.Model())
	}
	if len(*opened) != 1 {
		t.Errorf("opened %v, want the next model once", *opened)
	}

	truth.model = pika.ActiveModel{EmbeddingModel: pika.EmbeddingModel{ID: "lost", Dimensions: 1}, Embedder: "openai:lost"}
	for range 3 {
		_ = x.follow(t.Context())
	}
	if err := x.problem(t.Context()); err == nil || !strings.Contains(message(err), "openai:lost") {
		t.Errorf("problem() = %v, want one that names openai:lost", err)
	}
	if x.Index().Model != next || len(*opened) != 2 {
		t.Errorf("the model is %v, opened %v: what cannot be opened is tried once and changes nothing", x.Index().Model, *opened)
	}
}

func TestRefusesTheModelOfOtherData(t *testing.T) {
	t.Parallel()
	truth := &namedModel{err: pika.Errorf(pika.Unavailable, "down")}
	x, opened := follower(t, truth)
	_ = x.follow(t.Context())
	truth.model, truth.err = pika.ActiveModel{EmbeddingModel: pika.EmbeddingModel{ID: "other", Dimensions: 9}, Embedder: "openai:other"}, nil
	err := x.follow(t.Context())
	if pika.CodeOf(err) != pika.Conflict {
		t.Fatalf("follow() = %v, want a conflict", err)
	}
	for _, word := range []string{"pika reindex --model local", "PIKA_EMBEDDER=openai:other", "9 dimensions"} {
		if !strings.Contains(message(x.problem(t.Context())), word) {
			t.Errorf("the problem %q does not say %q", message(x.problem(t.Context())), word)
		}
	}
	if _, err := x.Index().Embedder.Embed(t.Context(), pika.EmbedQuery, []string{"a"}); pika.CodeOf(err) != pika.Conflict {
		t.Errorf("Embed() = %v: a vector of the wrong model must not be made", err)
	}
	if len(*opened) != 0 {
		t.Errorf("opened %v", *opened)
	}
	truth.model = x.mine
	if err := x.follow(t.Context()); err != nil || x.problem(t.Context()) != nil {
		t.Errorf("after the data has this process's model: %v, problem %v", err, x.problem(t.Context()))
	}
}
