package sqlite

import (
	"encoding/base64"
	"fmt"
	"hash/crc32"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/pikamem/pika"
)

// position is where a page of a list ends: lists run from the newest time to the
// oldest, equal times by id.
type position struct {
	at int64 // microseconds
	id string
}

// first stands before every row.
var first = position{at: math.MaxInt64}

// cursor returns the position as an opaque string that only the same kind of list
// takes. The checksum is no secret: it tells a damaged cursor from a whole one.
func (p position) cursor(kind string) string {
	body := fmt.Sprintf("%s:%d:%s", kind, p.at, p.id)
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%08x:%s", crc32.ChecksumIEEE([]byte(body)), body))
}

// startOf checks a page request and returns where the page starts.
func startOf(p pika.PageRequest, kind string) (position, error) {
	if p.Limit < 1 || p.Limit > pika.MaxPageLimit {
		return position{}, pika.InvalidField("limit", "must be 1–%d", pika.MaxPageLimit)
	}
	if p.Cursor == "" {
		return first, nil
	}
	if at, ok := parseCursor(p.Cursor, kind); ok {
		return at, nil
	}
	return position{}, pika.InvalidField("cursor", "must be the next_cursor of an earlier page of this list")
}

func parseCursor(cursor, kind string) (position, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return position{}, false
	}
	parts := strings.SplitN(string(raw), ":", 4)
	if len(parts) != 4 || parts[1] != kind {
		return position{}, false
	}
	at, err := strconv.ParseInt(parts[2], 10, 64)
	p := position{at: at, id: parts[3]}
	return p, err == nil && p.cursor(kind) == cursor
}

// pageOf makes a page of rows that were read one further than the limit.
func pageOf[T any](items []T, limit int, kind string, at func(*T) (time.Time, string)) pika.Page[T] {
	if len(items) <= limit {
		return pika.Page[T]{Items: items}
	}
	items = items[:limit]
	t, id := at(&items[limit-1])
	return pika.Page[T]{Items: items, Next: position{at: micros(t), id: id}.cursor(kind)}
}
