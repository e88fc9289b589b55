package rules

import "time"

// FindDate exposes the date rules: the first day and the written form of the date in
// s, or an empty form if there is none.
func FindDate(language, s string, ref time.Time) (first, written string) {
	rules := map[string]*dateLanguage{"en": &english, "vi": &vietnamese, "vi plain": &vietnamesePlain}[language]
	d, ok := rules.find(s, ref)
	if !ok || d.unclear {
		return "", ""
	}
	return d.at.Format(time.DateOnly), rules.phrase(d.at, d.unit)
}

// Sizes returns how many templates read Vietnamese and English.
func Sizes() (vi, en int) { return len(vietnameseTemplates), len(englishTemplates) }
