package lexicon

import (
	"slices"
	"strings"
	"unicode"
)

// The places of names and numbers among the words of a Cleaned. No word is like them.
const (
	namePlace   = "<name>"
	numberPlace = "<number>"
)

// Cleaned is what a message says without greetings, thanks, fillers, politeness,
// decoration, white space and the kind of its pauses. Messages whose Words, Names, Numbers
// and Breaks are equal say the same: nothing else of them was more than noise.
type Cleaned struct {
	// Text is what is left, as it is written, with one kind of comma and of full stop.
	Text string
	// Words stand in their order, in lower case, with "<name>" where a name stands and
	// "<number>" where a number does. Signs that may change what is said are among them.
	Words []string
	// Names are what is written with a capital that its place does not call for, in their
	// order, as they are written.
	Names []string
	// Numbers are what holds a digit, in their order, as they are written.
	Numbers []string
	// Breaks say how many Words stand before each comma, end of a sentence, or end of a line
	// within the message.
	Breaks []int
	// Noise is the words and decoration that were left out, in lower case.
	Noise []string
}

// Blank reports whether the message greets and says nothing else.
func (c Cleaned) Blank() bool { return len(c.Words) == 0 }

// Clean cleans a message in Vietnamese or English. It leaves words out only where they
// stand as noise does, and none that may answer, deny, ask, date, own or joke: greetings
// and fillers at the beginning, thanks and farewells at the end, politeness with a request,
// decoration at the end of a sentence. Thanks that say nothing else may confirm what was said
// before, so they are kept; so is everything in a message that speaks of words, titles or
// emoji, as its greeting may be what it is about. It would rather keep noise than lose
// what is said.
func Clean(s string) Cleaned {
	all := partsOf(tokens(s))
	kept, dropped := dropNoise(all)
	if slices.ContainsFunc(kept, func(p part) bool { return noise().any("mention", p.words) }) {
		kept, dropped = all, nil
	}
	var c Cleaned
	for _, t := range dropped {
		c.Noise = append(c.Noise, strings.ToLower(t.text))
	}
	var b strings.Builder
	for i, p := range kept {
		begins := i == 0 || kept[i-1].stops
		if i > 0 {
			c.Breaks = append(c.Breaks, len(c.Words))
			b.WriteString(sign(kept[i-1]))
		}
		for j, t := range p.words {
			c.add(t, begins && j == 0)
			if j > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(t.text)
		}
	}
	c.Text = b.String()
	return c
}

func sign(p part) string {
	if p.stops {
		return ". "
	}
	return ", "
}

func (c *Cleaned) add(t token, begins bool) {
	lower := strings.ToLower(t.text)
	switch {
	case t.kind == markToken:
		c.Words = append(c.Words, t.text)
	case strings.IndexFunc(t.text, unicode.IsDigit) >= 0:
		c.Words, c.Numbers = append(c.Words, numberPlace), append(c.Numbers, t.text)
	case lower != t.text && !(begins && titled(t.text) && noise()["starter"][lower]) && !firstPerson(lower):
		c.Words, c.Names = append(c.Words, namePlace), append(c.Names, t.text)
	default:
		c.Words = append(c.Words, lower)
	}
}

// titled reports whether only the first letter is a capital.
func titled(word string) bool {
	for i, r := range word {
		if i > 0 && unicode.IsUpper(r) {
			return false
		}
	}
	return true
}

func firstPerson(lower string) bool { return lower == "i" || strings.HasPrefix(lower, "i'") }

// part is what stands between two breaks of a message.
type part struct {
	words []token
	stops bool // it ends a sentence
}

// partsOf cuts a message at its breaks. A question mark belongs to its part and ends it.
// Decoration that says something is a mark.
func partsOf(all []token) []part {
	var parts []part
	var p part
	end := func(stops bool) {
		if len(p.words) > 0 {
			parts = append(parts, part{p.words, stops})
			p = part{}
		} else if stops && len(parts) > 0 {
			parts[len(parts)-1].stops = true
		}
	}
	for i, t := range all {
		switch {
		case t.kind == pauseToken:
			end(false)
		case t.kind == stopToken:
			end(true)
		case t.kind == decorationToken && !decorates(all, i):
			p.words = append(p.words, token{t.text, markToken})
		default:
			p.words = append(p.words, t)
			if t.text == "?" {
				end(true)
			}
		}
	}
	end(true)
	return parts
}

// decorates reports whether the decoration at i is noise: it ends a sentence that can end
// there, or stands before all that is said.
func decorates(all []token, i int) bool {
	before, after := i-1, i+1
	for before >= 0 && all[before].kind == decorationToken {
		before--
	}
	for after < len(all) && all[after].kind == decorationToken {
		after++
	}
	if before < 0 {
		return after < len(all) && all[after].kind == wordToken && !noise().any("expecting", all[after:after+1])
	}
	ends := after == len(all) || all[after].kind == pauseToken || all[after].kind == stopToken
	complete := all[before].kind == stopToken || all[before].kind == wordToken && !noise().any("expecting", all[before:before+1])
	return ends && complete
}

// dropNoise returns the parts without noise, and what it left out. Where nothing but noise is
// left, only greetings go.
func dropNoise(all []part) (kept []part, dropped []token) {
	for _, p := range all {
		p.words, dropped = without(p.words, decoration, dropped)
		if len(p.words) > 0 {
			kept = append(kept, p)
		}
	}
	undecorated, decorations := kept, dropped
	kept, dropped = dropOpening(kept, dropped, true)
	if len(kept) == 0 {
		if kept, dropped = dropOpening(undecorated, decorations, false); len(kept) > 0 {
			return all, nil
		}
	}
	if kept, dropped = dropClosing(kept, dropped); len(kept) > 0 && closing(kept) {
		return all, nil
	}
	for i := range kept {
		kept[i].words, dropped = dropPoliteness(kept[i].words, i == 0 || kept[i-1].stops, dropped)
	}
	return kept, dropped
}

func decoration(t token) bool { return t.kind == decorationToken }

func without(words []token, drop func(token) bool, dropped []token) (kept, all []token) {
	for _, t := range words {
		if drop(t) {
			dropped = append(dropped, t)
		} else {
			kept = append(kept, t)
		}
	}
	return kept, dropped
}

// dropOpening leaves out the parts at the beginning that greet, and fillers if they may go;
// and a greeting that runs into a sentence whose beginning is sure.
func dropOpening(parts []part, dropped []token, fillers bool) ([]part, []token) {
	for len(parts) > 0 && uncapped(parts[0].words) && (noise().has("greeting", parts[0].words) || fillers && noise().has("filler", parts[0].words)) {
		dropped = append(dropped, parts[0].words...)
		parts = parts[1:]
	}
	if len(parts) == 0 {
		return parts, dropped
	}
	words := parts[0].words
	for n := min(4, len(words)-1); n > 0; n-- {
		if noise().has("greeting", words[:n]) && !noise().any("address", words[n-1:n]) && opening(words[n:]) && uncapped(words[:n]) {
			return append([]part{{words[n:], parts[0].stops}}, parts[1:]...), append(dropped, words[:n]...)
		}
	}
	return parts, dropped
}

func opening(words []token) bool {
	first := strings.ToLower(words[0].text)
	if first != words[0].text && !firstPerson(first) {
		return false
	}
	return noise()["opening"][first+" *"] || len(words) > 1 && noise().has("opening", words[:2])
}

// uncapped reports whether no word but the first has a capital: a title has.
func uncapped(words []token) bool {
	for i, t := range words {
		if i == 0 && titled(t.text) {
			continue
		}
		if strings.ToLower(t.text) != t.text {
			return false
		}
	}
	return true
}

// dropClosing leaves out the parts at the end that thank or take leave. After a comma and a
// single word they may be the last of a list.
func dropClosing(parts []part, dropped []token) ([]part, []token) {
	for len(parts) > 1 {
		last, before := parts[len(parts)-1].words, parts[len(parts)-2]
		capital := strings.ToLower(last[0].text) != last[0].text
		list := len(parts) > 2 && len(before.words) == 1 && !before.stops
		if !noise().has("closing", last) || !uncapped(last) || capital && !before.stops || list || noise().any("expecting", before.words[len(before.words)-1:]) {
			break
		}
		dropped = append(dropped, last...)
		parts = parts[:len(parts)-1]
	}
	return parts, dropped
}

// closing reports whether the parts only thank or take leave.
func closing(parts []part) bool {
	return !slices.ContainsFunc(parts, func(p part) bool { return !noise().has("closing", p.words) })
}

// dropPoliteness leaves out what only makes a request or a statement polite.
func dropPoliteness(words []token, begins bool, dropped []token) ([]token, []token) {
	for n := min(2, len(words)-1); begins && n > 0; n-- {
		if noise().has("request", words[:n]) && noise().has("requested", words[n:n+1]) && uncapped(words[:n+1]) && words[n].text == strings.ToLower(words[n].text) {
			words, dropped = words[n:], append(dropped, words[:n]...)
			break
		}
	}
	last := len(words) - 1
	if last > 0 && noise()["particle"][words[last].text] && words[last-1].kind == wordToken && !noise().any("expecting", words[last-1:last]) {
		words, dropped = words[:last], append(dropped, words[last])
	}
	return words, dropped
}

// Words returns the words and decoration of a text as Clean compares them: in lower case.
func Words(s string) []string {
	var words []string
	for _, t := range tokens(s) {
		if t.kind == wordToken || t.kind == decorationToken {
			words = append(words, strings.ToLower(t.text))
		}
	}
	return words
}
