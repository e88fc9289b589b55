package paraphrase

import (
	"slices"
	"strings"

	"github.com/pikamem/pika/lexicon"
	"github.com/pikamem/pika/text"
	"golang.org/x/text/unicode/norm"
)

// repair returns the words of asked, in which what is only typed otherwise than in kept is
// written as there, and in what they differ then. A word that is one by itself is left as
// it is: "horse" is no slip for "house". No slip is seen in a name.
func repair(kept, asked *Question, names map[string]bool) (words []word, kind Kind) {
	r := repairer{kept: kept.words, used: make([]bool, len(kept.words))}
	words = r.apart(asked.words)
	if len(words) != len(asked.words) {
		kind = Typo
	}
	for i := range words {
		if full := phrases().short[words[i].typed]; full != "" && r.find(func(k word) bool { return k.typed == words[i].typed }) < 0 {
			words[i].text, words[i].typed = full, full
		}
	}
	open := make([]bool, len(words)) // no place in kept was found yet
	for i := range words {
		at := r.find(func(k word) bool { return k.typed == words[i].typed })
		open[i] = at < 0
		r.put(&words[i], at)
	}
	for _, is := range []func(kept, asked word) Kind{spelling, slip} {
		for i := range words {
			if !open[i] {
				continue
			}
			at := r.find(func(k word) bool {
				kind := is(k, words[i])
				named := names[name(k.text)] || names[name(words[i].text)]
				if kind == Diacritics {
					return asked.bare || !named && !isOwner(k.text) // who types some of them means what he leaves out
				}
				return kind == Typo && !named
			})
			if at >= 0 {
				kind = further(kind, is(r.kept[at], words[i]))
				open[i] = false
			}
			r.put(&words[i], at)
		}
	}
	return words, kind
}

// isOwner reports whether a word says whose something is.
func isOwner(w string) bool {
	e, ok := phrases().entries[w]
	return ok && e.guard == Owner && e.value != ""
}

// further returns the kind that holds the other.
func further(a, b Kind) Kind {
	if a == Typo {
		return a
	}
	return b
}

// repairer knows which words of the kept question were found again.
type repairer struct {
	kept []word
	used []bool
}

// find returns the first place whose word fits, those that were not found before first; -1:
// none.
func (r *repairer) find(fits func(word) bool) int {
	again := -1
	for i, k := range r.kept {
		if fits(k) {
			if !r.used[i] {
				return i
			}
			again = max(again, i)
		}
	}
	return again
}

func (r *repairer) put(w *word, at int) {
	if at >= 0 {
		r.used[at] = true
		w.text = r.kept[at].text
	}
}

// apart takes words apart that are two of the kept question's written together, and puts
// together two that are one there.
func (r *repairer) apart(words []word) []word {
	var all []word
	for n := 0; n < len(words); n++ {
		w := words[n]
		if n+1 < len(words) {
			joined := w.typed + words[n+1].typed
			if whole := slices.IndexFunc(r.kept, func(k word) bool { return k.typed == joined }); whole >= 0 && !hasDigit(joined) && len(joined) > len("inmy") {
				all = append(all, r.kept[whole])
				n++
				continue
			}
		}
		at := -1
		for i := 0; i+1 < len(r.kept); i++ {
			if !hasDigit(w.typed) && r.kept[i].typed+r.kept[i+1].typed == w.typed {
				at = i
			}
		}
		if at < 0 {
			all = append(all, w)
			continue
		}
		all = append(all, r.kept[at], r.kept[at+1])
	}
	return all
}

// spelling says how a word differs from one that it is written for; empty: it is another.
func spelling(kept, asked word) Kind {
	folded, typed := text.Fold(kept.text), text.Fold(asked.typed)
	switch {
	case folded == typed && asked.typed == typed: // no diacritics
		return Diacritics
	case folded == typed && kept.typed == folded && kept.text == asked.typed:
		return Diacritics
	case folded == typed && (sameTone(kept.text, asked.typed) || !isWord(asked.typed)):
		return Typo
	case isTelex(kept.text, asked.typed), sameSound(folded, typed) && !isWord(asked.typed):
		return Typo
	}
	return ""
}

// sounds are letters that are read alike in parts of Vietnam, and get mistaken in writing.
var sounds = strings.NewReplacer("gi", "z", "d", "z", "r", "z", "x", "s", "tr", "ch", "ngh", "ng", "gh", "g", "k", "c", "q", "c", "y", "i")

func sameSound(a, b string) bool { return sounds.Replace(a) == sounds.Replace(b) }

// slip says whether a word is a slip for another.
func slip(kept, asked word) Kind {
	folded, typed := text.Fold(kept.text), text.Fold(asked.typed)
	if folded == typed || text.Stem(folded) == text.Stem(typed) || asked.typed != asked.text || isWord(asked.typed) || hasDigit(asked.typed) || !isSlip(folded, typed) {
		return ""
	}
	return Typo
}

// isTelex reports whether a word is what the keys of an input method for Vietnamese leave
// behind where it is off.
func isTelex(kept, typed string) bool {
	meant, ok := unkeyed(typed)
	return ok && (sameTone(meant, kept) || meant == text.Fold(kept))
}

// keys are what Telex and VNI write the letters of Vietnamese with.
var keys = strings.NewReplacer("uow", "ươ", "uo7", "ươ", "u7o7", "ươ", "dd", "đ", "d9", "đ", "aa", "â", "a6", "â", "ee", "ê", "e6", "ê", "oo", "ô", "o6", "ô",
	"aw", "ă", "a8", "ă", "ow", "ơ", "o7", "ơ", "uw", "ư", "u7", "ư")

// moved puts the keys of VNI for letters behind the letters they change: "toi6" is "to6i".
func moved(typed string) string {
	for i, changes := range map[byte]string{'6': "aeo", '7': "ou", '8': "a", '9': "d"} {
		at := strings.IndexByte(typed, i)
		if at < 0 {
			continue
		}
		if letter := strings.LastIndexAny(typed[:at], changes); letter >= 0 {
			typed = typed[:letter+1] + string(i) + typed[letter+1:at] + typed[at+1:]
		}
	}
	return typed
}

// toneKeys are the keys of the tones, as combining marks.
var toneKeys = map[rune]string{'s': "\u0301", 'f': "\u0300", 'r': "\u0309", 'x': "\u0303", 'j': "\u0323", '1': "\u0301", '2': "\u0300", '3': "\u0309", '4': "\u0303", '5': "\u0323"}

// unkeyed returns the syllable that the keys of a word would have written: "vieejc" and
// "vie65c" are "việc". The key of a tone stands anywhere after the first vowel.
func unkeyed(typed string) (meant string, ok bool) {
	letters := keys.Replace(moved(typed))
	if trailing := strings.TrimSuffix(letters, "w"); trailing != letters { // "anw"
		letters = keys.Replace(strings.Replace(trailing, "a", "aw", 1))
	}
	var b strings.Builder
	vowel := -1
	tone := ""
	for _, r := range letters {
		if mark, is := toneKeys[r]; is && vowel >= 0 && tone == "" {
			tone = mark
			continue
		}
		b.WriteRune(r)
		if vowel < 0 && strings.ContainsRune("aăâeêioôơuưy", r) {
			vowel = b.Len()
		}
	}
	meant = b.String()
	if tone == "" {
		return meant, meant != typed
	}
	return norm.NFC.String(meant[:vowel] + tone + meant[vowel:]), true
}

func hasDigit(w string) bool { return strings.ContainsAny(w, "0123456789") }

// isWord reports whether a word is known to be one.
func isWord(w string) bool { return lexicon.Word(w) || phrases().known[w] }

const tones = "\u0300\u0301\u0303\u0309\u0323"

// sameTone reports whether two words have the same letters and the same tone, which may
// stand on another vowel.
func sameTone(a, b string) bool {
	letters := func(s string) (letters, tone string) {
		for _, r := range norm.NFD.String(s) {
			if strings.ContainsRune(tones, r) {
				tone += string(r)
			} else {
				letters += string(r)
			}
		}
		return letters, tone
	}
	x, t := letters(a)
	y, u := letters(b)
	return x == y && t == u
}

// isSlip reports whether a word differs from another by one letter left out, added or
// changed, or by two neighbours swapped (Damerau, CACM 7(3), 1964); in words of 6 letters
// or more that begin alike by two such. Words of three letters must begin alike.
func isSlip(word, other string) bool {
	a, b := []rune(word), []rune(other)
	most := 1
	switch {
	case len(a) < 3 || len(a) == 3 && a[0] != b[0]:
		return false
	case len(a) >= 6 && a[0] == b[0]:
		most = 2
	}
	return text.Slips(a, b, most) <= most
}
