package sample

import (
	"strings"

	"kartotek/internal/web/page"
)

func (s set) sender() []Sample {
	t := s.p.T
	warn := page.Chip{Text: t("sender.much"), Tone: page.Wait}
	fine := yes(t("sender.in_order"))
	v := page.SenderView{Frame: s.frame("outreach", t("sender.title")), MaySet: true, AsOf: now,
		Relays: []page.SenderRelay{
			{Name: "post", Host: "relay.postilinja.example:465", Processor: "Postilinja Oy", Use: t("sender.use", "priority", 0, "weight", 3), State: yes(t("sender.well")), Taken: 48210, Broken: 2, Turn: "disabled"},
			{Name: "reserv", Host: "mx.konesali.example:587", Processor: "Konesali Oy", Use: t("sender.use", "priority", 5, "weight", 1), State: page.Chip{Text: t("sender.resting"), Tone: page.Wait}, Why: t("sender.until", "at", "07.20"), Taken: 310, Broken: 41, Turn: "disabled"},
			{Name: "bulk", Host: "out.textbridge.example:465", Processor: "Textbridge Inc", Use: t("sender.use", "priority", 0, "weight", 1) + ", " + t("sender.in_pool", "pool", "bulk"), State: no(t("sender.not_allowed")), Why: t("error.relay.no_contract"), Turn: "disabled"}},
		Providers: []page.SenderProvider{
			{Name: "google", Taken: 18200, Later: 12, Policy: 0, Gone: 31, Pace: t("sender.free"), State: yes(t("sender.well"))},
			{Name: "outlook", Taken: 9120, Later: 340, Policy: 3, Gone: 22, Pace: t("sender.a_minute", "n", "1 200") + ", " + t("sender.until", "at", "07.16"), State: page.Chip{Text: t("sender.pausing"), Tone: page.Wait}},
			{Name: "elisa", Taken: 4010, Later: 80, Gone: 9, Pace: t("sender.a_minute", "n", "600"), State: page.Chip{Text: t("sender.slowed"), Tone: page.Wait}},
			{Name: t("sender.others"), Taken: 17190, Later: 44, Policy: 6, Gone: 130, Pace: t("sender.free"), State: yes(t("sender.well"))}},
		Weeks: []page.SenderRatio{
			{Title: s.p.N("sender.last_days", 7), Sent: 12400, Bounced: 96, Complaints: 11, BounceShare: s.p.Percent(0.0077), ComplaintShare: s.p.Percent(0.00089), Bounce: fine, Complaint: warn},
			{Title: s.p.N("sender.last_days", 30), Sent: 48520, Bounced: 210, Complaints: 18, BounceShare: s.p.Percent(0.0043), ComplaintShare: s.p.Percent(0.00037), Bounce: fine, Complaint: fine}},
		Keys: []page.SenderKey{
			{Domain: "nordanvind.example", Selector: "k202611r", Kind: t("sender.kind_rsa"), Name: "k202611r._domainkey.nordanvind.example", Record: "v=DKIM1; h=sha256; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A" + strings.Repeat("Zw4x", 40), State: page.Chip{Text: t("sender.key_new"), Tone: page.Wait}, Do: t("sender.do_publish"), MayUse: true},
			{Domain: "nordanvind.example", Selector: "k202605e", Kind: t("sender.kind_ed25519"), Name: "k202605e._domainkey.nordanvind.example", Record: "v=DKIM1; h=sha256; k=ed25519; p=zSLHZr7NkkedSwl+KHqgDtmSMbmwm43pqh0SCexwx9g=", State: yes(t("sender.key_active"))}},
		Looks: []page.SenderLook{{Domain: "nordanvind.example", At: now, State: no(t("sender.verdict_stop")), Lines: []page.SenderFinding{
			{State: yes(t("sender.state_ok")), Text: t("preflight.spf.ok", "domain", "nordanvind.example", "n", 3)},
			{State: no(t("sender.state_error")), Text: t("preflight.dkim.missing", "name", "k202611r._domainkey.nordanvind.example")},
			{State: page.Chip{Text: t("sender.state_warning"), Tone: page.Wait}, Text: t("preflight.dmarc.policy_none", "domain", "nordanvind.example")}}}},
		Domain: page.Field{ID: "domain", Label: t("sender.domain"), Value: "nordanvind.example", Required: true},
		New: []page.Field{
			{ID: "name", Label: t("sender.relay_name"), Hint: t("sender.relay_name_hint"), Required: true},
			{ID: "url", Label: t("sender.url"), Hint: t("sender.url_hint"), Type: "password", Required: true},
			{ID: "recipient", Label: t("sender.processor"), Hint: t("sender.processor_hint"), Type: "select", Options: []page.Option{{Value: "mail-relay", Text: "Postilinja Oy"}}}},
		Key: []page.Field{{ID: "key-domain", Name: "domain", Label: t("sender.key_domain"), Value: "nordanvind.example", Required: true},
			{ID: "kind", Label: t("sender.kind"), Type: "select", Options: []page.Option{{Value: "rsa", Text: t("sender.kind_rsa")}, {Value: "both", Text: t("sender.kind_both")}}}}}
	for i := range 30 {
		d := page.SenderDay{Day: now.AddDate(0, 0, i-29)}
		if i%7 == 3 || i == 28 {
			d.Sent, d.Refused, d.Bounced, d.Complaints = 9000+i*70, 40+i, 20+i, 2+i%3
		}
		v.Days = append(v.Days, d)
	}
	none := page.SenderView{Frame: v.Frame, AsOf: now, Domain: page.Field{ID: "domain", Label: t("sender.domain")}, Note: t("sender.demo"),
		Weeks: []page.SenderRatio{{Title: s.p.N("sender.last_days", 7), BounceShare: s.p.Percent(0), ComplaintShare: s.p.Percent(0), Bounce: page.Chip{Text: t("sender.few")}, Complaint: page.Chip{Text: t("sender.few")}}}}
	return []Sample{{Name: "sender", Component: page.Sender(v)}, {Name: "sender-empty", Component: page.Sender(none)}}
}
