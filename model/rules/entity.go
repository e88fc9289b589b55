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
// type place if they are known as one, else other. The text's first word says nothing: it is the speaker, or a sentence
// begins with it.
func withNames(entities []pika.Entity, s, speaker string) []pika.Entity {
	if rest, ok := strings.CutPrefix(s, speaker); ok {
		s = rest
	} else {
		_, s, _ = strings.Cut(s, " ")
	}
	var run []string
	flush := func() {
		if name := strings.Join(run, " "); name != "" && name != speaker {
			kind := "other"
			if isKnownPlace(name) {
				kind = "place"
			}
			entities = addEntity(entities, pika.Entity{Name: name, Type: kind})
		}
		run = nil
	}
	for w := range strings.FieldsSeq(s) {
		bare := strings.TrimSuffix(strings.Trim(w, ".,;:!()\"'“”"), "'s")
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
