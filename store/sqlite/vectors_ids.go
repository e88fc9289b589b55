package sqlite

import (
	"encoding/hex"

	"github.com/pikamem/pika"
)

// idTable numbers ids from 0 without gaps. UUIDs, which nearly all ids are, are kept
// as 16 bytes.
type idTable struct {
	uuids   [][16]byte     // by number; zeros where the id is no UUID
	others  map[int]string // numbers of the ids that are no UUIDs
	byUUID  map[[16]byte]int32
	byOther map[string]int32
}

func newIDTable() idTable {
	return idTable{byUUID: map[[16]byte]int32{}, byOther: map[string]int32{}, others: map[int]string{}}
}

func (t *idTable) len() int { return len(t.uuids) }

func (t *idTable) find(id string) (int, bool) {
	if u, ok := parseUUID(id); ok {
		i, ok := t.byUUID[u]
		return int(i), ok
	}
	i, ok := t.byOther[id]
	return int(i), ok
}

// add numbers an id that is not there yet.
func (t *idTable) add(id string) int {
	i := len(t.uuids)
	u, ok := parseUUID(id)
	t.uuids = append(t.uuids, u)
	if ok {
		t.byUUID[u] = int32(i)
	} else {
		t.others[i], t.byOther[id] = id, int32(i)
	}
	return i
}

// delete removes the id with number i; the last id takes its number.
func (t *idTable) delete(i int) {
	t.forget(i)
	last := len(t.uuids) - 1
	if i != last {
		t.renumber(last, i)
	}
	t.uuids = t.uuids[:last]
}

func (t *idTable) forget(i int) {
	if id, ok := t.others[i]; ok {
		delete(t.others, i)
		delete(t.byOther, id)
		return
	}
	delete(t.byUUID, t.uuids[i])
}

func (t *idTable) renumber(from, to int) {
	t.uuids[to] = t.uuids[from]
	if id, ok := t.others[from]; ok {
		delete(t.others, from)
		t.others[to], t.byOther[id] = id, int32(to)
		return
	}
	t.byUUID[t.uuids[to]] = int32(to)
}

func (t *idTable) at(i int) string {
	if id, ok := t.others[i]; ok {
		return id
	}
	return formatUUID(t.uuids[i])
}

// parseUUID returns the bytes of an id that Pika made; ok is false for any other string.
func parseUUID(id string) (u [16]byte, ok bool) {
	if !pika.IsID(id) {
		return u, false
	}
	digits := []byte(id[0:8] + id[9:13] + id[14:18] + id[19:23] + id[24:36])
	_, err := hex.Decode(u[:], digits)
	return u, err == nil
}

func formatUUID(u [16]byte) string {
	h := hex.EncodeToString(u[:])
	return h[0:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:32]
}
