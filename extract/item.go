package extract

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/pikamem/pika"
)

// candidate reads one item of an answer, whatever types its members have. What
// cannot be read is left empty; Check decides what that means.
func candidate(item any) pika.Candidate {
	m, ok := item.(map[string]any)
	if !ok {
		return pika.Candidate{}
	}
	statement, _ := m["text"].(string)
	return pika.Candidate{
		Text:       statement,
		Subject:    word(m["subject"]),
		Predicate:  word(m["predicate"]),
		Object:     word(m["object"]),
		Category:   word(m["category"]),
		Entities:   entityList(m["entities"]),
		Sources:    indexes(m["sources"]),
		ValidFrom:  date(m["valid_from"], false),
		ValidTo:    date(m["valid_to"], true),
		Negated:    truth(m["negated"]),
		Confidence: degree(m["confidence"]),
		Language:   word(m["language"]),
	}
}

// word reads a string; a number or boolean gives its text, null nothing.
func word(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

func truth(v any) bool {
	switch strings.ToLower(strings.TrimSpace(word(v))) {
	case "true", "yes", "1":
		return true
	}
	return false
}

// degree reads a confidence: a number, the same as text, or a percentage.
func degree(v any) float64 {
	s, percent := strings.CutSuffix(strings.TrimSpace(word(v)), "%")
	n, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || math.IsNaN(n) {
		return DefaultConfidence
	}
	if percent || (n > 1 && n <= 100) {
		n /= 100
	}
	return n
}

// entityList reads objects with a name, or bare names.
func entityList(v any) []pika.Entity {
	list, _ := v.([]any)
	var found []pika.Entity
	for _, e := range list {
		switch e := e.(type) {
		case string:
			found = append(found, pika.Entity{Name: e})
		case map[string]any:
			found = append(found, pika.Entity{Name: word(e["name"]), Type: word(e["type"])})
		}
	}
	return found
}

// indexes reads message indexes: whole numbers, the same as text ("3", "[3]"), a
// single one, or several in one text ("1, 2").
func indexes(v any) []int {
	switch v := v.(type) {
	case []any:
		var found []int
		for _, e := range v {
			found = append(found, indexes(e)...)
		}
		return found
	case float64:
		if v >= 0 && v < pika.MaxConversationLen && v == math.Trunc(v) {
			return []int{int(v)}
		}
	case string:
		return indexesIn(v)
	}
	return nil
}

func indexesIn(s string) []int {
	var found []int
	for _, f := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("[](),; ", r) }) {
		n, err := strconv.Atoi(f)
		if err != nil {
			return nil
		}
		found = append(found, n)
	}
	return found
}

// dateForms are the ways of writing a time that are understood, with the step from
// a named day, month or year to its end.
var dateForms = []struct {
	layout              string
	years, months, days int
}{
	{layout: time.RFC3339Nano},
	{layout: "2006-01-02T15:04:05.999999999"},
	{layout: "2006-01-02 15:04:05Z07:00"},
	{layout: "2006-01-02 15:04:05"},
	{layout: "2006-01-02T15:04Z07:00"},
	{layout: "2006-01-02T15:04"},
	{layout: "2006-01-02 15:04"},
	{layout: "2006-01-02", days: 1},
	{layout: "2006/01/02", days: 1},
	{layout: "2006-01", months: 1},
	{layout: "2006", years: 1},
}

// date reads a time, in UTC where no zone is named; nil if it is none. As an end, a
// day, month or year means its last moment: intervals exclude their end.
func date(v any, end bool) *time.Time {
	s := strings.TrimSpace(word(v))
	for _, form := range dateForms {
		t, err := time.Parse(form.layout, s)
		if err != nil {
			continue
		}
		if end {
			t = t.AddDate(form.years, form.months, form.days)
		}
		t = t.UTC()
		return &t
	}
	return nil
}
