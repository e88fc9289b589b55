package rules

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/text"
)

// form says what part of a clause a template reads.
type form int

const (
	self  form = iota // what follows the first person: "… live in Huế"
	whole             // the whole clause: "my wife is called Hoa", "call me Ben"
)

// timing says what a template does with the date of its clause.
type timing int

const (
	undated  timing = iota // a clause with a date is not for it
	optional               // the date is when the statement began or happened
	dated                  // it needs a date that has come: something that happened
	ahead                  // it needs a date still to come, which stays in the text only
	planned                // a date, if there is one, stays in the text only
	timeless               // a date says nothing for the interval and is the object (born_on)
)

// A template recognises one way of saying one kind of fact.
//
// match is a regular expression over the clause, anchored at both ends, without
// regard to case. Upper-case words in it are macros: NEG a negator, ME the first
// person as owner, DET an article or number, ADJ words before a noun, and X, NAME,
// PLACE, … slots (see slots). In text, object and entities $1, $2 … are the slots in
// order, $S the speaker, $V{likes} a verb that takes the negator.
type template struct {
	on        form
	match     string
	predicate string
	category  string
	object    string
	text      string
	entities  []string // types of the slots in order; "" for none
	when      timing
	always    bool // negated by its own words (quit, không còn)
	sure      float64
}

// compiled is a template ready to match.
type compiled struct {
	template
	pattern *regexp.Regexp
	kinds   []string // what each group is: a slot's kind, NEG or ME
}

// slotNames are the macros that match anything and are cleaned by fill.
var slotNames = []string{"X", "NAME", "CALLED", "PLACE", "ORG", "BRAND", "DOING"}

// namesOf returns a pattern that finds the macros, longer names first: they may
// stand side by side without a border.
func namesOf(macros map[string]string) *regexp.Regexp {
	names := slices.Concat(slotNames, slices.Collect(maps.Keys(macros)))
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	return regexp.MustCompile(strings.Join(names, "|"))
}

// compile expands the macros of each template. spell writes literal text the way the
// clauses are written.
func compile(templates []template, macros map[string]string, spell spelling) []compiled {
	macro := namesOf(macros)
	list := make([]compiled, 0, len(templates))
	for _, t := range templates {
		c := compiled{template: t}
		var b strings.Builder
		at := 0
		for _, m := range macro.FindAllStringIndex(t.match, -1) {
			c.literal(&b, t.match[at:m[0]], "", spell)
			c.literal(&b, cmp.Or(macros[t.match[m[0]:m[1]]], `(.+?)`), t.match[m[0]:m[1]], spell)
			at = m[1]
		}
		c.literal(&b, t.match[at:], "", spell)
		c.pattern = regexp.MustCompile(`^(?i:` + b.String() + `)$`)
		list = append(list, c)
	}
	return list
}

// group finds the groups of a pattern that capture.
var group = regexp.MustCompile(`(?:^|[^\\])\((?:[^?]|$)`)

// literal writes a piece of a pattern and notes the groups in it as slots of a kind.
func (t *compiled) literal(b *strings.Builder, pattern, kind string, spell spelling) {
	for range group.FindAllString(pattern, -1) {
		t.kinds = append(t.kinds, cmp.Or(slotKinds[kind], kind))
	}
	b.WriteString(spell(pattern))
}

// slotKinds says how the slots of some macros are cleaned, others by their own name.
var slotKinds = map[string]string{"HABIT": "ACTION", "EVENT": "PAST", "GOING": "PAST"}

// found is a template's match in a clause.
type found struct {
	*compiled
	slots   []string
	negator string
}

// read matches the template against a clause.
func (t *compiled) read(c *clause) (found, bool) {
	s := c.text
	if t.on == self {
		if !c.self {
			return found{}, false
		}
		s = c.rest
	}
	m := t.pattern.FindStringSubmatch(s)
	if m == nil || !t.fits(c) {
		return found{}, false
	}
	f := found{compiled: t}
	for i, matched := range m[1:] {
		if !f.take(t.kinds[i], matched, c) {
			return found{}, false
		}
	}
	return f, true
}

// take stores what a group matched; false: it cannot be what the template means.
func (f *found) take(kind, matched string, c *clause) bool {
	switch {
	case kind == "NEG":
		f.negator = strings.ToLower(strings.TrimSpace(matched))
	case kind == "ME":
		return c.kin || !kinship[text.Fold(strings.TrimSpace(matched))]
	case matched == "":
		f.slots = append(f.slots, "")
	default:
		slot, negator, ok := fill(kind, matched, c)
		if negator != "" {
			ok = ok && (f.negator != "" || f.always)
			f.negator = negator
		}
		f.slots = append(f.slots, slot)
		return ok
	}
	return true
}

// fits reports whether the clause has the date the template needs.
func (t *compiled) fits(c *clause) bool {
	switch {
	case c.blurred:
		return false
	case t.when == undated:
		return c.date == nil || c.since
	case t.when == dated || t.when == ahead || (t.when == timeless && !strings.Contains(t.object, "$")):
		return c.date != nil
	}
	return true
}

var verbSlot = regexp.MustCompile(`\$V\{(\w+)\}`)

// render writes the template's text with the slots filled.
func (f *found) render(pattern string, speaker string, c *clause) string {
	negator := f.negator
	s := verbSlot.ReplaceAllStringFunc(pattern, func(v string) string {
		verb := verbSlot.FindStringSubmatch(v)[1]
		if c.language == "en" && negator != "" {
			return negated(verb, normalNegator(negator))
		}
		return verb
	})
	pairs := []string{"$S", speaker, "$N", viNegator(negator)}
	for i := len(f.slots) - 1; i >= 0; i-- {
		pairs = append(pairs, "$"+string(rune('1'+i)), f.slots[i])
	}
	s = text.Normalize(strings.NewReplacer(pairs...).Replace(s))
	if c.language == "en" {
		s = beforeVowel.ReplaceAllString(s, "an $1")
	}
	return s
}

// beforeVowel finds an article that a filled slot made wrong.
var beforeVowel = regexp.MustCompile(`\ba ([aeio][^n ][a-z]*|an[a-z]+|in[a-z]+|en[a-z]+|un[^i][a-z]*)\b`)

// normalNegator groups the English negators by the grammar they need.
func normalNegator(n string) string {
	switch {
	case strings.Contains(n, "no longer"), strings.Contains(n, "not anymore"):
		return "no longer"
	case strings.Contains(n, "never"):
		return "never"
	}
	return "not"
}

// viNegator returns the standard word for a Vietnamese negator.
func viNegator(n string) string {
	switch text.Fold(n) {
	case "":
		return ""
	case "khong con", "het", "thoi", "khong con nua":
		return "không còn"
	case "chua", "chua co", "chua he":
		return "chưa"
	}
	return "không"
}

// namedSlots returns what stands in the typed slots; never nil.
func (f *found) namedSlots() []pika.Entity {
	list := []pika.Entity{}
	for i, kind := range f.entities {
		if kind != "" && i < len(f.slots) && capitalised(f.slots[i]) {
			list = append(list, pika.Entity{Name: f.slots[i], Type: kind})
		}
	}
	return list
}
