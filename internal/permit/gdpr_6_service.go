package permit

var becauseService = []Reason{{Rule: "gdpr_6_service", Citation: "GDPR 6(1)(b)"}}

// service allows messages about performing what was agreed and handling the relationship,
// whatever the person said about marketing. A service message with promotion in it is
// marketing, and its purpose must have that class.
// law: GDPR 6(1)(b)
func service(q *Question) (Verdict, bool) {
	if q.Class == Service {
		return allow(CodeService, becauseService)
	}
	return Verdict{}, false
}
