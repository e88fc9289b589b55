package rules

// englishMacros are the closed word lists of the English templates. A macro with a
// plain group is a slot.
var englishMacros = map[string]string{
	"NEG":      `(do not|does not|am not|are not|have never|have not|no longer|never|cannot|not|will never)? ?(?:really |actually |personally |even |ever )?`,
	"ADV":      `(?:(?:also|really|actually|currently|now|still|just|absolutely|definitely|truly|recently|already|totally|always|both|finally|genuinely|mostly|mainly|usually|particularly|especially|simply|kind of|proudly|happily|officially|originally|so|very|pretty|deeply|severely|highly|badly) )*`,
	"DET":      `(?:(?:an?|the|my|our|some|another) )?`,
	"COUNT":    `(an?|one|two|three|four|five|six|seven|\d{1,2})`,
	"ANIMAL":   `((?:\w+ ){0,3}?(?:dogs?|cats?|pupp(?:y|ies)|kittens?|parrots?|rabbits?|bunn(?:y|ies)|hamsters?|goldfish|fish|turtles?|tortoises?|birds?|guinea pigs?|horses?|snakes?|lizards?|ferrets?|gerbils?|chickens?|ducks?|golden retriever|labrador|poodle|corgi|husky|beagle|chihuahua|german shepherd))`,
	"PET":      `(dog|cat|puppy|kitten|parrot|rabbit|bunny|hamster|goldfish|fish|turtle|tortoise|bird|guinea pig|horse|snake|lizard|ferret|pet)`,
	"SPOUSE":   `(wife|husband|spouse)`,
	"PARTNER":  `(partner|girlfriend|boyfriend|fianc[ée]e?)`,
	"CHILD":    `(son|daughter|kid|child|baby|eldest|youngest|oldest)`,
	"CHILDREN": `((?:a|an|one|two|three|four|five|six|seven|\d) (?:\w+ )?(?:kids?|child|children|sons?|daughters?|boys|girls|bab(?:y|ies)|twins))`,
	"SIBLINGS": `((?:an?|one|two|three|four|five|six|\d) (?:\w+ )?(?:brothers?|sisters?|siblings?|twin brother|twin sister))`,
	"KIN":      `((?:older |younger |little |big |elder |best |twin )?(?:mother|mom|mum|father|dad|brother|sister|son|daughter|wife|husband|partner|girlfriend|boyfriend|grandmother|grandma|grandfather|grandpa|aunt|uncle|cousin|niece|nephew|friend|roommate|boss))`,
	"JOB":      `((?:\w+ ){0,3}?(?:engineer|developer|programmer|teacher|doctor|nurse|lawyer|accountant|designer|manager|director|student|professor|scientist|researcher|chef|cook|barista|waiter|waitress|driver|pilot|photographer|writer|journalist|editor|artist|musician|singer|actor|actress|dancer|architect|dentist|pharmacist|veterinarian|vet|therapist|psychologist|counselor|consultant|analyst|salesperson|salesman|marketer|entrepreneur|freelancer|farmer|mechanic|electrician|plumber|carpenter|police officer|firefighter|soldier|translator|interpreter|librarian|secretary|receptionist|cashier|tailor|hairdresser|barber|tutor|coach|trainer|instructor|intern|data scientist|product manager|project manager|tester|technician|economist|biologist|chemist|physicist|mathematician|surgeon|physiotherapist|paramedic|social worker|stay-at-home (?:mom|dad)|housewife|homemaker|tour guide|flight attendant|youtuber|streamer|business owner))`,
	"FIELD":    `(marketing|finance|sales|it|tech|healthcare|education|logistics|banking|hr|human resources|real estate|construction|retail|hospitality|tourism|fashion|advertising|insurance|law|journalism|software|consulting|manufacturing|agriculture|research|accounting|customer service|cybersecurity|biotech|gaming)`,
	"LANGUAGE": `((?:fluent |some |a little |basic )?(?:english|vietnamese|french|german|spanish|japanese|korean|chinese|mandarin|cantonese|thai|russian|italian|portuguese|arabic|hindi|dutch|swedish|indonesian|malay|tagalog|polish|turkish|greek|hebrew|khmer|lao)(?:,? (?:and |or )?(?:english|vietnamese|french|german|spanish|japanese|korean|chinese|mandarin|cantonese|thai|russian|italian|portuguese|arabic|hindi|dutch|swedish|indonesian|malay|tagalog|polish|turkish|greek|hebrew|khmer|lao))*)`,
	"NATION":   `(vietnamese|american|british|english|french|german|japanese|korean|chinese|thai|canadian|australian|indian|italian|spanish|russian|dutch|swedish|brazilian|mexican|indonesian|filipino|filipina|malaysian|singaporean|irish|scottish|polish|turkish)`,
	"ILLNESS":  `((?:type [12] |high |low |chronic |mild |severe |seasonal )?(?:diabetes|asthma|migraines?|anxiety|depression|adhd|autism|insomnia|hypertension|blood pressure|epilepsy|arthritis|eczema|psoriasis|celiac disease|ibs|gout|gastritis|acid reflux|anemia|sleep apnea|back pain|tinnitus|vertigo|scoliosis|hay fever|cholesterol|heart disease|lactose intolerance|a bad back|a bad knee))`,
	"DIET":     `((?:a )?(?:strict )?(?:vegetarian|vegan|pescatarian)|gluten-free)`,
	"STATE":    `(lactose intolerant|gluten intolerant|diabetic|colou?r-?blind|left-handed|near-?sighted|pregnant|deaf|dyslexic)`,
	"STATUS":   `(married|single|divorced|widowed|engaged|separated)`,
	"THING":    `((?:[\w'-]+ ){0,4}?(?:car|motorbike|motorcycle|scooter|bike|bicycle|truck|van|house|apartment|condo|flat|farm|boat|guitar|piano|violin|ukulele|drum kit|keyboard|laptop|macbook|computer|pc|phone|iphone|ipad|tablet|camera|telescope|drone|tv|playstation|xbox|switch|tesla|toyota|honda|vespa|restaurant|cafe|shop|store|bakery|garden|pool|tent|kindle|3d printer))`,
	"SPORT":    `((?:[\w-]+ )?(?:guitar|piano|violin|drums|bass|ukulele|cello|flute|saxophone|trumpet|clarinet|football|soccer|tennis|badminton|basketball|volleyball|chess|golf|table tennis|pickleball|baseball|hockey|rugby|cricket|squash|video games|board games|poker|mahjong|dota|league of legends|minecraft))`,
	"HABIT":    `((?:run|jog|swim|walk|go|play|read|write|cook|meditate|practi[cs]e|do|train|exercise|work out|drink|eat|take|wake|get up|sleep|study|learn|watch|visit|call|ride|cycle|bike|volunteer|attend|teach|stretch|paint|draw|bake|garden|hike|climb|dance|sing|fast|journal|listen|skip|smoke|have (?:breakfast|lunch|dinner|coffee|tea))(?: [^,]+?)??)`,
	"OFTEN":    `((?:every|each) (?:single )?(?:other )?(?:day|morning|afternoon|evening|night|week|weekend|month|year|summer|winter|monday|tuesday|wednesday|thursday|friday|saturday|sunday)|(?:once|twice|two times|three times|four times|five times|\d times) (?:a|per) (?:day|week|month|year)|on (?:weekends|weekdays|mondays|tuesdays|wednesdays|thursdays|fridays|saturdays|sundays)|daily|weekly)`,
	"EVENT":    `((?:visited|went (?:to|on|hiking|camping|swimming|fishing|skiing|shopping|surfing)|bought|adopted|started|finished|graduated|joined|met|ran|broke|got|passed|won|lost|attended|signed up|moved|sold|quit|painted|completed|took|gave|celebrated|travell?ed|flew|baked|cooked|watched|saw|read|hiked|climbed|had (?:an? )?(?:surgery|exam|interview|baby|accident|appointment|check-?up|party|wedding|operation|meeting|picnic)|hosted|organi[sz]ed|published|launched|opened|began|received|donated|volunteered|retired|tried|learned|learnt|planted|built|made|ordered|hurt|injured|was (?:promoted|hired|fired|laid off|diagnosed|admitted))(?: .+?)?)`,
	"GOING":    `((?:flying|going|moving|travel?ling|starting|visiting|meeting|having|taking|getting (?:married|engaged|a|an)|leaving|driving|attending|running|hosting|seeing|joining|returning|heading|celebrating|graduating|defending|interviewing)(?: .+?)?)`,
	"STYLE":    `(briefly|concisely|shortly|in (?:one|two|three|\w+) sentences?|with (?:short|brief|long|detailed|simple) (?:answers|replies|sentences)|(?:in|with|using) (?:bullet points|simple words|plain language|detail|metric units|a (?:friendly|formal|casual|funny|professional) (?:tone|way))|formally|casually|informally)`,
	"SHORT":    `(short|brief|concise|simple|to the point|short and (?:simple|sweet|clear)|formal|casual|detailed|long)`,
}

// englishTemplates read English clauses; the first that matches wins.
var englishTemplates = compile([]template{
	// How the assistant should speak.
	{on: whole, match: `(?:please |pls |just |and |so |but |from now on )*call me CALLED`, predicate: "has_nickname", category: "assistant", object: "$1", text: "$S wants to be called $1", entities: []string{"person"}, sure: 0.6},
	{on: whole, match: `(?:my |all my )?(?:friends|family|people|everyone|everybody|colleagues|coworkers)(?: and \w+)?(?: usually| all| just| always)? calls? me CALLED`, predicate: "has_nickname", category: "identity", object: "$1", text: "People call $S $1", entities: []string{"person"}, sure: 0.6},
	{on: self, match: `(?:prefer|like|want) to be called CALLED`, predicate: "has_nickname", category: "assistant", object: "$1", text: "$S wants to be called $1", entities: []string{"person"}, sure: 0.6},
	{on: self, match: `ADVgo by(?: the name)? CALLED`, predicate: "has_nickname", category: "identity", object: "$1", text: "$S goes by the name $1", entities: []string{"person"}, sure: 0.6},
	{on: whole, match: `(?:please |pls |just |and |so |also |always |only |from now on )*(?:reply|respond|answer|speak|talk|write)(?: back)?(?: to me)?(?: only)? in LANGUAGE(?: please| only| from now on)?`, predicate: "prefers_language", category: "assistant", object: "$1", text: "$S wants replies in $1", sure: 0.6},
	{on: self, match: `prefer (?:replies|answers|responses) in LANGUAGE`, predicate: "prefers_language", category: "assistant", object: "$1", text: "$S wants replies in $1", sure: 0.6},
	{on: whole, match: `(?:please |pls |just |and |so |also |always |only |from now on )*(?:reply|respond|answer|speak|talk|write)(?: back)?(?: to me)? STYLE(?: please)?`, predicate: "prefers_reply_style", category: "assistant", object: "$1", text: "$S wants replies given $1", sure: 0.6},
	{on: whole, match: `(?:please |pls |just |and |so |also |always )*keep (?:your |the |all |all your )?(?:answers?|repl(?:y|ies)|responses?) SHORT(?: please)?`, predicate: "prefers_reply_style", category: "assistant", object: "$1", text: "$S wants $1 answers", sure: 0.6},
	{on: self, match: `(?:ADVprefer|ADVlike|ADVwant) SHORT (?:answers|replies|responses)`, predicate: "prefers_reply_style", category: "assistant", object: "$1", text: "$S prefers $1 answers", sure: 0.6},
	{on: whole, match: `(?:please |pls |and |also )*(?:no(?: more)? emojis?|(?:do not|never) use emojis?)(?: please)?`, predicate: "prefers_reply_style", category: "assistant", object: "no emoji", text: "$S wants replies without emoji", sure: 0.6},

	// Identity.
	{on: whole, match: `my (?:full |real |first )?name is (?:also )?CALLED`, predicate: "has_name", category: "identity", object: "$1", text: "The user's name is $1", entities: []string{"person"}, sure: 0.6},
	{on: whole, match: `(?:the name is|this is) NAME(?: here| speaking)`, predicate: "has_name", category: "identity", object: "$1", text: "The user's name is $1", entities: []string{"person"}, sure: 0.5},
	{on: self, match: `am (?:called|named) CALLED`, predicate: "has_name", category: "identity", object: "$1", text: "The user's name is $1", entities: []string{"person"}, sure: 0.6},
	{on: whole, match: `my nickname is CALLED`, predicate: "has_nickname", category: "identity", object: "$1", text: "$S's nickname is $1", entities: []string{"person"}, sure: 0.6},
	{on: self, match: `am ADV(?:turning )?(\d{1,2})(?: years old| years of age| y/?o)?`, predicate: "has_age", category: "identity", object: "$1", text: "$S is $1 years old", sure: 0.55},
	{on: self, match: `(?:turned|just turned) (\d{1,2})`, predicate: "has_age", category: "identity", object: "$1", text: "$S turned $1", when: optional},
	{on: whole, match: `my birthday is`, predicate: "born_on", category: "identity", object: "", text: "$S's birthday is $D", when: timeless, sure: 0.6},
	{on: self, match: `was born`, predicate: "born_on", category: "identity", object: "", text: "$S was born $D", when: timeless, sure: 0.6},
	{on: self, match: `was born(?: and raised| and grew up)? in PLACE`, predicate: "born_in", category: "identity", object: "$1", text: "$S was born in $1", entities: []string{"place"}, when: timeless, sure: 0.6},
	{on: self, match: `am NEGADV(?:an? )?NATION`, predicate: "has_nationality", category: "identity", object: "$1", text: "$S $V{is} $1"},
	{on: whole, match: `my (?:native language|mother tongue|first language) is LANGUAGE`, predicate: "native_language", category: "identity", object: "$1", text: "$S's native language is $1", sure: 0.6},
	{on: whole, match: `my (?:email|email address|e-mail) is (\S+@\S+\.\w+)`, predicate: "has_email", category: "identity", object: "$1", text: "$S's email address is $1", sure: 0.6},
	{on: whole, match: `my (?:phone number|number|phone) is (\+?\d[\d .-]{6,18}\d)`, predicate: "has_phone", category: "identity", object: "$1", text: "$S's phone number is $1", sure: 0.6},
	{on: whole, match: `my blood type is (a|b|ab|o)(?:[+-]| positive| negative)?`, predicate: "has_blood_type", category: "health", object: "$1", text: "$S's blood type is $1", sure: 0.6},

	// Home.
	{on: self, match: `NEGADV(?:live|reside|am based|am living|am staying|have lived|have been living|stay|am located) (?:alone |together |with [\w ]+? )?(?:in|at) PLACE`, predicate: "lives_in", category: "home", object: "$1", text: "$S $V{lives} in $1", entities: []string{"place"}, when: optional, sure: 0.6},
	{on: self, match: `used to (?:live|stay) in PLACE`, predicate: "lived_in", category: "home", object: "$1", text: "$S used to live in $1", entities: []string{"place"}, sure: 0.6},
	{on: self, match: `(?:lived|stayed) in PLACE`, predicate: "lived_in", category: "home", object: "$1", text: "$S lived in $1", entities: []string{"place"}, when: optional},
	{on: self, match: `(?:have )?ADV(?:moved|relocated) (?:here |back |over )?(?:from PLACE )to PLACE`, predicate: "lives_in", category: "home", object: "$2", text: "$S moved from $1 to $2 $D and lives there", entities: []string{"place", "place"}, when: optional, sure: 0.6},
	{on: self, match: `(?:have )?ADV(?:moved|relocated|settled) (?:back |over |down )?(?:to|in) PLACE(?: from PLACE)?`, predicate: "lives_in", category: "home", object: "$1", text: "$S moved to $1 $D and lives there", entities: []string{"place"}, when: optional, sure: 0.6},
	{on: self, match: `ADV(?:am|come|hail) (?:originally )?from PLACE`, predicate: "from", category: "home", object: "$1", text: "$S is from $1", entities: []string{"place"}, sure: 0.6},
	{on: self, match: `(?:grew up|was raised) in PLACE`, predicate: "grew_up_in", category: "home", object: "$1", text: "$S grew up in $1", entities: []string{"place"}, sure: 0.6},
	{on: whole, match: `my (?:home ?town|home city|home country) is PLACE`, predicate: "from", category: "home", object: "$1", text: "$S's home town is $1", entities: []string{"place"}, sure: 0.6},

	// Work.
	{on: self, match: `(?:ADVwork|ADVam ADVworking|am employed|have been working|have worked) ADVas (?:an? |the )?X (?:at|for|with) ORG`, predicate: "works_at", category: "work", object: "$2", text: "$S works as a $1 at $2", entities: []string{"", "organisation"}, when: optional, sure: 0.6},
	{on: self, match: `(?:ADVwork|ADVam ADVworking|am employed|have been working|have worked) ADV(?:at|for|with) ORG(?: as (?:an? )?.+)?`, predicate: "works_at", category: "work", object: "$1", text: "$S works at $1", entities: []string{"organisation"}, when: optional, sure: 0.6},
	{on: self, match: `ADV(?:joined|started (?:working |a (?:new )?(?:job|position|role) )at|got a (?:new )?job at|was hired (?:at|by)|began working at) ORG(?: as .+)?`, predicate: "works_at", category: "work", object: "$1", text: "$S started working at $1", entities: []string{"organisation"}, when: optional, sure: 0.55},
	{on: self, match: `(?:no longer work|do not work) (?:at|for) ORG`, predicate: "works_at", category: "work", object: "$1", text: "$S no longer works at $1", entities: []string{"organisation"}, always: true, sure: 0.6},
	{on: self, match: `(?:ADVleft|ADVquit|resigned from) (?:my job at )ORG`, predicate: "works_at", category: "work", object: "$1", text: "$S left the job at $1", entities: []string{"organisation"}, when: optional, always: true, sure: 0.55},
	{on: self, match: `(?:ADVwork|ADVam ADVworking|have been working) ADVas (?:an? )?JOB(?: in .+| from home)?`, predicate: "works_as", category: "work", object: "$1", text: "$S works as a $1", when: optional, sure: 0.6},
	{on: self, match: `am ADV(?:an? )JOB(?: at ORG| by profession| by trade)?`, predicate: "works_as", category: "work", object: "$1", text: "$S is a $1", sure: 0.6},
	{on: self, match: `am ADV(?:an? )JOB (?:in|at|for|from|based in) .+`, predicate: "works_as", category: "work", object: "$1", text: "$S is a $1", sure: 0.55},
	{on: whole, match: `my (?:job|occupation|profession) is (?:an? |being an? )?JOB`, predicate: "works_as", category: "work", object: "$1", text: "$S works as a $1", sure: 0.6},
	{on: self, match: `ADV(?:work|am working) in FIELD`, predicate: "works_in", category: "work", object: "$1", text: "$S works in $1", sure: 0.55},
	{on: self, match: `ADV(?:run|own|opened|started|founded) (?:my own|our own|an?) ((?:[\w-]+ ){0,3}?(?:business|company|startup|store|shop|restaurant|cafe|studio|bakery|agency|farm|bar|salon|gym|clinic))(?: in .+)?`, predicate: "owns_business", category: "work", object: "$1", text: "$S runs a $1", when: optional},
	{on: self, match: `ADV(?:quit|lost|left) my job(?: as an? [\w ]+| at [\w ]+)?`, predicate: "is_employed", category: "work", object: "job", text: "$S left their job", when: optional, always: true},

	// Study.
	{on: self, match: `ADV(?:study|am studying|am majoring in|major in|am doing a degree in|am learning) X at ORG`, predicate: "studies_at", category: "education", object: "$2", text: "$S studies $1 at $2", entities: []string{"", "organisation"}, when: optional, sure: 0.55},
	{on: self, match: `ADV(?:study|am studying|go to school|am a student|am an? \w+ student) at ORG`, predicate: "studies_at", category: "education", object: "$1", text: "$S studies at $1", entities: []string{"organisation"}, when: optional, sure: 0.6},
	{on: self, match: `ADV(?:study|am studying|major in|am majoring in) X`, predicate: "studies", category: "education", object: "$1", text: "$S studies $1", when: optional},
	{on: self, match: `(?:have )?ADVgraduated (?:from|at) ORG(?: with .+)?`, predicate: "graduated_from", category: "education", object: "$1", text: "$S graduated from $1", entities: []string{"organisation"}, when: optional, sure: 0.55},

	// Family and relationships.
	{on: whole, match: `my SPOUSE(?:'s name)?(?: is|,)(?: called| named)? NAME`, predicate: "has_spouse", category: "family", object: "$2", text: "$S's $1 is called $2", entities: []string{"", "person"}, sure: 0.6},
	{on: self, match: `am ADVmarried to NAME`, predicate: "has_spouse", category: "family", object: "$1", text: "$S is married to $1", entities: []string{"person"}, when: optional, sure: 0.6},
	{on: whole, match: `my PARTNER(?:'s name)?(?: is|,)(?: called| named)? NAME`, predicate: "has_partner", category: "relationships", object: "$2", text: "$S's $1 is called $2", entities: []string{"", "person"}, sure: 0.6},
	{on: self, match: `am ADV(?:dating|going out with|in a relationship with) NAME`, predicate: "has_partner", category: "relationships", object: "$1", text: "$S is dating $1", entities: []string{"person"}, when: optional},
	{on: self, match: `(?:am|got|have been) NEGADVSTATUS`, predicate: "marital_status", category: "relationships", object: "$1", text: "$S $V{is} $1", when: optional, sure: 0.55},
	{on: whole, match: `my CHILD(?:'s name)?(?: is|,)(?: called| named)? NAME`, predicate: "has_child", category: "family", object: "$2", text: "$S's $1 is called $2", entities: []string{"", "person"}, sure: 0.6},
	{on: whole, match: `my CHILD,? NAME,? (?:is|loves|likes|has|was|always|just|turned|goes|started|hates) .+`, predicate: "has_child", category: "family", object: "$2", text: "$S's $1 is called $2", entities: []string{"", "person"}, sure: 0.55},
	{on: self, match: `have ADV(?:an? )?(?:[\w-]+ )?(son|daughter|baby|child|boy|girl|baby boy|baby girl)(?: named| called|,) NAME`, predicate: "has_child", category: "family", object: "$2", text: "$S has a $1 called $2", entities: []string{"", "person"}, sure: 0.6},
	{on: self, match: `have ADVCHILDREN`, predicate: "has_child", category: "family", object: "$1", text: "$S has $1", sure: 0.55},
	{on: self, match: `(do not|never) have (?:any )?(kids|children)`, predicate: "has_child", category: "family", object: "$2", text: "$S does not have $2", always: true, sure: 0.55},
	{on: self, match: `have ADVSIBLINGS(?: and .+)?`, predicate: "has_sibling", category: "family", object: "$1", text: "$S has $1", sure: 0.55},
	{on: whole, match: `my KIN(?:'s name)?(?: is|,)(?: called| named)? NAME`, predicate: "has_relative", category: "family", object: "$2", text: "$S's $1 is called $2", entities: []string{"", "person"}, sure: 0.55},
	{on: whole, match: `my KIN(?: (?:also|currently|now))? ((?:lives|is living) in [\p{L}' ]+|works (?:as|at|for|in) [\p{L}' ]+|is \d{1,3} years old|is (?:an? )(?:[a-z]+ )?(?:doctor|nurse|teacher|engineer|lawyer|accountant|student|chef|pilot|farmer|driver|designer|developer|artist|musician|dentist|professor|vet)|is allergic to [\p{L} ]+|has (?:diabetes|asthma|dementia|cancer|arthritis))`, predicate: "family_detail", category: "family", object: "$1 $2", text: "$S's $1 $2", sure: 0.5},

	// Pets.
	{on: self, match: `(?:have|own|ADVadopted|ADVgot|ADVrescued|ADVbought) ADV(?:an?|one|another|the) ANIMAL(?: who is| that is)?(?: named| called|,) NAME`, predicate: "has_pet", category: "pets", object: "$2", text: "$S has a $1 called $2", entities: []string{"", "animal"}, when: optional, sure: 0.6},
	{on: whole, match: `my (?:[\w-]+ )?PET(?:'s name)?(?: is|,)(?: called| named)? NAME`, predicate: "has_pet", category: "pets", object: "$2", text: "$S's $1 is called $2", entities: []string{"", "animal"}, sure: 0.6},
	{on: whole, match: `my PET,? NAME,? (?:is|loves|likes|has|was|always|just|got|hates) .+`, predicate: "has_pet", category: "pets", object: "$2", text: "$S has a $1 called $2", entities: []string{"", "animal"}, sure: 0.5},
	{on: whole, match: `NAME is my PET`, predicate: "has_pet", category: "pets", object: "$1", text: "$S's $2 is called $1", entities: []string{"animal"}, sure: 0.55},
	{on: self, match: `(?:have|own) ADVCOUNT ANIMAL(?: named| called|,|:)? ?(?:NAME and NAME)`, predicate: "has_pet", category: "pets", object: "$3 and $4", text: "$S has $1 $2 called $3 and $4", entities: []string{"", "", "animal", "animal"}, sure: 0.55},
	{on: self, match: `(?:have|own|keep) ADVCOUNT ANIMAL(?: at home| too)?`, predicate: "has_pet", category: "pets", object: "$1 $2", text: "$S has $1 $2", sure: 0.5},
	{on: self, match: `ADV(?:adopted|rescued) COUNT ANIMAL(?: from .+)?`, predicate: "has_pet", category: "pets", object: "$2", text: "$S adopted $1 $2", when: optional, sure: 0.5},

	// Health and diet.
	{on: self, match: `am NEGADVallergic to X`, predicate: "allergic_to", category: "health", object: "$1", text: "$S $V{is} allergic to $1", sure: 0.6},
	{on: self, match: `have (?:an? )?(?:severe |bad |mild |strong )?allerg(?:y|ies) to X`, predicate: "allergic_to", category: "health", object: "$1", text: "$S is allergic to $1", sure: 0.6},
	{on: self, match: `have (?:an? )?(?:severe |bad |mild |strong )?((?:peanut|nut|shellfish|shrimp|seafood|pollen|dust|milk|dairy|egg|soy|gluten|cat|dog|penicillin|bee|latex)) allerg(?:y|ies)`, predicate: "allergic_to", category: "health", object: "$1", text: "$S is allergic to $1", sure: 0.6},
	{on: self, match: `(?:have|suffer from|was diagnosed with|have been diagnosed with|get|struggle with) (?:an? )?ILLNESS`, predicate: "has_condition", category: "health", object: "$1", text: "$S has $1", when: optional, sure: 0.55},
	{on: self, match: `(?:am|became|went|have been|turned) NEGADVDIET`, predicate: "follows_diet", category: "health", object: "$1", text: "$S $V{is} $1", when: optional, sure: 0.6},
	{on: self, match: `(?:am|became|went|have been|turned) NEGADVSTATE`, predicate: "has_condition", category: "health", object: "$1", text: "$S $V{is} $1", when: optional, sure: 0.6},
	{on: self, match: `(?:do not|never|no longer|cannot) (?:ever )?(eat|drink) X`, predicate: "eats", category: "food", object: "$2", text: "$S does not $1 $2", always: true, sure: 0.55},
	{on: self, match: `(?:do not|never|no longer) (smoke|drink|drive|eat out|cook)`, predicate: "practices", category: "health", object: "$1", text: "$S does not $1", always: true, sure: 0.5},
	{on: self, match: `(?:have )?ADV(?:quit|stopped|gave up) (smoking|drinking|vaping|gambling|coffee|alcohol|sugar|drinking (?:coffee|alcohol|beer|soda)|eating (?:meat|sugar|gluten|red meat))`, predicate: "practices", category: "health", object: "$1", text: "$S quit $1", when: optional, always: true, sure: 0.55},

	// Likes and dislikes.
	{on: whole, match: `my (?:absolute |all-time )?favou?rite (food|dish|drink|color|colour|movie|film|book|song|band|singer|artist|sport|animal|season|city|place|game|author|writer|hobby|fruit|restaurant|subject|show|series|team|dessert|snack|music|genre|flower) (?:is|are|has always been) X`, predicate: "likes", category: "preferences", object: "$2", text: "$S's favourite $1 is $2", sure: 0.6},
	{on: self, match: `prefer X (?:to|over|rather than) X`, predicate: "prefers", category: "preferences", object: "$1 over $2", text: "$S prefers $1 to $2", sure: 0.55},
	{on: self, match: `(?:like|love|enjoy) X (?:more than|better than) X`, predicate: "prefers", category: "preferences", object: "$1 over $2", text: "$S prefers $1 to $2", sure: 0.55},
	{on: self, match: `ADV(?:hate|dislike|detest|despise|cannot stand|loathe|am not a (?:big |huge )?fan of|cannot bear) X`, predicate: "dislikes", category: "preferences", object: "$1", text: "$S dislikes $1", sure: 0.55},
	{on: self, match: `NEGADV(?:like|love|enjoy|adore) X`, predicate: "likes", category: "preferences", object: "$1", text: "$S $V{likes} $1", sure: 0.55},
	{on: self, match: `am ADV(?:into|fond of|keen on|obsessed with|passionate about|crazy about|a (?:big |huge |massive |die-hard )?fan of|interested in|addicted to|a [\w]+ lover of) X`, predicate: "likes", category: "preferences", object: "$1", text: "$S likes $1", sure: 0.5},
	{on: self, match: `am ADVa (?:big |huge |massive |die-hard |real )?([\p{L}-]+) (?:fan|lover|person|enthusiast|buff)`, predicate: "likes", category: "preferences", object: "$1", text: "$S is a $1 lover", sure: 0.45},
	{on: whole, match: `my (?:main |favou?rite |biggest )?(?:hobby|hobbies|pastime|interests?|passion)(?: is| are| include| includes) X`, predicate: "practices", category: "hobbies", object: "$1", text: "$S's hobby is $1", sure: 0.6},

	// Skills and languages.
	{on: self, match: `NEGADV(?:can )?ADV(?:speak|am fluent in|am learning|know) LANGUAGE(?: fluently| well| a bit| a little)?`, predicate: "speaks", category: "skills", object: "$1", text: "$S $V{speaks} $1", sure: 0.55},
	{on: self, match: `ADV(?:can play|play) (?:the )?SPORT(?: OFTEN)?`, predicate: "practices", category: "hobbies", object: "$1", text: "$S plays $1", sure: 0.55},
	{on: self, match: `ADV(?:have been |started |am |began )(?:learning|taking lessons in|practi[cs]ing)(?: to play| how to)?(?: the)? X`, predicate: "studies", category: "skills", object: "$1", text: "$S is learning $1", when: optional},
	{on: self, match: `(?:know how to|can|am good at) (cook(?:ing)?|swim(?:ming)?|drive|sew(?:ing)?|knit(?:ting)?|cod(?:e|ing)|draw(?:ing)?|sing(?:ing)?|danc(?:e|ing)|ski|surf|bake|baking|ride a (?:bike|motorbike|horse))(?: .+)?`, predicate: "skilled_in", category: "skills", object: "$1", text: "$S knows: $1", sure: 0.45},
	{on: self, match: `cannot (swim|drive|cook|ride a bike|sing|dance|ski)`, predicate: "skilled_in", category: "skills", object: "$1", text: "$S cannot $1", always: true, sure: 0.5},

	// Possessions.
	{on: self, match: `ADV(?:own|have|drive|ride) ADV(?:an?|one|two|my own|three) THING(?: at home)?`, predicate: "owns", category: "possessions", object: "$1", text: "$S has a $1", sure: 0.5},
	{on: self, match: `ADV(?:bought|purchased|got|ordered) (?:myself |ourselves )?(?:an?|my first|our first|our own|my own) THING`, predicate: "owns", category: "possessions", object: "$1", text: "$S bought a $1", when: optional, sure: 0.5},
	{on: self, match: `ADV(?:drive|ride|own) (?:an? )?BRAND`, predicate: "owns", category: "possessions", object: "$1", text: "$S has a $1", entities: []string{"product"}, sure: 0.5},
	{on: self, match: `(?:do not|no longer) (?:own|have) (?:an? )?THING`, predicate: "owns", category: "possessions", object: "$1", text: "$S does not have a $1", always: true},

	// Plans, goals, habits, events.
	{on: self, match: `ADV(?:plan|am planning|intend|am hoping|hope) (?:to|on) DOING`, predicate: "plans", category: "plans", object: "$1", text: "$S plans to $1", when: planned, sure: 0.5},
	{on: self, match: `(?:am going to|will|am gonna|am about to|am due to|am scheduled to) DOING`, predicate: "plans", category: "plans", object: "$1", text: "$S plans to $1", when: ahead, sure: 0.5},
	{on: self, match: `am ADVGOING`, predicate: "plans", category: "plans", object: "$1", text: "$S is $1", when: ahead, sure: 0.5},
	{on: self, match: `have (an? (?:[\w'-]+ ){0,3}?(?:appointment|meeting|interview|exam|test|flight|wedding|surgery|deadline|concert|trip|presentation|check-?up|party|dinner|class)(?: (?:with|at|to|in|for) .+)?)`, predicate: "plans", category: "plans", object: "$1", text: "$S has $1", when: ahead, sure: 0.5},
	{on: self, match: `(?:ADVwant to|ADVdream of|ADVam saving(?: up)? to|ADVam hoping to) ((?:learn|visit|travel to|travel around|become|buy|open|write|run|climb|study|start (?:my|our|a)|quit|lose|get a|adopt|move to) .+)`, predicate: "has_goal", category: "goals", object: "$1", text: "$S wants to $1", when: undated, sure: 0.4},
	{on: whole, match: `my (?:goal|dream|resolution)(?: for [\w ]+)? is to DOING`, predicate: "has_goal", category: "goals", object: "$1", text: "$S's goal is to $1", when: planned, sure: 0.5},
	{on: self, match: `ADV(?:usually |often |always |normally )?HABIT OFTEN`, predicate: "practices", category: "hobbies", object: "$1 $2", text: "$S: $1 $2", sure: 0.5},
	{on: self, match: `(?:have )?ADVEVENT`, predicate: "experienced", category: "events", object: "$1", text: "$S $1", when: dated, sure: 0.45},
}, englishMacros, marked)
