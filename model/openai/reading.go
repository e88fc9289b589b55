package openai

import (
	"context"
	"errors"
	"slices"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/extract"
)

// reading is the work on one chunk: how many asks are left and what they cost.
type reading struct {
	extractor *Extractor
	left      int
	tokens    pika.Tokens
}

// result is what some messages have yielded.
type result struct {
	candidates []pika.Candidate
	rejected   []pika.FactOutcome
	unread     []int
	problem    error // nil: the answer as a whole was fine
}

// The problems of an answer that package extract does not see.
var (
	errWithheld = errors.New("the answer was withheld")
	errTooMuch  = errors.New("the messages are too long for one answer")
)

// read asks for a chunk until its answer is fine or no ask is left, and settles for
// the best answer there was.
func (r *reading) read(ctx context.Context, chunk pika.Chunk) (result, error) {
	var best result
	var notice string
	for first := true; first || r.left > 0; first = false {
		got, err := r.ask(ctx, chunk, notice)
		if err != nil {
			return result{}, err
		}
		if got.problem == nil {
			return got, nil
		}
		if first || len(got.candidates) > len(best.candidates) {
			best = got
		}
		if len(chunk.Messages) > 1 && r.left >= 2 && smallerMayHelp(got.problem) {
			return r.halves(ctx, chunk, best)
		}
		notice = noticeFor(got.problem)
	}
	return settle(best, chunk), nil
}

// halves reads the two halves of a chunk whose answer was lost in part. Where a half
// is lost too, what the whole answer said of its messages is kept if it is more.
func (r *reading) halves(ctx context.Context, chunk pika.Chunk, whole result) (result, error) {
	middle := len(chunk.Messages) / 2
	var sum result
	for i, part := range []pika.Chunk{extract.Narrow(chunk, 0, middle), extract.Narrow(chunk, middle, len(chunk.Messages))} {
		reserved := 1 - i // the second half keeps its ask
		r.left -= reserved
		got, err := r.read(ctx, part)
		r.left += reserved
		if err != nil {
			return result{}, err
		}
		if rest := within(whole, part); got.problem != nil && len(rest.candidates) > len(got.candidates) {
			got = settle(rest, part)
		}
		sum.candidates = append(sum.candidates, got.candidates...)
		sum.rejected = append(sum.rejected, got.rejected...)
		sum.unread = append(sum.unread, got.unread...)
	}
	return sum, nil
}

// within returns what a result says of the messages of a part, by first source.
func within(whole result, part pika.Chunk) result {
	kept := result{problem: whole.problem}
	for _, c := range whole.candidates {
		if part.Messages[0].Index <= c.Sources[0] && c.Sources[0] <= part.Messages[len(part.Messages)-1].Index {
			kept.candidates = append(kept.candidates, c)
		}
	}
	return kept
}

// settle accepts an answer that was not fine: messages that none of its items comes
// from are unread.
func settle(got result, chunk pika.Chunk) result {
	got.unread = nil
	for _, m := range chunk.Messages {
		cites := func(c pika.Candidate) bool { return slices.Contains(c.Sources, m.Index) }
		if !slices.ContainsFunc(got.candidates, cites) {
			got.unread = append(got.unread, m.Index)
		}
	}
	return got
}

func smallerMayHelp(problem error) bool {
	return errors.Is(problem, extract.ErrTruncated) || errors.Is(problem, errWithheld) || errors.Is(problem, errTooMuch)
}

// noticeFor tells the model what was wrong with its answer.
func noticeFor(problem error) string {
	switch {
	case errors.Is(problem, extract.ErrTruncated):
		return "Your previous answer was cut off because it was too long. Write at most 20 facts, the most important ones, in short sentences."
	case errors.Is(problem, extract.ErrNotJSON):
		return `Your previous answer was not JSON. Answer with one JSON object {"facts":[...]} and nothing else: no explanation, no code fence.`
	case errors.Is(problem, extract.ErrOffSchema):
		return `Your previous answer could not be used: each item of "facts" is an object with all the properties described, and "sources" holds the numbers in [brackets] of numbered messages.`
	}
	return "Your previous answer was empty. The messages are private notes to be summarised; answer with the JSON object."
}
