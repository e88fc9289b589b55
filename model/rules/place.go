package rules

import (
	"regexp"
	"strings"

	"github.com/pikamem/pika/text"
)

// knownPlaces are the provinces and large cities of Vietnam and some places people
// write without capitals, by their folded form.
var knownPlaces = makePlaces(`An Giang|Vũng Tàu|Bắc Giang|Bắc Kạn|Bạc Liêu|Bắc Ninh|Bến Tre|Bình Định|Bình Dương|Bình Phước|
	Bình Thuận|Cà Mau|Cần Thơ|Cao Bằng|Đà Nẵng|Đắk Lắk|Đắk Nông|Điện Biên|Đồng Nai|Đồng Tháp|Gia Lai|Hà Giang|Hà Nam|Hà Nội|
	Hà Tĩnh|Hải Dương|Hải Phòng|Hậu Giang|Hòa Bình|Hưng Yên|Khánh Hòa|Kiên Giang|Kon Tum|Lai Châu|Lâm Đồng|Lạng Sơn|Lào Cai|
	Long An|Nam Định|Nghệ An|Ninh Bình|Ninh Thuận|Phú Thọ|Phú Yên|Quảng Bình|Quảng Nam|Quảng Ngãi|Quảng Ninh|Quảng Trị|
	Sóc Trăng|Sơn La|Tây Ninh|Thái Bình|Thái Nguyên|Thanh Hóa|Thừa Thiên Huế|Tiền Giang|Trà Vinh|Tuyên Quang|Vĩnh Long|
	Vĩnh Phúc|Yên Bái|Huế|Sài Gòn|Hồ Chí Minh|Thành phố Hồ Chí Minh|Nha Trang|Đà Lạt|Hội An|Quy Nhơn|Phú Quốc|Hạ Long|Biên Hòa|
	Thủ Đức|Buôn Ma Thuột|Vinh|Việt Nam|Nhật Bản|Hàn Quốc|Singapore|Bangkok|Tokyo|Seoul|London|Paris|Berlin|New York|Sydney|Melbourne|
	Vietnam|Japan|Korea|Germany|France|Canada|Australia|Hanoi|Saigon|Danang|San Francisco|Los Angeles|Boston|Chicago|Seattle`)

func makePlaces(list string) map[string]string {
	places := map[string]string{}
	for _, name := range strings.Split(list, "|") {
		name = strings.TrimSpace(name)
		places[text.Fold(name)] = name
	}
	return places
}

// company is what may follow a place and does not belong to it.
var company = regexp.MustCompile(`(?i)\s+(?:with|near|next to|close to|alone|together|cùng|cùng với|với|một mình|gần|cung|cung voi|voi|mot minh|gan)(?:\s.*)?$`)

// withOthers begins what a template took for a place and is not.
var withOthers = regexp.MustCompile(`(?i)^(?:cùng|với|chung|cung|voi|with|by|on|in|at)\s`)

// isKnownPlace reports the name of a place, which is no company's.
func isKnownPlace(s string) bool { return knownPlaces[text.Fold(s)] != "" }

// place cleans the name of a place: known ones get their own spelling, others must
// have a capital letter or, in Vietnamese, begin with the kind of place they are.
func place(s string, c *clause) (string, bool) {
	s = company.ReplaceAllString(s, "")
	for _, in := range []string{" ở ", " tại ", " o ", " tai "} { // "… cùng bố mẹ ở Hải Phòng"
		if at := strings.LastIndex(s, in); at >= 0 && c.language == "vi" {
			s = s[at+len(in):]
		}
	}
	if name, ok := knownPlaces[text.Fold(s)]; ok && (c.plain || !text.HasDiacritics(s) || strings.EqualFold(name, s)) {
		if !text.HasDiacritics(s) && hasCapital(s) {
			return s, true // the writer's own spelling
		}
		return name, true
	}
	if n := words(s); n == 0 || n > 6 || !specific(s, c) {
		return "", false
	}
	if !hasCapital(s) || withOthers.MatchString(s) {
		return "", false
	}
	return strings.TrimSuffix(s, " city"), true
}
