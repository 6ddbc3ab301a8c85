package sample

import "kartotek/internal/web/page"

func (s set) suppression() []Sample {
	all, ads := no(s.p.T("suppress.class.all")), wait(s.p.T("suppress.class.marketing"))
	mail, phone := s.p.T("suppress.kind.email"), s.p.T("suppress.kind.phone")
	row := func(reason, kind string, class page.Chip, n int) page.SuppressionRow {
		return page.SuppressionRow{Reason: s.p.T("suppress.reason." + reason), Hint: s.p.T("suppress.hint." + reason), Kind: kind, Class: class, N: n}
	}
	v := page.SuppressionView{Frame: s.frame("outreach", s.p.T("suppress.title")), Total: 214_880, MayAdd: true, MayList: true,
		Rows: []page.SuppressionRow{row("bounce", mail, all, 341), row("complaint", mail, ads, 12), row("erased", mail, ads, 57), row("asked", phone, ads, 4), row("staff", mail, all, 2)},
		Lists: []page.SuppressionList{{Name: s.s("NIX-Telefon", "Puhelinkielto", "Telephone opt-outs"), Kind: phone, Class: ads, N: 214_464, By: "cli:drift",
			Source: s.s("Föreningen för utskick, 2.11.2026", "Kieltorekisteri, 2.11.2026", "Opt-out register, 2 Nov 2026"), Read: day(2026, 11, 3, 8, 12)}},
		Address: page.Field{ID: "address", Label: s.p.T("suppress.address"), Required: true, Auto: "off", Max: 320},
		Add: []page.Field{{ID: "add-address", Name: "address", Label: s.p.T("suppress.address"), Required: true, Auto: "off"},
			{ID: "class", Label: s.p.T("suppress.class"), Type: "select", Options: []page.Option{{Value: "marketing", Text: ads.Text, On: true}, {Value: "all", Text: all.Text}}},
			{ID: "reason", Label: s.p.T("suppress.reason"), Type: "select", Options: []page.Option{{Value: "asked", Text: s.p.T("suppress.reason.asked"), On: true}}}},
		New: []page.Field{{ID: "name", Label: s.p.T("suppress.list_name"), Required: true}, {ID: "file", Label: s.p.T("suppress.list_file"), Hint: s.p.T("suppress.list_file_hint"), Type: "file", Required: true}}}
	answered := v
	answered.Address.Value = "risto.t@posti.example"
	answered.Answer = &page.SuppressionAnswer{Address: "risto.t@posti.example", Person: page.Link{Text: "Risto Tamminen", Href: "/people/1"}, Why: []page.SuppressionWhy{
		{Text: s.p.T("suppress.reason.bounce"), Hint: s.p.T("suppress.hint.bounce"), Class: all, Since: day(2026, 9, 14, 9, 30), Lift: &page.SuppressionLift{Kind: "email", Class: "all", Reason: "bounce"}},
		{Text: s.p.T("suppress.reason.complaint"), Hint: s.p.T("suppress.hint.complaint"), Class: ads, Since: day(2026, 3, 2, 11, 5)}}}
	free := v
	free.Answer = &page.SuppressionAnswer{Address: "ny@kund.example"}
	none := page.SuppressionView{Frame: v.Frame, Address: v.Address}
	return []Sample{{Name: "suppression", Component: page.Suppression(v)}, {Name: "suppression-held", Component: page.Suppression(answered)},
		{Name: "suppression-free", Component: page.Suppression(free)}, {Name: "suppression-none", Component: page.Suppression(none)}}
}
