package lexicon

import (
	"strings"
	"sync"

	"github.com/pikamem/pika/text"
)

// FunctionWord reports whether a lower-case word holds a sentence together and says
// nothing of what is looked for: pronouns, question words, particles, prepositions.
// Facts speak of a person in the third person and questions in the first, so these words
// are rare in facts, and what is rare weighs much where words are counted.
//
// language is a tag of package text. A Vietnamese word is taken as it stands, with or
// without its diacritics: "của", and "cua" too, which may also be a crab.
func FunctionWord(word, language string) bool {
	switch language {
	case "en":
		return english()[word]
	case "vi":
		return vietnamese()[word]
	}
	return english()[word] && vietnamese()[word]
}

var english = sync.OnceValue(func() map[string]bool { return set(englishFunctionWords) })

var vietnamese = sync.OnceValue(func() map[string]bool {
	words := set(vietnameseFunctionWords)
	for w := range set(vietnameseFunctionWords) {
		words[text.Fold(w)] = true
	}
	return words
})

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

const englishFunctionWords = `a an the i me my mine we us our ours you your yours he him his she her hers it its they them
	their theirs myself yourself is am are was were be been being do does did done have has had having will would shall
	should can could may might must of in on at to for from by with about into over under as and or but not no if then
	than that this these those there here what which who whom whose when where why how any some ever still now just so
	too very much many more most up out off again s t d ll re ve m please tell know remember`

const vietnameseFunctionWords = `tôi mình em anh chị bạn ta chúng tớ con của là có không được bị thì mà và hay hoặc với cho ở
	tại từ đến trong ngoài trên dưới khi nào đâu gì ai sao thế vậy à ạ nhỉ nhé hả bao nhiêu mấy những các cái chiếc một
	này kia đó ấy đang đã sẽ vẫn còn cũng rồi nữa thôi đi ra vào lên xuống lại như nếu vì do nên để phải cần hãy cứ chứ
	ơi rằng theo hồi lúc giờ bây việc chỗ nơi nhớ biết hỏi cách sau trước luôn đều cùng rất quá lắm nhất hơn`
