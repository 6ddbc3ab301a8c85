package dossier

import "slices"

// Described is what a keeper says of its exports, so that a person can be told in
// their language what each kind and each value is. Every keeper signs it: the
// texts are "dossier.<keeper>.<kind>" and "dossier.value.<name>".
type Described interface {
	Kinds() []Kind
}

// Kind is one kind of record a keeper exports.
type Kind struct {
	Name string
	// Values are the names of the values its records may have. Catalogue stands for
	// the fields of the notice, whose titles the notice has.
	Values []string
	// From tells whose doing the records are, which decides on portability.
	From Origin
}

// Catalogue, among the Values of a Kind, stands for every field of the notice, and
// for "<field>.was", what it was before.
const Catalogue = "*"

// Document is the name of the value that says where in a package a record's File is.
const Document = "document"

// Free, among the Values of a Kind, stands for names made by whoever entered them; they
// are shown as they are.
const Free = "?"

// Origin tells whose doing a record is. law: GDPR 20(1)
type Origin string

// The origins.
const (
	Given    Origin = "given"    // the person provided it, unless its source says otherwise
	Observed Origin = "observed" // it came of the person's use of what is offered
	Ours     Origin = "ours"     // the controller made it: a decision, a note, a record of what was done
)

// Has reports whether records of the kind may have a value of this name.
func (k Kind) Has(value string) bool {
	return slices.Contains(k.Values, value)
}

// Origins gives the origin of each kind, as "keeper.kind"; what no keeper
// describes is the controller's own.
func (k Keepers) Origins() map[string]Origin {
	out := map[string]Origin{}
	for _, keeper := range k {
		if d, ok := keeper.(Described); ok {
			for _, kind := range d.Kinds() {
				out[keeper.Name()+"."+kind.Name] = kind.From
			}
		}
	}
	return out
}

// Values makes values of names and texts by turns, without those that are empty.
func Values(pairs ...string) (out []Value) {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			out = append(out, Value{Name: pairs[i], Text: pairs[i+1]})
		}
	}
	return out
}

// Clerk is the name of whoever entered something, when it was somebody of the staff.
func Clerk(kind, name string) string {
	if kind == "staff" || kind == "cli" {
		return name
	}
	return ""
}
