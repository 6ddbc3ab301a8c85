package noticedef

import "kartotek/internal/noticedef/facts"

// Notice is the register notice as facts. The zero value is an empty notice;
// [Parse] fills it from YAML and [Check] says what it still lacks.
type Notice struct {
	Schema     int      `y:"notice,req"` // version of this schema: 1
	Register   Register `y:"register,req"`
	Compiled   Date     `y:"compiled"`   // the day the text was written
	Effective  Date     `y:"effective"`  // the day it begins to apply
	Supersedes int      `y:"supersedes"` // the version in force before; 0 for the first
	Review     Review   `y:"review"`
	Languages  []string `y:"languages,req" one:"sv|fi|en"`
	Law        []string `y:"law,req"` // rule packs: EU and the home country

	Controller Controller `y:"controller"`
	Contact    Contact    `y:"contact"`
	Authority  string     `y:"authority"` // country whose supervisory authority hears complaints

	// Items of GDPR 13 and 14 that many registers do not have. Each is either
	// filled in or "not_applicable" with the reason.
	Officer            Item `y:"officer"`             // law: GDPR 37
	Representative     Item `y:"representative"`      // law: GDPR 27
	JointControllers   Item `y:"joint_controllers"`   // law: GDPR 26(2)
	Obligation         Item `y:"obligation"`          // law: GDPR 13(2)(e)
	AutomatedDecisions Item `y:"automated_decisions"` // law: GDPR 22
	TransferCopy       Item `y:"transfer_copy"`       // law: GDPR 13(1)(f)

	Categories   []Category   `y:"categories,keyed"`
	Purposes     []Purpose    `y:"purposes,keyed"`
	Sources      []Source     `y:"sources"`
	Recipients   []Recipient  `y:"recipients,keyed"`
	NoRecipients Text         `y:"no_recipients"` // why there are none, when there are none
	Rights       Rights       `y:"rights"`
	Security     []Measure    `y:"security,keyed"`
	Levels       []Level      `y:"levels,keyed"`
	Cookies      []Cookie     `y:"cookies,keep"`
	ThirdParties []ThirdParty `y:"third_parties,keep"`

	pos map[string]facts.Position // where each field stands in the file
}

// Register names the register itself.
type Register struct {
	ID   string `y:"id,req,ident"`
	Name Text   `y:"name,req"`
}

// Review says how often the notice is read again, by whom, and when next.
type Review struct {
	Every Duration `y:"every"`
	Next  Date     `y:"next"`
	Owner string   `y:"owner"`
}

// Controller is the company that answers for the register. law: GDPR 4(7)
type Controller struct {
	Name       string  `y:"name"`
	BusinessID string  `y:"business_id"`
	VATID      string  `y:"vat_id"`
	Address    Address `y:"address"`
	Email      string  `y:"email"`
	Phone      string  `y:"phone"`
	Web        string  `y:"web"`
}

// Address is the company's one postal address.
type Address struct {
	Street   string `y:"street"`
	Postcode string `y:"postcode"`
	City     string `y:"city"`
	Country  string `y:"country"` // ISO 3166 alpha-2
}

// Contact is whom people write to about their data.
type Contact struct {
	Role    string     `y:"role" one:"contact person|data protection officer"`
	Name    string     `y:"name"`
	Email   string     `y:"email"`
	Phone   string     `y:"phone"`
	Address addressRef `y:"address"` // "controller": there is one address
}

// Item is a required statement that is either made or "not applicable,
// because". Which of the other fields make sense depends on the item.
type Item struct {
	NotApplicable Text   `y:"not_applicable"`
	Name          string `y:"name"`
	Email         string `y:"email"`
	Phone         string `y:"phone"`
	Address       string `y:"address"`
	Text          Text   `y:"text"`
}

// Given reports whether the item says anything at all.
func (i Item) Given() bool {
	return len(i.NotApplicable) > 0 || i.Name != "" || len(i.Text) > 0
}

// Category is a group of data that belongs together: fields of the catalogue,
// or a kind of record a room keeps.
type Category struct {
	ID      string  `y:",id"`
	Title   Text    `y:"title"`
	Fields  []Field `y:"fields"`
	Record  string  `y:"record" one:"order|message|note|ledger|answer|web_consent|visit"`
	Note    Text    `y:"note"`    // a sentence of explanation, if the title does not carry it
	Special string  `y:"special"` // the ground of 9(2), for special categories. law: GDPR 9
	Keep    *Keep   `y:"keep"`    // when it differs from the purposes' own
}

// Purpose is one reason to use data. law: GDPR 5(1)(b)
type Purpose struct {
	ID                string     `y:",id"`
	Title             Text       `y:"title"`
	Class             string     `y:"class,req" one:"service|survey|marketing|internal"`
	Basis             Basis      `y:"basis"`
	SoftOptIn         *SoftOptIn `y:"soft_opt_in"`
	Prohibition       string     `y:"prohibition" one:"marketing|research|profiling|none"` // the switch that stops it
	Uses              []string   `y:"uses"`                                                // category ids
	Channels          []string   `y:"channels" one:"email|sms|call|post"`
	Keep              Keep       `y:"keep"`
	Rows              bool       `y:"rows" default:"true"` // false: only figures about groups
	SmallestGroup     int        `y:"smallest_group"`      // no figure about fewer people
	CompatibilityNote Text       `y:"compatibility"`       // law: GDPR 6(4)
}

// Basis is the legal basis of a purpose. law: GDPR 6(1)
type Basis struct {
	Kind          string `y:"kind" one:"consent|contract|legal obligation|vital interests|public task|legitimate interest"`
	Article       string `y:"article"`
	Interest      Text   `y:"interest"`       // law: GDPR 13(1)(d)
	BalancingTest string `y:"balancing_test"` // where the written weighing is kept
}

// SoftOptIn is the existing-customer exception: goods sold before, and similar
// ones. law: 2002/58 13(2)
type SoftOptIn struct {
	Goods []string `y:"goods,req,ident"`
}

// Keep says how long data is kept: while something lasts, and then a while.
type Keep struct {
	While string   `y:"while" one:"relation|permission|answer|choice|prohibition|financial year|session"`
	Then  Duration `y:"then"`
	Law   string   `y:"law"` // the act that fixes the time, when one does
}

// Recipient is anyone outside the company who gets data.
type Recipient struct {
	ID       string    `y:",id"`
	Name     string    `y:"name,req"`
	Role     string    `y:"role,req" one:"processor|controller|authority"`
	Does     Text      `y:"does"`
	Country  string    `y:"country,req"`
	On       string    `y:"on" one:"contract|consent|law"` // what a disclosure to another controller rests on
	Contract *Contract `y:"contract"`
	Transfer *Transfer `y:"transfer"`
	Receives []string  `y:"receives"` // category ids, or "all"
	Purposes []string  `y:"purposes"` // purpose ids; empty is all
}

// Contract is the agreement with a processor. law: GDPR 28(3)
type Contract struct {
	Signed        Date   `y:"signed"`
	Until         Date   `y:"until,open"`
	SubProcessors string `y:"sub_processors" one:"none|listed|general consent"`
}

// Transfer is the tool that allows data to leave the EEA. law: GDPR 44
type Transfer struct {
	Tool       string   `y:"tool,req" one:"adequacy|scc|bcr|derogation"`
	Decision   string   `y:"decision"` // adequacy: the decision; bcr: the approval
	Listed     Date     `y:"listed"`   // adequacy of the US: the day the list was looked at
	Module     int      `y:"module"`   // scc: 1-4. law: 2021/914
	Assessed   Date     `y:"assessed"` // scc, bcr: the transfer impact assessment
	Measures   Text     `y:"measures"` // supplementary measures
	Ground     string   `y:"ground" one:"49(1)(a)|49(1)(b)|49(1)(c)|49(1)(d)|49(1)(e)|49(1)(f)|49(1)(g)"`
	Occasional bool     `y:"occasional"` // derogation: never systematic
	Review     Date     `y:"review"`
	Until      Date     `y:"until,open"`
	Every      Duration `y:"every"`
}

// Rights says how people use their rights.
type Rights struct {
	Channels     []string `y:"channels" one:"web|email|post|phone|in_person|agent"`
	Withdraw     []string `y:"withdraw" one:"link|web|email|post|phone|in_person"` // consent. law: GDPR 7(3)
	Object       []string `y:"object" one:"link|web|email|post|phone|in_person"`   // direct marketing. law: GDPR 21(4)
	Identity     Identity `y:"identity"`
	AnswerWithin string   `y:"answer_within" one:"pack"` // the law's own time, computed per case
}

// Identity is the ladder by which a person is recognised, mildest step first.
type Identity struct {
	Ladder  []string `y:"ladder" one:"session|known_address|shared_facts|photo_id_shown"`
	PhotoID string   `y:"photo_id"` // "on recorded doubt only"
	Copies  string   `y:"copies"`   // "never kept"
}

// Measure is one sentence of the security statement and what stands behind
// it. law: GDPR 32
type Measure struct {
	ID           string   `y:",id"`
	Text         Text     `y:"text"`
	Measured     bool     `y:"measured"` // the program measures it: the measurement is the evidence
	Owner        string   `y:"owner"`
	Evidence     string   `y:"evidence"`
	Next         Date     `y:"next"`
	Review       Duration `y:"review"`
	Personal     bool     `y:"personal"`
	Restores     bool     `y:"restores"` // it promises that backups can be put back: a drill is its check
	SecondFactor []string `y:"second_factor,ident"`
	Locations    []string `y:"locations"`
}

// Cookie is one thing stored on a visitor's device. law: 2002/58 5(3)
type Cookie struct {
	Name     string   `y:"name"`
	Provider string   `y:"provider"` // "controller", or a third party's name
	Class    string   `y:"class" one:"necessary|functional|statistics|marketing"`
	Purpose  Text     `y:"purpose"`
	Lifetime Duration `y:"lifetime"`
}

// ThirdParty is a host that pages may load something from. Nothing else loads.
type ThirdParty struct {
	Name    string   `y:"name"`
	Host    string   `y:"host"`
	Country string   `y:"country"`
	Class   string   `y:"class" one:"necessary|functional|statistics|marketing"`
	Loads   []string `y:"loads" one:"script|style|image|font|frame|media|connect"`
	Purpose Text     `y:"purpose"`
}

// Field is one field of the catalogue; nothing else can be stored of a person.
type Field struct {
	Name     string
	Category string
	Title    Text // own wording, or the built-in one
}
