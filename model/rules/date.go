package rules

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// unit is how exactly a date is known.
type unit int

const (
	day unit = iota
	week
	month
	year
)

// date is a date expression in a text, resolved.
type date struct {
	at         time.Time // midnight UTC of the first day of the period that is named
	unit       unit
	start, end int  // where the expression stands, its preposition included
	current    bool // the period holds the reference day: its first day may lie before the event
	unclear    bool // no such day, two readings, or it stands after "until" and the like
}

// A dateRule resolves what its pattern matches. m[0] is the whole match, m[1] the
// first group; ref is the day the text was written. ok is false for a date that does
// not exist or is said too vaguely.
type dateRule struct {
	pattern *regexp.Regexp
	resolve func(m []string, ref time.Time) (at time.Time, u unit, ok bool)
}

// dateLanguage is everything the date rules know of one language.
type dateLanguage struct {
	clues    []string // every expression holds a digit or one of these, in lower case
	rules    []dateRule
	leads    *regexp.Regexp // prepositions that belong to a date, at the end of what precedes it
	bounding *regexp.Regexp // words before a date that make it unclear
	phrase   func(at time.Time, u unit) string
}

// find returns the leftmost date expression of s, the longest of those that begin
// there; if any expression of s is unclear, that one. ref is when s was written; its
// zero value resolves nothing that is relative.
func (l *dateLanguage) find(s string, ref time.Time) (date, bool) {
	best, found := date{}, false
	if !l.hinted(s) {
		return best, false
	}
	var broken []date
	for _, rule := range l.rules {
		d, ok := rule.first(s, ref)
		switch {
		case !ok:
		case d.unclear:
			broken = append(broken, d)
		case !found || d.start < best.start || (d.start == best.start && d.end > best.end):
			best, found = d, true
		}
	}
	for _, d := range broken {
		if !found || d.start < best.start || d.end > best.end {
			return d, true
		}
	}
	if !found {
		return date{}, false
	}
	before := s[:best.start]
	best.unclear = l.bounding.MatchString(before)
	if at := l.leads.FindStringIndex(before); at != nil {
		best.start = at[0]
	}
	today := startOf(ref, day)
	best.current = best.unit != day && !best.at.After(today) && next(best.at, best.unit).After(today)
	return best, true
}

// hinted reports that s may hold a date; most clauses do not, and the rules are slow.
func (l *dateLanguage) hinted(s string) bool {
	if strings.ContainsAny(s, "0123456789") {
		return true
	}
	s = strings.ToLower(s)
	for _, clue := range l.clues {
		if strings.Contains(s, clue) {
			return true
		}
	}
	return false
}

// first returns the first match of the rule that stands between word borders; it is
// unclear if it does not resolve.
func (r dateRule) first(s string, ref time.Time) (date, bool) {
	for _, at := range r.pattern.FindAllStringSubmatchIndex(s, -1) {
		if !wordBorders(s, at[0], at[1]) {
			continue
		}
		m := make([]string, len(at)/2)
		for i := range m {
			if at[2*i] >= 0 {
				m[i] = strings.ToLower(s[at[2*i]:at[2*i+1]])
			}
		}
		when, u, ok := r.resolve(m, ref)
		return date{at: when, unit: u, start: at[0], end: at[1], unclear: !ok || when.Year() < 1900 || when.Year() > 2200}, true
	}
	return date{}, false
}

// wordBorders reports that no letter or digit touches s[start:end].
func wordBorders(s string, start, end int) bool {
	before, _ := utf8.DecodeLastRuneInString(s[:start])
	after, _ := utf8.DecodeRuneInString(s[end:])
	return !isWord(before) && !isWord(after)
}

func isWord(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r))
}

// startOf returns the first day of t's period, by t's own calendar, as midnight UTC.
// Weeks begin on Monday.
func startOf(t time.Time, u unit) time.Time {
	y, m, d := t.Date()
	switch u {
	case week:
		d -= (int(t.Weekday()) + 6) % 7
	case month:
		d = 1
	case year:
		m, d = time.January, 1
	}
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// next returns the first day of the period after the one that begins at t.
func next(t time.Time, u unit) time.Time { return shift(t, u, 1) }

// shift returns the first day of the period n periods after t's.
func shift(t time.Time, u unit, n int) time.Time {
	t = startOf(t, u)
	switch u {
	case week:
		return t.AddDate(0, 0, 7*n)
	case month:
		return t.AddDate(0, n, 0)
	case year:
		return t.AddDate(n, 0, 0)
	}
	return t.AddDate(0, 0, n)
}

// weekdayOf returns the weekday in the week that begins n weeks after ref's.
func weekdayOf(ref time.Time, weekday time.Weekday, n int) time.Time {
	return shift(ref, week, n).AddDate(0, 0, (int(weekday)+6)%7)
}

// exactDate returns a day of the calendar, or false if there is none.
func exactDate(y, m, d int) (time.Time, unit, bool) {
	t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	return t, day, t.Day() == d && int(t.Month()) == m
}

// nearest returns the day and month in the year that brings it closest to ref.
func nearest(m, d int, ref time.Time) (time.Time, unit, bool) {
	if ref.IsZero() {
		return time.Time{}, day, false
	}
	today := startOf(ref, day)
	best, found := time.Time{}, false
	for y := ref.Year() - 1; y <= ref.Year()+1; y++ {
		t, _, ok := exactDate(y, m, d)
		if ok && (!found || t.Sub(today).Abs() < best.Sub(today).Abs()) {
			best, found = t, true
		}
	}
	return best, day, found
}

// relative makes a resolver of a period n periods away from the reference day.
func relative(u unit, n int) func([]string, time.Time) (time.Time, unit, bool) {
	return func(_ []string, ref time.Time) (time.Time, unit, bool) {
		return shift(ref, u, n), u, !ref.IsZero()
	}
}

// ago resolves "n units away" in the direction of sign; n up to 200.
func ago(n int, u unit, sign int, ref time.Time) (time.Time, unit, bool) {
	ok := n > 0 && n <= 200 && !ref.IsZero()
	return shift(ref, u, sign*n), u, ok
}

// number reads digits, or a word of the table; 0: neither.
func number(s string, words map[string]int) int {
	if n, err := strconv.Atoi(s); err == nil {
		return n
	}
	return words[s]
}

// isoRule reads 2024-03-14 in any language.
var isoRule = dateRule{
	regexp.MustCompile(`(\d{4})-(\d{1,2})-(\d{1,2})`),
	func(m []string, _ time.Time) (time.Time, unit, bool) {
		return exactDate(number(m[1], nil), number(m[2], nil), number(m[3], nil))
	},
}

// isoText writes a date as far as it is known: 2024-03-14, 2024-03, 2024.
func (d date) isoText() string {
	switch d.unit {
	case year:
		return fmt.Sprintf("%04d", d.at.Year())
	case month:
		return d.at.Format("2006-01")
	}
	return d.at.Format(time.DateOnly)
}
