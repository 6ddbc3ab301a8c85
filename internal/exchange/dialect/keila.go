package dialect

import "kartotek/internal/exchange/dialect/cells"

// Keila exports a status of three words; none of them tells how a contact came
// to be active.
func init() { register(&Dialect{Name: "keila", Match: matchKeila, Bind: bindKeila}) }

func matchKeila(h *Header) int {
	if h.count("Email", "Data", "Status", "External ID") >= 4 || h.count("Email", "First name", "Last name", "Data", "Status") == 5 {
		return 90
	}
	return 0
}

func bindKeila(p *plan) {
	p.aim(p.col("Data"), toAttributes)
	p.aim(p.col("External ID"), toID)
	status := p.take("Status")
	p.refuse(status, Prohibition, "channel:email", cells.Is("unsubscribed"))
	p.refuse(status, Undeliverable, "channel:email", cells.Is("unreachable"))
	p.state(func(r *Record) {
		s := Statement{Kind: Unknown, Channel: "email"}
		if status >= 0 {
			s.Evidence = p.cite("Keila Status", r.Raw[status])
		}
		if len(r.Statements) == 0 {
			r.say(s)
		}
	})
}
