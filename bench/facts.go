package main

import "fmt"

// The words that made-up facts are put together from: enough for 100,000 different
// sentences in two languages with the repeated words that real memories have.
var (
	people   = []string{"Linh", "Minh", "Hoa", "An", "Tú", "Phúc", "Anna", "Ben", "Carla", "David", "Emma", "Farid"}
	places   = []string{"Hà Nội", "Đà Nẵng", "Huế", "Sài Gòn", "Cần Thơ", "Hội An", "London", "Lisbon", "Kyoto", "Austin", "Oslo", "Nairobi"}
	things   = []string{"a red bicycle", "an old camera", "a green notebook", "a wooden chess set", "a telescope", "a blue guitar", "a coffee grinder", "a pair of hiking boots"}
	vietThin = []string{"một cái máy ảnh cũ", "một chiếc xe đạp đỏ", "một cây đàn ghi ta", "một quyển sổ xanh", "một bộ cờ gỗ", "một cái kính thiên văn", "một đôi giày leo núi", "một cái máy xay cà phê"}
	english  = []string{
		"%s bought %s in %s, receipt number %d.", "%s gave away %s after moving to %s, box %d.",
		"%s keeps %s at the office in %s, locker %d.", "%s wants to repair %s before the trip to %s, ticket %d.",
	}
	vietnamese = []string{
		"%s mua %s ở %s, hóa đơn số %d.", "%s tặng %s khi chuyển đến %s, thùng số %d.",
		"%s để %s ở văn phòng tại %s, tủ số %d.", "%s muốn sửa %s trước chuyến đi %s, vé số %d.",
	}
)

// madeUpFact returns the i-th fact: Vietnamese for even i, English for odd.
func madeUpFact(i int) string {
	person, thing, place := partsOfFact(i)
	patterns := english
	if i%2 == 0 {
		patterns = vietnamese
	}
	return fmt.Sprintf(patterns[(i/2)%len(patterns)], person, thing, place, i)
}

// partsOfFact returns what the i-th fact is about.
func partsOfFact(i int) (person, thing, place string) {
	j := i / 2
	all := things
	if i%2 == 0 {
		all = vietThin
	}
	return people[j%len(people)], all[(j/5)%len(all)], places[(j/3)%len(places)]
}

// madeUpQuery returns the i-th question: about a fact that exists, in either
// language, some with its number, some without diacritics.
func madeUpQuery(i int) string {
	person, place := people[i%len(people)], places[(i/2)%len(places)]
	switch i % 4 {
	case 0:
		return fmt.Sprintf("%s có gì ở %s?", person, place)
	case 1:
		return fmt.Sprintf("what did %s buy in %s", person, place)
	case 2:
		return fmt.Sprintf("hoa don so %d", i*7)
	}
	return fmt.Sprintf("%s trip to %s, ticket %d", person, place, i*3)
}
