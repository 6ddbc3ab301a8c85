package sample

import (
	"time"

	"kartotek/internal/erasing"
	"kartotek/internal/web/page"
	"kartotek/internal/web/page/mine"
)

// mine are the pages of "My data".
func (s set) mine() []Sample {
	asked := mine.AskedView{Public: s.outside(s.p.T("mine.asked")), Code: "482913", Until: now.Add(20 * time.Minute), RequestURL: "/ask"}
	enter := mine.EnterView{Public: s.outside(s.p.T("mine.title")), Action: "/me/in/X", Here: "/me/in/X/here"}
	code := enter
	code.Code, code.Error = true, s.p.T("error.subject.code")
	out := []Sample{
		{Name: "mine-ask", Component: mine.Ask(mine.AskView{Public: s.outside(s.p.T("mine.title")), RequestURL: "/ask"})},
		{Name: "mine-ask-error", Component: mine.Ask(mine.AskView{Public: s.outside(s.p.T("mine.title")), Error: s.p.T("error.subject.address"), RequestURL: "/ask"})},
		{Name: "mine-asked", Component: mine.Asked(asked)},
		{Name: "mine-enter", Component: mine.Enter(enter)},
		{Name: "mine-enter-code", Component: mine.Enter(code)},
		{Name: "mine-overview", Component: mine.Overview(s.mineOverview())},
		{Name: "mine-facts", Component: mine.Facts(s.mineFacts())},
		{Name: "mine-messages", Component: mine.List(s.mineMessages())},
		{Name: "mine-readers", Component: mine.List(s.mineReaders())},
		{Name: "mine-cases", Component: mine.List(s.mineCases())},
		{Name: "mine-cases-none", Component: mine.List(mine.ListView{Inside: s.inside("mine.cases", "cases"), Lead: s.p.T("mine.cases_lead"), None: s.p.T("mine.cases_none")})},
		{Name: "mine-address", Component: mine.Move(mine.MoveView{Inside: s.inside("mine.move", "facts"), Old: "asa.berg@fjord.example", Both: true})},
		{Name: "mine-said", Component: mine.Said(mine.SaidView{Inside: s.inside("mine.kind_restriction", "cases"), Text: []string{s.p.T("mine.restrict_done"), s.p.T("mine.case_due", "on", s.p.Date(day(2026, 12, 14, 12, 0)))}, Case: "R-2026-0042",
			Back: page.Link{Text: s.p.T("mine.cases"), Href: "/me/cases"}})},
	}
	out = append(out, s.mineActs()...)
	for i := range out {
		out[i].Public = true
	}
	return out
}

func (s set) inside(title, section string) mine.Inside {
	return mine.Inside{Public: s.outside(s.p.T(title)), Section: section, Name: "Åsa Berg", Address: "asa.berg@fjord.example", Ends: now.Add(30 * time.Minute)}
}

func (s set) mineGroups() []mine.Group {
	you := s.p.T("source.dated", "source", s.p.T("mine.from_you"), "at", day(2025, 2, 3, 10, 12))
	list := s.p.T("source.dated", "source", s.p.T("source.import")+" (Mailchimp)", "at", day(2024, 5, 1, 9, 30))
	why := s.p.T("mine.purpose", "purpose", s.newsletter(), "basis", s.consent())
	return []mine.Group{
		{ID: "identity", Title: s.s("Vem du är", "Kuka olet", "Who you are"), Why: why, Until: s.s("så länge kundrelationen varar, sedan 24 månader", "asiakassuhteen ajan ja sen jälkeen 24 kuukautta", "while the relation lasts, then 24 months"), Facts: []mine.Fact{
			{Field: "first_name", Label: s.s("Förnamn", "Etunimi", "First name"), Value: "Åsa", Src: you, How: "correct"},
			{Field: "last_name", Label: s.s("Efternamn", "Sukunimi", "Last name"), Value: "Berg", Src: you, How: "correct"},
			{Field: "customer_number", Label: s.s("Kundnummer", "Asiakasnumero", "Customer number"), Value: "40 112", Src: list, How: "contest"}}},
		{ID: "contact", Title: s.s("Så når vi dig", "Miten tavoitamme sinut", "How we reach you"), Why: why, Until: s.s("så länge samtycket gäller", "niin kauan kuin suostumus on voimassa", "while the consent holds"), Facts: []mine.Fact{
			{Field: "email", Label: s.email(), Value: "asa.berg@fjord.example", Src: you, How: "move"},
			{Field: "phone", Label: s.s("Telefon", "Puhelin", "Telephone"), Value: "+358 00 000 0412", Src: list, How: "correct"}}},
	}
}

func (s set) mineOverview() mine.OverviewView {
	return mine.OverviewView{Inside: s.inside("mine.title", "overview"), Groups: s.mineGroups(), Notice: "/notice/sv", Kept: []mine.Kept{
		{Text: s.s("Meddelanden", "Viestit", "Messages"), Count: 14, First: day(2025, 2, 3, 10, 12), Last: day(2026, 11, 12, 9, 0), Href: "/me/messages"},
		{Text: s.s("Samtycken och förbud", "Suostumukset ja kiellot", "Permissions and prohibitions"), Count: 3, First: day(2025, 2, 3, 10, 12), Last: day(2026, 3, 1, 9, 0), Href: "/me/permissions"},
		{Text: s.p.T("dossier.subject.sessions"), Count: 1, First: now, Last: now, Href: "/me/sessions"}}}
}

func (s set) mineFacts() mine.FactsView {
	v := mine.FactsView{Inside: s.inside("mine.facts", "facts"), Groups: s.mineGroups(), Empty: []mine.Fact{{Field: "city", Label: s.s("Ort", "Paikkakunta", "Town"), How: "correct"}}}
	v.Flash = &page.Flash{Tone: page.Yes, Text: s.p.T("mine.corrected")}
	v.Groups[0].Facts[1].Error = s.p.T("mine.bad_value")
	return v
}

func (s set) mineMessages() mine.ListView {
	why := []page.Link{{Text: s.p.T("mine.why_this"), Href: "/w/9kq2"}}
	return mine.ListView{Inside: s.inside("mine.messages", "messages"), Lead: s.p.T("mine.messages_lead"), Older: "?after=x", Rows: []mine.Row{
		{Text: s.november(), Chip: yes(s.p.T("mine.state_sent")), At: day(2026, 11, 12, 9, 14), Src: s.newsletter() + " " + s.p.T("by.email"), Links: why},
		{Text: s.s("Enkät om ditt besök", "Kysely käynnistäsi", "Survey about your visit"), Chip: no(s.p.T("mine.state_skipped")), At: day(2026, 10, 2, 8, 0), Src: s.p.T("code.PROHIBITED-RESEARCH"), Links: why}}}
}

func (s set) mineReaders() mine.ListView {
	return mine.ListView{Inside: s.inside("mine.readers", "readers"), Lead: s.p.T("mine.readers_lead"), Rows: []mine.Row{
		{Text: s.p.T("mine.you") + ": " + s.p.T("log_act.subject.read"), At: now},
		{Text: s.s("Kundtjänst", "Asiakaspalvelu", "Customer service") + ": " + s.p.T("log_act.person.read"), At: day(2026, 11, 2, 13, 5), Src: s.s("Vårda och sköta kundrelationen", "Asiakassuhteen hoitaminen", "Looking after the customer relationship")},
		{Text: s.p.T("mine.by_program") + ": " + s.p.T("log_act.subject.link"), At: day(2026, 11, 1, 13, 5)}}}
}

func (s set) mineCases() mine.ListView {
	return mine.ListView{Inside: s.inside("mine.cases", "cases"), Lead: s.p.T("mine.cases_lead"), Foot: []page.Link{{Text: s.p.T("mine.do_rights"), Href: "/me/rights"}, {Text: s.p.T("mine.write_us"), Href: "/ask"}}, Rows: []mine.Row{
		{Text: "R-2026-0042 · " + s.p.T("mine.kind_restriction"), Href: "/me/cases/7", Chip: wait(s.p.T("mine.case_open")), At: day(2026, 11, 11, 9, 0), Src: s.p.T("mine.case_due", "on", s.p.Date(day(2026, 12, 11, 12, 0))) + " · " + s.p.N("mine.case_letters", 1)},
		{Text: "R-2026-0017 · " + s.p.T("mine.kind_access"), Href: "/me/cases/5", Chip: yes(s.p.T("mine.case_closed")), At: day(2026, 3, 2, 9, 0), Src: s.p.T("mine.case_closed_on", "on", s.p.Date(day(2026, 3, 20, 12, 0)))}}}
}

func (s set) mineActs() []Sample {
	invoice := erasing.Line{Action: erasing.Keep, Code: erasing.LegallyRequired, Law: s.s("BokfL 2:10", "KPL 2:10", "KPL 2:10"), Until: "2032-12-31", Article: "GDPR 17(3)(b)"}
	line := func(what string, n int, l erasing.Line) string {
		return s.p.T("erasing.line", "what", what, "count", s.p.Number(n), "then", l.Words(s.p))
	}
	gone := erasing.Line{Action: erasing.Erase}
	erasing := []string{line(s.s("Kontaktuppgifter", "Yhteystiedot", "Contact details"), 14, gone), line(s.s("Meddelanden", "Viestit", "Messages"), 3, gone), line(s.s("Fakturor", "Laskut", "Invoices"), 2, invoice)}
	rights := mine.RightsView{Inside: s.inside("mine.rights", "rights"), Consents: 2, Interest: []string{s.s("Analys och rapporter", "Analyysit ja raportit", "Analysis and reports")}, Erasing: erasing, AtOnce: true, Package: true, Grounds: s.grounds()}
	plain := mine.RightsView{Inside: s.inside("mine.rights", "rights"), Stopped: true, Profiling: true, Grounds: s.grounds(), Limited: s.p.T("mine.restricted"), Misuse: true}
	move := mine.ConfirmView{Public: s.outside(s.p.T("mine.confirm_title_move")), Kind: "move", Action: "/me/confirm/X", From: masked, To: "a•••a@e•••.example"}
	half := move
	half.Done, half.Waits, half.Title = true, s.p.T("mine.waits_new"), s.p.T("mine.confirmed")
	erase := mine.ConfirmView{Public: s.outside(s.p.T("mine.confirm_title_erase")), Kind: "erase", Action: "/me/confirm/X", Lines: erasing, AtOnce: true}
	done := erase
	done.Done, done.Lines, done.Waits, done.Case, done.Title = true, nil, s.p.T("mine.erase_asked"), "R-2026-0043", s.p.T("mine.confirmed")
	done.Steps = []string{s.p.T("mine.erase_step_misuse"), s.p.T("mine.erase_step_letter"), s.p.T("mine.erase_step_due", "on", s.p.Date(day(2026, 12, 14, 12, 0)))}
	done.Next = page.Link{Text: s.p.T("mine.cases"), Href: "/me/cases"}
	return []Sample{
		{Name: "mine-rights", Component: mine.Rights(rights)}, {Name: "mine-rights-plain", Component: mine.Rights(plain)},
		{Name: "mine-confirm-move", Component: mine.Confirm(move)}, {Name: "mine-confirm-half", Component: mine.Confirm(half)},
		{Name: "mine-confirm-erase", Component: mine.Confirm(erase)}, {Name: "mine-confirm-desk", Component: mine.Confirm(done)},
		{Name: "mine-erased", Component: mine.Erased(s.mineErased())}, {Name: "mine-case", Component: mine.Case(s.mineCase())}, {Name: "mine-letter", Component: mine.Letter(s.mineLetter())},
	}
}

func (s set) grounds() (out []page.Option) {
	for _, g := range []string{"accuracy", "unlawful", "claims", "objection"} {
		out = append(out, page.Option{Value: g, Text: s.p.T("mine.ground_" + g)})
	}
	return out
}

func (s set) mineCase() mine.CaseView {
	on := func(key string, at time.Time) string { return s.p.T("mine.clock_"+key, "on", s.p.Date(at)) }
	return mine.CaseView{Inside: s.inside("mine.cases", "cases"), Ref: "R-2026-0042", Kind: s.p.T("mine.kind_restriction"), State: wait(s.p.T("mine.case_open")),
		Clock: []string{on("came", day(2026, 11, 11, 9, 0)), s.p.T("mine.clock_due", "on", s.p.Date(day(2026, 12, 11, 12, 0)), "left", s.p.N("mine.days_left", 19)), s.p.T("mine.clock_limits")},
		Asked: s.p.T("mine.ground_accuracy") + "\n\n" + s.s("Kundnumret är inte mitt.", "Asiakasnumero ei ole minun.", "The customer number is not mine."),
		Letters: []mine.Row{{Text: s.p.T("letter.subject", "title", s.p.T("letter.receipt.title"), "ref", "R-2026-0042"), Href: "/me/cases/7/letters/8", At: day(2026, 11, 11, 9, 0),
			Links: []page.Link{{Text: "PDF", Href: "/me/cases/7/letters/8/pdf"}}}},
		Withdraw: "/me/cases/7/withdraw", Stays: s.p.T("mine.case_back_stays")}
}

func (s set) mineLetter() mine.LetterView {
	text := "Nordanvind Exempel Ab\nHamngatan 4\n65100 Vasa\n\n" + s.p.Date(day(2026, 11, 11, 9, 0)) + "\n\nÅsa Berg\nasa.berg@fjord.example\n\n" + s.p.T("letter.hello", "name", "Åsa Berg") + "\n\n" + s.p.T("letter.receipt.restricted")
	return mine.LetterView{Inside: s.inside("mine.letter", "cases"), Lang: s.p.Lang(), Text: text, PDF: "/me/cases/7/letters/8/pdf", Back: page.Link{Text: s.p.T("mine.case_ref", "ref", "R-2026-0042"), Href: "/me/cases/7"}}
}

func (s set) mineErased() mine.ErasedView {
	invoice := erasing.Line{Action: erasing.Keep, Code: erasing.LegallyRequired, Law: "KPL 2:10", Until: "2032-12-31", Article: "GDPR 17(3)(b)"}
	return mine.ErasedView{Public: s.outside(s.p.T("mine.erased")), PDF: "/me/erased/X/pdf",
		Gone:    []page.Pair{{Label: s.p.T("dossier.party.person"), Value: "1"}, {Label: s.p.T("dossier.outbox.messages"), Value: "14"}, {Label: s.p.T("dossier.subject.sessions"), Value: "1"}},
		Waiting: []page.Pair{{Label: s.p.T("erasure.waits.paper.items"), Value: "2"}, {Label: s.p.T("erasure.waits.recipient.notices"), Value: "1"}},
		Kept:    []page.Pair{{Label: s.s("Fakturor", "Laskut", "Invoices"), Value: invoice.Words(s.p)}},
		Facts:   []page.Pair{{Label: s.p.T("erasure.number"), Value: "3HQ7C2K9"}, {Label: s.p.T("erasure.at"), Value: s.p.DateTime(now)}, {Label: s.p.T("erasure.case"), Value: "R-2026-0043"}, {Label: s.p.T("erasure.digest"), Value: "sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"}}}
}
