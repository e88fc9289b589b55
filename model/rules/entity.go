package rules

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/text"
)

// withNames adds to the entities the other runs of capitalised words of a text, of
// type other. The first word of the text is the speaker or begins the sentence, and
// counts only as part of what follows it in no case.
func withNames(entities []pika.Entity, s, speaker string) []pika.Entity {
	s = strings.TrimSpace(strings.TrimPrefix(s, speaker))
	var run []string
	flush := func() {
		if name := strings.Join(run, " "); name != "" {
			entities = addEntity(entities, pika.Entity{Name: name, Type: "other"})
		}
		run = nil
	}
	for w := range strings.FieldsSeq(s) {
		bare := strings.Trim(w, ".,;:!()\"'“”")
		bare = strings.TrimSuffix(bare, "'s")
		r, _ := utf8.DecodeRuneInString(bare)
		if !unicode.IsUpper(r) || notEntities[strings.ToLower(bare)] {
			flush()
			continue
		}
		run = append(run, bare)
		if bare != w {
			flush()
		}
	}
	flush()
	return entities
}

// addEntity adds an entity unless one of that name, or one that holds it, is there.
func addEntity(entities []pika.Entity, e pika.Entity) []pika.Entity {
	key := " " + text.Fold(e.Name) + " "
	if len(e.Name) > pika.MaxNameBytes || len(entities) >= pika.MaxEntities || slices.ContainsFunc(entities, func(have pika.Entity) bool {
		return strings.Contains(" "+text.Fold(have.Name)+" ", key)
	}) {
		return entities
	}
	return append(entities, e)
}

// notEntities are capitalised words that name nothing of a user's world.
var notEntities = set(`i the january february march april may june july august september october november december
	monday tuesday wednesday thursday friday saturday sunday người english vietnamese`)
