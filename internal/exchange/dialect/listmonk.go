package dialect

import "kartotek/internal/exchange/dialect/cells"

// Listmonk exports subscribers with a status but without their lists. "enabled"
// therefore says only that mail was possible, not that anybody agreed to any.
// An export per list adds subscription_status, which does say it.
func init() { register(&Dialect{Name: "listmonk", Match: matchListmonk, Bind: bindListmonk}) }

func matchListmonk(h *Header) int {
	switch {
	case h.count("uuid", "email", "attributes", "status") == 4:
		return 95
	case h.count("email", "attributes") == 2, h.count("uuid", "email", "name", "status") == 4:
		return 85
	}
	return 0
}

func bindListmonk(p *plan) {
	p.aim(p.col("attributes"), toAttributes)
	p.aim(p.col("uuid"), toID)
	status, sub := p.take("status"), p.take("subscription_status")
	optinIP := p.take("optin_ip")
	p.refuse(status, Prohibition, "all-marketing", cells.Is("blocklisted"))
	p.refuse(status, Prohibition, "channel:email", cells.Is("disabled"))
	p.refuse(sub, Prohibition, "channel:email", cells.Is("unsubscribed"))
	confirmed := cells.Is("confirmed")
	p.state(func(r *Record) {
		s := Statement{Kind: Unknown, Channel: "email"}
		if status >= 0 {
			s.Evidence = p.cite("listmonk status", r.Raw[status])
		}
		if sub >= 0 {
			s.Evidence = p.cite("listmonk subscription_status", r.Raw[sub])
		}
		if sub >= 0 && confirmed(r.Raw[sub]) {
			s.Kind, s.Strength, s.At = Consent, Weak, r.Created
			if optinIP >= 0 && r.Raw[optinIP] != "" {
				s.Strength, s.IP = DoubleOptIn, r.Raw[optinIP]
			}
		}
		r.say(s)
	})
}
