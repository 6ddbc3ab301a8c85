package sample

import (
	"time"

	"kartotek/internal/web/page"
	"kartotek/internal/web/page/casework"
)

func (s set) casework() []Sample {
	none := casework.BoardView{Frame: s.frame("requests", s.p.T("nav.requests")), Figs: s.caseFigs()[:1], Filters: s.caseFilters()}
	unknown := s.oneCase()
	unknown.Who, unknown.Planned, unknown.PlanLead, unknown.Letters = page.Link{}, nil, "", unknown.Letters[:1]
	unknown.Match = &casework.Match{Action: "/requests/3k7q9p/match", Searched: true, Candidates: []casework.Candidate{{ID: "1", Name: "Åsa Öberg", Why: "asa.oberg@kortti.example Åbo", Href: "/people/1"}}}
	unknown.Identity.Sure, unknown.Identity.Rungs[0].Reached, unknown.Identity.Rungs[1].Reached = false, false, false
	return []Sample{
		{Name: "requests", Component: casework.Board(s.caseBoard())}, {Name: "requests-none", Component: casework.Board(none)},
		{Name: "requests-case", Component: casework.Case(s.oneCase())}, {Name: "requests-unknown", Component: casework.Case(unknown)},
		{Name: "requests-new", Component: casework.New(s.newCase())}, {Name: "requests-letter", Component: casework.Letter(s.caseLetter())},
		{Name: "requests-figures", Component: casework.Figures(s.caseYear())},
	}
}

func (s set) caseFigs() []casework.Fig {
	var out []casework.Fig
	for _, x := range []struct{ n, stage string }{{"0", "overdue"}, {"1", "urgent"}, {"2", "soon"}, {"4", "in-time"}} {
		out = append(out, casework.Fig{Number: x.n, Label: s.p.T("rights.stage." + x.stage), Href: "/requests?stage=" + x.stage})
	}
	return append(out, casework.Fig{Number: "1", Label: s.p.T("casework.to_print")})
}

func (s set) caseFilters() []page.Chip {
	out := []page.Chip{{Text: s.p.T("casework.closed"), Href: "/requests?state=closed"}, {Text: s.p.T("casework.mine"), Href: "/requests?mine=1"}}
	for _, k := range []string{"access", "rectification", "erasure", "restriction", "portability", "objection", "withdrawal", "information"} {
		out = append(out, page.Chip{Text: s.p.T("rights.kind." + k), Href: "/requests?kind=" + k})
	}
	return out
}

func (s set) caseBoard() casework.BoardView {
	row := func(ref, kind, channel string, who page.Link, due time.Time, days int, stage, state page.Chip, by string) casework.Row {
		return casework.Row{Href: "/requests/" + ref, Ref: ref, Kind: s.p.T("rights.kind." + kind), Channel: s.p.T("rights.channel." + channel), Who: who, Received: due.AddDate(0, 0, -30), Due: due,
			Left: s.p.N("casework.left", days), Stage: stage, State: state, Handler: by}
	}
	asa := page.Link{Text: "Åsa Öberg", Href: "/people/1"}
	return casework.BoardView{Frame: s.frame("requests", s.p.T("nav.requests")), Figs: s.caseFigs(), Filters: s.caseFilters(), Next: "/requests?after=x", Rows: []casework.Row{
		row("R-2026-0041", "erasure", "post", asa, day(2026, 11, 14, 12, 0), 2, no(s.p.T("rights.stage.urgent")), page.Chip{Text: s.p.T("rights.state.accepted")}, "Kaisa Esimerkki"),
		row("R-2026-0042", "access", "email", page.Link{}, day(2026, 11, 20, 12, 0), 8, wait(s.p.T("rights.stage.soon")), wait(s.p.T("rights.state.requires-action")), ""),
		row("R-2026-0043", "objection", "web", page.Link{Text: "Bo Exempel", Href: "/people/2"}, day(2026, 12, 7, 12, 0), 25, yes(s.p.T("rights.stage.in-time")), page.Chip{Text: s.p.T("rights.state.acknowledged")}, "Kaisa Esimerkki"),
	}}
}

func (s set) oneCase() casework.CaseView {
	steps := []casework.Step{{Date: day(2026, 3, 5, 12, 0), Text: s.p.T("rights.step.received"), Citation: "Reg 1182/71 3(1)"}, {Date: day(2026, 4, 5, 12, 0), Text: s.p.T("rights.step.month"), Citation: "GDPR 12(3)"},
		{Date: day(2026, 4, 7, 12, 0), Text: s.p.T("rights.step.moved", "why", s.s("påskdagen, annandag påsk", "pääsiäispäivä, toinen pääsiäispäivä", "Easter Sunday, Easter Monday")), Citation: "Reg 1182/71 3(4)"}}
	act := func(name string, open bool, fields ...page.Field) casework.Act {
		return casework.Act{ID: name, Title: s.p.T("casework.act_" + name), Lead: s.p.Or("casework.lead_"+name, ""), Action: "/requests/1/" + name, Button: s.p.T("casework.do_" + name), Fields: fields, Open: open}
	}
	words := func(act string) page.Field {
		return page.Field{ID: "besides-" + act, Name: "besides", Label: s.p.T("casework.besides"), Type: "textarea", Rows: 3}
	}
	fulfil := act("fulfil", true, page.Field{ID: "ground", Label: s.p.T("casework.ground"), Type: "select", Options: []page.Option{{Value: "A17NonNecessity", Text: "17(1)(a)"}}}, words("fulfil"))
	fulfil.Lead, fulfil.Danger, fulfil.Checks = s.p.T("casework.fulfil_erasure"), true, []casework.Check{{Name: "by_hand", Value: "1", Text: s.p.T("casework.by_hand")}}
	return casework.CaseView{Frame: s.frame("requests", "R-2026-0041"), Ref: "R-2026-0041", Kind: s.p.T("rights.kind.erasure"), Article: "GDPR 17", Who: page.Link{Text: "Åsa Öberg", Href: "/people/1"},
		State: page.Chip{Text: s.p.T("rights.state.accepted")}, Stage: wait(s.p.T("rights.stage.soon")), Left: s.p.N("casework.left", 9), Due: day(2026, 4, 7, 12, 0), Plan: day(2026, 4, 5, 12, 0), Steps: steps,
		Pauses: []casework.Pause{{Asked: day(2026, 3, 9, 12, 0), Answered: day(2026, 3, 12, 12, 0), Why: s.p.T("casework.wait_identity")}},
		Facts:  []page.Pair{{Label: s.p.T("casework.channel"), Value: s.p.T("rights.channel.post")}, {Label: s.p.T("casework.received"), Value: s.p.Date(day(2026, 3, 5, 12, 0))}, {Label: s.p.T("casework.handler"), Value: "Kaisa Esimerkki"}},
		Written: []casework.Item{{Title: s.p.T("casework.item_request"), At: day(2026, 3, 6, 9, 0), By: "Kaisa Esimerkki", Text: s.s("Jag vill att ni raderar allt ni har om mig.\nÅsa Öberg", "Haluan, että poistatte kaiken, mitä teillä on minusta.\nÅsa Öberg", "I want you to erase everything you have about me.\nÅsa Öberg"),
			Facts: []page.Pair{{Label: s.p.T("casework.name"), Value: "Åsa Öberg"}, {Label: s.p.T("casework.email"), Value: "asa.oberg@kortti.example"}}}},
		Together: []page.Link{{Text: "R-2026-0044, " + s.p.T("rights.kind.access"), Href: "/requests/2"}}, Identity: s.caseLadder(), PlanLead: s.p.T("casework.plan_lead"),
		Planned:  []string{s.s("Namn och kontaktuppgifter: raderas", "Nimi ja yhteystiedot: poistetaan", "Name and contact details: erased"), s.s("Fakturor: sparas till 31.12.2032 (bokföringslagen)", "Laskut: säilytetään 31.12.2032 asti (kirjanpitolaki)", "Invoices: kept until 31 December 2032 (accounting act)")},
		Acts:     []casework.Act{fulfil, act("ask", false), act("extend", false, words("extend")), act("refuse", false, words("refuse")), act("note", false, words("note"))},
		FilesURL: "/requests/1/files", ReceiptURL: "/requests/1/receipt", Files: []casework.Document{{Name: s.s("begaran.pdf", "pyynto.pdf", "request.pdf"), State: page.Chip{Text: s.p.T("scan.state.kept"), Tone: page.Yes}}, {Name: s.p.T("scan.nameless"), State: page.Chip{Text: s.p.T("scan.state.destroyed"), Tone: page.Info}}},
		Packages: []casework.Packed{{ID: "1", Text: s.p.T("casework.package"), Post: "/requests/1/package", Until: day(2026, 3, 27, 12, 0)}},
		Letters: []casework.LetterRow{{ID: "1", Title: s.p.T("casework.letter_receipt"), At: day(2026, 3, 6, 9, 0), State: page.Chip{Text: s.p.T("casework.letter_state_mail"), Tone: page.Info}, Href: "/requests/1/letters/1", PDF: "/requests/1/letters/1/pdf"},
			{ID: "2", Title: s.p.T("casework.letter_identity"), At: day(2026, 3, 9, 9, 0), State: wait(s.p.T("casework.letter_state_print")), Href: "/requests/1/letters/2", PDF: "/requests/1/letters/2/pdf", PrintedURL: "/requests/1/printed"}},
		Timeline: []casework.Event{{At: day(2026, 3, 12, 10, 0), Text: s.p.T("rights.event.verified"), By: "Kaisa Esimerkki", More: s.p.T("rights.certainty.known_address")}, {At: day(2026, 3, 6, 9, 0), Text: s.p.T("rights.event.opened"), By: "Kaisa Esimerkki"}},
	}
}

func (s set) caseLadder() casework.Identity {
	out := casework.Identity{Have: s.p.T("rights.certainty.known_address"), Enough: s.p.T("rights.certainty.known_address"), Sure: true}
	for i, r := range []string{"from_known_address", "known_address", "session", "shared_facts", "photo_id_shown"} {
		out.Rungs = append(out.Rungs, casework.Rung{Text: s.p.T("rights.certainty." + r), Reached: i < 2})
	}
	return out
}

func (s set) newCase() casework.NewView {
	v := casework.NewView{Frame: s.frame("requests", s.p.T("casework.new")), Error: s.p.T("error.rights.nobody")}
	for _, k := range []string{"access", "rectification", "erasure", "objection"} {
		v.Kinds = append(v.Kinds, casework.Check{Name: "kind", Value: k, Text: s.p.T("rights.kind." + k), On: k == "access"})
	}
	v.How = []page.Field{{ID: "channel", Label: s.p.T("casework.channel"), Type: "select", Options: []page.Option{{Value: "post", Text: s.p.T("rights.channel.post")}}}, {ID: "arrived", Label: s.p.T("casework.received"), Hint: s.p.T("casework.received_hint"), Type: "date", Value: "2026-11-12"},
		{ID: "signed", Label: s.p.T("casework.signed"), Type: "date", Value: "2026-11-09"}, {ID: "envelope", Label: s.p.T("casework.envelope"), Hint: s.p.T("casework.envelope_hint")}}
	for _, f := range []string{"name", "email", "phone"} {
		v.Who = append(v.Who, page.Field{ID: f, Label: s.p.T("casework." + f)})
	}
	v.Agent = []page.Field{{ID: "agent_name", Label: s.p.T("casework.agent_name")}, {ID: "authority", Label: s.p.T("casework.authority")},
		{ID: "authority_on", Label: s.p.T("casework.authority_on"), Type: "date"}, {ID: "authority_until", Label: s.p.T("casework.authority_until"), Type: "date"}}
	v.ByAgent, v.Batch, v.Until = true, "3k", s.p.Time(day(2026, 11, 12, 14, 30))
	v.Waiting = []casework.Check{{Name: "waiting_file", Value: "3m", Text: s.s("begaran.pdf", "pyynto.pdf", "request.pdf") + " · " + s.p.Bytes(240_000), On: true},
		{Name: "waiting_file", Value: "3n", Text: "IMG_0412.jpg · " + s.p.T("casework.id_document"), On: true}}
	v.What = []page.Field{{ID: "said", Label: s.p.T("casework.said"), Type: "textarea", Rows: 6}, {ID: "scan", Label: s.p.T("casework.scan"), Hint: s.p.T("casework.scan_hint"), Type: "file", Multiple: true},
		{ID: "id_document", Label: s.p.T("casework.id_document"), Hint: s.p.T("casework.id_document_hint"), Type: "file", Multiple: true}}
	return v
}

func (s set) caseLetter() casework.LetterView {
	return casework.LetterView{Frame: s.frame("requests", "R-2026-0041"), Ref: "R-2026-0041", Back: "/requests/1", Subject: s.p.T("letter.identity.title"), Lang: s.p.Lang(), PDF: "/requests/1/letters/2/pdf",
		Text: "Nordanvind Oy\n\nÅsa Öberg\n\n" + s.p.T("letter.identity.clock", "ref", "R-2026-0041", "due", s.p.Date(day(2026, 4, 7, 12, 0)))}
}

func (s set) caseYear() casework.FiguresView {
	fig := func(n, key string) casework.Fig { return casework.Fig{Number: n, Label: s.p.T(key)} }
	return casework.FiguresView{Frame: s.frame("requests", s.p.T("casework.figures")), Year: "2026", Years: []page.Chip{{Text: "2026", Href: "/requests/figures?year=2026", Tone: page.Info}, {Text: "2025", Href: "/requests/figures?year=2025"}},
		Figs: []casework.Fig{fig("44", "casework.f_cases"), fig("9", "casework.f_median"), fig("61", "casework.f_longest"), fig("2", "casework.f_extended"), fig("0", "casework.f_late")},
		Tables: []casework.Table{{ID: "kinds", Title: s.p.T("casework.by_kind"), Most: 20, Rows: []casework.TableRow{{Label: s.p.T("rights.kind.access"), N: 20}, {Label: s.p.T("rights.kind.erasure"), N: 14}, {Label: s.p.T("rights.kind.objection"), N: 10}}},
			{ID: "outcomes", Title: s.p.T("casework.by_outcome"), Most: 40, Rows: []casework.TableRow{{Label: s.p.T("rights.outcome.fulfilled"), N: 40}, {Label: s.p.T("rights.outcome.refused"), N: 2}, {Label: s.p.T("casework.f_open"), N: 2}}}}}
}
