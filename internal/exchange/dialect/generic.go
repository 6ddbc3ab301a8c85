package dialect

import "kartotek/internal/exchange/dialect/cells"

// The generic dialect takes any table whose labels people would understand. It
// reads refusals from the usual opt-out columns of CRMs (among them CiviCRM's
// and EspoCRM's) and from words in a status column; it never reads a consent:
// only a mapping can say that a column proves one.
func init() {
	register(&Dialect{Name: "csv", Match: func(*Header) int { return 1 }, Bind: bindGeneric})
}

var (
	statusLabels = []string{"status", "subscription status", "email status", "prenumerationsstatus", "tila", "tilauksen tila", "abostatus", "subscription_status"}
	statusGone   = cells.Is("unsubscribed", "opted out", "opt-out", "optout", "opted_out", "disabled", "avregistrerad", "avslutad", "avprenumererad",
		"peruttu", "peruutettu", "peruuttanut", "abgemeldet", "ausgetragen")
	statusBlocked = cells.Is("blocklisted", "blacklisted", "blocked", "do not contact", "spärrad", "blockerad", "estetty", "gesperrt", "complained", "spam")
	statusDead    = cells.Is("cleaned", "bounced", "hard bounced", "unreachable", "invalid", "studsad", "ogiltig", "virheellinen", "ungültig", "unzustellbar")
)

func bindGeneric(p *plan) {
	for i, k := range p.header.keys {
		if scope, ok := optOutLabels[k]; ok {
			p.refuse(p.aim(i, toPermission), Prohibition, scope, cells.Refuses)
		}
		if undeliverableLabels[k] {
			p.refuse(p.aim(i, toPermission), Undeliverable, "channel:email", cells.Refuses)
		}
	}
	status := p.take(statusLabels...)
	p.refuse(status, Prohibition, "channel:email", statusGone)
	p.refuse(status, Prohibition, "all-marketing", statusBlocked)
	p.refuse(status, Undeliverable, "channel:email", statusDead)
	p.state(func(r *Record) {
		if status >= 0 && len(r.Statements) == 0 {
			r.say(Statement{Kind: Unknown, Channel: "email", Evidence: p.quote(r, status)})
		}
	})
}
