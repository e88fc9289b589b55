package text

// maxSlipped bounds, in letters, the words whose slips are counted.
const maxSlipped = 32

// Slips returns how many slips of the fingers make one word another: letters left out, added
// or changed, and neighbours swapped (the optimal string alignment distance; Damerau, CACM
// 7(3), 1964). More than most, or words of maxSlipped letters or more: most+1.
func Slips(a, b []rune, most int) int {
	if len(a)-len(b) > most || len(b)-len(a) > most {
		return most + 1
	}
	var twoBefore, before, row [maxSlipped]int
	if len(b) >= maxSlipped || len(a) >= maxSlipped {
		return most + 1
	}
	for j := range len(b) + 1 {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		twoBefore, before = before, row
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(before[j]+1, row[j-1]+1, before[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], twoBefore[j-2]+1)
			}
			least = min(least, row[j])
		}
		if least > most {
			return most + 1
		}
	}
	return row[len(b)]
}
