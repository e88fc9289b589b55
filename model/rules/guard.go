package rules

import (
	"regexp"
	"strings"
)

// A guard recognises sentences that state no fact about their speaker, however much
// a part of them looks like one.
type guard struct {
	question  *regexp.Regexp // at the start or the end
	request   *regexp.Regexp // at the start
	unreal    *regexp.Regexp // conditions, wishes, guesses, fiction, anywhere
	reported  *regexp.Regexp // somebody else's words, anywhere
	exempt    *regexp.Regexp // requests to the assistant that are facts: how to call, how to answer
	jest      *regexp.Regexp // takes back the whole message
	borrowed  *regexp.Regexp // what follows in the message is material, not a statement
	thirdSelf *regexp.Regexp // first-person words that mean another person here; nil: none do
}

// states reports whether a sentence may be read for facts.
func (g *guard) states(s string) bool {
	if strings.HasSuffix(strings.TrimRight(s, " !.…)\"'"), "?") || strings.Contains(s, "?") {
		return false
	}
	if g.unreal.MatchString(s) || g.reported.MatchString(s) {
		return false
	}
	if g.exempt.MatchString(s) {
		return true
	}
	return !g.question.MatchString(s) && !g.request.MatchString(s)
}

var englishGuard = guard{
	question: en(`^(?:(?:and|so|but|well|ok|okay|hey|hi),? )?(?:what|where|when|who|whom|whose|why|how|which|do|does|did|is|are|am|was|were|can|could|will|would|shall|should|may|have you|has|had)\b(?:[^,]*$|.* (?:you|we|i|my)\b)` +
		`|, (?:right|huh|eh|no|yeah|isn't it|aren't i|don't i)[.!]*$`),
	request:  en(`^(?:(?:ok|okay|hey|hi|hello|and|so|now|then|also|please|pls|kindly|just|can you|could you|assistant)[, ]+)*(?:tell|write|translate|give|help|show|explain|recommend|suggest|find|search|make|create|list|remind|please|let's|let me|describe|imagine|pretend|act|play the|consider|summari[sz]e|rewrite|rephrase|proofread|correct|draft|compose|generate|say|repeat|read|look|check|compare|convert|calculate|book|order|send|set|remember to|don't|do not|never|forget|ignore|complete|finish|fill|continue|answer|reply|think|guess|name|for example|e\.g|example|sample|quote|lyrics|once upon)\b`),
	unreal:   en(`\b(?:if|unless|whether|suppose|supposing|imagine|imagining|pretend|hypothetically|hypothetical|wish|wished|would|wouldn't|could|couldn't|might|maybe|perhaps|probably|possibly|supposedly|should|shouldn't|i guess|i doubt|not sure|unsure|i'd|we'd|almost|nearly|dreamt|dreamed|dreaming|my dream last|a dream where|in (?:the|my|this|a) (?:movie|film|book|novel|story|game|song|dream|play|show)|character|role-?play|may be|may have|may not|as though|kind of feel|feel like|felt like|seems|it's like|lest|otherwise|or else|sarcasm|for example|e\.g\.|such as if|let's say|say i)\b`),
	reported: en(`\b(?:said|says|saying|told|tells|asked|asks|claims?|claimed|according to|thinks|believes|believed|heard|wrote|writes|quotes?|quoted|mentioned|insists?|thought|accuses?|assumes?|rumou?r)\b`),
	exempt:   en(`^(?:(?:ok|okay|hey|hi|hello|and|so|also|please|pls|just|from now on|but)[, ]+)*(?:call me|(?:always |only )?(?:reply|respond|answer|speak|talk|write)(?: back)?(?: to me)? (?:only )?(?:in|briefly|concisely|shortly|with|using)|keep (?:your |the |all |it |them )?(?:answers?|repl(?:y|ies)|responses?)|(?:don't|do not|never) (?:use|call me)|no (?:more )?emojis?|use (?:bullet|metric|short|simple|formal|informal))`),
	jest:     en(`\b(?:just kidding|kidding|jk|j/k|joking|just a joke|sarcasm|sarcastically|/s|not really lol|yeah,? right|as if|april fools?)\b|(?:^|\s)/s(?:\s|$)`),
	borrowed: en(`^(?:(?:please|can you|could you|ok|hi|hey)[, ]+)*(?:translate|proofread|rewrite|rephrase|paraphrase|summari[sz]e|correct|check|fix|analy[sz]e|edit|improve|write|draft|compose|pretend|imagine|role-?play|act as|play the role|here is (?:a|the|an) (?:text|story|letter|email|essay|dialogue|poem)|lyrics|example|complete the)\b`),
}

// The Vietnamese guard exists twice, as the date rules do. Without diacritics many
// small words fall together (bảo, báo and bao; tưởng, tương and tượng), so there only
// words that stay clear are kept.
var (
	vietnameseGuard      = newVietnameseGuard(marked, viUnreal+`|`+viUnrealMarked, viReported+`|`+viReportedMarked)
	vietnamesePlainGuard = newVietnameseGuard(unmarked, viUnreal, viReported)
)

const (
	viUnreal         = `nếu|giả sử|giả dụ|ví dụ|chẳng hạn|giá mà|giá như|ước gì|phải chi|lẽ ra|đáng lẽ|đáng lý|có lẽ|hình như|có khi|biết đâu|có thể|có thế|thử hình dung|đóng vai|nhập vai|giả vờ|giả bộ|không biết (?:có|liệu|là|nữa|sao|ai|gì|tại|phải)|nằm mơ|mơ thấy|trong mơ|trong phim|trong truyện|trong game|trong bài|nhân vật|suýt|cứ như|như thể|y như|không chắc|chưa chắc|chắc là|chắc sẽ|tưởng tượng`
	viUnrealMarked   = `ước|chắc|tưởng|liệu|lỡ|hay là|định bụng|giống như|mà như|thà`
	viReported       = `nói rằng|bảo rằng|kể rằng|cho rằng|nghĩ rằng|nghe nói|nghe đồn|theo như|theo lời|người ta`
	viReportedMarked = `bảo|kể|hỏi|nói là|nói với|ai nói|ấy nói|ta nói|nó nói|mẹ nói|bố nói|bạn nói|họ nói|nói tôi|nói mình|đồn|nhắn|trả lời rằng|viết rằng`
)

// viEdge are the characters that can stand beside a Vietnamese word.
const viEdge = `(?:^|$|[\s,.;:!()"'-])`

func newVietnameseGuard(spell spelling, unreal, reported string) guard {
	re := func(pattern string) *regexp.Regexp { return regexp.MustCompile(`(?i)(?:` + pattern + `)`) }
	words := func(list string) string { return viEdge + `(?:` + spell(list) + `)` + viEdge }
	return guard{
		question: re(`^(?:` + spell(`(?:thế |vậy |mà |à |ừ |này |ê )?(?:ai|tại sao|vì sao|sao|làm sao|bao giờ|khi nào|ở đâu|bao nhiêu|mấy|có phải|phải chăng|liệu|bạn có|mày có)`) + `)` + viEdge +
			`|` + viEdge + `(?:` + spell(`không|ko|hông|hong|chưa|à|hả|hở|nhỉ|chứ|vậy|thế|sao|gì|đâu|nào|ai|mấy|bao nhiêu|thế nào|như nào|phải không|đúng không|được không|chăng`) + `)(?: ` + spell(`ạ|nhỉ|vậy|thế|ta|bạn|ad|em|anh|chị`) + `)?[\s.!…]*$` +
			`|` + words(`thế nào|như thế nào|tại sao|vì sao|ở đâu|bao giờ|khi nào|bao nhiêu|cái gì|làm gì|là gì|tên gì|loại nào|ai là|hay không|có phải|phải không|đúng không|được không`)),
		request: re(`^(?:` + spell(`(?:bạn |em |anh |chị |ad |à |ê |này |ok |làm ơn |xin |vui lòng |bây giờ |giờ )*(?:hãy|làm ơn|vui lòng|xin hãy|cho tôi|cho mình|cho em|cho hỏi|giúp|viết|dịch|kể|gợi ý|tìm|tóm tắt|giải thích|nhắc|liệt kê|đề xuất|chỉ cho|chỉ tôi|chỉ mình|hướng dẫn|đặt|gửi|tạo|soạn|sửa|so sánh|phân tích|tính|tra|nói cho|nói xem|đừng|chúc|cùng|thử|bạn ơi|ước)`) + `)` + viEdge +
			`|` + words(`(?:tôi|mình|em|anh) (?:cần|muốn|nhờ) (?:bạn|ad|em|anh)|giúp (?:tôi|mình|em|anh)|cho (?:tôi|mình|em) (?:hỏi|biết|xin)|bạn (?:có thể|giúp|hãy|cho|nghĩ|thấy)`)),
		unreal:    re(words(unreal)),
		reported:  re(words(reported)),
		exempt:    re(`^(?:` + spell(`(?:bạn |cứ |hãy |xin |làm ơn |vui lòng |từ giờ |từ nay |nhớ |à |và |nhưng )*(?:gọi (?:tôi|mình|tớ|tui|em|anh) là|gọi là|(?:trả lời|nói|viết)(?: (?:tôi|mình|em|cho tôi|cho mình))? (?:ngắn|bằng|chi tiết|gọn|đơn giản|thật ngắn|súc tích|lịch sự|thân mật|ngắn gọn)|xưng hô|xưng|đừng (?:dùng|gọi)|không dùng|dùng tiếng)`) + `)`),
		jest:      re(words(`đùa thôi|nói đùa|đùa đấy|đùa đó|đùa tí|đùa chút|đùa vui|giỡn thôi|giỡn chơi|nói chơi|nói giỡn|chém gió|trêu thôi|troll thôi|cá tháng tư`)),
		borrowed:  re(`^(?:` + spell(`(?:bạn |hãy |làm ơn |giúp (?:tôi|mình|em) |nhờ bạn )*(?:dịch|viết|sửa|tóm tắt|kiểm tra|soát|đóng vai|giả vờ|tưởng tượng|lời bài hát|đoạn văn|bài thơ|ví dụ|phân tích|chỉnh)`) + `)` + viEdge),
		thirdSelf: re(`^(?:` + spell(`(?:em|anh|chị|con|cháu) (?:ấy|ta|trai|gái|bé|nó|họ|rể|dâu|út|cả|hai|ba|tư|này|kia|đó|mèo|chó|tôi|mình|tớ|tui|của)`) + `)` + viEdge),
	}
}
