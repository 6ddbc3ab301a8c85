package permit

var becauseRestricted = []Reason{{Rule: "gdpr_18_restricted", Citation: "GDPR 18(2)"}}

// restricted denies every use of a record that may for now only be stored. Lifting the
// restriction is announced to the person first and is not decided here.
// law: GDPR 18(2)
func restricted(f *Facts) (Verdict, bool) {
	if f.Restricted {
		return deny(CodeRestricted, becauseRestricted)
	}
	return Verdict{}, false
}
