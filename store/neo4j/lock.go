package neo4j

import (
	"slices"
)

// takeLocks sets a property, which holds a node until the transaction ends. The nodes
// come in the order of the numbers, so that no two writers wait for each other.
const takeLocks = `UNWIND $locks AS number
MATCH (l:PikaLock {id: number})
SET l.taken_at = $at
RETURN count(l)`

// lock makes the transaction the only writer of the scopes. The locks are part of
// the schema: without them `pika migrate` was not run on this database.
func (t *tx) lock(at int64, scopes ...string) error {
	var numbers []int
	for _, s := range scopes {
		numbers = append(numbers, lockOf(s))
	}
	slices.Sort(numbers)
	numbers = slices.Compact(numbers)
	n, err := t.number(takeLocks, map[string]any{"locks": numbers, "at": at})
	if err != nil {
		return err
	}
	if n != int64(len(numbers)) {
		return errSchemaMissing()
	}
	return nil
}
