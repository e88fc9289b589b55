package rules

import (
	"regexp"
	"strings"
	"time"

	"github.com/pikamem/pika/text"
)

// speech is how one sentence is written: which templates, dates and guard read it.
type speech struct {
	language string // vi or en
	plain    bool   // Vietnamese without diacritics
}

func (s speech) guard() *guard {
	switch {
	case s.language == "en":
		return &englishGuard
	case s.plain:
		return &vietnamesePlainGuard
	}
	return &vietnameseGuard
}

func (s speech) dates() *dateLanguage {
	switch {
	case s.language == "en":
		return &english
	case s.plain:
		return &vietnamesePlain
	}
	return &vietnamese
}

var firstPersonEnglish = regexp.MustCompile(`(?i)(?:^|[\s,(])(?:i|i'm|im|i've|ive|i'll|my|we|we're|we've|our)(?:[\s,]|$)|^(?:ok |okay |please |pls |and |but |also |so |,)*(?:call me|keep|reply|answer|respond|speak|talk|write|no emoji|don't use|do not use|use) `)

// speechOf decides how a sentence is read. A sentence with an English first person
// and no Vietnamese words but names is English.
func speechOf(s string) speech {
	switch text.Language(s) {
	case "en":
		return speech{language: "en"}
	case "vi":
		return speech{language: "vi", plain: !text.HasDiacritics(s)}
	}
	if firstPersonEnglish.MatchString(s) {
		return speech{language: "en"}
	}
	return speech{language: "vi", plain: !text.HasDiacritics(s)}
}

// firstPerson are the folded words without which no sentence tells of its speaker.
var firstPerson = set("i i'm im i've ive i'll my we we're we've we'll our me us toi minh to tui em anh con chau nha goi ten")

// ofSpeaker reports a sentence that may tell something of its speaker.
func ofSpeaker(s string, g *guard) bool {
	for w := range strings.FieldsSeq(text.Fold(s)) {
		if firstPerson[strings.Trim(w, ".,;:!?()\"")] {
			return true
		}
	}
	return g.exempt.MatchString(s)
}

// clause is a part of a sentence with a verb of its own, without its date.
type clause struct {
	speech
	text    string // the whole clause, fillers at its start removed
	self    bool   // it begins with the first person
	kin     bool   // by a word that can also mean another person (em, anh, con, cháu)
	rest    string // what follows the first person
	date    *date
	since   bool // the date is when it began
	blurred bool // a date stands in it that cannot be resolved
	open    bool // a comma ends it: it may go on
}

var (
	enSplit = regexp.MustCompile(`(?i)\s*;\s*|\s+[-–—]+\s+|:\s+|,?\s+(?:but|although|though|because|while|whereas|so|and then|which|as well as)\s+|,\s+(?:and\s+)?|\s+and\s+(i|we|my|our)\s+|\s+and\s+(also |currently |now |still |just |mostly )?(work|works|live|have|am|study|hate|enjoy|speak|play|own|drive|do not|don't|can't|cannot|used to|moved|teach|prefer|run)\s+`)
	viSplit = map[bool]*regexp.Regexp{false: viClauseBorder(marked), true: viClauseBorder(unmarked)}

	enVerbStart = regexp.MustCompile(`(?i)^(?:also |currently |now |still |just |mostly )?(?:work|live|have|am|study|studying|hate|enjoy|speak|play|own|drive|do not|cannot|used to|moved|teach|prefer|married|working|living) `)
	viVerbStart = map[bool]*regexp.Regexp{false: viVerbs(marked), true: viVerbs(unmarked)}

	enFiller = regexp.MustCompile(`(?i)^(?:(?:and|but|so|also|well|oh|yes|yeah|yep|no,|nope|hi|hey|hello|actually|btw|by the way|honestly|anyway|anyways|ok|okay|fun fact|to be honest|haha+|lol|wow|ah|hmm|thanks|thank you|cool|great|nice|right now|these days|nowadays|currently|at the moment|now|recently|lately|personally|in fact|note|fyi|as you know|just so you know|remember that|remember|please remember that|please remember|please note that|for me|since then|plus|of course|sure|good morning|good evening)[,!.:]*\s+)+`)
	viFiller = map[bool]*regexp.Regexp{false: viFillers(marked), true: viFillers(unmarked)}

	enSelf = regexp.MustCompile(`(?i)^(i|we)\s+(?:both )?`)
	viSelf = map[bool]*regexp.Regexp{false: viFirstPerson(marked), true: viFirstPerson(unmarked)}

	// viOwn finds the words that are the first person and nothing else.
	viOwn = map[bool]*regexp.Regexp{
		false: regexp.MustCompile(`(?i)` + viEdge + `(?:tôi|mình|tớ|tui)` + viEdge),
		true:  regexp.MustCompile(`(?i)` + viEdge + `(?:toi|minh|tui)` + viEdge),
	}
)

func viClauseBorder(spell spelling) *regexp.Regexp {
	return regexp.MustCompile(`(?i)\s*;\s*|\s+[-–—]+\s+|:\s+|,\s+|\s+(?:` + spell(`nhưng mà|nhưng|tại vì|bởi vì|vì|cho nên|nên|mặc dù|tuy|trong khi|và cũng`) + `)\s+|\s+` + spell(`và`) +
		`\s+(` + spell(`tôi|mình|tớ|tui|em|anh|con|cháu|vợ|chồng|sống|làm|học|có|thích|ghét|không|đang|bị|nuôi|ở|chơi|nói được`) + `)\s+`)
}

func viVerbs(spell spelling) *regexp.Regexp {
	return regexp.MustCompile(`(?i)^(?:` + spell(`(?:hiện |đang |cũng |vẫn |rất |hiện đang |đã )*(?:sống|làm|học|có|thích|ghét|không|bị|nuôi|ở|chơi|nói được|quê|năm nay|mê|hay|tên|sinh|đi làm|\d{1,2} tuổi|là)`) + `) `)
}

func viFillers(spell spelling) *regexp.Regexp {
	return regexp.MustCompile(`(?i)^(?:(?:` + spell(`à|ừ|ờ|dạ|còn|vâng|ừm|uh|um|thật ra|thực ra|nói thật|nhân tiện|với lại|ngoài ra|và|nhưng|mà|thì|hiện tại|hiện nay|hiện giờ|bây giờ|giờ|dạo này|gần đây|hiện|chào bạn|xin chào|chào|hi|hello|hey|ok|okay|thế là|vậy là|đúng rồi|cảm ơn bạn|cảm ơn|chào em|à mà|nói thêm|thêm nữa|nhớ là|bạn nhớ là|nhớ giúp`) + `|haha+|hihi+|hehe+)[,!.:]*\s+)+`)
}

func viFirstPerson(spell spelling) *regexp.Regexp {
	return regexp.MustCompile(`(?i)^(` + spell(`chúng tôi|chúng mình|bọn mình|bọn tôi|tụi mình|nhà tôi|nhà mình|gia đình tôi|gia đình mình|bản thân tôi|bản thân mình|tôi|mình|tớ|tui|em|anh|cháu|con`) + `)\s+(?:` +
		spell(`(?:cũng|rất|thì|thật sự|thực sự|cực kỳ|cực kì|siêu|hiện tại|hiện nay|hiện đang|hiện|bây giờ|giờ|vẫn đang|vẫn còn|vẫn|luôn luôn|luôn|vốn|lại|khá|hơi|đặc biệt|chỉ)`) + `\s+)*`)
}

// clauses cuts a sentence into its clauses. ref is when it was written.
func (r reading) clauses(s string) []clause {
	var list []clause
	var carried *clause // a date that stood alone: "Last week, …"
	self := ""
	for _, part := range r.parts(s) {
		c := r.clause(strings.TrimSuffix(part, comma))
		c.open = strings.HasSuffix(part, comma)
		if c.text == "" && c.date != nil {
			carried = &c
			continue
		}
		if !c.self && self != "" && r.verbStart().MatchString(c.text+" ") {
			c.self, c.rest = true, strings.TrimSpace(r.selfPattern().ReplaceAllString(self+" "+c.text, ""))
		}
		if c.self && self == "" {
			self = strings.TrimSpace(r.selfPattern().FindString(c.text + " "))
		}
		if carried != nil && c.date == nil && !c.blurred {
			c.date, c.since = carried.date, carried.since
		}
		carried = nil
		list = append(list, c)
	}
	return list
}

// reading is one sentence's speech with the day it was written and whether kinship
// words may be the first person in its message.
type reading struct {
	speech
	ref time.Time
	kin bool
}

// comma is how a part ends that a comma parts from the next.
const comma = ","

// parts splits a sentence at the borders of clauses. A verb that the border names
// stays with the part that follows, under the subject of the sentence.
func (r reading) parts(s string) []string {
	border := enSplit
	if r.language == "vi" {
		border = viSplit[r.plain]
	} else {
		s = expanded(s)
	}
	var parts []string
	start := 0
	for _, at := range border.FindAllStringSubmatchIndex(s, -1) {
		if keepsTogether(s, at[0], at[1]) {
			continue
		}
		part := s[start:at[0]]
		if strings.HasPrefix(s[at[0]:], ",") {
			part += comma
		}
		parts = append(parts, part)
		start = at[1]
		for g := 2; g < len(at); g += 2 {
			if at[g] >= 0 {
				start = min(start, at[g])
			}
		}
	}
	return append(parts, s[start:])
}

// keepsTogether reports a comma inside a date: "March 14, 2024".
func keepsTogether(s string, start, end int) bool {
	return strings.HasPrefix(s[start:], ",") && end < len(s) && start > 0 &&
		s[end] >= '0' && s[end] <= '9' && s[start-1] >= '0' && s[start-1] <= '9'
}

func (r reading) selfPattern() *regexp.Regexp {
	if r.language == "en" {
		return enSelf
	}
	return viSelf[r.plain]
}

func (r reading) verbStart() *regexp.Regexp {
	if r.language == "en" {
		return enVerbStart
	}
	return viVerbStart[r.plain]
}

// clause takes the date out of a part, then fillers and the first person off its start.
func (r reading) clause(part string) clause {
	c := clause{speech: r.speech, text: strings.Trim(part, " .!…,")}
	if r.language == "vi" && strings.HasPrefix(c.text, "Mai ") && viSelf[r.plain].MatchString(c.text[4:]) {
		c.text = "m" + c.text[1:] // tomorrow, not a name
	}
	c.text = r.withoutFiller(c.text)
	c.takeDate(r)
	c.text = r.withoutFiller(c.text)
	c.text = r.withoutEnd(c.text)
	at := r.selfPattern().FindStringSubmatchIndex(c.text + " ")
	if third := r.guard().thirdSelf; at == nil || (third != nil && third.MatchString(c.text)) {
		return c
	}
	c.kin = kinship[text.Fold(c.text[at[2]:at[3]])]
	c.self, c.rest = !c.kin || r.kin, strings.TrimSpace((c.text + " ")[at[1]:])
	return c
}

// kinship are the words for I that are also words for others.
var kinship = map[string]bool{"em": true, "anh": true, "chau": true, "con": true}

func (r reading) withoutFiller(s string) string {
	filler := enFiller
	if r.language == "vi" {
		filler = viFiller[r.plain]
	}
	return strings.TrimSpace(filler.ReplaceAllString(s+" ", ""))
}

// withoutEnd takes words off the end of a clause that add nothing to it.
func (r reading) withoutEnd(s string) string {
	end := enEnd
	if r.language == "vi" {
		end = viEnd[r.plain]
	}
	return strings.TrimRight(end.ReplaceAllString(s, ""), " ,")
}

var (
	enEnd = regexp.MustCompile(`(?i)(?:,? (?:now|right now|currently|these days|nowadays|at the moment|at present|too|as well|actually|by the way|btw|though|haha+|lol|so far|you know|of course|again|already))+$`)
	viEnd = map[bool]*regexp.Regexp{
		false: regexp.MustCompile(`(?: (?:nhé|nha|nhá|ạ|á|nè|hihi|haha|hehe|luôn ấy|lắm ấy|luôn|hen|lắm|cơ))+$`),
		true:  regexp.MustCompile(`(?: (?:nhe|nha|hihi|haha|hehe|luon|hen))+$`),
	}
)

// takeDate moves the first date of the clause out of its text.
func (c *clause) takeDate(r reading) {
	d, ok := r.dates().find(c.text, r.ref)
	if !ok {
		c.blurred = vague(c.text, r.speech)
		return
	}
	lead := text.Fold(c.text[d.start:d.end])
	c.since = strings.HasPrefix(lead, "since ") || strings.HasPrefix(lead, "tu ") || strings.HasPrefix(lead, "ke tu ") || strings.HasPrefix(lead, "bat dau tu ")
	c.text = strings.Trim(text.Normalize(c.text[:d.start]+" "+c.text[d.end:]), " ,.")
	c.date = &d
	_, second := r.dates().find(c.text, r.ref)
	c.blurred = d.unclear || second || vague(c.text, r.speech)
}

var (
	enVague = regexp.MustCompile(`(?i)\b(?:yesterday|tomorrow|tonight|ago|(?:last|next|this) (?:week|month|year|night|weekend|monday|tuesday|wednesday|thursday|friday|saturday|sunday|mon|tues?|wed|thurs?|fri|sat|sun|spring|summer|fall|autumn|winter|time)|the other day|the next day|soon|later)\b`)
	viVague = map[bool]*regexp.Regexp{
		false: regexp.MustCompile(`(?i)` + viEdge + `(?:hôm trước|hôm nọ|bữa trước|mấy hôm|vài (?:ngày|tuần|tháng|năm)|(?:tuần|tháng|năm|hôm) (?:trước|sau|tới|qua|ngoái|nay)|ngày mai|hôm qua)` + viEdge),
		true:  regexp.MustCompile(`(?i)` + viEdge + `(?:hom truoc|hom no|bua truoc|may hom|vai (?:ngay|tuan|thang|nam)|(?:tuan|thang|nam|hom) (?:truoc|sau|toi|qua|ngoai|nay)|ngay mai|hom qua)` + viEdge),
	}
)

// vague reports words for a time that no rule resolves; a text that kept them would
// be wrong the next day.
func vague(s string, how speech) bool {
	if how.language == "en" {
		return enVague.MatchString(s)
	}
	return viVague[how.plain].MatchString(s)
}
