package neo4j

import (
	"fmt"
	"hash/fnv"
	"unicode/utf8"

	"github.com/pikamem/pika"
)

const (
	separator  = "/"
	scopeBytes = 36   // of Scope.ID
	maxIDBytes = 1024 // an index of Neo4j takes about 8,000 bytes of one edge
)

// keyOf names a node: a fact or an entity of a scope.
func keyOf(scope, id string) string { return scope + separator + id }

// storable reports whether an id can be one of the graph's. Neo4j would replace bytes
// that are not UTF-8, so that two ids became one.
func storable(id string) bool { return len(id) <= maxIDBytes && utf8.ValidString(id) }

// checkText refuses links with ids that the graph cannot hold.
func checkText(links []pika.Link) error {
	for i, l := range links {
		if !storable(l.FactID) {
			return pika.InvalidField(fmt.Sprintf("links[%d].fact_id", i), "must be UTF-8 of at most %d bytes", maxIDBytes)
		}
		if !storable(l.Predicate) {
			return pika.InvalidField(fmt.Sprintf("links[%d].predicate", i), "must be UTF-8 of at most %d bytes", maxIDBytes)
		}
		for _, e := range l.Entities {
			if !storable(e) {
				return pika.InvalidField(fmt.Sprintf("links[%d].entities", i), "holds an id that is not UTF-8 of at most %d bytes", maxIDBytes)
			}
		}
	}
	return nil
}

// locks is how many locks writers choose from. Users who share one wait for each
// other without need, for the few milliseconds of a write.
const locks = 256

// lockOf returns the lock that writers of a scope take.
func lockOf(scope string) int {
	h := fnv.New32a()
	h.Write([]byte(scope))
	return int(h.Sum32() % locks)
}
