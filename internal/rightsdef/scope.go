package rightsdef

import "slices"

// Contested, among what a request is about, tells that the person says their data are
// wrong: they are restricted until that is settled. law: GDPR 18(1)(a)
const Contested = "contested"

// everything is what an objection is against that names nothing: of an objection nobody
// narrowed nothing is left out. law: GDPR 21(1), 21(2)
var everything = []string{"all-marketing", "research", "profiling"}

// Objected gives what an objection is against, in the ledger's words.
func Objected(scope []string) (out []string) {
	for _, s := range scope {
		if s == "marketing" || s == "all" {
			s = "all-marketing"
		}
		if s != Contested && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	if len(out) == 0 {
		return everything
	}
	return out
}
