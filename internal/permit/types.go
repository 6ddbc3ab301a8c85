package permit

import "time"

// Class says what kind of message a purpose sends.
type Class string

// The classes of the notice's purposes.
const (
	Service   Class = "service"   // performing what was agreed; relation, orders, cases
	Survey    Class = "survey"    // market research, satisfaction, feedback
	Marketing Class = "marketing" // direct marketing, also inside a customer relation
	Internal  Class = "internal"  // no message at all: analysis, grouping, reporting
)

// Question is what Decide is asked: may we do this, now?
type Question struct {
	Class   Class     `json:"class"`
	Purpose string    `json:"purpose"`
	Channel string    `json:"channel"` // email, sms, call, post
	At      time.Time `json:"at"`
	// Basis is the legal basis the notice in force gives the purpose:
	// "consent", "contract", "legitimate interest", "legal obligation".
	// Empty is read as consent, the strictest.
	Basis string `json:"basis,omitempty"`
	// NoSoftOptIn says that the notice promises no soft opt-in for the purpose, so
	// that the facts of a sale do not count for it.
	NoSoftOptIn bool `json:"no_soft_opt_in,omitempty"`
	// Goods are the product groups this message is about, for soft opt-in.
	// Empty means the fact "similar_products" alone decides.
	Goods []string `json:"goods,omitempty"`
}

// Facts is all Decide knows of the person. Times are UTC.
type Facts struct {
	Country      string     `json:"country"`                // ISO 3166 alpha-2; "" when unknown
	Subject      string     `json:"subject"`                // "natural" or "legal"; "" is natural
	Restricted   bool       `json:"restricted"`             // law: GDPR 18
	Erased       bool       `json:"erased"`                 // law: GDPR 17
	Suppressed   []string   `json:"suppressed,omitempty"`   // channels whose address must not be used
	Prohibitions []string   `json:"prohibitions,omitempty"` // "all-marketing", "channel:<name>", "purpose:<name>", "purpose:<name>:<channel>", "research", "profiling"
	Consents     []Consent  `json:"consents,omitempty"`
	SoftOptIn    *SoftOptIn `json:"soft_opt_in,omitempty"`
	Asked        bool       `json:"asked,omitempty"` // the person asked for this very message, a moment ago
	RoleRelevant bool       `json:"role_relevant"`   // a recorded link between the offer and the person's work
}

// Consent is one consent as it stands, for one purpose and channel.
type Consent struct {
	Purpose   string     `json:"purpose"`
	Channel   string     `json:"channel"`
	Given     time.Time  `json:"given"`
	Withdrawn *time.Time `json:"withdrawn"`
	Expires   *time.Time `json:"expires"`
	Evidence  string     `json:"evidence,omitempty"` // ledger entry, shown in the verdict
}

// SoftOptIn holds the facts of the existing-customer exception.
// law: 2002/58 13(2)
type SoftOptIn struct {
	Sale             string   `json:"sale"` // date of the sale, ISO; "" when there was none
	SameController   bool     `json:"same_controller"`
	SimilarProducts  bool     `json:"similar_products"`
	ObjectionOffered bool     `json:"objection_offered"` // at collection and in each message
	Goods            []string `json:"goods,omitempty"`   // product groups sold
	Evidence         string   `json:"evidence,omitempty"`
}

// Verdict is the answer, with its reasons. Code is stable: it is stored,
// counted, translated and scripted against.
type Verdict struct {
	Allowed bool     `json:"allowed"`
	Code    string   `json:"code"`
	Because []Reason `json:"because"`
	Pack    string   `json:"pack,omitempty"` // rule packs that decided, such as "EU-2026.1+FI-2026.1"
}

// Reason is one step of the way to a verdict.
type Reason struct {
	Rule     string `json:"rule"`     // the rule's name, such as "gdpr_21_prohibition"
	Citation string `json:"citation"` // such as "GDPR 21(3)"
	Evidence string `json:"evidence,omitempty"`
}
