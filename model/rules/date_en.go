package rules

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

const (
	enNumber  = `(\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|a couple of)`
	enUnit    = `(day|week|month|year)s?`
	enMonth   = `(january|february|march|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul|aug|sept|sep|oct|nov|dec)\.?`
	enWeekday = `(monday|tuesday|wednesday|thursday|friday|saturday|sunday)`
)

var enNumbers = map[string]int{
	"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
	"eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "a couple of": 2,
}

var enUnits = map[string]unit{"day": day, "week": week, "month": month, "year": year}

// english holds the date rules of English. "Next Friday" is the Friday of the week
// after this one, "last Friday" the latest Friday before today, "this Friday" the one
// of this week; weeks begin on Monday. 3/4/2024 can be read two ways and is no date.
var english = dateLanguage{
	clues:    []string{"last", "next", "this", "ago", "day", "from now", "tonight", "morrow", " time", "in a", "in one", "in two", "in three", "in four", "in five", "in six", "in seven", "in eight", "in nine", "in ten", "in eleven", "in twelve"},
	leads:    regexp.MustCompile(`(?i)(?:^|\s)(?:(?:back|early|late|earlier|later|sometime|about|around|roughly|just|only|way back) )?(?:on|in|about|just|roughly|since|from|during|around|of|as of|starting|back in|the)?\s+$`),
	bounding: regexp.MustCompile(`(?i)(?:^|\s)(?:until|till|by|before|after|through|to|between)\s+$`),
	phrase:   englishDate,
	rules: []dateRule{
		isoRule,
		{en(enMonth + ` (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})`), func(m []string, _ time.Time) (time.Time, unit, bool) {
			return exactDate(number(m[3], nil), monthNumber(m[1]), number(m[2], nil))
		}},
		{en(`(\d{1,2})(?:st|nd|rd|th)? (?:of )?` + enMonth + `,? (\d{4})`), func(m []string, _ time.Time) (time.Time, unit, bool) {
			return exactDate(number(m[3], nil), monthNumber(m[2]), number(m[1], nil))
		}},
		{en(enMonth + ` (\d{1,2})(?:st|nd|rd|th)?`), func(m []string, ref time.Time) (time.Time, unit, bool) {
			return nearest(monthNumber(m[1]), number(m[2], nil), ref)
		}},
		{en(`(\d{1,2})(?:st|nd|rd|th)? (?:of )?` + enMonth), func(m []string, ref time.Time) (time.Time, unit, bool) {
			return nearest(monthNumber(m[2]), number(m[1], nil), ref)
		}},
		{en(`(\d{1,2})/(\d{1,2})/(\d{4})`), slashDate},
		{en(enMonth + `,? (?:of )?(\d{4})`), func(m []string, _ time.Time) (time.Time, unit, bool) {
			t, _, ok := exactDate(number(m[2], nil), monthNumber(m[1]), 1)
			return t, month, ok
		}},
		{en(`(last|next|this) ` + enMonth), namedMonth},
		{en(`(?:in|since) ((?:19|20)\d{2})`), exactYear},
		{en(`the year ((?:19|20)\d{2})`), exactYear},
		{en(enNumber + ` ` + enUnit + ` ago`), func(m []string, ref time.Time) (time.Time, unit, bool) {
			return ago(number(m[1], enNumbers), enUnits[m[2]], -1, ref)
		}},
		{en(`in ` + enNumber + ` ` + enUnit + `(?: time)?`), func(m []string, ref time.Time) (time.Time, unit, bool) {
			return ago(number(m[1], enNumbers), enUnits[m[2]], 1, ref)
		}},
		{en(enNumber + ` ` + enUnit + ` from (?:now|today)`), func(m []string, ref time.Time) (time.Time, unit, bool) {
			return ago(number(m[1], enNumbers), enUnits[m[2]], 1, ref)
		}},
		{en(`(last|next|this|this past|this coming) (day|week|month|year)`), func(m []string, ref time.Time) (time.Time, unit, bool) {
			return shift(ref, enUnits[m[2]], direction(m[1])), enUnits[m[2]], !ref.IsZero()
		}},
		{en(`(last|next|this|this past|this coming) ` + enWeekday), namedWeekday},
		{en(`(last|next|this|this past|this coming) weekend`), func(m []string, ref time.Time) (time.Time, unit, bool) {
			return weekdayOf(ref, time.Saturday, direction(m[1])), day, !ref.IsZero()
		}},
		{en(`the day before yesterday`), relative(day, -2)},
		{en(`the day after tomorrow`), relative(day, 2)},
		{en(`yesterday(?: (?:morning|afternoon|evening))?|last night`), relative(day, -1)},
		{en(`tomorrow(?: (?:morning|afternoon|evening|night))?`), relative(day, 1)},
		{en(`today|tonight|this (?:morning|afternoon|evening)|earlier today`), relative(day, 0)},
	},
}

func en(pattern string) *regexp.Regexp { return regexp.MustCompile(`(?i)(?:` + pattern + `)`) }

// monthNumber reads the name of a month, whole or short; 0: none.
func monthNumber(name string) int {
	for m := time.January; m <= time.December; m++ {
		if len(name) >= 3 && strings.HasPrefix(strings.ToLower(m.String()), name[:3]) {
			return int(m)
		}
	}
	return 0
}

func direction(word string) int {
	switch word {
	case "last", "this past":
		return -1
	case "next":
		return 1
	}
	return 0
}

// slashDate reads 14/3/2024 and 3/14/2024, and leaves alone what could be both.
func slashDate(m []string, _ time.Time) (time.Time, unit, bool) {
	a, b, y := number(m[1], nil), number(m[2], nil), number(m[3], nil)
	switch {
	case a > 12 || a == b:
		return exactDate(y, b, a)
	case b > 12:
		return exactDate(y, a, b)
	}
	return time.Time{}, day, false
}

func exactYear(m []string, _ time.Time) (time.Time, unit, bool) {
	t, _, ok := exactDate(number(m[1], nil), 1, 1)
	return t, year, ok
}

// namedMonth: last March is the latest one before this month, next March the first
// one after it, this March the one of this year.
func namedMonth(m []string, ref time.Time) (time.Time, unit, bool) {
	t := time.Date(ref.Year(), time.Month(monthNumber(m[2])), 1, 0, 0, 0, 0, time.UTC)
	current := startOf(ref, month)
	switch {
	case m[1] == "last" && !t.Before(current):
		t = t.AddDate(-1, 0, 0)
	case m[1] == "next" && !t.After(current):
		t = t.AddDate(1, 0, 0)
	}
	return t, month, !ref.IsZero()
}

func namedWeekday(m []string, ref time.Time) (time.Time, unit, bool) {
	weekday := time.Sunday
	for ; weekday < time.Saturday && strings.ToLower(weekday.String()) != m[2]; weekday++ {
		continue
	}
	today := startOf(ref, day)
	t := weekdayOf(ref, weekday, max(direction(m[1]), 0))
	if direction(m[1]) < 0 && !t.Before(today) {
		t = t.AddDate(0, 0, -7)
	}
	if m[1] == "this coming" && t.Before(today) {
		t = t.AddDate(0, 0, 7)
	}
	return t, day, !ref.IsZero()
}

func englishDate(at time.Time, u unit) string {
	switch u {
	case week:
		return "in the week of " + at.Format("2 January 2006")
	case month:
		return "in " + at.Format("January 2006")
	case year:
		return fmt.Sprintf("in %d", at.Year())
	}
	return "on " + at.Format("2 January 2006")
}
