package sample

import (
	"time"

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
		{Text: "R-2026-0042 · " + s.p.T("mine.kind_restriction"), Chip: wait(s.p.T("mine.case_open")), At: day(2026, 11, 11, 9, 0), Src: s.p.T("mine.case_due", "on", s.p.Date(day(2026, 12, 11, 12, 0))) + " · " + s.p.N("mine.case_letters", 1)},
		{Text: "R-2026-0017 · " + s.p.T("mine.kind_access"), Chip: yes(s.p.T("mine.case_closed")), At: day(2026, 3, 2, 9, 0), Src: s.p.T("mine.case_closed_on", "on", s.p.Date(day(2026, 3, 20, 12, 0)))}}}
}

func (s set) mineActs() []Sample {
	erasing := []string{s.s("Raderar 14 uppgifter", "Poistaa 14 tietoa", "Erases 14 facts"), s.s("Raderar 3 meddelanden", "Poistaa 3 viestiä", "Erases 3 messages"), s.s("Behåller 2 fakturor till 2032 (bokföringslagen)", "Säilyttää 2 laskua vuoteen 2032 (kirjanpitolaki)", "Keeps 2 invoices until 2032 (accounting act)")}
	rights := mine.RightsView{Inside: s.inside("mine.rights", "rights"), Consents: 2, Interest: []string{s.s("Analys och rapporter", "Analyysit ja raportit", "Analysis and reports")}, Erasing: erasing, AtOnce: true, Package: true}
	plain := mine.RightsView{Inside: s.inside("mine.rights", "rights"), Stopped: true, Profiling: true}
	move := mine.ConfirmView{Public: s.outside(s.p.T("mine.confirm_title_move")), Kind: "move", Action: "/me/confirm/X", From: masked, To: "a•••a@e•••.example"}
	half := move
	half.Done, half.Waits, half.Title = true, s.p.T("mine.waits_new"), s.p.T("mine.confirmed")
	erase := mine.ConfirmView{Public: s.outside(s.p.T("mine.confirm_title_erase")), Kind: "erase", Action: "/me/confirm/X", Lines: erasing}
	done := erase
	done.Done, done.Waits, done.Case, done.Title = true, s.p.T("mine.erased"), "R-2026-0043", s.p.T("mine.confirmed")
	return []Sample{
		{Name: "mine-rights", Component: mine.Rights(rights)}, {Name: "mine-rights-plain", Component: mine.Rights(plain)},
		{Name: "mine-confirm-move", Component: mine.Confirm(move)}, {Name: "mine-confirm-half", Component: mine.Confirm(half)},
		{Name: "mine-confirm-erase", Component: mine.Confirm(erase)}, {Name: "mine-confirm-erased", Component: mine.Confirm(done)},
	}
}
