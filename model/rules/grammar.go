package rules

import (
	"regexp"
	"strings"
)

// contractions are written out before English is read.
var contractions = []struct {
	short *regexp.Regexp
	long  string
}{
	{regexp.MustCompile(`(?i)\bi'?m\b`), "I am"},
	{regexp.MustCompile(`(?i)\bi'?ve\b`), "I have"},
	{regexp.MustCompile(`(?i)\bi'll\b`), "I will"},
	{regexp.MustCompile(`(?i)\bwe're\b`), "we are"},
	{regexp.MustCompile(`(?i)\bwe've\b`), "we have"},
	{regexp.MustCompile(`(?i)\bwe'll\b`), "we will"},
	{regexp.MustCompile(`(?i)\bcan'?t\b`), "cannot"},
	{regexp.MustCompile(`(?i)\bwon't\b`), "will not"},
	{regexp.MustCompile(`(?i)\b(do|does|did|is|are|was|were|have|has|had|would|could|should)n't\b`), "$1 not"},
	{regexp.MustCompile(`(?i)\bdont\b`), "do not"},
	{regexp.MustCompile(`(?i)\b(I|we) have got\b`), "$1 have"},
	{regexp.MustCompile(`\bi\b`), "I"},
	{regexp.MustCompile(`(?i)\b(name|wife|husband|son|daughter|dog|cat|brother|sister|mother|mom|mum|father|dad)'s (named|called)\b`), "$1 is $2"},
}

// expanded writes the contractions of s out.
func expanded(s string) string {
	for _, c := range contractions {
		s = c.short.ReplaceAllString(s, c.long)
	}
	return s
}

// irregular third persons; all other verbs follow singular's rule.
var irregular = map[string]string{"am": "is", "are": "is", "have": "has", "do": "does", "go": "goes", "was": "was", "were": "was", "will": "will", "can": "can", "cannot": "cannot", "used": "used"}

// singular returns the third person singular of a verb in the present.
func singular(verb string) string {
	if form, ok := irregular[verb]; ok {
		return form
	}
	for _, end := range []string{"s", "sh", "ch", "x", "z"} {
		if strings.HasSuffix(verb, end) {
			return verb + "es"
		}
	}
	if n := len(verb); n > 1 && verb[n-1] == 'y' && !strings.ContainsRune("aeiou", rune(verb[n-2])) {
		return verb[:n-1] + "ies"
	}
	return verb + "s"
}

// negated returns a third person verb under a negator: "does not like", "is not",
// "no longer lives".
func negated(verb, negator string) string {
	if negator == "no longer" || negator == "never" {
		if verb == "is" {
			return "is " + negator
		}
		return negator + " " + verb
	}
	switch {
	case verb == "is":
		return "is not"
	case verb == "can":
		return "cannot"
	}
	return "does not " + plural(verb)
}

// plural returns the base form of a third person verb.
func plural(verb string) string {
	for base, form := range irregular {
		if form == verb && base != "are" && base != "were" {
			return base
		}
	}
	for _, end := range []string{"sh", "ch", "x", "z", "ss"} {
		if strings.HasSuffix(verb, end+"es") {
			return strings.TrimSuffix(verb, "es")
		}
	}
	if strings.HasSuffix(verb, "ies") {
		return strings.TrimSuffix(verb, "ies") + "y"
	}
	return strings.TrimSuffix(verb, "s")
}

// pronouns of the first person inside a statement, and what they are in the third.
var pronouns = []struct {
	first *regexp.Regexp
	third string
}{
	{regexp.MustCompile(`(?i)\b(?:I am|we are)\b`), "they are"},
	{regexp.MustCompile(`(?i)\b(?:I was|we were)\b`), "they were"},
	{regexp.MustCompile(`\bI\b|(?i:\bwe\b)`), "they"},
	{regexp.MustCompile(`(?i)\b(?:my|our)\b`), "their"},
	{regexp.MustCompile(`(?i)\b(?:mine|ours)\b`), "theirs"},
	{regexp.MustCompile(`(?i)\b(?:me|us)\b`), "them"},
	{regexp.MustCompile(`(?i)\b(?:myself|ourselves)\b`), "themselves"},
}

// inThirdPerson replaces the first-person pronouns of an English phrase.
func inThirdPerson(s string) string {
	for _, p := range pronouns {
		s = p.first.ReplaceAllString(s, p.third)
	}
	return s
}

// ownWords finds Vietnamese first-person words inside a statement; in the third
// person the reflexive word stands for them.
var ownWords = map[bool]*regexp.Regexp{
	false: regexp.MustCompile(`(?i)(^|\s)(?:chúng tôi|bọn tôi|tôi|tớ|tui)(\s|$)`),
	true:  regexp.MustCompile(`(?i)(^|\s)(?:chung toi|bon toi|toi|tui)(\s|$)`),
}

// inThirdPersonVietnamese replaces them.
func inThirdPersonVietnamese(s string, plain bool) string {
	return ownWords[plain].ReplaceAllString(s, "${1}mình${2}")
}
