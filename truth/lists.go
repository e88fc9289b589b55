package truth

import (
	"slices"

	"github.com/pikamem/pika"
)

// InOrder returns items in the order of ids, each once, missing ones left out.
func InOrder[T any](items []T, ids []string, idOf func(*T) string) []T {
	byID := make(map[string]*T, len(items))
	for i := range items {
		byID[idOf(&items[i])] = &items[i]
	}
	ordered := make([]T, 0, len(items))
	for _, id := range ids {
		if item, ok := byID[id]; ok {
			ordered = append(ordered, *item)
			delete(byID, id)
		}
	}
	return ordered
}

// LastOfEach keeps the last item of each id, in the order the ids first stand: what
// is left of a list in which later items replace earlier ones.
func LastOfEach[T any](items []T, idOf func(*T) string) []T {
	at := make(map[string]int, len(items))
	kept := make([]T, 0, len(items))
	for i := range items {
		id := idOf(&items[i])
		if j, ok := at[id]; ok {
			kept[j] = items[i]
			continue
		}
		at[id] = len(kept)
		kept = append(kept, items[i])
	}
	return kept
}

// distinct returns sources without repeats; nil for none.
func distinct(sources []pika.Source) []pika.Source {
	var once []pika.Source
	for _, s := range sources {
		if !slices.Contains(once, s) {
			once = append(once, s)
		}
	}
	return once
}
