package rightsdef

import "slices"

// Kind is what a person asks for. law: GDPR 12(2)
type Kind string

// The kinds, each a right of its own.
const (
	Access        Kind = "access"        // law: GDPR 15
	Rectification Kind = "rectification" // law: GDPR 16
	Erasure       Kind = "erasure"       // law: GDPR 17
	Restriction   Kind = "restriction"   // law: GDPR 18
	Portability   Kind = "portability"   // law: GDPR 20
	Objection     Kind = "objection"     // law: GDPR 21
	Withdrawal    Kind = "withdrawal"    // law: GDPR 7(3)
	Information   Kind = "information"   // a question about the processing. law: GDPR 12(1)
)

// kinds lists each kind with its article and its word in the vocabulary.
var kinds = []struct {
	Kind         Kind
	Article, DPV string
}{
	{Access, "GDPR 15", "eu-gdpr:A15"},
	{Rectification, "GDPR 16", "eu-gdpr:A16"},
	{Erasure, "GDPR 17", "eu-gdpr:A17"},
	{Restriction, "GDPR 18", "eu-gdpr:A18"},
	{Portability, "GDPR 20", "eu-gdpr:A20"},
	{Objection, "GDPR 21", "eu-gdpr:A21"},
	{Withdrawal, "GDPR 7(3)", "eu-gdpr:A7-3"},
	{Information, "GDPR 12(1)", "eu-gdpr:A13"},
}

// Kinds lists all kinds in the order of the articles; information comes last.
func Kinds() []Kind {
	out := make([]Kind, len(kinds))
	for i := range kinds {
		out[i] = kinds[i].Kind
	}
	return out
}

// Known reports whether it is one of Kinds.
func (k Kind) Known() bool { return slices.Contains(Kinds(), k) }

// Article is the provision that gives the right, such as "GDPR 15".
func (k Kind) Article() string {
	for _, x := range kinds {
		if x.Kind == k {
			return x.Article
		}
	}
	return ""
}

// DPV is the right in the Data Privacy Vocabulary, such as "eu-gdpr:A15".
func (k Kind) DPV() string {
	for _, x := range kinds {
		if x.Kind == k {
			return x.DPV
		}
	}
	return ""
}

// Channels are the ways a request may arrive by; none is closed. law: GDPR 12(2)
var Channels = []string{"web", "email", "post", "phone", "in_person", "agent"}
