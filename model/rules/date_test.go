package rules_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pikamem/pika/model/rules"
)

// The reference day of all cases is Wednesday 4 November 2026.
var dateCases = []struct{ language, text, first string }{
	{"vi", "hôm nay tôi mệt", "2026-11-04"},
	{"vi", "hôm qua tôi đi khám", "2026-11-03"},
	{"vi", "tối qua tôi xem phim", "2026-11-03"},
	{"vi", "sáng nay tôi chạy bộ", "2026-11-04"},
	{"vi", "hôm kia tôi gặp An", "2026-11-02"},
	{"vi", "ngày mai tôi đi", "2026-11-05"},
	{"vi", "sáng mai tôi bay", "2026-11-05"},
	{"vi", "mai tôi đi Huế", "2026-11-05"},
	{"vi", "ngày kia tôi về", "2026-11-06"},
	{"vi", "tuần này bận", "2026-11-02"},
	{"vi", "tuần trước tôi ốm", "2026-10-26"},
	{"vi", "tuần sau tôi thi", "2026-11-09"},
	{"vi", "tuần tới tôi thi", "2026-11-09"},
	{"vi", "tháng này", "2026-11-01"},
	{"vi", "tháng trước tôi chuyển nhà", "2026-10-01"},
	{"vi", "tháng sau tôi cưới", "2026-12-01"},
	{"vi", "tháng tới", "2026-12-01"},
	{"vi", "năm nay", "2026-01-01"},
	{"vi", "năm ngoái tôi tốt nghiệp", "2025-01-01"},
	{"vi", "năm sau tôi đi Nhật", "2027-01-01"},
	{"vi", "3 tuần trước", "2026-10-12"},
	{"vi", "ba ngày trước", "2026-11-01"},
	{"vi", "năm năm trước", "2021-01-01"},
	{"vi", "cách đây hai tháng", "2026-09-01"},
	{"vi", "2 tháng nữa", "2027-01-01"},
	{"vi", "mười ngày nữa", "2026-11-14"},
	{"vi", "ngày 14 tháng 3 năm 2024", "2024-03-14"},
	{"vi", "14 tháng 3 năm 2024", "2024-03-14"},
	{"vi", "14 tháng ba, 2024", "2024-03-14"},
	{"vi", "sinh ngày 14/3/2024", "2024-03-14"},
	{"vi", "sinh 05-06-1990", "1990-06-05"},
	{"vi", "ngày 2 tháng 12", "2026-12-02"},
	{"vi", "ngày 15/1", "2027-01-15"},
	{"vi", "ngày 20 tháng 10", "2026-10-20"},
	{"vi", "tháng 3 năm 2024", "2024-03-01"},
	{"vi", "tháng 3/2024", "2024-03-01"},
	{"vi", "tháng 5 năm ngoái", "2025-05-01"},
	{"vi", "tháng mười hai năm nay", "2026-12-01"},
	{"vi", "từ năm 2019", "2019-01-01"},
	{"vi", "thứ hai tuần sau", "2026-11-09"},
	{"vi", "thứ sáu tuần này", "2026-11-06"},
	{"vi", "thứ 6 tuần trước", "2026-10-30"},
	{"vi", "chủ nhật tuần này", "2026-11-08"},
	{"vi", "cuối tuần trước", "2026-10-31"},
	{"vi", "cuối tuần này", "2026-11-07"},
	{"vi", "2024-03-14", "2024-03-14"},
	{"vi", "31/2/2024", ""},
	{"vi", "14 tháng 13 năm 2024", ""},
	{"vi", "đến tháng sau", ""},
	{"vi", "tôi năm tuổi", ""},
	{"vi", "không có gì", ""},
	{"vi plain", "hom qua toi di kham", "2026-11-03"},
	{"vi plain", "thang truoc toi chuyen nha", "2026-10-01"},
	{"vi plain", "ngay 14 thang 3 nam 2024", "2024-03-14"},
	{"vi plain", "3 tuan truoc", "2026-10-12"},
	{"vi plain", "thu hai tuan sau", "2026-11-09"},
	{"vi plain", "nam ngoai", "2025-01-01"},
	{"vi plain", "ngay mai", "2026-11-05"},
	{"en", "today", "2026-11-04"},
	{"en", "tonight", "2026-11-04"},
	{"en", "yesterday morning", "2026-11-03"},
	{"en", "last night", "2026-11-03"},
	{"en", "the day before yesterday", "2026-11-02"},
	{"en", "tomorrow", "2026-11-05"},
	{"en", "the day after tomorrow", "2026-11-06"},
	{"en", "last week", "2026-10-26"},
	{"en", "this week", "2026-11-02"},
	{"en", "next week", "2026-11-09"},
	{"en", "last month", "2026-10-01"},
	{"en", "next month", "2026-12-01"},
	{"en", "last year", "2025-01-01"},
	{"en", "next year", "2027-01-01"},
	{"en", "3 weeks ago", "2026-10-12"},
	{"en", "a week ago", "2026-10-26"},
	{"en", "two days ago", "2026-11-02"},
	{"en", "five years ago", "2021-01-01"},
	{"en", "in two days", "2026-11-06"},
	{"en", "in a month", "2026-12-01"},
	{"en", "three weeks from now", "2026-11-23"},
	{"en", "next Friday", "2026-11-13"},
	{"en", "this Friday", "2026-11-06"},
	{"en", "last Friday", "2026-10-30"},
	{"en", "last Monday", "2026-11-02"},
	{"en", "last Wednesday", "2026-10-28"},
	{"en", "next Sunday", "2026-11-15"},
	{"en", "last weekend", "2026-10-31"},
	{"en", "this weekend", "2026-11-07"},
	{"en", "last March", "2026-03-01"},
	{"en", "last November", "2025-11-01"},
	{"en", "next March", "2027-03-01"},
	{"en", "March 14, 2024", "2024-03-14"},
	{"en", "14 March 2024", "2024-03-14"},
	{"en", "14th of March 2024", "2024-03-14"},
	{"en", "Mar. 14 2024", "2024-03-14"},
	{"en", "on March 14", "2027-03-14"},
	{"en", "December 1st", "2026-12-01"},
	{"en", "in March 2024", "2024-03-01"},
	{"en", "since 2019", "2019-01-01"},
	{"en", "2024-03-14", "2024-03-14"},
	{"en", "3/14/2024", "2024-03-14"},
	{"en", "14/3/2024", "2024-03-14"},
	{"en", "3/4/2024", ""},
	{"en", "February 30, 2024", ""},
	{"en", "until next month", ""},
	{"en", "by tomorrow", ""},
	{"en", "I may go", ""},
	{"en", "room 2019", ""},
	{"en", "300 years ago", ""},
}

func TestDates(t *testing.T) {
	t.Parallel()
	for _, c := range dateCases {
		if got, _ := rules.FindDate(c.language, c.text, wednesday); got != c.first {
			t.Errorf("%s: %q is %q; want %q", c.language, c.text, got, c.first)
		}
	}
}

func TestRelativeDatesNeedAReference(t *testing.T) {
	t.Parallel()
	for _, c := range dateCases {
		got, _ := rules.FindDate(c.language, c.text, time.Time{})
		absolute := strings.ContainsAny(c.text, "0123456789") && got == c.first
		if got != "" && !absolute {
			t.Errorf("%s: %q without a reference is %q", c.language, c.text, got)
		}
	}
}

func TestDatesAreWrittenOut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ language, text, want string }{
		{"vi", "hôm qua", "vào ngày 3 tháng 11 năm 2026"},
		{"vi", "tuần trước", "trong tuần bắt đầu ngày 26 tháng 10 năm 2026"},
		{"vi", "tháng trước", "vào tháng 10 năm 2026"},
		{"vi", "năm ngoái", "vào năm 2025"},
		{"en", "yesterday", "on 3 November 2026"},
		{"en", "last week", "in the week of 26 October 2026"},
		{"en", "last month", "in October 2026"},
		{"en", "last year", "in 2025"},
	} {
		if _, got := rules.FindDate(c.language, c.text, wednesday); got != c.want {
			t.Errorf("%s: %q is written %q; want %q", c.language, c.text, got, c.want)
		}
	}
}

func TestTheCalendarIsTheWriters(t *testing.T) {
	t.Parallel()
	late := time.Date(2026, time.November, 5, 1, 30, 0, 0, time.FixedZone("", 7*3600)) // still the 4th in UTC
	if got, _ := rules.FindDate("en", "today", late); got != "2026-11-05" {
		t.Errorf("today is %s for a writer whose clock says 2026-11-05", got)
	}
}
