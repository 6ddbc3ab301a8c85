package bounce

import "strings"

// newAddress is the address that a text says somebody has now; "" when it says of
// none, or names several, so that only a person can tell. known are those it cannot be.
func newAddress(text string, known ...string) string {
	if !has("change", fold(text)) {
		return ""
	}
	found := ""
	for _, a := range addresses(text) {
		switch {
		case holds(known, a) || machine(a):
		case found != "":
			return ""
		default:
			found = strings.ToLower(a)
		}
	}
	return found
}

// suggest looks for a new address where one may be told of: in what a person's
// program answers, and in the refusal of a mailbox that was given up.
func (m *mail) suggest(rep *Report) string {
	for i := range rep.Outcomes {
		o := &rep.Outcomes[i]
		if o.Kind == AutoReply || o.Reason == Moved {
			return newAddress(m.text, append([]string{o.Recipient, o.Original}, append(rep.To, rep.Returned.To...)...)...)
		}
	}
	return ""
}
