package cache

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/paraphrase"
	"github.com/pikamem/pika/search"
)

// Bounds of what is remembered of the questions a user asked.
const (
	maxAskings       = 64 // questions of a user that others are compared with
	maxTries         = 3  // questions that ask the same, whose answers are looked at
	askingsLife      = 24 * time.Hour
	maxReadQuestions = 20_000 // read questions in the process
)

// asking is a question that was asked and whose answer is kept.
type asking struct {
	Text      string `json:"q"`
	Key       string `json:"k"`           // of its answer
	Explained bool   `json:"e,omitempty"` // the answer is, so it is not brought up to date
}

// askingsKey names the list of what was asked in the same way: everything that an answer
// follows from is equal, but for the words. Empty: such a question is compared with none.
func askingsKey(r *request) string {
	if r.o.ExactOnly || r.day != "" { // what such questions ask moves with the day
		return ""
	}
	other := r.query
	other.Text, other.Explain = "", false
	return answerKey(r.scope, r.index.Model.EmbeddingModel, other, r.day) + ":asked"
}

// semantic is what a Searcher knows of questions that ask the same.
type semantic struct {
	questions *questions
	classes   *classes
	random    func() float64
	checks    *background // of answers that were given
}

// fromAnother answers from what was ranked for another question that asks the same; nil: there is
// none, or it is not certain that it would be what a search finds.
func (r *request) fromAnother(ctx context.Context) *pika.Answer {
	if r.query.Cache == pika.CacheRefresh || !r.known || len(r.askings) == 0 {
		return nil
	}
	mine, tries := r.semantic.questions.read(r.query.Text), 0
	for _, a := range r.askings {
		if tries == maxTries || time.Since(r.started) > time.Duration(float64(r.query.Deadline)*renewShare) {
			break // a search must still be possible
		}
		if a.Key == r.key {
			continue
		}
		kept := r.semantic.questions.read(a.Text)
		verdict := paraphrase.Compare(kept, mine)
		if r.decide(a, kept, mine, verdict); verdict.Same {
			if given := r.transfer(ctx, a, verdict); given != nil {
				r.o.Metrics.count(Semantic, 1, 0)
				return given
			}
			tries++
		}
	}
	r.o.Metrics.count(Semantic, 0, 1)
	return nil
}

// decide remembers what was decided, for who asks for explanations: the question that asks
// the same, else the one that looks most alike.
func (r *request) decide(a asking, kept, mine *paraphrase.Question, v paraphrase.Verdict) {
	if !v.Same {
		if !r.query.Explain {
			return
		}
		shared := kept.Shared(mine)
		if d := r.decision; d != nil && (d.Kind != "" || shared <= r.shared) {
			return
		}
		r.shared = shared
	}
	r.decision = &pika.CacheDecision{Question: a.Text, Kind: string(v.Kind), Refused: string(v.Refused)}
}

// transfer ranks again, for this question, what was ranked for the other.
func (r *request) transfer(ctx context.Context, a asking, v paraphrase.Verdict) *pika.Answer {
	kept := r.keptFor(ctx, a)
	if kept == nil {
		r.decision.Refused = "gone"
		return nil
	}
	ranking, cancel := context.WithTimeout(ctx, time.Duration(float64(r.query.Deadline)*renewShare))
	defer cancel()
	t, ok := r.source.Transfer(ranking, r.scope, r.query, kept.Trace, r.vectorsOf)
	if !ok {
		r.decision.Refused = "not_ranked"
		return nil
	}
	class := classOfAnswer(t)
	r.decision.Similarity, r.decision.Certified = t.Similarity, t.Certified()
	r.decision.Correct = r.semantic.classes.correct(class)
	if r.decision.Correct < leastCorrect {
		r.decision.Refused = "not_certain"
		if !r.isTwin(a) {
			r.explored = &exploration{class: class, answer: t.Answer}
		}
		return nil
	}
	r.decision.Given = true
	given := r.giveTransferred(ctx, kept, t)
	if !r.isTwin(a) {
		r.check(ctx, t.Answer, class, t.Certified())
	}
	return given
}

// isTwin reports whether another question is this one, with explanations or without: of
// questions in other words it says nothing.
func (r *request) isTwin(a asking) bool { return a.Text == r.query.Text }

// giveTransferred gives an answer that was made from another question's, and keeps it as its own.
func (r *request) giveTransferred(ctx context.Context, kept *keptAnswer, t search.Transferred) *pika.Answer {
	r.o.Metrics.countSaved(kept.Took - r.o.Now().Sub(r.now))
	made := r.made(t.Answer, t.Trace, kept.Took)
	r.store(ctx, made)
	given := made.given(pika.TierL2Semantic, r.now)
	given.AgeMS = max(r.now.Sub(kept.MadeAt).Milliseconds(), 0)
	return &given
}

// keptFor returns the answer to another question as of now; nil: there is none.
func (r *request) keptFor(ctx context.Context, a asking) *keptAnswer {
	reading, cancel := context.WithTimeout(ctx, r.patience())
	defer cancel()
	values, err := r.o.Cache.GetValues(reading, a.Key)
	if err != nil || values[a.Key] == nil {
		return nil
	}
	kept, err := decodeAnswer(values[a.Key])
	if err != nil || !r.now.Before(kept.Until) {
		return nil
	}
	other := *r
	other.key, other.query.Text, other.query.Explain = a.Key, a.Text, a.Explained
	moved := kept.Version != r.version
	if !other.holds(ctx, kept) {
		return nil
	}
	if moved {
		other.store(ctx, kept)
	}
	return kept
}

// readAskings reads what the user asked in the same way.
func (r *request) readAskings(encoded []byte) {
	if json.Unmarshal(encoded, &r.askings) != nil || len(r.askings) > maxAskings {
		r.askings = nil
	}
}

// remind puts a question whose answer was given again before those that were not asked of
// late.
func (r *request) remind(ctx context.Context, a *keptAnswer) {
	lately := r.askings[:min(len(r.askings), maxAskings/2)]
	if !a.answersOthers() || slices.ContainsFunc(lately, func(o asking) bool { return o.Key == r.key }) {
		return
	}
	r.writes.try(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cacheDeadline)
		defer cancel()
		r.noteAsking(ctx)
	})
}

// noteAsking remembers that this question's answer is kept, for other questions. Of two that
// are noted at the same time one may be lost: then it is compared with nothing.
func (r *request) noteAsking(ctx context.Context) {
	mine := asking{Text: r.query.Text, Key: r.key, Explained: r.query.Explain}
	if r.askedKey == "" {
		return
	}
	next := append([]asking{mine}, slices.DeleteFunc(slices.Clone(r.askings), func(a asking) bool { return a.Key == mine.Key })...)
	encoded, err := json.Marshal(next[:min(len(next), maxAskings)])
	if err != nil {
		return
	}
	if err := r.o.Cache.SetValue(ctx, r.askedKey, encoded, askingsLife); err != nil {
		r.o.Log.Debug("a question is not remembered", "code", string(pika.CodeOf(err)), "error", err)
	}
}
