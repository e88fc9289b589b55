// Package rules finds facts in conversations without a language model: clause
// templates for Vietnamese and English, anchored on the first person, with guards
// against everything that only looks like a statement. It prefers silence to a wrong
// fact, takes well under a millisecond a sentence, and is what Pika uses, labelled degraded, while no
// language model is configured.
//
// What may come in: grammar and lexicons, pure functions over one chunk. What may
// not: I/O, models, and anything a user did not say about himself.
package rules

import (
	"cmp"
	"context"
	"strings"
	"time"
	"unicode"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/text"
)

// Version is the extractor of the facts this package finds, as Fact.Extractor holds it.
const Version = "rules/v1"

// Options configure an Extractor. The zero value is ready to use.
type Options struct {
	// MaxPerMessage limits the candidates of one message. Defaults to 24.
	MaxPerMessage int
}

// Extractor implements pika.Extractor by rules.
type Extractor struct{ options Options }

var _ pika.Extractor = (*Extractor)(nil)

// New returns an Extractor.
func New(o Options) *Extractor {
	o.MaxPerMessage = cmp.Or(o.MaxPerMessage, 24)
	return &Extractor{options: o}
}

// Name returns rules.
func (*Extractor) Name() string { return "rules" }

// Extract reads the user's own messages of a chunk; Context is not read. The same
// chunk always gives the same candidates, in the order they were said, each once
// with all messages that say it. The subject is always "user". Confidence is at most
// 0.6. Every message counts as read: Unread and Rejected stay empty.
//
// ValidFrom is the first day (UTC) of the period a statement began or happened in,
// if it is told and over; a plan holds from when it was told, so its date is in the
// text only.
func (e *Extractor) Extract(ctx context.Context, chunk pika.Chunk) (pika.Extraction, error) {
	found := collection{}
	name := ""
	for i := range chunk.Messages {
		if err := ctx.Err(); err != nil {
			return pika.Extraction{}, pika.Wrap(pika.CodeOf(err), err, "reading the conversation was broken off")
		}
		m := &chunk.Messages[i]
		if m.Role != pika.RoleUser {
			continue
		}
		name = cmp.Or(speakerName(m.Name), name)
		name = e.readMessage(&found, m, chunk.ReferenceTime, name)
	}
	return pika.Extraction{Candidates: found.list, Cache: pika.LLMCacheMiss}, nil
}

// readMessage adds a message's candidates. It returns the speaker's name, which the
// message may have told.
func (e *Extractor) readMessage(found *collection, m *pika.ChunkMessage, reference time.Time, name string) string {
	ref := reference
	if m.Timestamp != nil {
		ref = *m.Timestamp
	}
	list := sentences(m.Content)
	if takenBack(list) {
		return name
	}
	kin := !speaksAsI(m.Content)
	count := 0
	for _, s := range list {
		how := speechOf(s)
		guard := how.guard()
		if guard.borrowed.MatchString(s) {
			break
		}
		if !ofSpeaker(s, guard) || !guard.states(s) {
			continue
		}
		for _, c := range (reading{speech: how, ref: ref, kin: kin}).clauses(s) {
			c.kin = kin
			candidate, ok := c.candidate(name, ref)
			if !ok || count == e.options.MaxPerMessage {
				continue
			}
			count++
			if candidate.Predicate == "has_name" && !candidate.Negated && m.Name == "" {
				name = candidate.Object
			}
			found.add(candidate, m.Index)
		}
	}
	return name
}

// takenBack reports that a message calls itself a joke.
func takenBack(sentences []string) bool {
	for _, s := range sentences {
		if speechOf(s).guard().jest.MatchString(s) || englishGuard.jest.MatchString(s) || vietnameseGuard.jest.MatchString(s) {
			return true
		}
	}
	return false
}

// speaksAsI reports first-person words in a message that can mean nobody else; then
// em, anh, con and cháu in it mean others.
func speaksAsI(content string) bool {
	plain := !text.HasDiacritics(content)
	return viOwn[plain].MatchString(text.Normalize(content))
}

// speakerName returns the name of a message's author if it can be one.
func speakerName(name string) string {
	name = text.Normalize(name)
	if !isName(name) || placeholders[strings.ToLower(name)] {
		return ""
	}
	return name
}

var placeholders = set("user human me you customer client guest anonymous unknown người")

// candidate returns the fact a clause states, by the first template that reads it.
func (c *clause) candidate(name string, ref time.Time) (pika.Candidate, bool) {
	templates := englishTemplates
	switch {
	case c.language == "vi" && c.plain:
		templates = vietnamesePlainTemplates
	case c.language == "vi":
		templates = vietnameseTemplates
	}
	for i := range templates {
		f, ok := templates[i].read(c)
		if !ok {
			continue
		}
		if made, ok := f.candidate(c, name, ref); ok {
			return made, true
		}
	}
	return pika.Candidate{}, false
}

func (f *found) candidate(c *clause, name string, ref time.Time) (pika.Candidate, bool) {
	speaker := cmp.Or(name, map[string]string{"en": "The user", "vi": "Người dùng"}[c.language])
	made := pika.Candidate{
		Subject: pika.DefaultSubject, Predicate: f.predicate, Category: f.category,
		Object: f.render(f.object, speaker, c), Language: c.language,
		Negated: f.always || f.negator != "", Confidence: min(cmp.Or(f.sure, 0.5), 0.6),
	}
	if made.Predicate == "has_name" && name != "" && text.Fold(name) != text.Fold(made.Object) {
		speaker = cmp.Or(map[string]string{"en": "The user", "vi": "Người dùng"}[c.language])
	}
	written, ok := f.timed(&made, c, ref)
	if !ok {
		return made, false
	}
	made.Text = initial(f.render(strings.ReplaceAll(written, "$D", ""), speaker, c), unicode.ToUpper)
	made.Entities = withNames(f.namedSlots(), made.Text, speaker)
	if len(made.Text) > pika.MaxFactBytes || len(made.Object) > pika.MaxObjectBytes {
		return made, false
	}
	return made, made.Object != ""
}

// timed puts the clause's date where the template wants it: into the text at $D (or
// its end), and into the interval or the object.
func (f *found) timed(made *pika.Candidate, c *clause, ref time.Time) (string, bool) {
	if c.date == nil {
		return f.text, true
	}
	today := startOf(ref, day)
	future := !ref.IsZero() && c.date.at.After(today)
	past := !ref.IsZero() && !c.date.at.After(today) && !c.date.current && c.date.at != today
	switch f.when {
	case ahead, planned:
		if past || ref.IsZero() {
			return "", false
		}
	case timeless:
		if !strings.Contains(f.object, "$") {
			made.Object = c.date.isoText()
		}
	default:
		if future {
			return "", false
		}
		if !c.date.current {
			at := c.date.at
			made.ValidFrom = &at
		}
	}
	phrase := c.date.phrase(c)
	if strings.Contains(f.text, "$D") {
		return strings.ReplaceAll(f.text, "$D", phrase), true
	}
	return f.text + " " + phrase, true
}

// phrase writes the date out.
func (d *date) phrase(c *clause) string {
	s := c.dates().phrase(d.at, d.unit)
	if !c.since {
		return s
	}
	if c.language == "en" {
		return "since " + strings.TrimPrefix(strings.TrimPrefix(s, "in "), "on ")
	}
	return "từ " + strings.TrimPrefix(strings.TrimPrefix(s, "vào "), "trong ")
}

// collection gathers candidates, each statement once.
type collection struct {
	list []pika.Candidate
	at   map[string]int
}

func (l *collection) add(c pika.Candidate, message int) {
	if l.at == nil {
		l.at = map[string]int{}
	}
	key := c.Predicate + "\x00" + text.Fold(c.Object) + "\x00" + map[bool]string{true: "not"}[c.Negated]
	if i, ok := l.at[key]; ok && !l.interrupted(c, i) {
		known := &l.list[i]
		if known.Sources[len(known.Sources)-1] != message {
			known.Sources = append(known.Sources, message)
		}
		return
	}
	c.Sources = []int{message}
	l.at[key] = len(l.list)
	l.list = append(l.list, c)
}

// interrupted reports that something else was said of the same single-valued
// predicate after candidate i, so that saying it again is a change back.
func (l *collection) interrupted(c pika.Candidate, i int) bool {
	if !pika.SingleValued(c.Predicate) {
		return false
	}
	for _, later := range l.list[i+1:] {
		if later.Predicate == c.Predicate {
			return true
		}
	}
	return false
}
