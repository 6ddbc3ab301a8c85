package permit

var becauseErased = []Reason{{Rule: "gdpr_17_erased", Citation: "GDPR 17"}}

// erased denies everything about an erased person; only the suppression of their addresses
// lives on, so that they are not written to again.
// law: GDPR 17(1)
func erased(f *Facts) (Verdict, bool) {
	if f.Erased {
		return deny(CodeErased, becauseErased)
	}
	return Verdict{}, false
}
