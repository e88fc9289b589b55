package search

// Tokens returns how many tokens of a language model a text takes at most, as far as that
// can be said without the model's vocabulary:
//
//	a character outside ASCII   as many as it has bytes
//	small ASCII letters         one for two, counted in each row of them
//	a capital ASCII letter      1
//	a digit, a sign, a break    1
//	a space                     1, but none for a single space before an ASCII letter
//
// A vocabulary of bytes or with bytes to fall back on cannot make more tokens of a
// character than it has bytes, so that Vietnamese, Chinese, Japanese, Korean and emoji are
// never undercounted. Rows of ASCII letters are counted too low only where they are no
// words ("fjgk"). Compared with GPT-4 (cl100k_base) and GPT-4o (o200k_base) it counts
// about twice as many for English and two to three times as many for Vietnamese.
//
// Tokens(a + "\n" + b) == Tokens(a) + 1 + Tokens(b), unless b begins with a space.
func Tokens(s string) int {
	tokens, row := 0, 0
	before := byte(' ')
	for i := 0; i < len(s); i++ {
		c := s[i]
		if isSmall(c) {
			row++
			before = c
			continue
		}
		tokens += (row + 1) / 2
		row = 0
		joins := c == ' ' && before != ' ' && i+1 < len(s) && isSmall(s[i+1]|0x20)
		if !joins { // of a character outside ASCII every byte comes here
			tokens++
		}
		before = c
	}
	return tokens + (row+1)/2
}

func isSmall(c byte) bool { return c >= 'a' && c <= 'z' }
