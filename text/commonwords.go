package text

import "strings"

// The languages in Latin script that Language tells apart by their words.
const (
	enTag = iota
	viTag
	esTag
	frTag
	deTag
	ptTag
	itTag
	idTag
	nlTag
	tlTag
	roTag
	plTag
	trTag
	csTag
	svTag
	daTag
	huTag
	latinTags
)

var tagNames = [latinTags]string{
	"en", "vi", "es", "fr", "de", "pt", "it", "id", "nl", "tl", "ro", "pl", "tr", "cs", "sv", "da", "hu",
}

// commonWords maps a lower-case word to the set of languages it is common in (bit
// 1<<tag). Vietnamese stands there with and without diacritics.
var commonWords = makeCommonWords()

func makeCommonWords() map[string]uint32 {
	words := map[string]uint32{}
	for tag, list := range commonWordLists {
		for _, w := range strings.Fields(list) {
			words[w] |= 1 << tag
		}
	}
	for _, w := range strings.Fields(vietnameseWords) {
		words[w] |= 1 << viTag
		if folded := Fold(w); words[folded]&(1<<enTag) == 0 || shortVietnamese[folded] {
			words[folded] |= 1 << viTag
		}
	}
	return words
}

// shortVietnamese are the folded words that English has too and that are still worth
// a share of a vote.
var shortVietnamese = wordSet("me ban song con an")

const vietnameseWords = `tôi mình tớ tui em anh chị bạn ông bà con cháu cậu nó họ chúng ta là của có không khong ko được và với cho ở
	tại trong ngoài trên dưới từ đến này kia đó đây gì nào đâu ai sao khi nếu thì mà nhưng vì nên cũng đã đang sẽ vẫn
	còn rất quá lắm hơn nhất những các một hai ba bốn năm sáu bảy tám chín mười cái chiếc người nhà vợ chồng mẹ bố cha
	chó mèo thích yêu ghét muốn cần biết nghĩ nói làm việc học ăn uống ngủ đi về chơi xem nghe đọc viết mua bán sống
	tên tuổi ngày tháng hôm nay qua mai tuần trước sau giờ phút sáng trưa chiều tối đêm mới cũ nhiều ít tốt đẹp vui buồn
	cảm ơn chào xin lỗi vâng dạ ừ thế vậy nhé nha ạ à hả nhỉ hãy đừng chưa rồi xong luôn thường hay phải bị nước việt nam
	hà nội sài gòn công ty trường quê gia đình bệnh dị ứng trà phê cà phở cơm bánh thú cưng sinh nhật món thành phố chuyển
	phim nhạc sách xe máy điện thoại đồng nghiệp sở thích dự định kế hoạch du lịch tiếng bao nhiêu mấy trai gái bé lớn nhỏ`

var commonWordLists = [latinTags]string{
	enTag: `the a an is are was were am be been being i you he she it we they my your his her its our their me him us them
		i'm i've i'll i'd don't doesn't didn't can't won't isn't it's that's what's and or but of to in on at for with from by about into
		has have had do does did will would can could should may might must not no yes this that these those there here what
		where who when which how why if because so than then very really just also too only still never always often every
		some any all more most much many other new good great nice like love hate want need know think work works live lives go
		going went get got make made see saw say said tell told take took come came give name friend friends family mother
		father sister brother son daughter wife husband kids children dog cat home house job school year years day days week
		month today tomorrow yesterday morning night time people please thanks thank hello hi hey favorite favourite food music
		movie book birthday hobby hobbies allergy allergies allergic pet pets city country coffee tea play playing read reading
		running learn learning speak old first last next back out up down over after before now well who's let
		buy bought sell sold keep kept answer answers short long big small little few lot lots call called move moved start started stop
		stopped quit finish finished help show find found feel felt think thought try tried use used put ask asked tell talk watch watched
		eat ate drink drank sleep slept wake walk walked drive drove ride rode swim swimming sing dance cook cooking travel trip visit
		visited meet met married born live lived stay stayed wear listen write wrote draw paint painting game games movie movies song
		songs football soccer yoga gym hiking camping beach park restaurant doctor dentist teacher engineer student nurse lawyer job
		office company boss colleague colleagues team meeting project money car bike phone laptop computer water milk bread rice meat
		fish chicken egg eggs fruit vegetables vegetarian vegan spicy sweet breakfast lunch dinner morning afternoon evening weekend
		monday tuesday wednesday thursday friday saturday sunday january february march april june july august september october
		november december summer winter spring autumn happy sad tired busy sick bad best better worst free sure maybe sorry okay
		language english vietnamese girl boy baby man woman men women someone something anything nothing everything everyone
		once twice again already yet ago since until during without within between together both each another same different
		right wrong old young hot cold red blue green black white brother's mother's sister's wife's husband's reply email address
		name's i'd you're he's she's they're we're we've you've isn't wasn't weren't hasn't haven't shouldn't couldn't wouldn't`,
	viTag: "",
	esTag: `el la los las un una unos unas de del y o que en es son soy eres está están estoy era fue ser estar tengo tiene tienes
		tener hay yo tú él ella nosotros ellos ellas mi mis tu tus su sus me te se nos le lo les con para por sin sobre como cómo cuando
		cuándo donde dónde quién qué cuál porque muy más pero también no sí hola gracias hoy ayer mañana ahora aquí bien vivo
		trabajo gusta gustan quiero casa perro gato años año hijo hija hermano madre padre esta este esto todo todos nada siempre nunca
		tengo dos tres perros carne leche comida trabajar vivir comer buenos buenas días noches favor vamos voy va quién aprender`,
	frTag: `le la les un une des du de et ou que qui dans est sont suis es êtes sommes était être avoir j'ai ai as avons ont je tu il
		elle nous vous ils elles mon ma mes ton ta tes son sa ses notre votre leur me te se ne pas plus très avec pour par sur sans chez
		comme où quand comment pourquoi quel quelle parce mais aussi non oui bonjour merci aujourd'hui hier demain ici bien
		j'aime j'habite c'est n'est d'un d'une l'eau au aux ce cette ces chien chat ans travaille habite veux tout tous rien jamais toujours`,
	deTag: `der die das den dem des ein eine einen einem einer und oder aber ist sind bin bist war waren sein haben habe hat hast ich du er
		sie es wir ihr mein meine meinen meiner dein deine sein seine unser mich mir dich dir uns nicht kein keine mit für von zu zum zur
		aus bei nach auf im in an am über unter wie was wo wer wann warum weil sehr auch nur noch schon immer nie heute
		gestern morgen hier ja nein danke hallo gut wohne arbeite mag gerne hund katze jahre jahr alt kann will möchte wird werden dass`,
	ptTag: `o a os as um uma uns umas de do da dos das e ou que em no na nos nas é são sou és está estão estou era foi ser estar tenho tem
		temos ter há eu tu você ele ela nós vocês eles elas meu minha meus minhas seu sua seus suas me te se lhe com para por sem sobre
		como quando onde quem qual porque muito mais mas também não sim olá obrigado obrigada hoje ontem amanhã agora aqui bem
		moro trabalho gosto quero casa cachorro gato anos ano filho filha irmão mãe pai este esta isso tudo todos nada sempre nunca à ao`,
	itTag: `il lo la i gli le un uno una di del della dei e o che in è sono sei siamo era essere ho hai ha abbiamo hanno avere io tu lui lei
		noi voi loro mio mia miei mie tuo tua suo sua mi ti si ci vi con per da su tra senza come quando dove chi quale perché molto più
		ma anche non sì ciao grazie oggi ieri domani ora qui bene abito vivo lavoro piace voglio casa cane gatto anni anno questo questa tutto sempre mai nel nella al alla`,
	idTag: `saya aku kamu anda dia kami kita mereka ini itu yang dan atau tetapi tapi di ke dari untuk dengan pada dalam oleh adalah
		ada tidak bukan belum sudah akan sedang bisa dapat harus mau ingin suka punya tinggal bekerja kerja makan minum nama rumah
		anak ibu ayah kakak adik istri suami kucing anjing hari kemarin besok sekarang tahun bulan minggu apa siapa mana kapan
		kenapa bagaimana karena juga sangat sekali lebih hanya masih lagi terima kasih selamat pagi orang teman sebuah seorang`,
	nlTag: `de het een en of maar is zijn ben bent was waren heb heeft hebben had ik jij je hij zij ze wij we jullie mijn jouw zijn haar
		ons onze mij me niet geen met voor van naar uit bij op in aan over onder hoe wat waar wie wanneer waarom omdat heel ook nog al
		altijd nooit vandaag gisteren morgen hier ja nee dank hallo goed woon werk hou hond kat jaar oud kan wil zal worden dat deze dit`,
	tlTag: `ang ng mga sa na ay at si ni kay ako ikaw siya kami tayo sila ko mo niya namin natin nila akin iyo ito iyan iyon hindi
		oo opo wala may mayroon gusto ayaw kung para dahil pero din rin lang pa po naman bakit ano sino saan kailan paano nakatira`,
	roTag: `și sau dar este sunt ești eram am ai are avem au eu tu el ea noi voi ei meu mea mei mele tău ta său sa mă te se nu da cu pentru
		din de la în pe sub cum când unde cine care ce pentru că foarte mai și doar încă niciodată mereu astăzi azi ieri mâine aici
		casă câine pisică ani an un o locuiesc lucrez place îmi iubesc vreau fată băiat mamă tată în să asta această fără după`,
	plTag: `i w na z ze do jest są jestem jesteś był była być mam masz ma mieć ja ty on ona my wy oni mój moja moje twój nie tak się że co
		kto gdzie kiedy jak dlaczego bo ale też bardzo tylko już jeszcze dzisiaj wczoraj jutro tutaj dom pies kot lat mieszkam pracuję lubię chcę dla od po przez o`,
	trTag: `ve bir bu şu o ben sen biz siz onlar benim senin için ile de da mi mı ne kim nerede ne zaman nasıl çünkü ama çok daha var yok değil
		evet hayır merhaba bugün dün yarın ev kedi köpek yaşında yaşıyorum çalışıyorum seviyorum istiyorum gibi olarak kadar sonra`,
	csTag: `a v na se je jsem jsi jsou byl byla být mám máš má mít já ty on ona my vy oni můj moje moje tvůj ne ano že co kdo kde kdy jak proč
		protože ale také velmi jen už ještě dnes včera zítra tady dům pes kočka let bydlím pracuji mám ráda rád chci pro od po`,
	svTag: `och eller men är var vara har hade jag du han hon vi ni de min mitt mina din sin mig dig inte en ett den det på av för med till från om
		hur vad var vem när varför mycket också bara idag igår imorgon här hus hund katt år bor arbetar gillar vill kan ska som att`,
	daTag: `og eller men er var være har havde jeg du han hun vi i de min mit mine din sin mig dig ikke en et den det på af for med til fra om
		hvor hvad hvem hvornår hvorfor meget også kun dag går morgen her hus hund kat år bor arbejder vil kan skal som at`,
	huTag: `a az egy és vagy de van vagyok volt lesz én te ő mi ti ők nem igen hogy mert ami aki hol mikor miért nagyon csak még már ma
		tegnap holnap itt ház kutya macska éves élek dolgozom szeretem akarok nekem`,
}
