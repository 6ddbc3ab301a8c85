package permit

// An unclear question is refused before anything else is looked at: a typo in a class or a
// channel must never find a rule that happens to allow it.

func unclear(evidence string) []Reason {
	return []Reason{{Rule: "house_bad_question", Evidence: evidence}}
}

var (
	badClass    = unclear("unknown class")
	badPurpose  = unclear("missing: purpose")
	badChannel  = unclear("unknown channel")
	badInternal = unclear("class internal uses no channel")
	badTime     = unclear("missing: time")
	noPack      = []Reason{{Rule: "house_no_pack", Evidence: "no rules are held for that time"}}
)

// badQuestion denies a question with an unknown class or channel, without purpose or time, or
// one that asks to send what is not a message.
func badQuestion(q *Question) (Verdict, bool) {
	switch {
	case q.Class != Service && q.Class != Survey && q.Class != Marketing && q.Class != Internal:
		return deny(CodeBadQuestion, badClass)
	case q.Purpose == "":
		return deny(CodeBadQuestion, badPurpose)
	case q.At.IsZero():
		return deny(CodeBadQuestion, badTime)
	case q.Class == Internal && q.Channel != "":
		return deny(CodeBadQuestion, badInternal)
	case q.Class != Internal && !isChannel(q.Channel):
		return deny(CodeBadQuestion, badChannel)
	}
	return Verdict{}, false
}

// undated answers when no pack holds: the question is unclear, or from before the rules.
func undated(q *Question) Verdict {
	v, done := badQuestion(q)
	if !done {
		v, _ = deny(CodeNoPack, noPack)
	}
	return v
}

// isChannel says whether a name is in the closed list of channels.
func isChannel(s string) bool {
	return s == "email" || s == "sms" || s == "call" || s == "post"
}
