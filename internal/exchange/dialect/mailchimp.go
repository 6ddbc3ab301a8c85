package dialect

import "strings"

// Mailchimp writes one file per standing: subscribed, unsubscribed, cleaned.
// The merge fields in front carry the user's own, translated labels; only the
// capitals behind them are fixed, so the file is known by those.
//
// OPTIN_TIME is when a form was filled in, CONFIRM_TIME when the address was
// confirmed. For imported contacts OPTIN_TIME and OPTIN_IP are often empty
// while CONFIRM_TIME holds the day of the import: weak evidence, kept as such.
func init() { register(&Dialect{Name: "mailchimp", Match: matchMailchimp, Bind: bindMailchimp}) }

func matchMailchimp(h *Header) int {
	switch own := h.count("MEMBER_RATING", "OPTIN_TIME", "OPTIN_IP", "CONFIRM_TIME", "CONFIRM_IP", "LEID", "EUID"); {
	case own >= 2 && h.count("LAST_CHANGED", "UNSUB_TIME", "CLEAN_TIME") > 0:
		return 95
	case own >= 4:
		return 90
	}
	return 0
}

// mailchimpVariant tells the three files apart; where the capitals do not, the
// name may, and the stricter reading wins.
func mailchimpVariant(h *Header) string {
	name := strings.ToLower(h.File)
	switch {
	case h.has("CLEAN_TIME") && !h.has("UNSUB_TIME"):
		return "cleaned"
	case h.has("UNSUB_TIME"):
		return "unsubscribed"
	case h.has("LAST_CHANGED"):
		return "subscribed"
	case strings.HasPrefix(name, "cleaned"):
		return "cleaned"
	case strings.HasPrefix(name, "unsubscribed"):
		return "unsubscribed"
	case strings.HasPrefix(name, "subscribed"):
		return "subscribed"
	}
	return "unknown"
}

func bindMailchimp(p *plan) {
	p.variant = mailchimpVariant(p.header)
	p.tagMarks = ","
	p.aim(p.col("TAGS"), toTags)
	p.aim(p.col("LAST_CHANGED"), toChanged)
	p.aim(p.col("LEID"), toID)
	switch p.variant {
	case "cleaned":
		p.refused = true
		p.state(p.mailchimpLeft(Statement{Kind: Undeliverable, Channel: "email"}, "Mailchimp cleaned",
			p.take("CLEAN_TIME"), p.take("CLEAN_CAMPAIGN_TITLE")))
	case "unsubscribed":
		p.refused = true
		p.state(p.mailchimpLeft(Statement{Kind: Prohibition, Channel: "email", Scope: "channel:email"}, "Mailchimp unsubscribed",
			p.take("UNSUB_TIME"), p.take("UNSUB_CAMPAIGN_TITLE"), p.take("UNSUB_REASON"), p.take("UNSUB_REASON_OTHER")))
	}
	optin := mailchimpOptIn{p: p, sure: p.variant == "subscribed",
		optin: p.take("OPTIN_TIME"), ip: p.take("OPTIN_IP"), confirm: p.take("CONFIRM_TIME"), confirmIP: p.take("CONFIRM_IP"),
		gdpr: p.take("Marketing Permissions", "Erlaubnis zum Marketing", "Marketingtillstånd", "Marknadsföringstillstånd", "Markkinointiluvat", "Markkinointilupa")}
	if !p.refused {
		p.state(optin.say)
	}
}

// mailchimpLeft makes the statement of the two files of people who are gone.
func (p *plan) mailchimpLeft(s Statement, what string, cols ...int) func(*Record) {
	return func(r *Record) {
		said := s
		said.At, _ = p.timeAt(r, cols[0])
		parts := []string{what}
		for _, c := range cols {
			parts = append(parts, p.quote(r, c))
		}
		said.Evidence = join(parts...)
		r.say(said)
	}
}

// mailchimpOptIn is how a subscriber came to be one.
type mailchimpOptIn struct {
	p                                   *plan
	sure                                bool // the file is surely that of subscribers
	optin, ip, confirm, confirmIP, gdpr int
}

func (m *mailchimpOptIn) say(r *Record) {
	p := m.p
	given, _ := p.timeAt(r, m.optin)
	confirmed, _ := p.timeAt(r, m.confirm)
	s := Statement{Kind: Consent, Channel: "email", At: confirmed,
		Evidence: join("Mailchimp", p.quote(r, m.optin), p.quote(r, m.ip), p.quote(r, m.confirm), p.quote(r, m.confirmIP), p.quote(r, m.gdpr))}
	if m.ip >= 0 {
		s.IP = r.Raw[m.ip]
	}
	unticked := m.gdpr >= 0 && r.Raw[m.gdpr] == ""
	switch {
	case !m.sure || unticked || given.IsZero() && confirmed.IsZero():
		s.Kind, s.IP = Unknown, ""
		if unticked {
			s.Evidence = join(s.Evidence, p.header.Labels[m.gdpr]+" empty")
		}
	case given.IsZero() || s.IP == "":
		s.Strength = Weak
	case confirmed.IsZero() || confirmed.Equal(given):
		s.Strength = Single
	default:
		s.Strength = DoubleOptIn
	}
	if s.At.IsZero() {
		s.At = given
	}
	r.say(s)
}
