package gateway

import (
	"errors"
	"regexp"
	"strings"
	"time"
	"unicode"
)

// The formats of strings (and of metadata) in the published schemas. Their lengths
// count bytes of UTF-8.
const (
	formatID       = "id"       // 1–256 bytes, no control characters, not . or ..
	formatLine     = "line"     // no control characters
	formatBlock    = "text"     // not blank; no control characters but tab, line feed, carriage return
	formatLabel    = "label"    // lower-case letters, digits and underscores
	formatLanguage = "language" // a BCP 47 tag
	formatTime     = "date-time"
	formatMetadata = "metadata"
)

// textRules maps a format to its check, which returns what is wrong, "" for nothing.
var textRules = map[string]func(string) string{
	formatID:       checkID,
	formatLine:     checkLine,
	formatBlock:    checkText,
	formatLabel:    checkLabel,
	formatLanguage: checkLanguage,
}

func hasControl(s string) bool { return strings.ContainsFunc(s, unicode.IsControl) }

func checkID(s string) string {
	switch {
	case s == "." || s == "..":
		return "must not be . or .., which cannot stand in a path"
	case hasControl(s):
		return "must not hold control characters"
	}
	return ""
}

func checkLine(s string) string {
	if hasControl(s) {
		return "must not hold control characters"
	}
	return ""
}

// checkBlock allows the three control characters that text is laid out with.
func checkBlock(s string) string {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' && c != '\n' && c != '\r' {
			return "must not hold control characters other than tab, line feed and carriage return"
		}
	}
	return ""
}

func checkText(s string) string {
	if message := checkBlock(s); message != "" {
		return message
	}
	if blank(s) {
		return "must not be blank"
	}
	return ""
}

// blank reports whether nothing of s is seen: white space, marks of direction,
// joiners and the like.
func blank(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.IsSpace(r) && !unicode.Is(unicode.Cf, r) && !unicode.IsControl(r)
	})
}

func checkLabel(s string) string {
	for i, r := range s {
		lower := unicode.IsLetter(r) && unicode.ToLower(r) == r
		if !lower && (i == 0 || (!unicode.IsDigit(r) && r != '_' && !unicode.IsMark(r))) {
			return "must be snake_case: lower-case letters, digits and underscores, a letter first"
		}
	}
	return ""
}

func checkLanguage(s string) string {
	primary, _, _ := strings.Cut(s, "-")
	foreign := strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-'
	})
	if foreign || len(primary) < 2 || len(primary) > 3 {
		return "must be a BCP 47 tag such as vi or en"
	}
	return ""
}

var (
	errNotTime = errors.New("must be a date and time as in RFC 3339, such as 2026-11-01T08:00:00Z")
	errYear    = errors.New("must lie in the years 0001 to 9999 in UTC")
)

// timeShape is what time.Parse does not insist on: two digits for the hour, a point
// before the fraction, an offset below a day.
var timeShape = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$`)

// parseTime reads an RFC 3339 time as UTC with microseconds. The error is for the
// caller.
func parseTime(s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil || !timeShape.MatchString(s) {
		return t, errNotTime
	}
	t = t.UTC().Truncate(time.Microsecond)
	if t.Year() < 1 || t.Year() > 9999 {
		return t, errYear
	}
	return t, nil
}

// moment brings a decoded time into the form Pika keeps.
func moment(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	m := t.UTC().Truncate(time.Microsecond)
	return &m
}
