package cache

import "slices"

// GuardNames lists what keeps chunks that say different things apart.
func GuardNames() []string {
	var list []string
	for _, g := range chunkGuards {
		list = append(list, g.name)
	}
	for _, g := range likenessGuards {
		list = append(list, g.name)
	}
	return list
}

// Without switches one guard off.
func (e *Extractor) Without(name string) *Extractor {
	e.guards = slices.DeleteFunc(slices.Clone(e.guards), func(g chunkGuard) bool { return g.name == name })
	e.likeness = slices.DeleteFunc(slices.Clone(e.likeness), func(g likenessGuard) bool { return g.name == name })
	return e
}
