package sample

import (
	"kartotek/internal/web/page"
	"kartotek/internal/web/page/office"
)

func (s set) access() []Sample {
	elevated := s.frame("access", s.p.T("access.title"))
	elevated.Raised = &page.Raised{Level: s.s("Kundtjänst", "Asiakaspalvelu", "Customer service"), Until: "14:30", Action: "/access/elevation/end"}
	service, ill := elevated.Raised.Level, s.s("vikarierar i dag, ärende 4711", "sijaisena tänään, tiketti 4711", "standing in today, ticket 4711")
	v := office.AccessView{Frame: elevated, Levels: []string{s.s("Registrator", "Kirjaaja", "Clerk")}, Choices: []page.Option{{Value: "service", Text: service}},
		Minutes: []page.Option{{Value: "15", Text: s.p.N("access.minutes", 15)}, {Value: "30", Text: s.p.N("access.minutes", 30), On: true}, {Value: "60", Text: s.p.N("access.hours", 1)}},
		Elevations: []office.ElevationRow{{ID: "1", Who: "Maija E.", Level: service, From: now, Until: day(2026, 11, 12, 14, 30), Reason: ill, State: wait(s.p.T("access.now")), CanEnd: true},
			{ID: "2", Who: "Maija E.", Level: service, From: now, Until: day(2026, 11, 3, 11, 0), Reason: s.s("månadsskifte", "kuunvaihde", "month's end"), State: page.Chip{Text: s.p.T("access.over")}}},
		Doors: []office.AccessDoor{{Title: s.p.T("approvals.title"), Text: s.p.T("approvals.lead"), Href: "/access/approvals", State: wait(s.p.N("approvals.waiting", 1))},
			{Title: s.p.T("areview.title"), Text: s.p.T("areview.lead"), Href: "/access/review", State: no(s.p.T("measures.state_lapsed"))},
			{Title: s.p.T("measures.title"), Text: s.p.T("measures.lead"), Href: "/access/measures", State: yes(s.p.T("measures.all_ok"))}}}
	none := office.AccessView{Frame: s.frame("access", s.p.T("access.title")), Doors: v.Doors[:1]}
	asks := office.HeldView{Frame: s.frame("access", s.p.T("held.title")), Act: s.p.T("may_act.export"), Object: "/outreach/3k7q9p/results.csv", Who: []string{"Kaisa Esimerkki"}, Ask: "/outreach/3k7q9p/results.csv"}
	held := office.HeldView{Frame: s.frame("access", s.p.T("held.title")), Act: s.p.T("may_act.send"), Object: "/outreach/3k7q9p/send", At: now, Who: []string{"Kaisa Esimerkki", "Bo Exempel"}}
	return []Sample{
		{Name: "access", Component: office.Access(v)}, {Name: "access-none", Component: office.Access(none)},
		{Name: "access-held", Component: office.Held(held)}, {Name: "access-ask", Component: office.Held(asks)}, {Name: "access-approvals", Component: office.Approvals(s.approvals())},
		{Name: "access-review", Component: office.AccessReview(s.review())}, {Name: "access-review-document", Component: office.ReviewDoc(s.reviewDoc())},
		{Name: "access-measures", Component: office.Measures(s.measures())}, {Name: "access-measure", Component: office.Measure(s.measure())},
	}
}

func (s set) approvals() office.ApprovalsView {
	row := office.ApprovalRow{ID: "1", Act: s.p.T("may_act.send"), Who: "Bo Exempel", Object: page.Link{Text: "/outreach/3k7q9p/send", Href: "/outreach/3k7q9p"}, At: now, State: wait(s.p.T("approvals.state_waiting"))}
	done := row
	done.State, done.By, done.Reason, done.Who = yes(s.p.T("approvals.state_approved")), "Kaisa Esimerkki", s.s("läst och rätt", "luettu ja oikein", "read and right"), "Maija E."
	return office.ApprovalsView{Frame: s.frame("access", s.p.T("approvals.title")), Waiting: []office.ApprovalRow{row}, Mine: []office.ApprovalRow{done}}
}

func (s set) lines() []office.ReviewLine {
	marketing, clerk := s.s("Marknadsföring", "Markkinointi", "Marketing"), s.s("Registrator", "Kirjaaja", "Clerk")
	own := s.p.T("areview.own_staff")
	return []office.ReviewLine{
		{Account: "1", Name: "Bo Exempel", Affiliation: own, Levels: marketing + ", " + clerk, Seen: day(2026, 11, 11, 9, 0), Second: true, Unused: []string{s.p.T("may_act.import"), s.p.T("may_act.undo")},
			Proposals: []string{s.p.T("areview.propose_lower", "levels", clerk)}, CanLower: true, LowerTo: clerk},
		{Account: "2", Name: "Dan Nyman", Affiliation: s.p.T("areview.of_processor", "name", "Konesali Oy"), Processor: true, Levels: clerk, Seen: day(2026, 7, 1, 9, 0), EndDate: true, Disable: true,
			Proposals: []string{s.p.T("areview.propose_disable"), s.p.T("areview.propose_end_date")}},
		{Account: "3", Name: "Kaisa Esimerkki", Affiliation: own, Levels: marketing, Seen: now, Second: true, Decision: yes(s.p.T("areview.decided_keep")), By: "Bo Exempel", Reason: s.s("arbetet är detsamma", "työ on sama", "the work is the same")},
		{Account: "4", Name: "Maija E.", Affiliation: own, Levels: marketing, Seen: now, Own: true},
	}
}

func (s set) review() office.ReviewView {
	return office.ReviewView{Frame: s.frame("access", s.p.T("areview.title")), State: wait(s.p.T("measures.state_due")), ID: "7", Since: day(2026, 5, 12, 12, 0), Measured: day(2026, 1, 7, 12, 0), Lines: s.lines(), Left: 3, Next: "2027-05-12",
		Promise: s.p.T("areview.promise", "owner", "Kaisa Esimerkki", "period", s.p.N("unit.months", 6), "day", s.p.Date(day(2026, 11, 20, 12, 0))),
		Past:    []office.ReviewRow{{Href: "/access/review/6", At: day(2026, 5, 12, 12, 0), By: "Kaisa Esimerkki", Hash: hash("a")[:16]}}}
}

func (s set) reviewDoc() office.ReviewDocView {
	lines := s.lines()[:3]
	lines[0].Decision, lines[0].After, lines[0].By, lines[0].Reason = page.Chip{Text: s.p.T("areview.decided_lower"), Tone: page.Info}, lines[0].LowerTo, "Kaisa Esimerkki", s.s("som föreslaget", "kuten ehdotettu", "as proposed")
	lines[1].Decision, lines[1].By, lines[1].Reason, lines[1].Alone = no(s.p.T("areview.decided_disable")), "Kaisa Esimerkki", s.s("uppdraget är slut", "toimeksianto päättyi", "the assignment is over"), true
	return office.ReviewDocView{Frame: s.frame("access", s.p.T("areview.title")), ID: "6", Owner: "Kaisa Esimerkki", Started: day(2026, 5, 12, 9, 0), Closed: day(2026, 5, 12, 12, 0), StartedBy: "Kaisa Esimerkki", By: "Kaisa Esimerkki",
		Next: day(2026, 11, 20, 12, 0), Since: day(2026, 2, 12, 12, 0), Measured: day(2026, 1, 7, 12, 0), Lines: lines, Hash: hash("a"), JSONURL: "/access/review/6/document"}
}

func (s set) measures() office.MeasuresView {
	premises := s.measure().MeasureRow
	tls := office.MeasureRow{ID: "tls", Href: "/access/measures/tls", Text: s.s("All trafik mellan dig och oss är krypterad.", "Kaikki liikenne sinun ja meidän välillä on salattu.", "All traffic between you and us is encrypted."), State: yes(s.p.T("measures.state_ok")), Last: now,
		Measured: "TLS 1.3 · " + s.p.T("measures.certificate", "day", s.p.Date(day(2027, 2, 1, 12, 0))) + " · " + s.p.N("measures.hsts", 365)}
	paper := office.MeasureRow{ID: "paper", Href: "/access/measures/paper", Text: s.s("Papper förvaras i ett låst arkiv.", "Paperit säilytetään lukitussa arkistossa.", "Paper is kept in a locked archive."), Owner: "Bo Exempel",
		Evidence: s.s("nyckellista 7", "avainluettelo 7", "key list 7"), State: wait(s.p.T("measures.state_due")), Last: day(2025, 12, 1, 12, 0), Due: day(2026, 12, 1, 12, 0)}
	return office.MeasuresView{Frame: s.frame("access", s.p.T("measures.title")), Rows: []office.MeasureRow{tls, premises, paper}}
}

func (s set) measure() office.MeasureView {
	return office.MeasureView{Frame: s.frame("access", s.p.T("measures.tab")), MayCheck: true, Day: "2026-11-12", Next: "2027-11-12",
		MeasureRow: office.MeasureRow{ID: "premises", Href: "/access/measures/premises", Text: s.s("Lokaler och datorer är låsta när ingen är på plats.", "Tilat ja tietokoneet ovat lukittuina, kun kukaan ei ole paikalla.", "Rooms and computers are locked when nobody is there."),
			Owner: "Kaisa Esimerkki", Evidence: "docs/security/premises.md", State: no(s.p.T("measures.state_lapsed")), Last: day(2025, 11, 1, 12, 0), Due: day(2026, 11, 1, 12, 0)},
		Checks: []office.CheckRow{{Day: day(2025, 11, 1, 12, 0), Next: day(2026, 11, 1, 12, 0), Result: yes(s.p.T("measures.in_order")), Evidence: s.s("runda med nyckellistan", "kierros avainluettelon kanssa", "round with the key list"), By: "Kaisa Esimerkki"}}}
}
