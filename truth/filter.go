package truth

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/text"
)

// EntityKeys returns what a filter of entities, each an id or a name, may stand for in
// the rows of a scope: ids of entities, and folded subjects.
func EntityKeys(scope pika.Scope, entities []string) (ids, subjects []string) {
	for _, e := range entities {
		name := text.Fold(e)
		ids = append(ids, e, pika.EntityID(scope, name))
		subjects = append(subjects, e, name)
	}
	return ids, subjects
}

// MetadataParts returns what must stand in the metadata of a row, as JSON, for each member
// of a filter.
func MetadataParts(m pika.Metadata) ([]string, error) {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(m)) {
		b, err := json.Marshal(pika.Metadata{name: m[name]})
		if err != nil {
			return nil, err
		}
		parts = append(parts, string(b[1:len(b)-1])) // without the braces
	}
	return parts, nil
}

// Subjects returns the folded names of entities, as subjects of facts are compared.
func Subjects(names []string) []string {
	folded := make([]string, len(names))
	for i, n := range names {
		folded[i] = text.Fold(n)
	}
	return folded
}
