package rightsdef

import (
	"strings"
	"unicode/utf8"

	"kartotek/internal/fault"
)

// Code is a reason, named as in the module rights_justifications of DPV 2.3; those
// the vocabulary lacks are ours, and OwnCode says so.
type Code string

// Use is what a code may be a reason for.
type Use string

// The uses.
const (
	ForDelay     Use = "delay"     // more time is needed. law: GDPR 12(3)
	ForAsking    Use = "asking"    // the person is asked for something. law: GDPR 12(6), GDPR 11(2)
	ForRefusal   Use = "refusal"   // no action is taken. law: GDPR 12(4), GDPR 12(5)
	ForErasure   Use = "erasure"   // a ground of erasing. law: GDPR 17(1)
	ForKeeping   Use = "keeping"   // an exception from erasing. law: GDPR 17(3)
	ForInforming Use = "informing" // why nobody had to be informed. law: GDPR 13(4), GDPR 14(5)
)

// Reason is a code with what it rests on.
type Reason struct {
	Code     Code
	Use      Use
	Citation string
	Kinds    []Kind // of request it may answer; none for all
	Own      bool   // not in the vocabulary
}

var reasons = []Reason{
	{Code: "A12Complexity", Use: ForDelay, Citation: "GDPR 12(3)"},
	{Code: "A12HighVolume", Use: ForDelay, Citation: "GDPR 12(3)"},
	{Code: "A12IdentityRequired", Use: ForAsking, Citation: "GDPR 12(6)"},
	{Code: "A12InformationRequired", Use: ForAsking, Citation: "GDPR 12(2)"},
	{Code: "A12IdentityFailure", Use: ForRefusal, Citation: "GDPR 12(2)"},
	{Code: "A12ManifestlyUnfounded", Use: ForRefusal, Citation: "GDPR 12(5)"},
	{Code: "A12ManifestlyExcessive", Use: ForRefusal, Citation: "GDPR 12(5)"},
	{Code: "A11NotIdentifiable", Use: ForRefusal, Citation: "GDPR 11(2)", Own: true},
	{Code: "A15RightsOfOthers", Use: ForRefusal, Citation: "GDPR 15(4)", Kinds: []Kind{Access, Portability}, Own: true},
	{Code: "A16Accurate", Use: ForRefusal, Citation: "GDPR 16", Kinds: []Kind{Rectification}, Own: true},
	{Code: "A17NoGround", Use: ForRefusal, Citation: "GDPR 17(1)", Kinds: []Kind{Erasure}, Own: true},
	{Code: "A18NoGround", Use: ForRefusal, Citation: "GDPR 18(1)", Kinds: []Kind{Restriction}, Own: true},
	{Code: "A20OtherBasis", Use: ForRefusal, Citation: "GDPR 20(1)", Kinds: []Kind{Portability}, Own: true},
	{Code: "A21CompellingGrounds", Use: ForRefusal, Citation: "GDPR 21(1)", Kinds: []Kind{Objection}, Own: true},
	{Code: "A17NonNecessity", Use: ForErasure, Citation: "GDPR 17(1)(a)"},
	{Code: "A17NoLegalBasis", Use: ForErasure, Citation: "GDPR 17(1)(b)"},
	{Code: "A17ObjectA21", Use: ForErasure, Citation: "GDPR 17(1)(c)"},
	{Code: "A17UnlawfulProcessing", Use: ForErasure, Citation: "GDPR 17(1)(d)"},
	{Code: "A17LegalErasure", Use: ForErasure, Citation: "GDPR 17(1)(e)"},
	{Code: "A17ChildData", Use: ForErasure, Citation: "GDPR 17(1)(f)"},
	{Code: "A17LegallyRequired", Use: ForKeeping, Citation: "GDPR 17(3)(b)", Kinds: []Kind{Erasure}},
	{Code: "A17LegalClaims", Use: ForKeeping, Citation: "GDPR 17(3)(e)", Kinds: []Kind{Erasure}},
	{Code: "A17FreedomOfExpression", Use: ForKeeping, Citation: "GDPR 17(3)(a)", Kinds: []Kind{Erasure}},
	{Code: "A17PublicInterest", Use: ForKeeping, Citation: "GDPR 17(3)(b)", Kinds: []Kind{Erasure}},
	{Code: "A17PublicHealth", Use: ForKeeping, Citation: "GDPR 17(3)(c)", Kinds: []Kind{Erasure}},
	{Code: "A17OfficialAuthority", Use: ForKeeping, Citation: "GDPR 17(3)(b)", Kinds: []Kind{Erasure}},
	{Code: "A17Archiving", Use: ForKeeping, Citation: "GDPR 17(3)(d)", Kinds: []Kind{Erasure}},
	{Code: "A13EntityAlreadyInformed", Use: ForInforming, Citation: "GDPR 13(4)"},
	{Code: "A14EntityAlreadyInformed", Use: ForInforming, Citation: "GDPR 14(5)(a)"},
	{Code: "A14FulfilmentImpossible", Use: ForInforming, Citation: "GDPR 14(5)(b)"},
	{Code: "A14DisproportionateEffort", Use: ForInforming, Citation: "GDPR 14(5)(b)"},
	{Code: "A14ObjectivesImpaired", Use: ForInforming, Citation: "GDPR 14(5)(b)"},
	{Code: "A14LegallyExempted", Use: ForInforming, Citation: "GDPR 14(5)(c)"},
	{Code: "A14ConfidentialityCompromised", Use: ForInforming, Citation: "GDPR 14(5)(d)"},
}

// ReasonOf finds a code. The vocabulary's prefix "Justification" may stand before it.
func ReasonOf(code string) (Reason, bool) {
	code = strings.TrimPrefix(strings.TrimPrefix(code, "eu-gdpr:"), "Justification")
	for _, r := range reasons {
		if string(r.Code) == code {
			return r, true
		}
	}
	return Reason{}, false
}

// ReasonsFor lists the codes of a use that may answer a kind of request.
func ReasonsFor(u Use, k Kind) (out []Reason) {
	for _, r := range reasons {
		if r.Use == u && r.fits(k) {
			out = append(out, r)
		}
	}
	return out
}

func (r Reason) fits(k Kind) bool {
	if len(r.Kinds) == 0 {
		return true
	}
	for _, x := range r.Kinds {
		if x == k {
			return true
		}
	}
	return false
}

// IRI is the code in the vocabulary; "" for our own.
func (r Reason) IRI() string {
	if r.Own {
		return ""
	}
	return "eu-gdpr:Justification" + string(r.Code)
}

// CheckRefusal refuses a code that is no reason to refuse a request of the kind.
func CheckRefusal(k Kind, code string) (Reason, error) {
	r, ok := ReasonOf(code)
	if !ok || r.Use != ForRefusal && r.Use != ForKeeping || !r.fits(k) {
		return r, fault.New(fault.Invalid, "rights.refusal_code", "this is no reason for refusing a request of this kind").In("code")
	}
	return r, nil
}

// CheckDelay refuses a code that is no reason for more time.
func CheckDelay(code string) (Reason, error) {
	r, ok := ReasonOf(code)
	if !ok || r.Use != ForDelay {
		return r, fault.New(fault.Invalid, "rights.delay_code", "more time may be taken for complexity or for the number of requests, nothing else").In("code")
	}
	return r, nil
}

// Weighing is what a refusal as manifestly unfounded or excessive has to show. Both
// parts are written by a person: how the request looks from outside (how often, how
// soon after what, how much work), and what shows that it is not made for the right's
// own sake. A first request can be excessive too, but only on such proof, and the
// burden is the controller's. law: GDPR 12(5)
type Weighing struct {
	Objective  string // facts of number, time and effort
	Subjective string // what shows lack of intent, or malice
	Intent     string // lack-of-intent or malicious-intent, as the vocabulary has it
}

// leastWords is how many characters an evidence has at least: a word is none.
const leastWords = 40

// Intents are what the subjective evidence may show.
var Intents = []string{"A12LackOfIntent", "A12MaliciousIntent"}

// CheckWeighing refuses a refusal under article 12(5) without both sorts of evidence.
// For every other code it asks for nothing.
func CheckWeighing(code Code, w Weighing) error {
	if code != "A12ManifestlyUnfounded" && code != "A12ManifestlyExcessive" {
		return nil
	}
	if utf8.RuneCountInString(strings.TrimSpace(w.Objective)) < leastWords {
		return fault.New(fault.Invalid, "rights.objective", "write down the facts of number, time and effort that show it").In("objective")
	}
	if utf8.RuneCountInString(strings.TrimSpace(w.Subjective)) < leastWords {
		return fault.New(fault.Invalid, "rights.subjective", "write down what shows that the request is not made to use the right").In("subjective")
	}
	if w.Intent != Intents[0] && w.Intent != Intents[1] {
		return fault.New(fault.Invalid, "rights.intent", "say whether it shows a lack of intent or malice").In("intent")
	}
	return nil
}
