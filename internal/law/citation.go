package law

import (
	"slices"
	"strings"
)

// How much of a provision the program carries out.
const (
	Done   = "done"
	Partly = "partly"
	NotYet = "not yet"
)

// Citation is an entry of the index of provisions the code may refer to.
type Citation struct {
	Ref    string `yaml:"ref"`    // such as "GDPR 21(3)", "FI 917/2014 200"
	Status string `yaml:"status"` // Done, Partly or NotYet
	About  string `yaml:"about"`
}

// Citations lists the index, sorted by reference.
func Citations() []Citation { return slices.Clone(books().citations) }

// Known says whether the index holds a reference or the article it is a paragraph of:
// "GDPR 13(1)(a)" is known because "GDPR 13" is; "GDPR 99" is not.
func Known(ref string) bool {
	_, ok := Lookup(ref)
	return ok
}

// Lookup finds the closest index entry of a reference; see Known.
func Lookup(ref string) (Citation, bool) { return books().lookup(ref) }

func (l *library) lookup(ref string) (Citation, bool) {
	ref = strings.Join(strings.Fields(ref), " ")
	for ref != "" {
		if c, ok := l.refs[ref]; ok {
			return c, true
		}
		cut := strings.LastIndexByte(ref, '(')
		if cut <= 0 {
			break
		}
		ref = strings.TrimSpace(ref[:cut])
	}
	return Citation{}, false
}
