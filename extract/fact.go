package extract

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/text"
)

// CallerExtractor is the Extractor of facts that a caller adds itself.
const CallerExtractor = "caller"

// NewFacts turns an extraction of one chunk into facts, one per candidate, in their
// order. Ids depend on scope, job, chunk and position alone, so a retry makes the
// same facts. EffectiveAt is ValidFrom, else the time of the first source message,
// else the time of acceptance. RecordedAt is left to the store. The candidates are
// valid (Check) and FillIDs has run.
func NewFacts(req pika.JobRequest, chunk int, ex pika.Extraction, extractor string) []pika.Fact {
	facts := make([]pika.Fact, len(ex.Candidates))
	for i, c := range ex.Candidates {
		f := newFact(req, chunk, i, c)
		f.Extractor, f.Metadata = extractor, maps.Clone(req.Metadata)
		f.EffectiveAt = moment(req.AcceptedAt)
		for n, at := range c.Sources {
			if at < 0 || at >= len(req.Conversation) {
				continue // no Check lets it pass; a cached answer might
			}
			m := req.Conversation[at]
			f.Sources = append(f.Sources, pika.Source{ConversationID: req.ConversationID, MessageID: m.ID})
			if n == 0 {
				f.SourceIndex, f.EffectiveAt = at, saidAt(req, m)
			}
		}
		facts[i] = startAt(f)
	}
	return facts
}

// GivenFacts turns the facts of a POST /v1/facts request into facts of chunk 0, and
// names those that are none. Missing members get the contract's defaults; a
// confidence of 0 counts as missing. A later fact of the list wins a tie.
func GivenFacts(req pika.JobRequest) ([]pika.Fact, []pika.FactOutcome) {
	var facts []pika.Fact
	var rejected []pika.FactOutcome
	for i, g := range req.Facts {
		c, reason := checkGiven(g)
		if reason != "" {
			rejected = append(rejected, rejection(c.Text, reason))
			continue
		}
		f := newFact(req, 0, i, c)
		f.Extractor, f.Metadata, f.SourceIndex = CallerExtractor, maps.Clone(g.Metadata), i
		f.EffectiveAt = moment(req.AcceptedAt)
		f.Sources = distinct(g.Sources)
		facts = append(facts, startAt(f))
	}
	return facts, rejected
}

func checkGiven(g pika.GivenFact) (pika.Candidate, string) {
	c := g.Candidate
	if c.Confidence == 0 {
		c.Confidence = 1
	}
	c, reason := checkStatement(c)
	switch {
	case reason != "":
	case len(g.Sources) > pika.MaxSources:
		reason = fmt.Sprintf("it names over %d sources", pika.MaxSources)
	case c.ValidFrom != nil && c.ValidTo != nil && !c.ValidTo.After(*c.ValidFrom):
		reason = "its valid_to does not come after its valid_from"
	}
	return c, reason
}

// newFact fills what follows from the candidate and its place alone.
func newFact(req pika.JobRequest, chunk, item int, c pika.Candidate) pika.Fact {
	subjectKey := text.Fold(c.Subject)
	return pika.Fact{
		ID:          pika.FactID(req.Scope, req.ID, chunk, item),
		UserID:      req.Scope.User,
		Text:        c.Text,
		Subject:     c.Subject,
		Predicate:   c.Predicate,
		Object:      c.Object,
		Category:    c.Category,
		Entities:    identified(req.Scope, c),
		Language:    c.Language,
		Confidence:  c.Confidence,
		Negated:     c.Negated,
		ValidFrom:   inMicroseconds(c.ValidFrom),
		ValidTo:     inMicroseconds(c.ValidTo),
		ContentHash: contentHash(c.Text, subjectKey, c.Negated),
		SubjectKey:  subjectKey,
		ObjectKey:   text.Fold(c.Object),
	}
}

// startAt settles a fact's interval once its sources are known. An end stated
// without a beginning may lie before the message that tells of it; then nothing is
// known of the beginning but that it came before the end.
func startAt(f pika.Fact) pika.Fact {
	if f.ValidFrom != nil {
		f.EffectiveAt = *f.ValidFrom
	}
	if f.ValidTo != nil && !f.ValidTo.After(f.EffectiveAt) {
		f.EffectiveAt = f.ValidTo.Add(-pika.UnknownBeginning)
	}
	return f
}

// contentHash is equal for equal statements: the same words, whatever their case
// and closing punctuation, about the same subject with the same polarity.
func contentHash(statement, subjectKey string, negated bool) string {
	polarity := "+"
	if negated {
		polarity = "-"
	}
	words := strings.TrimRightFunc(strings.ToLower(text.Normalize(statement)), func(r rune) bool {
		return unicode.IsPunct(r) || unicode.IsSpace(r)
	})
	return hash(words + "\x00" + subjectKey + "\x00" + polarity)
}

// identified returns a candidate's entities with their ids, the subject's first,
// each once.
func identified(scope pika.Scope, c pika.Candidate) []pika.Entity {
	first := pika.Entity{Name: cut(c.Subject, pika.MaxNameBytes), Type: "other"}
	if c.Subject == pika.DefaultSubject {
		first.Type = "person"
	}
	var kept []pika.Entity
	seen := map[string]int{}
	for _, e := range append([]pika.Entity{first}, c.Entities...) {
		e.ID = pika.EntityID(scope, text.Fold(e.Name))
		at, known := seen[e.ID]
		switch {
		case !known && len(kept) < pika.MaxEntities:
			seen[e.ID] = len(kept)
			kept = append(kept, e)
		case known && kept[at].Type == "other":
			kept[at].Type = e.Type
		}
	}
	return kept
}

// Links returns the facts as the graph knows them, in their order.
func Links(facts []pika.Fact) []pika.Link {
	links := make([]pika.Link, len(facts))
	for i := range facts {
		links[i] = pika.LinkOf(&facts[i])
	}
	return links
}

func inMicroseconds(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	m := moment(*t)
	return &m
}

func distinct(sources []pika.Source) []pika.Source {
	var kept []pika.Source
	for _, s := range sources {
		if !slices.Contains(kept, s) {
			kept = append(kept, s)
		}
	}
	return kept
}

func rejection(text, reason string) pika.FactOutcome {
	return pika.FactOutcome{Text: cut(text, pika.MaxFactBytes), Outcome: pika.Rejected, Reason: reason}
}
