package postgres

// uuidDigits are the digits of a scope's id, in their order.
const uuidDigits = "0123456789abcdef"

// uuidLength is the length of a scope's id, 8-4-4-4-12 digits.
const uuidLength = 36

func isHyphen(i int) bool { return i == 8 || i == 13 || i == 18 || i == 23 }

// ceilUUID returns the lowest id that is not below s, byte by byte; ok is false if
// every id is. A range may begin and end anywhere ("8", "ff"), a uuid column cannot.
func ceilUUID(s string) (id string, ok bool) {
	b := make([]byte, 0, uuidLength)
	for i := range uuidLength {
		if i == len(s) {
			return lowestFrom(b), true
		}
		next, exact, some := ceilDigit(i, s[i])
		switch {
		case !some:
			return nextPrefix(b)
		case !exact:
			return lowestFrom(append(b, next)), true
		}
		b = append(b, next)
	}
	if len(s) > uuidLength {
		return nextPrefix(b)
	}
	return string(b), true
}

// ceilDigit returns the lowest byte not below c that may stand at position i.
func ceilDigit(i int, c byte) (next byte, exact, some bool) {
	allowed := uuidDigits
	if isHyphen(i) {
		allowed = "-"
	}
	for _, d := range []byte(allowed) {
		if d >= c {
			return d, d == c, true
		}
	}
	return 0, false, false
}

// nextPrefix returns the lowest id above all that begin with prefix.
func nextPrefix(prefix []byte) (id string, ok bool) {
	for i := len(prefix) - 1; i >= 0; i-- {
		if isHyphen(i) {
			continue
		}
		if next, _, some := ceilDigit(i, prefix[i]+1); some {
			return lowestFrom(append(prefix[:i:i], next)), true
		}
	}
	return "", false
}

// lowestFrom returns the lowest id that begins with prefix.
func lowestFrom(prefix []byte) string {
	for i := len(prefix); i < uuidLength; i++ {
		digit := byte('0')
		if isHyphen(i) {
			digit = '-'
		}
		prefix = append(prefix, digit)
	}
	return string(prefix)
}
