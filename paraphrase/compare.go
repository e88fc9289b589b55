package paraphrase

import (
	"slices"
)

// Guard names one thing that two questions must have in common.
type Guard string

// The guards.
const (
	Negation   Guard = "negation"   // what they deny or leave out
	Antonym    Guard = "antonym"    // on which side of an opposition they are
	Number     Guard = "number"     // numbers, in digits or words
	Date       Guard = "date"       // days, months, years, feasts
	Unit       Guard = "unit"       // what is measured in, and the half of the day
	Quantifier Guard = "quantifier" // all, some, first, last, most, least, always
	Tense      Guard = "tense"      // was, is, will be, would be
	Owner      Guard = "owner"      // whose it is, and whose of whose
	Scope      Guard = "scope"      // where, at what meal, in what season
	Asked      Guard = "asked"      // who, where, when, how many: not what differs in kind
	Entity     Guard = "entity"     // names
	Direction  Guard = "direction"  // who does it to whom, from where to where
	Content    Guard = "content"    // all other words that say something
	Order      Guard = "order"      // their order
)

// Guards lists every Guard once, in the order in which Compare asks them.
func Guards() []Guard {
	return []Guard{Negation, Antonym, Number, Date, Unit, Quantifier, Tense, Owner, Scope, Asked, Entity, Direction, Content, Order}
}

// Kind says in what two questions that ask the same differ at most.
type Kind string

// The kinds, each of which may hold what the ones before hold.
const (
	Form       Kind = "form"       // case, signs, politeness, the form of the sentence
	Synonym    Kind = "synonym"    // words that say the same
	Diacritics Kind = "diacritics" // Vietnamese with and without its diacritics
	Typo       Kind = "typo"       // slips of the fingers
)

// Verdict is what Compare found.
type Verdict struct {
	Same    bool
	Kind    Kind  // if Same
	Refused Guard // else: the first guard that tells them apart
}

// Compare decides whether asked asks what kept asks.
func Compare(kept, asked *Question) Verdict { return compare(kept, asked, "") }

// compare leaves one guard out.
func compare(kept, asked *Question, without Guard) Verdict {
	if kept.long || asked.long || !near(kept.words, asked.words) {
		return Verdict{Refused: Content}
	}
	names := namesOf(kept, asked)
	words, kind := repair(kept, asked, names)
	a, b := read(kept.words, names), read(words, names)
	if len(a.literal) == 0 || len(b.literal) == 0 { // they say nothing
		return Verdict{Refused: Content}
	}
	if kind == "" {
		kind = Form
		if !slices.Equal(a.literal, b.literal) {
			kind = Synonym
		}
	}
	for _, g := range Guards() {
		if g != without && !agree(g, a, b) {
			return Verdict{Refused: g}
		}
	}
	return Verdict{Same: true, Kind: kind}
}

// resembles is a first look at whether two words may be one.
func (w word) resembles(o word) bool {
	return o.folded == w.folded || (len(w.folded) > 2 && len(o.folded) > 2 && w.folded[:2] == o.folded[:2])
}

// near reports whether a third of the words that say something are the same: of most
// questions that a user asked it is clear at once that they ask something else.
func near(a, b []word) bool {
	shared, all := 0, 0
	for _, w := range a {
		if w.filler {
			continue
		}
		all++
		if slices.ContainsFunc(b, w.resembles) {
			shared++
		}
	}
	others := 0
	for _, w := range b {
		if !w.filler {
			others++
		}
	}
	return min(all, others) <= 1 || 3*shared >= min(all, others)
}

// agree reports whether a guard finds the same in both.
func agree(g Guard, a, b *reading) bool {
	x, y := a.values[g], b.values[g]
	switch g {
	case Asked: // keywords ask nothing: what they mean is in the other words
		return !a.asks || !b.asks || slices.Equal(x, y)
	case Direction:
		return slices.Equal(roles(a.direction()), roles(b.direction())) && sameOrder(a.direction(), b.direction())
	case Owner, Number, Date, Unit:
		return slices.Equal(x, y)
	case Order:
		return sameOrder(a.sequence, b.sequence) || (a.asks != b.asks && a.plain() && b.plain())
	case Tense:
		return slices.Equal(distinct(x), distinct(y))
	}
	return sameSet(x, y)
}

// plain reports whether a question names nobody and takes no side: the order of the words in
// which it names a thing may then be that of keywords.
func (r *reading) plain() bool {
	return len(r.values[Antonym])+len(r.values[Entity])+len(r.values[Owner]) == 0
}

// sameOrder reports whether the same values stand in the same order. What are other values
// is for other guards.
func sameOrder(a, b []string) bool { return !sameSet(a, b) || slices.Equal(a, b) }

// roles puts one sign for whoever is named: who that is, is for other guards.
func roles(persons []string) []string {
	persons = slices.Clone(persons)
	for i, p := range persons {
		if !slices.Contains([]string{"i", "me", "who", "whose", "from", "to", "for"}, p) {
			persons[i] = "somebody"
		}
	}
	return persons
}

func distinct(values []string) []string {
	values = slices.Clone(values)
	slices.Sort(values)
	return slices.Compact(values)
}

// sameSet compares without order.
func sameSet(a, b []string) bool {
	x, y := slices.Clone(a), slices.Clone(b)
	slices.Sort(x)
	slices.Sort(y)
	return slices.Equal(x, y)
}
