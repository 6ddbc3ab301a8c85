package permit

var becauseRestricted = []Reason{{Rule: "gdpr_18_restricted", Citation: "GDPR 18(2)"}}

// restricted denies every use of a record that may for now only be stored. Lifting the
// restriction is announced to the person first and is not decided here. A message of
// service that the person asked for is with their consent: a letter with the key to
// their own data, the answer to what they asked.
// law: GDPR 18(2)
func restricted(q *Question, f *Facts) (Verdict, bool) {
	if f.Restricted && !(f.Asked && q.Class == Service) {
		return deny(CodeRestricted, becauseRestricted)
	}
	return Verdict{}, false
}
