package rules

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/pikamem/pika/text"
)

const (
	viNumber  = `(\d{1,3}|mười hai|mười một|một|hai|ba|bốn|năm|sáu|bảy|tám|chín|mười)`
	viMonth   = `tháng (\d{1,2}|mười hai|mười một|một|hai|ba|tư|bốn|năm|sáu|bảy|tám|chín|mười)`
	viUnit    = `(ngày|hôm|tuần|tháng|năm)`
	viWeekday = `(thứ hai|thứ ba|thứ tư|thứ năm|thứ sáu|thứ bảy|thứ [2-7]|t[2-7]|chủ nhật|cn)`
	viPast    = `trước|vừa rồi|vừa qua|rồi|qua|ngoái`
	viFuture  = `sau|tới`
	viThis    = `này|nay`
)

var viNumbers = bothForms(map[string]int{
	"một": 1, "hai": 2, "ba": 3, "tư": 4, "bốn": 4, "năm": 5, "sáu": 6, "bảy": 7, "tám": 8, "chín": 9,
	"mười": 10, "mười một": 11, "mười hai": 12,
})

var viUnits = bothForms(map[string]unit{"ngày": day, "hôm": day, "tuần": week, "tháng": month, "năm": year})

var viWeekdays = bothForms(map[string]time.Weekday{
	"thứ hai": 1, "thứ ba": 2, "thứ tư": 3, "thứ năm": 4, "thứ sáu": 5, "thứ bảy": 6, "chủ nhật": 0, "cn": 0,
	"thứ 2": 1, "thứ 3": 2, "thứ 4": 3, "thứ 5": 4, "thứ 6": 5, "thứ 7": 6,
	"t2": 1, "t3": 2, "t4": 3, "t5": 4, "t6": 5, "t7": 6,
})

var viDirections = bothForms(map[string]int{
	"trước": -1, "vừa rồi": -1, "vừa qua": -1, "rồi": -1, "qua": -1, "ngoái": -1, "sau": 1, "tới": 1, "này": 0, "nay": 0,
})

// bothForms adds the spelling without diacritics of every key.
func bothForms[V any](m map[string]V) map[string]V {
	both := make(map[string]V, 2*len(m))
	for k, v := range m {
		both[k], both[text.Fold(k)] = v, v
	}
	return both
}

// The date rules of Vietnamese, for text with diacritics and without. Numbers stand
// day first. A day and month without a year is the nearest one.
var (
	vietnamese      = vietnameseDates(marked)
	vietnamesePlain = vietnameseDates(unmarked)
)

func vietnameseDates(spell spelling) dateLanguage {
	re := func(pattern string) *regexp.Regexp { return regexp.MustCompile(`(?i)(?:` + spell(pattern) + `)`) }
	return dateLanguage{
		clues:    strings.Fields(spell("ngày hôm tuần tháng năm sáng trưa chiều tối đêm bữa thứ nhật mai t2 t3 t4 t5 t6 t7 cn")),
		leads:    re(`(?:^|\s)(?:vào|từ|hồi|lúc|trong|kể từ|bắt đầu từ|(?:vào )?(?:đầu|giữa|cuối))?(?: ngày| đầu| cuối| giữa)?\s+$`),
		bounding: re(`(?:^|\s)(?:đến|tới|trước|sau|cho đến|cho tới)(?: ngày)?\s+$`),
		phrase:   vietnameseDate,
		rules: []dateRule{
			isoRule,
			{re(`(?:ngày )?(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})`), dayMonthYear},
			{re(`(?:ngày )?(\d{1,2}) ` + viMonth + `(?:,? năm |/|, ?| )(\d{4})`), dayMonthYear},
			{re(`(?:ngày )?(\d{1,2}) ` + viMonth), dayMonth},
			{re(`ngày (\d{1,2})[/-](\d{1,2})`), dayMonth},
			{re(viMonth + `(?:,? năm |/)(\d{4})`), monthYear},
			{re(viMonth + ` năm (` + viPast + `|` + viFuture + `|` + viThis + `)`), monthOfYear},
			{re(`năm ((?:19|20)\d{2})`), exactYear},
			{re(`(?:cách đây |cách nay )` + viNumber + ` ` + viUnit), awayFrom(-1)},
			{re(viNumber + ` ` + viUnit + ` (?:trước|qua)`), awayFrom(-1)},
			{re(viNumber + ` ` + viUnit + ` (?:nữa|sau|tới)`), awayFrom(1)},
			{re(viWeekday + ` (?:tuần )?(` + viPast + `|` + viFuture + `|` + viThis + `)`), viNamedWeekday},
			{re(`(tuần|tháng|năm) (` + viPast + `|` + viFuture + `|` + viThis + `)`), viPeriod},
			{re(`cuối tuần (` + viPast + `|` + viFuture + `|` + viThis + `)`), func(m []string, ref time.Time) (time.Time, unit, bool) {
				return weekdayOf(ref, time.Saturday, viDirections[m[1]]), day, !ref.IsZero()
			}},
			{re(`(?:hôm|bữa) kia`), relative(day, -2)},
			{re(`(?:sáng|trưa|chiều|tối|đêm)? ?(?:hôm|bữa) qua|(?:sáng|trưa|chiều|tối|đêm) qua`), relative(day, -1)},
			{re(`(?:sáng|trưa|chiều|tối|đêm)? ?(?:hôm|bữa) nay|(?:sáng|trưa|chiều|tối|đêm) nay`), relative(day, 0)},
			{re(`(?:sáng|trưa|chiều|tối|đêm)? ?(?:ngày mai)|(?:sáng|trưa|chiều|tối|đêm) mai|^mai`), relative(day, 1)},
			{re(`ngày kia|ngày mốt`), relative(day, 2)},
		},
	}
}

func dayMonthYear(m []string, _ time.Time) (time.Time, unit, bool) {
	return exactDate(number(m[3], nil), number(m[2], viNumbers), number(m[1], nil))
}

func dayMonth(m []string, ref time.Time) (time.Time, unit, bool) {
	return nearest(number(m[2], viNumbers), number(m[1], nil), ref)
}

func monthYear(m []string, _ time.Time) (time.Time, unit, bool) {
	t, _, ok := exactDate(number(m[2], nil), number(m[1], viNumbers), 1)
	return t, month, ok
}

func monthOfYear(m []string, ref time.Time) (time.Time, unit, bool) {
	t, _, ok := exactDate(ref.Year()+viDirections[m[2]], number(m[1], viNumbers), 1)
	return t, month, ok && !ref.IsZero()
}

func awayFrom(sign int) func([]string, time.Time) (time.Time, unit, bool) {
	return func(m []string, ref time.Time) (time.Time, unit, bool) {
		return ago(number(m[1], viNumbers), viUnits[m[2]], sign, ref)
	}
}

func viNamedWeekday(m []string, ref time.Time) (time.Time, unit, bool) {
	return weekdayOf(ref, viWeekdays[m[1]], viDirections[m[2]]), day, !ref.IsZero()
}

func viPeriod(m []string, ref time.Time) (time.Time, unit, bool) {
	u := viUnits[m[1]]
	return shift(ref, u, viDirections[m[2]]), u, !ref.IsZero()
}

func vietnameseDate(at time.Time, u unit) string {
	switch u {
	case week:
		return fmt.Sprintf("trong tuần bắt đầu ngày %d tháng %d năm %d", at.Day(), at.Month(), at.Year())
	case month:
		return fmt.Sprintf("vào tháng %d năm %d", at.Month(), at.Year())
	case year:
		return fmt.Sprintf("vào năm %d", at.Year())
	}
	return fmt.Sprintf("vào ngày %d tháng %d năm %d", at.Day(), at.Month(), at.Year())
}
