package extract

import (
	"strings"
	"unicode"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/text"
)

// Vocabulary returns the predicates that the prompt offers a model, the
// single-valued ones apart. Others are allowed and hold many values.
func Vocabulary() (single, many []string) {
	for _, p := range vocabulary {
		if pika.SingleValued(p) {
			single = append(single, p)
		} else {
			many = append(many, p)
		}
	}
	return single, many
}

var vocabulary = []string{
	"has_name", "has_nickname", "has_age", "born_on", "born_in", "has_gender", "has_nationality",
	"native_language", "lives_in", "has_address", "works_at", "works_as", "studies_at", "marital_status",
	"has_spouse", "has_partner", "has_email", "has_phone", "has_height", "has_weight", "has_blood_type",
	"timezone", "prefers_language", "prefers_reply_style",
	"likes", "dislikes", "prefers", "has_pet", "has_child", "has_parent", "has_sibling", "has_friend", "knows",
	"owns", "speaks", "skilled_in", "studies", "allergic_to", "has_condition", "takes_medication", "eats",
	"avoids", "practices", "plans", "wants", "has_goal", "visited", "attended", "experienced", "believes",
	"feels", "member_of", "earns", "has_appointment", "states",
}

// aliases are other names models give to single-valued predicates. Without them a
// new home under another name would not end the old one.
var aliases = map[string]string{
	"live_in": "lives_in", "lives_at": "lives_in", "living_in": "lives_in", "resides_in": "lives_in", "residence": "lives_in",
	"work_at": "works_at", "works_for": "works_at", "employed_by": "works_at", "employer": "works_at",
	"work_as": "works_as", "occupation": "works_as", "has_job": "works_as", "has_occupation": "works_as", "job": "works_as",
	"name": "has_name", "is_named": "has_name", "named": "has_name", "nickname": "has_nickname",
	"age": "has_age", "is_aged": "has_age", "born": "born_on", "birthday": "born_on", "has_birthday": "born_on",
	"birthplace": "born_in", "spouse": "has_spouse", "married_to": "has_spouse", "partner": "has_partner",
	"has_marital_status": "marital_status", "study_at": "studies_at", "email": "has_email", "phone": "has_phone",
	"address": "has_address", "nationality": "has_nationality", "gender": "has_gender", "has_timezone": "timezone",
}

// predicate brings a predicate into the vocabulary's form.
func predicate(s string) string {
	p := label(s, pika.DefaultPredicate)
	if known, ok := aliases[p]; ok {
		return known
	}
	return p
}

// label returns s in snake_case, or otherwise when nothing is left or it is over
// the limit of a label.
func label(s, otherwise string) string {
	words := strings.FieldsFunc(text.Fold(splitCamel(clean(s))), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	})
	l := strings.Join(words, "_")
	if l == "" || len(l) > pika.MaxLabelBytes {
		return otherwise
	}
	return l
}

// splitCamel puts a space between a lower-case letter or digit and an upper-case letter.
func splitCamel(s string) string {
	var b strings.Builder
	lower := false
	for _, r := range s {
		if lower && unicode.IsUpper(r) {
			b.WriteByte(' ')
		}
		lower = unicode.IsLower(r) || unicode.IsDigit(r)
		b.WriteRune(r)
	}
	return b.String()
}
