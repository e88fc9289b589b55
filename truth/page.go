package truth

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

// List is the kind of a list; a cursor of one is refused by the others.
type List string

// The lists that have pages.
const (
	FactList List = "facts"
	JobList  List = "jobs"
)

// Position is where a page of a list ends: lists run from the newest time to the
// oldest, equal times by id.
type Position struct {
	At int64 // microseconds
	ID string
}

// first stands before every row.
var first = Position{At: math.MaxInt64}

// cursor returns the position as an opaque string that only the same kind of list
// takes. The checksum is no secret: it tells a damaged cursor from a whole one.
func (p Position) cursor(kind List) string {
	body := fmt.Sprintf("%s:%d:%s", kind, p.At, p.ID)
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%08x:%s", crc32.ChecksumIEEE([]byte(body)), body))
}

// StartOf checks a page request and returns where the page starts: at the rows that
// come after the position.
func StartOf(p pika.PageRequest, kind List) (Position, error) {
	if p.Limit < 1 || p.Limit > pika.MaxPageLimit {
		return Position{}, pika.InvalidField("limit", "must be 1–%d", pika.MaxPageLimit)
	}
	if p.Cursor == "" {
		return first, nil
	}
	if at, ok := parseCursor(p.Cursor, kind); ok {
		return at, nil
	}
	return Position{}, pika.InvalidField("cursor", "must be the next_cursor of an earlier page of this list")
}

func parseCursor(cursor string, kind List) (Position, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return Position{}, false
	}
	parts := strings.SplitN(string(raw), ":", 4)
	if len(parts) != 4 || parts[1] != string(kind) {
		return Position{}, false
	}
	at, err := strconv.ParseInt(parts[2], 10, 64)
	p := Position{At: at, ID: parts[3]}
	return p, err == nil && p.cursor(kind) == cursor
}

// PageOf makes a page of rows that were read one further than the limit.
func PageOf[T any](items []T, limit int, kind List, at func(*T) (time.Time, string)) pika.Page[T] {
	if len(items) <= limit {
		return pika.Page[T]{Items: items}
	}
	items = items[:limit]
	t, id := at(&items[limit-1])
	return pika.Page[T]{Items: items, Next: Position{At: Micros(t), ID: id}.cursor(kind)}
}
