package permit

import "strings"

var (
	becauseSuppressed    = []Reason{{Rule: "house_suppressed", Citation: "GDPR 21(3)"}}
	becauseSuppressedOdd = []Reason{{Rule: "house_suppressed", Citation: "GDPR 21(3)", Evidence: "an unknown channel is suppressed, read as every channel"}}
)

// suppressed denies every message, service included, by a channel whose address must not be
// used: it bounced for good, its owner complained, or it belongs to someone erased.
func suppressed(q *Question, f *Facts) (Verdict, bool) {
	if q.Channel == "" {
		return Verdict{}, false
	}
	for _, s := range f.Suppressed {
		if strings.EqualFold(s, q.Channel) {
			return deny(CodeSuppressed, becauseSuppressed)
		}
	}
	for _, s := range f.Suppressed {
		if !isChannel(strings.ToLower(s)) {
			return deny(CodeSuppressed, becauseSuppressedOdd)
		}
	}
	return Verdict{}, false
}
