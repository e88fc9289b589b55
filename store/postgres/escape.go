package postgres

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// PostgreSQL's text holds neither U+0000 nor invalid UTF-8, and SQLite's does. Both are
// rare and neither may be lost or refused, so they are written with U+0001 in front:
//
//	U+0000  U+0001 U+0001
//	U+0001  U+0001 U+0002
//	byte b  U+0001 U+0003 and b as two hexadecimal digits, where b is not UTF-8
//
// All other text stands as it is, readable in any client, and valid text keeps its
// order: what is lower than U+0002 stays lower, byte by byte.
const (
	mark       = '\x01'
	markNul    = '\x01'
	markItself = '\x02'
	markByte   = '\x03'
)

// escape returns s as the database holds it.
func escape(s string) string {
	if strings.IndexByte(s, 0) < 0 && strings.IndexByte(s, mark) < 0 && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == 0:
			b.WriteString(string(mark) + string(markNul))
		case r == mark:
			b.WriteString(string(mark) + string(markItself))
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, "%c%c%02x", mark, markByte, s[i])
		default:
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	return b.String()
}

// unescape returns what escape was given.
func unescape(s string) string {
	if strings.IndexByte(s, mark) < 0 {
		return s
	}
	var b strings.Builder
	for {
		plain, rest, found := strings.Cut(s, string(mark))
		b.WriteString(plain)
		if !found {
			return b.String()
		}
		c, n := unmark(rest)
		b.WriteByte(c)
		s = rest[n:]
	}
}

// unmark reads what follows a mark. What escape never wrote reads as the mark itself.
func unmark(s string) (c byte, n int) {
	switch {
	case strings.HasPrefix(s, string(markNul)):
		return 0, 1
	case strings.HasPrefix(s, string(markItself)):
		return mark, 1
	case strings.HasPrefix(s, string(markByte)) && len(s) >= 3:
		if v, err := strconv.ParseUint(s[1:3], 16, 8); err == nil {
			return byte(v), 3
		}
	}
	return mark, 0
}

// escapeArguments escapes the strings among a statement's arguments.
func escapeArguments(args []any) []any {
	for i, a := range args {
		switch v := a.(type) {
		case string:
			args[i] = escape(v)
		case []string:
			args[i] = escapeList(v)
		}
	}
	return args
}

func escapeList(list []string) []string {
	escaped := make([]string, len(list))
	for i, s := range list {
		escaped[i] = escape(s)
	}
	return escaped
}

// unescapeResults unescapes the strings that a row was read into.
func unescapeResults(dest []any) {
	for _, d := range dest {
		switch v := d.(type) {
		case *string:
			*v = unescape(*v)
		case **string:
			if *v != nil {
				**v = unescape(**v)
			}
		}
	}
}
