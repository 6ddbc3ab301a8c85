package sample

import (
	"kartotek/internal/web/page"
	"kartotek/internal/web/page/keeping"
)

func (s set) keeping() []Sample {
	return []Sample{{Name: "keeping", Component: keeping.Sheet(s.keepingOverview())}, {Name: "keeping-paper", Component: keeping.Sheet(s.keepingPaper())},
		{Name: "keeping-person", Component: keeping.Sheet(s.keepingPerson())}, {Name: "keeping-recipients", Component: keeping.Sheet(s.keepingRecipients())}}
}

func (s set) sheet(key string) keeping.SheetView {
	t := s.p.T
	return keeping.SheetView{Frame: s.frame("notice", t("keeping."+key)), Tab: t("keeping.tab"), Title: t("keeping." + key), Lead: t("keeping." + key + "_lead"),
		Links: []page.Link{{Text: t("keeping.paper"), Href: "/keeping/paper"}, {Text: t("keeping.recipients"), Href: "/keeping/recipients"}}}
}

func (s set) keepingOverview() keeping.SheetView {
	t, v := s.p.T, s.sheet("title")
	contact := page.Link{Text: s.s("Kontaktuppgifter", "Yhteystiedot", "Contact details")}
	purpose := s.s("Sköta kundrelationen", "Asiakassuhteen hoitaminen", "Looking after the customer relationship")
	v.State = yes(t("keeping.next", "at", s.p.DateTime(day(2026, 11, 13, 3, 30))))
	v.Cards = []keeping.Card{
		{ID: "run", Title: t("keeping.run"), Text: t("keeping.run_text", "share", "2", "least", 25), Forms: []keeping.Form{{Action: "/keeping/preview", Button: t("keeping.preview")},
			{Action: "/keeping/settings", Button: t("keeping.settings"), Fields: []page.Field{{ID: "hour", Label: t("keeping.set_hour"), Type: "time", Value: "03:30"}}}}},
		{ID: "figures", Title: t("keeping.state_waiting"), Text: t("keeping.sum", "people", 4312, "due", 118, "whole", 97, "day", s.p.Date(now)) + " " + t("keeping.why_share"),
			Cols: []string{t("keeping.category"), t("keeping.why"), t("keeping.people")},
			Rows: []keeping.Row{{Head: contact, Src: purpose, Cells: []keeping.Cell{{Text: t("keeping.from_heard")}, {Text: "104"}}},
				{Head: page.Link{Text: t("keeping.thing_outbox_messages")}, Src: s.p.N("keeping.things", 911), Cells: []keeping.Cell{{}, {Text: "402"}}},
				{Head: page.Link{Text: t("keeping.sample", "n", 1), Href: "/people/3k7q9p/keeping"}, Cells: []keeping.Cell{{}, {}}}},
			Forms: []keeping.Form{{Action: "/keeping/runs/7/approve", Button: t("keeping.approve", "due", 118, "whole", 97), Main: true}, {Action: "/keeping/runs/7/decline", Button: t("keeping.decline")}}},
		{ID: "times", Title: t("keeping.times"), Text: t("keeping.times_text"), Cols: []string{t("keeping.category"), t("keeping.purpose"), t("keeping.kept")},
			Rows: []keeping.Row{{Head: contact, Cells: []keeping.Cell{{Text: purpose}, {Text: s.s("så länge kundrelationen varar, sedan 24 månader", "asiakassuhteen ajan ja 24 kuukautta sen jälkeen", "during the relation, then 24 months")}}}}},
		{ID: "runs", Title: t("keeping.runs"), Cols: []string{t("keeping.began"), t("keeping.state"), t("keeping.due"), t("keeping.whole"), t("keeping.by")},
			Rows: []keeping.Row{{Head: page.Link{Text: s.p.Date(now)}, Src: t("keeping.kind_night"), Cells: []keeping.Cell{{Chip: no(t("keeping.is_waiting"))}, {Text: "118"}, {Text: "97"}, {Text: "retention.night"}}}}},
		{ID: "holds", Title: t("keeping.holds"), Text: t("keeping.holds_text"), None: t("keeping.holds_none")}}
	return v
}

func (s set) keepingPaper() keeping.SheetView {
	t, v := s.p.T, s.sheet("paper")
	form := page.Link{Text: s.s("undertecknad samtyckesblankett", "allekirjoitettu suostumuslomake", "signed consent form"), Href: "/people/3k7q9p/keeping"}
	room, keeper := s.s("arkivrum B", "arkistohuone B", "archive room B"), "Elsa Testinen"
	v.Cards = []keeping.Card{{ID: "papers", Title: t("keeping.papers"), Cols: []string{t("keeping.what"), t("keeping.where"), t("keeping.custodian"), t("keeping.destroy_on"), t("keeping.state")},
		Rows: []keeping.Row{
			{Head: form, Cells: []keeping.Cell{{Text: room}, {Text: keeper}, {Text: s.p.Date(day(2026, 11, 1, 12, 0))}, {Chip: no(t("keeping.to_destroy"))}},
				Forms: []keeping.Form{{Action: "/keeping/paper/3k7q9p/1/destroy", Button: t("keeping.destroy"), Fields: []page.Field{{ID: "certificate", Label: t("keeping.certificate"), Required: true}}}}},
			{Head: form, Cells: []keeping.Cell{{Text: room}, {Text: keeper}, {Text: s.p.Date(day(2030, 12, 31, 12, 0))}, {Chip: wait(t("keeping.is_out"))}},
				Forms: []keeping.Form{{Action: "/keeping/paper/3k7q9p/2/in", Button: t("keeping.take_in")}}}}}}
	return v
}

func (s set) keepingPerson() keeping.SheetView {
	t, v := s.p.T, s.sheet("person")
	v.Links = append([]page.Link{{Text: "Åsa Berg", Href: "/people/3k7q9p"}, {Text: t("keeping.title"), Href: "/keeping"}}, v.Links...)
	v.Cards = []keeping.Card{
		{ID: "dates", Title: t("keeping.dates"), Cols: []string{t("keeping.category"), t("keeping.until")}, Rows: []keeping.Row{
			{Head: page.Link{Text: s.s("Kontaktuppgifter", "Yhteystiedot", "Contact details")}, Steps: []string{t("keep.step.heard", "day", s.p.Date(now)) + " (GDPR 5(1)(e))", t("keep.step.hold") + " (GDPR 17(3)(e))"},
				Cells: []keeping.Cell{{Text: t("keep.open.hold")}}},
			{Head: page.Link{Text: s.s("Faktureringsuppgifter", "Laskutustiedot", "Billing details")}, Steps: []string{t("keep.step.year_end", "day", s.p.Date(day(2026, 12, 31, 12, 0))) + " (FI 1336/1997 2:10)"},
				Cells: []keeping.Cell{{Text: t("keep.until", "day", s.p.Date(day(2032, 12, 31, 12, 0)))}}}}},
		{ID: "holds", Title: t("keeping.holds"), Text: t("keeping.holds_text"), Cols: []string{t("keeping.reason"), t("keeping.ground"), t("keeping.last_day"), t("keeping.review"), t("keeping.by")},
			Rows: []keeping.Row{{Head: page.Link{Text: s.s("reklamation om order 4711", "reklamaatio tilauksesta 4711", "a complaint about order 4711")},
				Cells: []keeping.Cell{{Text: "GDPR 17(3)(e)"}, {}, {Text: s.p.Date(day(2027, 5, 1, 12, 0))}, {Text: "Kaisa Esimerkki"}}}}},
		{ID: "papers", Title: t("keeping.papers"), None: t("keeping.papers_none")},
		{ID: "disclosures", Title: t("keeping.disclosures"), Cols: []string{t("keeping.recipient"), t("keeping.what"), t("keeping.on"), t("keeping.by")},
			Rows: []keeping.Row{{Head: page.Link{Text: "Postilinja Oy"}, Cells: []keeping.Cell{{Text: s.p.N("keeping.carried", 12)}, {Text: s.p.Date(now)}, {}}}}}}
	return v
}

func (s set) keepingRecipients() keeping.SheetView {
	t, v := s.p.T, s.sheet("recipients")
	v.Cards = []keeping.Card{{ID: "notices", Title: t("keeping.to_tell"), Cols: []string{t("keeping.recipient"), t("keeping.of_what"), t("keeping.about"), t("keeping.state")},
		Rows: []keeping.Row{{Head: page.Link{Text: "Postilinja Oy"}, Cells: []keeping.Cell{{Text: t("keeping.reason_erasure")}, {Text: "Åsa Rea, asa@people.example"}, {Chip: no(t("keeping.not_told"))}},
			Forms: []keeping.Form{{Action: "/keeping/recipients/3k7q9p/1/told", Button: t("keeping.tell"), Fields: []page.Field{{ID: "how", Label: t("keeping.how"), Required: true}}}}}}}}
	return v
}
