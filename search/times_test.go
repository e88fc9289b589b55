package search_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pikamem/pika/search"
)

func day(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }

func TestPeriods(t *testing.T) {
	t.Parallel()
	y := func(n int) search.Period { return search.Period{From: day(n, 1, 1), To: day(n+1, 1, 1)} }
	for question, want := range map[string][]search.Period{ // now is Sunday, 1 November 2026
		"Năm ngoái tôi đi đâu?":          {y(2025)},
		"Where did I go last year?":      {y(2025)},
		"Tôi làm gì năm 2024":            {y(2024)},
		"hồi tháng 3":                    {{Month: time.March}},
		"hồi tháng 3 năm 2025":           {{From: day(2025, 3, 1), To: day(2025, 4, 1)}},
		"tháng 3/2025":                   {{From: day(2025, 3, 1), To: day(2025, 4, 1)}},
		"in March 2025":                  {{From: day(2025, 3, 1), To: day(2025, 4, 1)}},
		"in June":                        {{Month: time.June}},
		"may I march in the parade":      nil,
		"before 2024":                    {{To: day(2024, 1, 1)}},
		"từ 2023":                        {{From: day(2023, 1, 1)}},
		"on 2026-05-12":                  {{From: day(2026, 5, 12), To: day(2026, 5, 13)}},
		"ngày 12/5/2026":                 {{From: day(2026, 5, 12), To: day(2026, 5, 13)}},
		"hôm qua":                        {{From: day(2026, 10, 31), To: day(2026, 11, 1)}},
		"last week":                      {{From: day(2026, 10, 19), To: day(2026, 10, 26)}},
		"this week":                      {{From: day(2026, 10, 26), To: day(2026, 11, 2)}},
		"next month":                     {{From: day(2026, 12, 1), To: day(2027, 1, 1)}},
		"tháng 13":                       nil,
		"99/99/2024":                     {y(2024)},
		"order 20245":                    nil,
		"what did I do in 2024 and 2025": {y(2024)},
		"hiện nay tôi ở đâu":             {{From: day(2026, 11, 1), To: day(2026, 11, 2)}},
		"":                               nil,
	} {
		if diff := cmp.Diff(want, search.Periods(question, epoch)); diff != "" {
			t.Errorf("Periods(%q) (-want +got):\n%s", question, diff)
		}
	}
}

func TestPeriodOverlaps(t *testing.T) {
	t.Parallel()
	at := func(x time.Time) *time.Time { return &x }
	year := search.Period{From: day(2025, 1, 1), To: day(2026, 1, 1)}
	march := search.Period{Month: time.March}
	for _, tt := range []struct {
		name     string
		p        search.Period
		from, to *time.Time
		want     bool
	}{
		{"inside", year, at(day(2025, 5, 1)), at(day(2025, 6, 1)), true},
		{"before", year, at(day(2023, 5, 1)), at(day(2024, 6, 1)), false},
		{"after", year, at(day(2026, 5, 1)), nil, false},
		{"since before", year, at(day(2020, 5, 1)), nil, true},
		{"until within", year, nil, at(day(2025, 3, 1)), true},
		{"until before", year, nil, at(day(2024, 3, 1)), false},
		{"a month", march, at(day(2025, 2, 20)), at(day(2025, 3, 2)), true},
		{"another month", march, at(day(2025, 4, 20)), at(day(2025, 5, 2)), false},
		{"begins in the month", march, at(day(2025, 3, 20)), nil, true},
		{"began in another", march, at(day(2025, 4, 20)), nil, false},
	} {
		if got := tt.p.Overlaps(tt.from, tt.to); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

func FuzzPeriods(f *testing.F) {
	for _, s := range []string{"tháng 3 năm 2025", "12/13/2024", "2024-00-00", "last year last week"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, p := range search.Periods(s, epoch) {
			if p.Month < 0 || p.Month > 12 || (!p.To.IsZero() && !p.From.IsZero() && !p.From.Before(p.To)) {
				t.Errorf("Periods(%q) holds %+v", s, p)
			}
		}
	})
}
