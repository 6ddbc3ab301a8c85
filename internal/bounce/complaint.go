package bounce

import "strings"

// complaint reads a report that somebody called the letter spam (RFC 5965); nil
// when the mail is none. Providers leave the complaining address out; it then is
// taken from fields some of them add, or from what came back. law: GDPR 21(2)
func (m *mail) complaint(back *Returned) []Outcome {
	fields, found := m.feedback()
	if !found {
		if m.optsOut() {
			return []Outcome{{Recipient: m.author(AutoReply), Kind: Complaint, Reason: OptOut}}
		}
		if m.header.get("X-HmXmrOriginalRecipient") == "" && !(has("complaint", fold(m.header.get("Subject"))) && m.holds("message/rfc822")) {
			return nil
		}
	}
	kind, reason := feedbackKind(strings.ToLower(strings.TrimSpace(fields.get("Feedback-Type"))))
	var out []Outcome
	for _, v := range fields.all("original-rcpt-to", "removal-recipient") {
		for _, a := range addresses(v) {
			if !complained(out, a) {
				out = append(out, Outcome{Recipient: a, Kind: kind, Reason: reason})
			}
		}
	}
	if len(out) == 0 {
		out = []Outcome{{Recipient: m.complainant(back), Kind: kind, Reason: reason}}
	}
	return out
}

// optsOut reports whether a mail program wrote to the address in our
// List-Unsubscribe for its user (RFC 2369). law: GDPR 7(3)
func (m *mail) optsOut() bool {
	subject := strings.TrimSpace(fold(m.header.get("Subject")))
	return !strings.Contains(subject, " ") && subject != "" && has("optout", " "+subject+" ") && (m.automatic() || len(m.text) < 200)
}

func complained(all []Outcome, a string) bool {
	for _, o := range all {
		if strings.EqualFold(o.Recipient, a) {
			return true
		}
	}
	return false
}

// complainant is the one recipient of the returned letter.
func (m *mail) complainant(back *Returned) string {
	if all := addresses(m.header.get("X-HmXmrOriginalRecipient")); len(all) == 1 {
		return all[0]
	}
	if len(back.To) == 1 && !strings.HasPrefix(strings.ToLower(back.To[0]), "redacted") {
		return back.To[0]
	}
	return ""
}

// feedback gives the fields of a complaint.
func (m *mail) feedback() (header, bool) {
	for i := range m.parts {
		p := &m.parts[i]
		named := p.media == "message/feedback-report"
		if !named && m.params["report-type"] != "feedback-report" {
			continue
		}
		h, _, err := readHeader([]byte(strings.TrimLeft(p.decoded(), "\n ")), 200)
		if err == nil && (named || h.get("Feedback-Type") != "") {
			return h, true
		}
	}
	return nil, m.params["report-type"] == "feedback-report"
}

// feedbackKind reads the type of a report. One about forged mail or about mail
// that is not spam after all is nobody's complaint; an unknown type is one.
func feedbackKind(t string) (Kind, Reason) {
	switch t {
	case "auth-failure", "dmarc":
		return Other, AuthReport
	case "not-spam":
		return Other, NotSpam
	case "opt-out", "opt-out-list":
		return Complaint, OptOut
	}
	return Complaint, Abuse
}
