package rules

// vietnameseMacros are the closed word lists of the Vietnamese templates. A macro
// with a plain group is a slot.
var vietnameseMacros = map[string]string{
	"NEG":      `(?:(không còn|không hề|không|chẳng|chả|chưa|ko|hông|hong|hem|đâu có|đâu|hết|thôi) )?`,
	"ME":       `(?:của )?(tôi|mình|tớ|tui|em|anh|con|cháu|chúng tôi|chúng mình|nhà tôi|nhà mình)`,
	"ADV":      `(?:(?:đang|đã|mới|vừa|vừa mới|cũng|rất|thật sự|luôn|còn|vẫn|hiện|hiện đang|toàn|chỉ|bắt đầu|cực|siêu|hơi|khá) )*`,
	"CALLS":    `(?:tên là|tên|là|tên của nó là|tên nó là|tên gọi là|đặt tên là|gọi là)`,
	"ANIMAL":   `(mèo|chó|cún|vẹt|thỏ|chuột hamster|hamster|cá vàng|cá|rùa|chim|gà|vịt|lợn|heo|ngựa|mèo con|chó con|cún con|mèo mướp|mèo đen|mèo trắng|mèo tam thể|mèo anh lông ngắn|chó corgi|chó husky|chó poodle|chó phú quốc|nhím|sóc)`,
	"COUNT":    `(một|hai|ba|bốn|năm|sáu|bảy|tám|chín|mười|vài|mấy|\d{1,2})`,
	"SPOUSE":   `(vợ|chồng|bà xã|ông xã)`,
	"PARTNER":  `(người yêu|bạn gái|bạn trai|vị hôn thê|vị hôn phu)`,
	"CHILD":    `(con trai|con gái|con trai út|con gái út|con trai cả|con gái cả|con trai lớn|con gái lớn|con đầu lòng|con lớn|con nhỏ|con út|con cả|bé|bé nhà|con|bé trai|bé gái)`,
	"KIN":      `(mẹ|má|bố|ba|cha|anh trai|chị gái|em trai|em gái|anh|chị|ông nội|bà nội|ông ngoại|bà ngoại|ông|bà|cô|dì|chú|bác|cậu|bạn thân|bạn cùng phòng|sếp|con trai|con gái|vợ|chồng|người yêu|bạn gái|bạn trai|em họ|anh họ|chị họ|mẹ chồng|mẹ vợ|bố vợ|bố chồng)`,
	"JOB":      `((?:kỹ sư|kĩ sư|lập trình viên|giáo viên|bác sĩ|y tá|điều dưỡng|luật sư|kế toán|thiết kế|nhà thiết kế|designer|quản lý|giám đốc|sinh viên|học sinh|giảng viên|nhà khoa học|nghiên cứu sinh|đầu bếp|pha chế|barista|tài xế|lái xe|phi công|nhiếp ảnh gia|thợ chụp ảnh|nhà văn|nhà báo|phóng viên|biên tập viên|họa sĩ|hoạ sĩ|nhạc sĩ|ca sĩ|diễn viên|kiến trúc sư|nha sĩ|dược sĩ|bác sĩ thú y|tư vấn viên|chuyên viên|nhân viên|trưởng phòng|phó phòng|nông dân|thợ|công an|bộ đội|lính cứu hỏa|phiên dịch|biên dịch|dịch giả|thủ thư|thư ký|lễ tân|thu ngân|gia sư|huấn luyện viên|thực tập sinh|tester|developer|dev|coder|marketer|nội trợ|công nhân|bán hàng|kinh doanh|freelancer|hướng dẫn viên|tiếp viên|shipper|youtuber|streamer|data analyst|product manager|kỹ thuật viên|trợ giảng|trưởng nhóm)(?: [^,]+?)??)`,
	"LANGUAGE": `(tiếng (?:việt|anh|pháp|đức|nhật|hàn|trung|tây ban nha|nga|thái|ý|bồ đào nha|ả rập|hoa|quảng đông|lào|khmer)(?:(?:,| và|, và) tiếng (?:việt|anh|pháp|đức|nhật|hàn|trung|tây ban nha|nga|thái|ý|bồ đào nha|ả rập|hoa|quảng đông|lào|khmer))*)`,
	"ILLNESS":  `((?:bệnh )?(?:tiểu đường|đái tháo đường|hen suyễn|hen|cao huyết áp|huyết áp cao|huyết áp thấp|đau nửa đầu|đau đầu|đau dạ dày|đau bao tử|viêm dạ dày|trào ngược|trào ngược dạ dày|mất ngủ|trầm cảm|rối loạn lo âu|lo âu|cận thị|cận|viễn thị|loạn thị|gút|gout|viêm khớp|đau lưng|thoát vị đĩa đệm|viêm xoang|viêm mũi dị ứng|thiếu máu|động kinh|mù màu|mỡ máu|gan nhiễm mỡ|tim mạch|tuyến giáp|say xe|chàm)(?: .+?)??)`,
	"STATUS":   `(độc thân|kết hôn|lập gia đình|cưới vợ|lấy chồng|lấy vợ|ly hôn|ly dị|đính hôn|có gia đình|có vợ|có chồng)`,
	"THING":    `((?:xe máy|xe đạp|ô tô|oto|xe hơi|xe tay ga|xe điện|xe tải|căn nhà|ngôi nhà|căn hộ|chung cư|mảnh đất|laptop|máy tính|máy ảnh|điện thoại|iphone|ipad|macbook|máy tính bảng|đàn guitar|guitar|đàn piano|piano|đàn|tivi|xe|vespa|đồng hồ|tủ lạnh|quán cà phê|quán|cửa hàng|tiệm|vườn|nhà)(?: [^,]+?)??)`,
	"SPORT":    `((?:đàn )?(?:guitar|piano|violin|ukulele|đàn tranh|sáo|trống|bóng đá|đá bóng|cầu lông|tennis|bóng rổ|bóng chuyền|bóng bàn|cờ vua|cờ tướng|golf|pickleball|game|bida|đàn bầu|liên quân|dota|bóng chày))`,
	"OFTEN":    `((?:mỗi|mọi) (?:ngày|sáng|trưa|chiều|tối|đêm|tuần|tháng|năm|cuối tuần|thứ (?:hai|ba|tư|năm|sáu|bảy|[2-7])|chủ nhật)|(?:hàng|hằng) (?:ngày|tuần|tháng|năm|đêm|tối|sáng)|(?:một|hai|ba|bốn|năm|\d) (?:lần|buổi|ngày) (?:một |mỗi |\/ ?|trên )?(?:ngày|tuần|tháng|năm)|(?:vào )?(?:các )?(?:cuối tuần|buổi sáng|buổi tối|buổi chiều))`,
	"HABIT":    `((?:chạy bộ|đi bộ|tập|bơi|đi bơi|đi|đạp xe|chơi|đọc|viết|nấu|thiền|uống|ăn|dậy|thức dậy|ngủ|học|xem|thăm|về|gọi|vẽ|làm vườn|leo núi|nghe|dạy|đá|tập thể dục|tập yoga|tập gym|gym|uống thuốc|chụp|dọn|câu cá|trồng)(?: [^,]+?)??)`,
	"EVENT":    `((?:đi|gặp|mua|bán|nghỉ|nghỉ việc|bắt đầu|tốt nghiệp|khám|thi|đậu|đỗ|trượt|cưới|kết hôn|sinh|chuyển|nhận|bị|tham gia|đăng ký|hoàn thành|xong|xem|đọc|thăm|về|bay|leo|chạy|tổ chức|được (?:thăng chức|nhận|tặng|tăng lương)|mất|phẫu thuật|mổ|nhập viện|ra viện|ký|mở|khai trương|ăn|gãy|trồng|học xong|phỏng vấn)(?: [^,]+?)??)`,
	"STYLE":    `((?:thật )?(?:ngắn gọn|ngắn|gọn|chi tiết|đơn giản|súc tích|lịch sự|thân mật|dễ hiểu|gọn gàng|vui vẻ)(?: hơn)?)`,
	"BODY":     `(?:công ty|tập đoàn|ngân hàng|bệnh viện|trường|đại học|trung tâm|xưởng|nhà máy|văn phòng|khách sạn|nhà hàng|quán|tòa soạn)`,
	"POLITE":   `(?: (?:nhé|nha|nhá|ạ|đi|thôi|giúp (?:tôi|mình|em)|cho (?:tôi|mình|em)|với|nhe|hen|luôn|được rồi))*`,
	"LIKES":    `(?:thích|yêu thích|mê|khoái|ưa|nghiện|đam mê|yêu|hâm mộ|ghiền|mê mẩn|say mê)`,
	"LEAD":     `(?:bạn |cứ |hãy |xin |làm ơn |vui lòng |từ giờ |từ nay |nhớ |à |và |nhưng |luôn )*`,
}

var vietnameseList = []template{
	// How the assistant should speak.
	{on: whole, match: `LEADgọi (?:ME )?là CALLEDPOLITE`, predicate: "has_nickname", category: "assistant", object: "$1", text: "$S muốn được gọi là $1", entities: []string{"person"}, sure: 0.6},
	{on: whole, match: `(?:mọi người|bạn bè|cả nhà|ở nhà|gia đình|bạn)(?: \S+)? (?:hay |thường |đều |cứ |toàn )?gọi ME là CALLEDPOLITE`, predicate: "has_nickname", category: "identity", object: "$1", text: "Mọi người gọi $S là $1", entities: []string{"person"}, sure: 0.6},
	{on: whole, match: `LEAD(?:trả lời|nói|viết|nói chuyện|dùng)(?: với)?(?: cho)?(?: ME)? (?:bằng )?LANGUAGEPOLITE`, predicate: "prefers_language", category: "assistant", object: "$1", text: "$S muốn được trả lời bằng $1", sure: 0.6},
	{on: whole, match: `LEAD(?:trả lời|nói|viết)(?: cho)?(?: ME)?(?: một cách)? STYLEPOLITE`, predicate: "prefers_reply_style", category: "assistant", object: "$1", text: "$S muốn câu trả lời $1", sure: 0.6},
	{on: self, match: `(?:thích|muốn)(?: nghe)?(?: được)? (?:câu )?trả lời STYLE`, predicate: "prefers_reply_style", category: "assistant", object: "$1", text: "$S muốn câu trả lời $1", sure: 0.55},
	{on: whole, match: `LEADđừng (?:dùng|xài)(?: nhiều)? (?:emoji|icon|biểu tượng cảm xúc)POLITE`, predicate: "prefers_reply_style", category: "assistant", object: "không emoji", text: "$S muốn câu trả lời không có emoji", sure: 0.6},
	{on: whole, match: `LEADxưng (?:hô )?(?:là )?(\S+)(?: và | - |-| )(?:gọi ME là )?(\S+)POLITE`, predicate: "prefers_address", category: "assistant", object: "$1 – $2", text: "$S muốn xưng hô $1 – $2", sure: 0.5},

	// Identity.
	{on: whole, match: `(?:họ )?tên(?: đầy đủ| thật)?(?: ME)? là CALLEDPOLITE`, predicate: "has_name", category: "identity", object: "$1", text: "Người dùng tên là $1", entities: []string{"person"}, sure: 0.6},
	{on: self, match: `(?:có )?tên (?:là )?CALLED`, predicate: "has_name", category: "identity", object: "$1", text: "Người dùng tên là $1", entities: []string{"person"}, sure: 0.6},
	{on: self, match: `là NAME(?: đây| nè| nhé| nha)?`, predicate: "has_name", category: "identity", object: "$1", text: "Người dùng tên là $1", entities: []string{"person"}, sure: 0.45},
	{on: whole, match: `biệt danh ME là CALLED`, predicate: "has_nickname", category: "identity", object: "$1", text: "Biệt danh của $S là $1", entities: []string{"person"}, sure: 0.6},
	{on: self, match: `(?:năm nay |được |đã |mới |vừa )*(?:tròn )?(\d{1,2}|mười|hai mươi|ba mươi|bốn mươi|năm mươi|tám|chín|bảy|sáu) tuổi(?: rồi)?`, predicate: "has_age", category: "identity", object: "$1", text: "$S $1 tuổi", when: optional, sure: 0.6},
	{on: whole, match: `(?:ngày )?sinh nhật ME(?: là)?`, predicate: "born_on", category: "identity", text: "Sinh nhật của $S: $D", when: timeless, sure: 0.6},
	{on: self, match: `(?:được )?sinh(?: ra)?`, predicate: "born_on", category: "identity", text: "$S sinh $D", when: timeless, sure: 0.6},
	{on: self, match: `(?:được )?sinh(?: ra)? (?:ở|tại) PLACE`, predicate: "born_on", category: "identity", text: "$S sinh $D ở $1", entities: []string{"place"}, when: timeless, sure: 0.6},
	{on: self, match: `(?:được )?sinh(?: ra)?(?: và lớn lên)?(?: ở| tại) PLACE`, predicate: "born_in", category: "identity", object: "$1", text: "$S sinh ra ở $1", entities: []string{"place"}, when: timeless, sure: 0.6},
	{on: self, match: `là người PLACE`, predicate: "from", category: "home", object: "$1", text: "$S là người $1", entities: []string{"place"}, sure: 0.6},
	{on: whole, match: `tiếng mẹ đẻ ME là LANGUAGE`, predicate: "native_language", category: "identity", object: "$1", text: "Tiếng mẹ đẻ của $S là $1", sure: 0.6},
	{on: whole, match: `(?:email|mail|địa chỉ email) ME là (\S+@\S+\.\w+)`, predicate: "has_email", category: "identity", object: "$1", text: "Email của $S là $1", sure: 0.6},
	{on: whole, match: `(?:số điện thoại|sđt|số) ME là (\+?\d[\d .-]{6,18}\d)`, predicate: "has_phone", category: "identity", object: "$1", text: "Số điện thoại của $S là $1", sure: 0.6},
	{on: whole, match: `nhóm máu ME là (?:nhóm )?(a|b|ab|o)`, predicate: "has_blood_type", category: "health", object: "$1", text: "Nhóm máu của $S là $1", sure: 0.6},

	// Home.
	{on: self, match: `(?:trước đây|hồi trước|ngày trước|trước|từng|đã từng)(?: đây)? (?:sống|ở|sinh sống)(?: ở| tại)? PLACE`, predicate: "lived_in", category: "home", object: "$1", text: "$S từng sống ở $1", entities: []string{"place"}, sure: 0.6},
	{on: whole, match: `(?:trước đây|hồi trước|ngày trước|trước kia) ME (?:từng )?(?:sống|ở)(?: ở| tại)? PLACE`, predicate: "lived_in", category: "home", object: "$1", text: "$S từng sống ở $1", entities: []string{"place"}, sure: 0.6},
	{on: self, match: `NEGADV(?:sống|ở|sinh sống|cư trú|thường trú|định cư|ở trọ|thuê nhà|sống chung với .+?)(?: một mình)?(?: (?:cùng|với|chung với|cùng với) .+?)?(?: ở| tại| trong)? PLACE`, predicate: "lives_in", category: "home", object: "$1", text: "$S $N sống ở $1", entities: []string{"place"}, when: optional, sure: 0.6},
	{on: whole, match: `nhà ME (?:ở|nằm ở|tại) PLACE`, predicate: "lives_in", category: "home", object: "$1", text: "Nhà của $S ở $1", entities: []string{"place"}, sure: 0.6},
	{on: self, match: `ADV(?:chuyển|dọn|dời)(?: nhà| chỗ ở| về sống)? từ PLACE (?:vào|ra|đến|tới|sang|về|lên|xuống|qua)(?: sống ở| ở)? PLACE(?: (?:sống|ở|sinh sống|làm việc|làm|học))?`, predicate: "lives_in", category: "home", object: "$2", text: "$S chuyển từ $1 đến sống ở $2", entities: []string{"place", "place"}, when: optional, sure: 0.6},
	{on: self, match: `ADV(?:chuyển|dọn|dời)(?: nhà| chỗ ở)? (?:vào|ra|đến|tới|sang|về|lên|xuống|qua)(?: sống ở| ở| sống)? PLACE(?: (?:sống|ở|sinh sống|làm việc|làm|học|định cư))?`, predicate: "lives_in", category: "home", object: "$1", text: "$S chuyển đến sống ở $1", entities: []string{"place"}, when: optional, sure: 0.6},
	{on: self, match: `ADV(?:chuyển|dọn|dời)(?: nhà| chỗ ở)? từ PLACE (?:vào|ra|đến|tới|sang|về|lên|xuống|qua)(?: sống ở| ở)? PLACE`, predicate: "lives_in", category: "home", object: "$2", text: "$S chuyển từ $1 đến sống ở $2", entities: []string{"place", "place"}, when: optional, sure: 0.6},
	{on: self, match: `(?:quê|quê gốc|gốc|đến từ|quê quán)(?: ở| tại)? PLACE`, predicate: "from", category: "home", object: "$1", text: "$S quê ở $1", entities: []string{"place"}, sure: 0.6},
	{on: whole, match: `(?:quê|quê quán|quê nhà|quê gốc) ME (?:ở|là|tại) PLACE`, predicate: "from", category: "home", object: "$1", text: "$S quê ở $1", entities: []string{"place"}, sure: 0.6},
	{on: self, match: `lớn lên (?:ở|tại) PLACE`, predicate: "grew_up_in", category: "home", object: "$1", text: "$S lớn lên ở $1", entities: []string{"place"}, sure: 0.6},

	// Work.
	{on: self, match: `ADV(?:làm(?: việc)?|đi làm|công tác)(?: nghề)? JOB (?:ở|tại|cho|bên) (?:BODY )?ORG`, predicate: "works_at", category: "work", object: "$2", text: "$S làm $1 ở $2", entities: []string{"", "organisation"}, when: optional, sure: 0.6},
	{on: self, match: `NEGADV(?:làm việc|đi làm|công tác|làm)(?: ở| tại| cho| bên) ORG`, predicate: "works_at", category: "work", object: "$1", text: "$S $N làm việc ở $1", entities: []string{"organisation"}, when: optional, sure: 0.6},
	{on: self, match: `ADV(?:vào làm|nhận việc|đầu quân|gia nhập)(?: ở| tại| cho| bên)? ORG`, predicate: "works_at", category: "work", object: "$1", text: "$S vào làm ở $1", entities: []string{"organisation"}, when: optional, sure: 0.6},
	{on: self, match: `ADV(?:nghỉ việc|nghỉ làm|thôi việc|xin nghỉ)(?: ở| tại| bên) ORG`, predicate: "works_at", category: "work", object: "$1", text: "$S nghỉ việc ở $1", entities: []string{"organisation"}, when: optional, always: true, sure: 0.6},
	{on: self, match: `ADV(?:nghỉ việc|thất nghiệp|bỏ việc)(?: rồi)?`, predicate: "is_employed", category: "work", object: "việc làm", text: "$S nghỉ việc", when: optional, always: true},
	{on: self, match: `ADV(?:làm nghề|làm|theo nghề) JOB(?: (?:ở|tại|cho|bên) .+)?`, predicate: "works_as", category: "work", object: "$1", text: "$S làm $1", when: optional, sure: 0.6},
	{on: self, match: `là (?:một )?JOB(?: (?:ở|tại|cho|bên|của) .+)?`, predicate: "works_as", category: "work", object: "$1", text: "$S là $1", sure: 0.6},
	{on: whole, match: `(?:nghề|nghề nghiệp|công việc) ME là (?:làm )?JOB`, predicate: "works_as", category: "work", object: "$1", text: "$S làm $1", sure: 0.6},
	{on: self, match: `ADV(?:mở|sở hữu|kinh doanh) (?:một )?((?:quán|tiệm|cửa hàng|công ty|shop|nhà hàng|xưởng|homestay|phòng khám|spa|trung tâm)(?: .+)?)`, predicate: "owns_business", category: "work", object: "$1", text: "$S mở $1", when: optional, sure: 0.5},

	// Study.
	{on: self, match: `ADVhọc (?:ngành |khoa |chuyên ngành )?X (?:ở|tại) (?:trường )?ORG`, predicate: "studies_at", category: "education", object: "$2", text: "$S học $1 ở $2", entities: []string{"", "organisation"}, when: optional, sure: 0.55},
	{on: self, match: `ADVhọc (?:ở |tại )?((?:trường|đại học|đh|học viện) .+)`, predicate: "studies_at", category: "education", object: "$1", text: "$S học ở $1", when: optional, sure: 0.55},
	{on: self, match: `ADVhọc (lớp \d{1,2}|năm (?:nhất|hai|hai|ba|tư|cuối))(?: .+)?`, predicate: "studies", category: "education", object: "$1", text: "$S học $1", sure: 0.5},
	{on: self, match: `ADVhọc (?:ngành|khoa|chuyên ngành) X`, predicate: "studies", category: "education", object: "$1", text: "$S học ngành $1", when: optional, sure: 0.55},
	{on: self, match: `ADVtốt nghiệp (?:ở |từ |trường )*((?:đại học|đh|học viện|cao đẳng|trường) .+)`, predicate: "graduated_from", category: "education", object: "$1", text: "$S tốt nghiệp $1", when: optional, sure: 0.55},

	// Family and relationships.
	{on: whole, match: `SPOUSE ME CALLS NAME`, predicate: "has_spouse", category: "family", object: "$2", text: "$1 của $S tên là $2", entities: []string{"", "person"}, sure: 0.6},
	{on: whole, match: `SPOUSE ME (?:tên là|tên) CALLED`, predicate: "has_spouse", category: "family", object: "$2", text: "$1 của $S tên là $2", entities: []string{"", "person"}, sure: 0.6},
	{on: whole, match: `PARTNER ME (?:tên là|tên|là) NAME`, predicate: "has_partner", category: "relationships", object: "$2", text: "$1 của $S tên là $2", entities: []string{"", "person"}, sure: 0.6},
	{on: whole, match: `CHILD(?: của)? ME (?:tên là|tên) CALLED`, predicate: "has_child", category: "family", object: "$2", text: "$1 của $S tên là $2", entities: []string{"", "person"}, sure: 0.6},
	{on: self, match: `ADVcó (?:một |1 )?(?:đứa |bé |cô |cậu |thằng )?(con trai|con gái|con|bé trai|bé gái|nhóc)(?: nhỏ| đầu lòng)? (?:tên là|tên) CALLED`, predicate: "has_child", category: "family", object: "$2", text: "$S có $1 tên là $2", entities: []string{"", "person"}, sure: 0.6},
	{on: self, match: `NEGADVcó ((?:một|hai|ba|bốn|năm|1|2|3|4|5) (?:đứa |người |bé |cô |cậu )?(?:con|con trai|con gái|nhóc|cháu)(?: (?:trai|gái|nhỏ|sinh đôi))?)`, predicate: "has_child", category: "family", object: "$1", text: "$S $N có $1", sure: 0.55},
	{on: self, match: `(không|chưa) có con(?: cái)?`, predicate: "has_child", category: "family", object: "con", text: "$S $1 có con", always: true, sure: 0.55},
	{on: self, match: `ADVcó ((?:một|hai|ba|bốn|1|2|3|4) (?:người |đứa )?(?:anh|chị|em)(?: (?:trai|gái|ruột))?)`, predicate: "has_sibling", category: "family", object: "$1", text: "$S có $1", sure: 0.55},
	{on: self, match: `NEGADVSTATUS(?: rồi)?`, predicate: "marital_status", category: "relationships", object: "$1", text: "$S $N $1", when: optional, sure: 0.55},
	{on: self, match: `ADV(?:cưới|kết hôn với|lấy) NAME`, predicate: "has_spouse", category: "family", object: "$1", text: "$S kết hôn với $1", entities: []string{"person"}, when: optional, sure: 0.5},
	{on: whole, match: `KIN ME (?:tên là|tên) CALLED`, predicate: "has_relative", category: "family", object: "$2", text: "$1 của $S tên là $2", entities: []string{"", "person"}, sure: 0.55},
	{on: whole, match: `KIN ME (?:hiện |đang |cũng |hiện đang |năm nay |đã |vẫn )*((?:sống|ở|làm việc|làm|học) (?:ở|tại|cho) .+|(?:là|làm) (?:bác sĩ|giáo viên|kỹ sư|nông dân|y tá|luật sư|kế toán|công nhân|công an|bộ đội|sinh viên|học sinh|đầu bếp|nội trợ|tài xế)(?: .+)?|\d{1,3} tuổi|bị (?:dị ứng|tiểu đường|cao huyết áp|huyết áp cao|hen|ung thư|đau khớp)(?: .+)?|học lớp \S+)`, predicate: "family_detail", category: "family", object: "$1 $2", text: "$1 của $S $2", sure: 0.5},

	// Pets.
	{on: self, match: `ADV(?:có|nuôi|có nuôi|nhận nuôi|xin được|mua)(?: được)? (?:một |1 )?(?:con |bé |em |chú |cô )?ANIMAL(?: \S+)?? (?:tên là|tên|đặt tên là|gọi là) CALLED`, predicate: "has_pet", category: "pets", object: "$2", text: "$S có con $1 tên là $2", entities: []string{"", "animal"}, when: optional, sure: 0.6},
	{on: whole, match: `(?:con |bé |em |chú )?ANIMAL (?:của |nhà )*ME CALLS CALLED`, predicate: "has_pet", category: "pets", object: "$2", text: "Con $1 của $S tên là $2", entities: []string{"", "animal"}, sure: 0.6},
	{on: whole, match: `NAME là (?:con |bé |chú )ANIMAL (?:của |nhà )*ME`, predicate: "has_pet", category: "pets", object: "$1", text: "$1 là con $2 của $S", entities: []string{"animal"}, sure: 0.6},
	{on: self, match: `NEGADV(?:có|nuôi|có nuôi|nhận nuôi) COUNT (?:con |bé |em |chú )ANIMAL(?: .+)?`, predicate: "has_pet", category: "pets", object: "$1 con $2", text: "$S $N nuôi $1 con $2", when: optional, sure: 0.55},
	{on: self, match: `NEGADV(?:nuôi|có nuôi|có) (?:con |bé )?ANIMAL`, predicate: "has_pet", category: "pets", object: "$1", text: "$S $N nuôi $1", sure: 0.5},

	// Health and diet.
	{on: self, match: `NEGADV(?:bị |mắc )?dị ứng (?:với |khi ăn )?X(?: (?:rất |khá |hơi )?(?:nặng|nhẹ)(?: lắm)?)?`, predicate: "allergic_to", category: "health", object: "$1", text: "$S $N bị dị ứng $1", sure: 0.6},
	{on: self, match: `ADV(?:bị|mắc|có) (?:bệnh )?ILLNESS`, predicate: "has_condition", category: "health", object: "$1", text: "$S bị $1", when: optional, sure: 0.55},
	{on: self, match: `NEGADV(ăn chay|ăn thuần chay|ăn chay trường|ăn kiêng|ăn keto|ăn eat clean)(?: trường)?`, predicate: "follows_diet", category: "health", object: "$1", text: "$S $N $1", when: optional, sure: 0.6},
	{on: self, match: `(?:không|chẳng|ko|không còn|không hề) (?:bao giờ )?(?:ăn|uống)(?: được)? X`, predicate: "eats", category: "food", object: "$1", text: "$S không ăn uống $1", always: true, sure: 0.5},
	{on: self, match: `ADV(?:bỏ|cai|ngừng)(?: hẳn| được)? (thuốc lá|hút thuốc|rượu|bia|rượu bia|cà phê|đường|nước ngọt|game|thuốc|uống rượu|trà sữa)(?: rồi)?`, predicate: "practices", category: "health", object: "$1", text: "$S đã bỏ $1", when: optional, always: true, sure: 0.55},
	{on: self, match: `(?:không còn|không|hết|chẳng) (hút thuốc|uống rượu|uống bia|uống cà phê|ăn cay|ăn thịt|lái xe|ăn đường|thức khuya)(?: nữa)?`, predicate: "practices", category: "health", object: "$1", text: "$S không $1", always: true, sure: 0.55},

	// Likes and dislikes.
	{on: whole, match: `((?:món(?: ăn)?|đồ uống|màu|màu sắc|phim|bộ phim|cuốn sách|sách|bài hát|ca sĩ|môn thể thao|con vật|mùa|nơi|trò chơi|tác giả|trái cây|môn học|đội bóng|thành phố|loài hoa|thức uống|nhạc|thể loại nhạc)) (?:mà )?(?:yêu thích(?: nhất)?|ưa thích|thích nhất) ME là X`, predicate: "likes", category: "preferences", object: "$2", text: "$1 yêu thích của $S là $2", sure: 0.6},
	{on: whole, match: `((?:món(?: ăn)?|đồ uống|màu|phim|sách|ca sĩ|mùa|trái cây|đội bóng|thành phố)) (?:mà )?ME (?:yêu thích nhất|thích nhất|yêu thích|mê nhất) là X`, predicate: "likes", category: "preferences", object: "$2", text: "$1 yêu thích của $S là $2", sure: 0.6},
	{on: self, match: `ADVthích X hơn(?: là)?(?: so với)? X`, predicate: "prefers", category: "preferences", object: "$1 hơn $2", text: "$S thích $1 hơn $2", sure: 0.55},
	{on: self, match: `ADV(?:ghét|không ưa|sợ|dị ứng với việc|không chịu được|không chịu nổi|chán ghét|cực ghét) X`, predicate: "dislikes", category: "preferences", object: "$1", text: "$S ghét $1", sure: 0.5},
	{on: self, match: `NEGADVLIKES X`, predicate: "likes", category: "preferences", object: "$1", text: "$S $N thích $1", sure: 0.55},
	{on: whole, match: `(?:sở thích|thú vui|đam mê|niềm đam mê)(?: lớn nhất| chính)? ME là X`, predicate: "practices", category: "hobbies", object: "$1", text: "Sở thích của $S là $1", sure: 0.6},

	// Skills and languages.
	{on: self, match: `NEGADV(?:nói được|biết nói|biết|nói|giỏi|thông thạo|rành) LANGUAGE(?: khá)?(?: tốt| giỏi| lưu loát| một chút)?`, predicate: "speaks", category: "skills", object: "$1", text: "$S $N nói được $1", sure: 0.55},
	{on: self, match: `ADVhọc LANGUAGE(?: .+)?`, predicate: "studies", category: "skills", object: "$1", text: "$S học $1", when: optional, sure: 0.55},
	{on: self, match: `ADV(?:biết chơi|chơi được|chơi|hay chơi|thường chơi|tập chơi) SPORT(?: OFTEN)?`, predicate: "practices", category: "hobbies", object: "$1", text: "$S chơi $1", sure: 0.55},
	{on: self, match: `NEGbiết (bơi|lái xe|nấu ăn|chơi đàn|đi xe đạp|đi xe máy|vẽ|hát|lập trình|may vá|đan len)`, predicate: "skilled_in", category: "skills", object: "$1", text: "$S $N biết $1", sure: 0.5},
	{on: self, match: `ADV(?:tập|học) (yoga|gym|bơi|vẽ|đàn|guitar|piano|boxing|võ|nấu ăn|lái xe|lập trình|thiền|chụp ảnh|làm gốm|làm bánh|đan len)(?: .+)?`, predicate: "studies", category: "hobbies", object: "$1", text: "$S học $1", when: optional, sure: 0.5},

	// Possessions.
	{on: self, match: `ADV(?:có|sở hữu|đi|chạy|lái|dùng|xài) (?:một |1 )?(?:chiếc |con |cái |cây )THING`, predicate: "owns", category: "possessions", object: "$1", text: "$S có $1", sure: 0.5},
	{on: self, match: `ADV(?:mua|sắm|tậu)(?: được)? (?:một |1 )?(?:chiếc |con |cái |cây |căn )?THING`, predicate: "owns", category: "possessions", object: "$1", text: "$S mua $1", when: optional, sure: 0.5},

	// Plans, goals, habits, events.
	{on: self, match: `ADV(?:định|dự định|dự tính|sắp|chuẩn bị|có kế hoạch|lên kế hoạch|tính) DOING`, predicate: "plans", category: "plans", object: "$1", text: "$S dự định $1", when: planned, sure: 0.5},
	{on: self, match: `(?:sẽ|phải|sẽ được|được|có lịch|có hẹn|có lịch hẹn|sẽ phải) DOING`, predicate: "plans", category: "plans", object: "$1", text: "$S sẽ $1", when: ahead, sure: 0.5},
	{on: self, match: `EVENT`, predicate: "plans", category: "plans", object: "$1", text: "$S sẽ $1", when: ahead, sure: 0.45},
	{on: self, match: `ADV(?:ước mơ|mơ ước|mục tiêu) (?:là )?DOING`, predicate: "has_goal", category: "goals", object: "$1", text: "$S mơ ước $1", when: undated, sure: 0.45},
	{on: whole, match: `(?:ước mơ|mục tiêu|mơ ước)(?: lớn nhất| năm nay)? ME là DOING`, predicate: "has_goal", category: "goals", object: "$1", text: "Mục tiêu của $S là $1", when: planned, sure: 0.5},
	{on: self, match: `(?:thường xuyên|thường|hay|luôn) HABIT(?: vào)?(?: OFTEN)?`, predicate: "practices", category: "hobbies", object: "$1 $2", text: "$S thường $1 $2", sure: 0.5},
	{on: self, match: `(?:đều )?HABIT(?: vào| đều)? OFTEN`, predicate: "practices", category: "hobbies", object: "$1 $2", text: "$S $1 $2", sure: 0.5},
	{on: whole, match: `OFTEN ME (?:đều |thường |hay |lại )*HABIT`, predicate: "practices", category: "hobbies", object: "$2 $1", text: "$S $2 $1", sure: 0.5},
	{on: self, match: `ADVEVENT(?: xong| rồi)?`, predicate: "experienced", category: "events", object: "$1", text: "$S $1", when: dated, sure: 0.45},
}

// The same templates, for text with diacritics and without.
var (
	vietnameseTemplates      = compile(vietnameseList, vietnameseMacros, marked)
	vietnamesePlainTemplates = compile(vietnameseList, vietnameseMacros, unmarked)
)
