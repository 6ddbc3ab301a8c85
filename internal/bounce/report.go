package bounce

import (
	"strings"
)

// deliveryStatus is the text of the report's fields (RFC 3464, RFC 6533); "" when
// there is none. Servers put them into parts of other types too.
func (m *mail) deliveryStatus() string {
	for i := range m.parts {
		p := &m.parts[i]
		if p.media == "message/delivery-status" || p.media == "message/global-delivery-status" {
			return p.decoded()
		}
	}
	for i := range m.parts {
		p := &m.parts[i]
		if m.params["report-type"] != "delivery-status" && (i == 0 || p.media != "text/plain") || strings.HasPrefix(p.media, "message/") {
			continue
		}
		if text := p.decoded(); isStatus(text) {
			return text
		}
	}
	return ""
}

// isStatus reports whether a text is fields about recipients.
func isStatus(text string) bool {
	low := strings.ToLower(text)
	return strings.Contains(low, "final-recipient:") && (strings.Contains(low, "\naction:") || strings.Contains(low, "\nstatus:"))
}

// reported reads the fields of a report: one group for the mail, then one for each recipient.
func (m *mail) reported(text string) []Outcome {
	var out []Outcome
	body := []byte(text)
	for len(body) > 0 && len(out) < 1000 {
		h, rest, err := readHeader(body, 200)
		if err != nil {
			break
		}
		if len(h) == 0 || len(rest) >= len(body) {
			_, rest = cutLine(body)
		}
		body = rest
		if o, ok := m.recipient(h); ok {
			out = append(out, o)
		}
	}
	return out
}

// recipient reads one group of fields.
func (m *mail) recipient(h header) (Outcome, bool) {
	final, original := h.get("Final-Recipient"), h.get("Original-Recipient")
	action, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(h.get("Action"))), " ")
	if final == "" {
		final = original
	}
	if final == "" && (h.get("Status") == "" || action == "") {
		return Outcome{}, false
	}
	o := Outcome{Recipient: typed(final), Original: typed(original), Kind: Bounce, Status: enhanced(h.get("Status")), Said: diagnostic(h)}
	if !strings.Contains(o.Recipient, "@") {
		if x := addresses(h.get("X-Actual-Recipient") + " " + original); len(x) > 0 {
			o.Recipient = x[0]
		}
	}
	if said := enhanced(o.Said); specific(said) && (!specific(o.Status) || said[0] == '5') {
		o.Status = said
	}
	switch {
	case strings.HasPrefix(action, "delay"):
		o.Kind, o.Reason = Other, Delayed
	case strings.HasPrefix(action, "deliver"), strings.HasPrefix(action, "relay"), strings.HasPrefix(action, "expand"), action == "" && strings.HasPrefix(o.Status, "2"):
		o.Kind, o.Reason = Other, Delivered
	default:
		o.Reason = m.why(&o)
		o.Hard = o.Reason.Hard()
	}
	return o, true
}

// diagnostic is what the refusing server said, without the type of the field.
func diagnostic(h header) string {
	for _, name := range []string{"Diagnostic-Code", "X-Diagnostic-Code", "X-Supplementary-Info", "X-Display-Diagnostic", "X-Notes", "Remote-MTA-Reply"} {
		v := h.get(name)
		if kind, rest, ok := strings.Cut(v, ";"); ok && len(kind) < 20 && !strings.Contains(strings.TrimSpace(kind), " ") {
			v = rest
		}
		if v = oneLine(v); v != "" {
			return v
		}
	}
	return ""
}

// why finds the reason of a report's outcome. The text beside the report tells
// more when the report does not.
func (m *mail) why(o *Outcome) Reason {
	return evidence{said: o.Said, section: section(m.text, o.Recipient), status: o.Status, prose: m.text, subject: m.header.get("Subject")}.reason()
}
