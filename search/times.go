package search

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Period is a time that a question names: from From, inclusive, to To, exclusive, where
// the zero time is open. A Month without a year is any year's.
type Period struct {
	From, To time.Time
	Month    time.Month
}

// Covers reports whether a time lies in the period.
func (p Period) Covers(t time.Time) bool {
	if p.Month != 0 {
		return t.Month() == p.Month
	}
	return (p.From.IsZero() || !t.Before(p.From)) && (p.To.IsZero() || t.Before(p.To))
}

// Overlaps reports whether an interval [from, to) and the period share a moment; nil is
// open.
func (p Period) Overlaps(from, to *time.Time) bool {
	if p.Month != 0 {
		return monthWithin(p.Month, from, to)
	}
	return (from == nil || p.To.IsZero() || from.Before(p.To)) && (to == nil || p.From.IsZero() || to.After(p.From))
}

// monthWithin reports whether an interval that is known at one end at least reaches into
// a month of some year; one of a year or more always does.
func monthWithin(m time.Month, from, to *time.Time) bool {
	if from == nil || to == nil || to.Sub(*from) >= 365*24*time.Hour {
		return (from != nil && from.Month() == m) || (to != nil && from == nil && to.Month() == m)
	}
	for t := *from; t.Before(to.AddDate(0, 0, 1)); t = t.AddDate(0, 0, 27) {
		if t.Month() == m {
			return true
		}
	}
	return to.Month() == m
}

// maxPeriods bounds how many times are read out of one question.
const maxPeriods = 4

// timeRule reads one way to name a time. groups are the parts of its match.
type timeRule struct {
	pattern *regexp.Regexp
	read    func(groups []string, now time.Time) (Period, bool)
}

const (
	monthNames = `january|february|march|april|may|june|july|august|september|october|november|december`
	yearWord   = `((?:19|20)\d\d)`
)

// The rules, the more exact ones first: what one has read is not read again.
var timeRules = []timeRule{
	{word(`` + yearWord + `-(\d\d)-(\d\d)`), func(g []string, _ time.Time) (Period, bool) { return dayOf(g[1], g[2], g[3]) }},
	{word(`(\d{1,2})[/-](\d{1,2})[/-]` + yearWord), func(g []string, _ time.Time) (Period, bool) { return dayOf(g[3], g[2], g[1]) }},
	{word(`(?:tháng|thang)\s+(\d{1,2})\s*(?:/|năm|nam|-)\s*` + yearWord), func(g []string, _ time.Time) (Period, bool) { return monthOf(g[1], g[2]) }},
	{word(`(` + monthNames + `)\s+(?:of\s+)?` + yearWord), func(g []string, _ time.Time) (Period, bool) { return monthOf(numberOfMonth(g[1]), g[2]) }},
	{word(`(\d{1,2})/` + yearWord), func(g []string, _ time.Time) (Period, bool) { return monthOf(g[1], g[2]) }},
	{word(`(?:before|until|trước|trước năm)\s+` + yearWord), func(g []string, _ time.Time) (Period, bool) { return Period{To: year(g[1])}, true }},
	{word(`(?:since|after|từ|từ năm|sau|sau năm)\s+` + yearWord), func(g []string, _ time.Time) (Period, bool) { return Period{From: year(g[1])}, true }},
	{word(yearWord), func(g []string, _ time.Time) (Period, bool) { return yearFrom(year(g[1])), true }},
	{word(`(?:tháng)\s+(\d{1,2})`), func(g []string, _ time.Time) (Period, bool) { return anyMonth(g[1]) }},
	{word(`(?:in|last|this|since|of|early|late|mid|during)\s+(` + monthNames + `)|(` + monthNames + `)\s+\d{1,2}(?:st|nd|rd|th)?`), func(g []string, _ time.Time) (Period, bool) {
		return anyMonth(numberOfMonth(g[1] + g[2]))
	}},
}

// relativeTimes are the times that are named from now, by the words that name them.
var relativeTimes = []struct {
	words []string
	read  func(now time.Time) Period
}{
	{[]string{"last year", "năm ngoái", "năm rồi"}, func(now time.Time) Period { return yearFrom(yearOf(now, -1)) }},
	{[]string{"this year", "năm nay"}, func(now time.Time) Period { return yearFrom(yearOf(now, 0)) }},
	{[]string{"next year", "năm sau", "sang năm", "năm tới"}, func(now time.Time) Period { return yearFrom(yearOf(now, 1)) }},
	{[]string{"last month", "tháng trước", "tháng rồi"}, func(now time.Time) Period { return monthFrom(now, -1) }},
	{[]string{"this month", "tháng này"}, func(now time.Time) Period { return monthFrom(now, 0) }},
	{[]string{"next month", "tháng sau", "tháng tới"}, func(now time.Time) Period { return monthFrom(now, 1) }},
	{[]string{"last week", "tuần trước", "tuần rồi"}, func(now time.Time) Period { return weekFrom(now, -1) }},
	{[]string{"this week", "tuần này"}, func(now time.Time) Period { return weekFrom(now, 0) }},
	{[]string{"next week", "tuần sau", "tuần tới"}, func(now time.Time) Period { return weekFrom(now, 1) }},
	{[]string{"yesterday", "hôm qua"}, func(now time.Time) Period { return dayFrom(now, -1) }},
	{[]string{"tomorrow", "ngày mai"}, func(now time.Time) Period { return dayFrom(now, 1) }},
	{
		[]string{"today", "hôm nay", "now", "currently", "nowadays", "bây giờ", "hiện tại", "hiện nay", "hiện giờ", "dạo này"},
		func(now time.Time) Period { return dayFrom(now, 0) },
	},
}

func word(pattern string) *regexp.Regexp {
	return regexp.MustCompile(`(?:^|[^\pL\d])(?:` + pattern + `)(?:[^\pL\d]|$)`)
}

// Periods returns the times that a question in Vietnamese or English names, seen from
// now: dates, months, years, "last year", "hồi tháng 3".
func Periods(question string, now time.Time) []Period {
	rest := strings.ToLower(question)
	var periods []Period
	if namesDate(rest) {
		periods, rest = dates(rest, now.UTC())
	}
	spaced := " " + strings.Join(strings.FieldsFunc(rest, isSeparator), " ") + " "
	for _, relative := range relativeTimes {
		named := slices.ContainsFunc(relative.words, func(w string) bool { return strings.Contains(spaced, " "+w+" ") })
		if named && len(periods) < maxPeriods {
			periods = append(periods, relative.read(now.UTC()))
		}
	}
	return periods
}

// namesDate reports whether a question may hold a date, so that most need no rules.
func namesDate(question string) bool {
	return strings.ContainsAny(question, "0123456789") || slices.ContainsFunc(monthsInLower, func(m string) bool { return strings.Contains(question, m) })
}

var monthsInLower = strings.Split(monthNames, "|")

// dates applies the rules and returns what they leave of the question.
func dates(question string, now time.Time) (periods []Period, rest string) {
	rest = question
	for _, rule := range timeRules {
		match := rule.pattern.FindStringSubmatchIndex(rest)
		if match == nil || len(periods) == maxPeriods {
			continue
		}
		if p, ok := rule.read(groupsOf(rest, match), now); ok {
			periods = append(periods, p)
			rest = rest[:match[0]] + " " + rest[match[1]:]
		}
	}
	return periods, rest
}

func groupsOf(s string, match []int) []string {
	groups := make([]string, len(match)/2)
	for i := range groups {
		if match[2*i] >= 0 {
			groups[i] = s[match[2*i]:match[2*i+1]]
		}
	}
	return groups
}

func dayOf(y, m, d string) (Period, bool) {
	from, err := time.Parse("2006-1-2", y+"-"+strings.TrimPrefix(m, "0")+"-"+strings.TrimPrefix(d, "0"))
	return Period{From: from, To: from.AddDate(0, 0, 1)}, err == nil
}

func monthOf(m, y string) (Period, bool) {
	from, err := time.Parse("2006-1", y+"-"+strings.TrimPrefix(m, "0"))
	return Period{From: from, To: from.AddDate(0, 1, 0)}, err == nil
}

func anyMonth(m string) (Period, bool) {
	n, err := strconv.Atoi(m)
	return Period{Month: time.Month(n)}, err == nil && n >= 1 && n <= 12
}

func numberOfMonth(name string) string {
	for m := time.January; m <= time.December; m++ {
		if strings.EqualFold(m.String(), name) {
			return strconv.Itoa(int(m))
		}
	}
	return ""
}

func year(y string) time.Time {
	n, _ := strconv.Atoi(y) // four digits, by the pattern
	return time.Date(n, 1, 1, 0, 0, 0, 0, time.UTC)
}

func yearOf(now time.Time, add int) time.Time {
	return time.Date(now.Year()+add, 1, 1, 0, 0, 0, 0, time.UTC)
}

func yearFrom(from time.Time) Period { return Period{From: from, To: from.AddDate(1, 0, 0)} }

func monthFrom(now time.Time, add int) Period {
	from := time.Date(now.Year(), now.Month()+time.Month(add), 1, 0, 0, 0, 0, time.UTC)
	return Period{From: from, To: from.AddDate(0, 1, 0)}
}

// weekFrom begins on Monday.
func weekFrom(now time.Time, add int) Period {
	monday := -(int(now.Weekday()) + 6) % 7
	from := dayFrom(now, monday+7*add).From
	return Period{From: from, To: from.AddDate(0, 0, 7)}
}

func dayFrom(now time.Time, add int) Period {
	from := time.Date(now.Year(), now.Month(), now.Day()+add, 0, 0, 0, 0, time.UTC)
	return Period{From: from, To: from.AddDate(0, 0, 1)}
}
