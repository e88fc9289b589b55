package text

import "strings"

// Vietnamese is written in syllables of an onset and a rhyme, and both are closed
// lists. Without tones and diacritics these remain.
var (
	onsets = strings.Fields("b c ch d g gh gi h k kh l m n ng ngh nh p ph qu r s t th tr v x")
	rhymes = wordSet(`a ac ach ai am an ang anh ao ap at au ay e ec em en eng enh eo ep et eu ech
		i ia ich iec iem ien ieng iep iet ieu im in inh ip it iu o oa oac oach oai oam oan oang oanh oao oap oat oay
		oc oe oen oeo oet oi om on ong oong op ot u ua uan uang uat uay uan uc ue uech uenh ui um un ung uo uoc uoi uom uon
		uong uop uot uou up ut uu uy uya uych uyen uyet uyn uynh uyt uyu y yem yen yet yeu`)
)

// isVietnameseSyllable reports whether a lower-case ASCII word is a Vietnamese
// syllable without its diacritics.
func isVietnameseSyllable(w []byte) bool {
	if len(w) == 0 || len(w) > 7 {
		return false
	}
	if rhymes[string(w)] {
		return true
	}
	for _, onset := range onsets {
		if len(w) > len(onset) && string(w[:len(onset)]) == onset && rhymes[string(w[len(onset):])] {
			return true
		}
	}
	return false
}

func wordSet(words string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(words) {
		set[w] = true
	}
	return set
}
