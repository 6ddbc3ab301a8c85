package dialect

import "kartotek/internal/exchange/dialect/cells"

// Brevo's header is the account's attribute names, in capitals and in the
// account's language. Telephone numbers have a country code but no plus.
// DOUBLE_OPT-IN is 1 for yes and 2 for no.
func init() { register(&Dialect{Name: "brevo", Match: matchBrevo, Bind: bindBrevo}) }

func matchBrevo(h *Header) int {
	own := h.count("EMAIL_BLACKLISTED", "SMS_BLACKLISTED", "ADDED_TIME", "MODIFIED_TIME", "DOUBLE_OPT-IN", "CONTACT ID", "_listIds")
	names := h.count("FIRSTNAME", "LASTNAME", "SMS", "LANDLINE_NUMBER", "WHATSAPP", "EXT_ID", "OPT_IN",
		"VORNAME", "NACHNAME", "FORNAMN", "FÖRNAMN", "EFTERNAMN", "ETUNIMI", "SUKUNIMI", "PRENOM", "NOM")
	switch reach := h.count("EMAIL", "SMS", "EXT_ID", "LANDLINE_NUMBER", "WHATSAPP"); {
	case reach > 0 && own >= 2:
		return 90
	case reach > 0 && own+names >= 2:
		return 70
	}
	return 0
}

func bindBrevo(p *plan) {
	p.phonePlus = true
	p.aim(p.col("CONTACT ID"), toID)
	p.refuse(p.take("EMAIL_BLACKLISTED"), Prohibition, "channel:email", cells.Refuses)
	p.refuse(p.take("SMS_BLACKLISTED"), Prohibition, "channel:sms", cells.Refuses)
	double, single := p.take("DOUBLE_OPT-IN"), p.take("OPT_IN")
	p.state(func(r *Record) {
		s := Statement{Kind: Unknown, Channel: "email", Evidence: join(p.quote(r, double), p.quote(r, single))}
		if s.Evidence != "" {
			s.Evidence = "Brevo " + s.Evidence
		}
		if double >= 0 && cells.IsYes(r.Raw[double]) {
			s.Kind, s.Strength, s.At = Consent, DoubleOptIn, r.Created
		}
		r.say(s)
	})
}
