package rules

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pikamem/pika"
)

// Slots are the parts of a template that people fill in:
//
//	X       what is liked, owned, learnt, …: a short phrase that says what it is
//	NAME    a name with capital letters
//	CALLED  a name after words that announce one; capitals are given if missing
//	PLACE   a place: a known one, or a name
//	ORG     a company, school or other named body
//	BRAND   the name of a product
//	DOING   an action; its own pronouns are put into the third person
//
// Slots with a closed list of words (animals, occupations, …) are macros with a group.
const maxSlotWords, maxDoingWords = 9, 18

var (
	enTail = regexp.MustCompile(`(?i)\s+(?:because|since|so|but|and (?:i|we|it|he|she|they|my|that|the)|when|whenever|where|which|who|as|these days|right now|at the moment|nowadays|too|as well|though|lately|recently|now|again|currently|a lot|so much|very much|for (?:about |almost |over |more than |the past |the last )?(?:\d+|an?|one|two|three|four|five|six|seven|eight|nine|ten|many|several|a few|some)? ?(?:good |long )?(?:years?|months?|weeks?|days?|hours?|while|bit|time|ages)\b.*|together|everywhere|anywhere|here|there|by the way|btw|lol|haha|at all|really|especially|even|with all|more than anything|please|thanks|thank you)(?:\s.*)?$`)
	// Without diacritics đâu, đau and đầu are one word, so only clear words end a slot there.
	viTail = map[bool]*regexp.Regexp{
		false: viSlotTail(marked),
		true:  regexp.MustCompile(`\s+(?:vi|boi vi|nhung|khi|tu khi|tu hoi|cho nen)\s.*$|(?:\s+(?:lam|qua|nua|roi|luon|nhe|nha|thoi|hien tai|bay gio|lau roi))+$`),
	}

	enAnymore = regexp.MustCompile(`(?i)\s+(?:anymore|any more|any longer)$`)

	enVagueSlot = regexp.MustCompile(`(?i)^(?:it|this|that|these|those|them|him|her|you|me|us|one|ones|some|any|what|how|when|where|why|who|your|his|their|there|here|things?|something|anything|everything|nothing|someone|everyone|to (?:think|believe|say|hear|know|see how|see what|be|say|imagine|know|see)|thinking|hearing|seeing (?:you|how|what|the)|the (?:way|idea|fact|thought|sound|feeling|same|one|whole|new|vibe|energy)|being|having|knowing|getting to|all|both|more|so|such|a lot|a ton|much|new things|each other|one another|not|sure|to$|everywhere|anywhere|a reminder|the fact)(?:\s|$|')|\b(?:you|your|that|it|this|these|those|them|their|his|her|he|she|they|him)\b`)
	viVagueSlot = map[bool]*regexp.Regexp{false: viVagueWords(marked), true: viVagueWords(unmarked)}
)

func viSlotTail(spell spelling) *regexp.Regexp {
	return regexp.MustCompile(`\s+(?:` + spell(`vì|bởi|nên|nhưng|mà|khi|lúc|thì|rồi|nhé|nha|nhá|ạ|á|đó|đấy|luôn|lắm|quá|cơ|đâu|nữa|thôi|nhưng mà|từ khi|từ hồi|từ bé|từ nhỏ|để|cho nên|hiện tại|bây giờ|nhất|cực|vô cùng|hơn hết|được|với lại|cũng được|mấy năm nay|lâu rồi|vậy|nè|hihi|haha|hehe|mỗi khi|mỗi lần|ha|hen`) + `)(?:\s.*)?$`)
}

func viVagueWords(spell spelling) *regexp.Regexp {
	return regexp.MustCompile(`(?i)^(?:` + spell(`nó|cái này|cái đó|cái ấy|cái kia|điều này|điều đó|vậy|thế|như vậy|như thế|đây|đó|đấy|kia|này|em|anh|bạn|họ|người ta|gì|ai|nào|nhau|cách|việc|những|mọi thứ|tất cả|rằng|là|một chút|một tí|lắm|quá|hết|thật|cảm giác|ý|không`) + `)(?:\s|$)|` + viEdge + `(?:` + spell(`bạn|này|kia|ấy|nó|họ|cô ấy|anh ấy`) + `)` + viEdge)
}

// fill cleans what a slot of a kind matched. ok is false if it cannot be one;
// negator is set if its last words were one ("anymore").
func fill(kind, raw string, c *clause) (slot, negator string, ok bool) {
	slot = strings.Trim(raw, " ,.;:!\"“”'()")
	if c.language == "en" && enAnymore.MatchString(slot) {
		slot, negator = enAnymore.ReplaceAllString(slot, ""), "no longer"
	}
	whole := slot
	if kind != "DOING" && kind != "ACTION" && kind != "PAST" {
		slot = withoutTail(slot, c)
	}
	switch kind {
	case "X":
		ok = specific(slot, c) && !isVague(whole, c) && !pointing(slot, c) && !(c.open && brokenOff(slot))
		slot = inThirdPersonOf(c, slot)
	case "NAME":
		ok = capitalised(slot) && isName(slot)
	case "CALLED":
		ok = isName(slot)
		slot = withCapitals(slot)
	case "BRAND":
		ok = capitalised(slot) && words(slot) <= 4
	case "PLACE":
		slot, ok = place(slot, c)
	case "ORG":
		first, _ := utf8.DecodeRuneInString(strings.TrimPrefix(slot, "the "))
		ok = (unicode.IsUpper(first) || unicode.IsDigit(first)) && words(slot) <= 7 && specific(slot, c) && !isKnownPlace(slot)
	case "DOING", "PAST", "ACTION":
		slot, ok = action(kind, slot, c)
	case "LANGUAGE", "NATION", "": // keep their capitals
		ok = slot != ""
	default:
		slot, ok = initial(slot, unicode.ToLower), slot != ""
	}
	return slot, negator, ok && len(slot) <= pika.MaxObjectBytes
}

func withoutTail(s string, c *clause) string {
	tail := enTail
	if c.language == "vi" {
		tail = viTail[c.plain]
	}
	return strings.Trim(tail.ReplaceAllString(s, ""), " ,.;:!\"'()")
}

// specific reports a phrase that means the same outside of its conversation.
func specific(s string, c *clause) bool {
	n := words(s)
	return n > 0 && n <= maxSlotWords && hasLetter(s) && !isVague(s, c)
}

// isVague reports words that point into the conversation.
func isVague(s string, c *clause) bool {
	if c.language == "vi" {
		return viVagueSlot[c.plain].MatchString(s)
	}
	return enVagueSlot.MatchString(s)
}

// ofAll are English phrases with "the" that mean the same in every conversation.
var ofAll = regexp.MustCompile(`(?i)^the (?:beach|sea|ocean|outdoors|mountains?|rain|snow|sun|sunshine|countryside|city|forest|gym|cinema|theat(?:er|re)|library|color|colour|smell|sound|taste|internet|news|stars|moon)(?:\s|$)`)

// pointing reports an English phrase with "the" that means something mentioned before.
func pointing(s string, c *clause) bool {
	first, rest, _ := strings.Cut(s, " ")
	named := rest != "" && unicode.IsUpper(rune(rest[0]))
	return c.language == "en" && strings.EqualFold(first, "the") && !named && !ofAll.MatchString(s)
}

// brokenOff reports a phrase that a comma may have cut after an adjective: "a safe, …".
func brokenOff(s string) bool {
	fields := strings.Fields(s)
	if len(fields) < 2 {
		return false
	}
	switch strings.ToLower(fields[len(fields)-2]) {
	case "a", "an", "the", "some", "more", "very":
		return true
	}
	return false
}

// inThirdPersonOf replaces the first-person words of a phrase in the clause's language.
func inThirdPersonOf(c *clause, s string) string {
	if c.language == "vi" {
		return inThirdPersonVietnamese(s, c.plain)
	}
	return inThirdPerson(s)
}

// action puts what somebody does into the third person. It is dropped if it needs
// its conversation to be understood.
func action(kind, s string, c *clause) (string, bool) {
	if n := words(s); n == 0 || n > maxDoingWords || !hasLetter(s) {
		return "", false
	}
	if c.language == "vi" {
		return inThirdPersonVietnamese(withoutTail(s, c), c.plain), !viVagueSlot[c.plain].MatchString(s)
	}
	s = withoutTail(s, c)
	if enVagueSlot.MatchString(s) {
		return "", false
	}
	if kind == "PAST" && (words(s) < 2 && !completeVerbs[s] || c.open && brokenOff(s)) || kind == "DOING" && !startsWithVerb(s) {
		return "", false
	}
	if kind == "ACTION" {
		verb, rest, _ := strings.Cut(s, " ")
		s = strings.TrimSpace(singular(strings.ToLower(verb)) + " " + rest)
	}
	return inThirdPerson(s), s != ""
}

// completeVerbs tell what happened without an object.
var completeVerbs = set("graduated retired")

var notVerbs = set("a an the my our his her their this that these those some any one two three not be have bed sleep work school hell church")

func startsWithVerb(s string) bool {
	first, _, _ := strings.Cut(s, " ")
	r, _ := utf8.DecodeRuneInString(first)
	return unicode.IsLower(r) && !notVerbs[first] && !strings.HasSuffix(first, "ing")
}

func words(s string) int { return len(strings.Fields(s)) }

func hasLetter(s string) bool { return strings.IndexFunc(s, unicode.IsLetter) >= 0 }

func hasCapital(s string) bool { return strings.IndexFunc(s, unicode.IsUpper) >= 0 }

// capitalised reports that every word but small ones begins with a capital letter.
func capitalised(s string) bool {
	for _, w := range strings.Fields(s) {
		r, _ := utf8.DecodeRuneInString(w)
		if !unicode.IsUpper(r) && !unicode.IsDigit(r) && !nameParticles[w] {
			return false
		}
	}
	return hasCapital(s)
}

var nameParticles = map[string]bool{"of": true, "the": true, "and": true, "de": true, "van": true, "von": true, "da": true, "di": true, "&": true}

// isName reports one to four words of letters, none of which is a common word.
func isName(s string) bool {
	n := words(s)
	if n == 0 || n > 4 {
		return false
	}
	for _, w := range strings.Fields(s) {
		if notNames[strings.ToLower(w)] && !namesToo[w] {
			return false
		}
	}
	return strings.IndexFunc(s, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsMark(r) && !strings.ContainsRune(" .'-", r)
	}) < 0
}

var notNames = set(`i you he she it we they my your a an the this that not so very too just really here there sorry glad happy sad tired busy
	good great fine ok okay back home ready sure done late going gonna from in at on with for about to and or but
	monday tuesday wednesday thursday friday saturday sunday january february march april june july august september october november december
	gì ai nào không là và có tôi mình bạn này đó đây rất cũng một người vậy thế đi khong toi minh ban`)

// namesToo are common names that differ from small words by their capital letter.
var namesToo = set("An Minh My Will")

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

// initial changes the first letter of s.
func initial(s string, change func(rune) rune) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(change(r)) + s[n:]
}

// withCapitals gives each word of a name a capital, if it has none at all.
func withCapitals(s string) string {
	if hasCapital(s) {
		return s
	}
	fields := strings.Fields(s)
	for i, w := range fields {
		fields[i] = initial(w, unicode.ToUpper)
	}
	return strings.Join(fields, " ")
}
