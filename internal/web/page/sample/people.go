package sample

import (
	"strconv"
	"time"

	"kartotek/internal/web/page"
)

func (s set) people() []Sample {
	list := s.peopleView()
	filtered := list
	filtered.Found, filtered.Query = 3, "öberg"
	filtered.Filters = []page.Chip{
		{Text: s.p.T("people.city") + ": Esbo", Remove: "/people?q=öberg", RemoveWording: s.p.T("people.clear")},
		{Text: "”öberg”", Remove: "/people?city=Esbo", RemoveWording: s.p.T("people.clear")}}
	filtered.Rows, filtered.Next = list.Rows[:3], ""
	nobody, noMatch := list, filtered
	nobody.Total, nobody.Found, nobody.Rows, nobody.Next, nobody.Duplicates = 0, -1, nil, "", 0
	noMatch.Found, noMatch.Rows = 0, nil
	person := s.personView()
	restricted := person
	restricted.State = no(s.s("begränsad behandling sedan 1.11.2026", "käsittelyä rajoitettu 1.11.2026 alkaen", "restricted since 1 Nov 2026"))
	restricted.CanEdit, restricted.CanPermit, restricted.Timeline = false, false, nil
	restricted.PermitError = ""
	failed := person
	failed.PermitError = s.s("Skriv vad brevet säger: ett förbud utan bevis kan inte antecknas. Inget har sparats.", "Kirjoita, mitä kirjeessä lukee: kieltoa ei voi kirjata ilman todistetta. Mitään ei tallennettu.", "Write what the letter says: a prohibition cannot be recorded without evidence. Nothing was stored.")
	return []Sample{
		{Name: "people", Component: page.People(list)},
		{Name: "people-filtered", Component: page.People(filtered)},
		{Name: "people-empty", Component: page.People(nobody)},
		{Name: "people-no-match", Component: page.People(noMatch)},
		{Name: "search", Component: page.Search(s.search())},
		{Name: "search-none", Component: page.Search(page.SearchView{Frame: s.search().Frame})},
		{Name: "person", Component: page.Person(person)},
		{Name: "person-restricted", Component: page.Person(restricted)},
		{Name: "person-error", Component: page.Person(failed)},
		{Name: "person-evidence", Component: page.PersonEvidence(s.evidence())},
		{Name: "person-history", Component: page.PersonHistory(s.history())},
		{Name: "person-history-empty", Component: page.PersonHistory(page.HistoryView{Frame: s.frame("people", "Åsa Öberg"), Person: asa})},
		{Name: "verdict", Component: page.VerdictPage(s.verdict(true))},
		{Name: "verdict-differs", Component: page.VerdictPage(s.verdict(false))},
		{Name: "duplicates", Component: page.Duplicates(s.duplicates())},
		{Name: "duplicates-empty", Component: page.Duplicates(page.DuplicatesView{Frame: s.frame("people", s.p.T("duplicates.tab"))})},
		{Name: "merge", Component: page.Merge(s.merge())},
	}
}

var asa = page.Link{Text: "Åsa Öberg", Href: "/people/3k7q"}

func (s set) peopleView() page.PeopleView {
	v := page.PeopleView{Frame: s.frame("people", s.p.T("nav.people")), Total: 12480, Found: -1,
		Next: "/people?after=x", Duplicates: 4, MayImport: true, MayAdd: true}
	can, cannot, ask := yes(s.newsletter()), no(s.s("förbud", "kielto", "prohibition")), wait(s.s("aldrig frågad", "ei kysytty", "never asked"))
	rows := []struct {
		name, title, org, city, mail string
		chip                         page.Chip
	}{
		{"Åsa Öberg", s.s("Inköpschef", "Ostopäällikkö", "Head of purchasing"), "Fjällkliniken Oy", "Esbo", "asa.oberg@fjallkliniken.example", can},
		{"Eero Öberg", "", "Talotekniikka Mäntylä Oy", "Esbo", "eero@mantyla.example", cannot},
		{"Ann-Sofie Öberg-Lindroos", s.s("Verksamhetsledare", "Toiminnanjohtaja", "Executive director"), "Föreningen för luftvård i Svenskfinland rf", "Esbo", "ann-sofie.oberg-lindroos@luftvardsforeningen.example", can},
		{"Kalle Aaltonen", s.s("Fastighetsskötare", "Kiinteistönhoitaja", "Caretaker"), "Asunto Oy Kuusitie", "Tampere", "kalle.aaltonen@kuusitie.example", ask},
		{"Sirpa Hämäläinen", "", "", "Oulu", "", page.Chip{Text: s.s("ingen adress", "ei osoitetta", "no address")}},
		{"Björn Åkerblom", s.s("VD", "Toimitusjohtaja", "Managing director"), "Åkerblom Ventilation Ab", "Vasa", "bjorn@akerblom.example", can},
		{"Ylva Nygård", s.s("Skolsköterska", "Kouluterveydenhoitaja", "School nurse"), "Kyrkslätts skolor", "Kyrkslätt", "ylva.nygard@kyrkslatt-skolor.example", can},
		{"Mikko Väisänen", "", "Sairaala Pohjola", "Rovaniemi", "mikko.vaisanen@pohjola.example", cannot},
		{"Ingrid Sandelin", s.s("Ekonomichef", "Talousjohtaja", "Chief financial officer"), "Sandelin & Co", "Stockholm", "ingrid@sandelin.example", can},
	}
	for i, r := range rows {
		v.Rows = append(v.Rows, page.PersonRow{Href: "/people/" + strconv.Itoa(i), Name: r.name, Title: r.title,
			Organisation: page.Link{Text: r.org, Href: "/people?organisation=" + strconv.Itoa(i)},
			City:         page.Link{Text: r.city, Href: "/people?city=" + r.city},
			Email:        r.mail, Permission: r.chip, Changed: now.Add(-time.Duration(i*31) * time.Hour)})
	}
	return v
}

func (s set) search() page.SearchView {
	f := s.frame("", s.p.T("search.title"))
	f.Query = "luft"
	return page.SearchView{Frame: f, People: s.peopleView().Rows[2:3], MorePeople: "/people?q=luft",
		Organisations: s.organisations().Rows[1:2], Letters: s.outreachList().Rows[1:2]}
}

func (s set) may() page.May {
	y := func(reason string) page.MayCell {
		return page.MayCell{Tone: page.Yes, Reason: reason, Href: "/people/3k7q/evidence/1"}
	}
	n := func(reason string) page.MayCell {
		return page.MayCell{Tone: page.No, Reason: reason, Href: "/people/3k7q/evidence/2"}
	}
	contract := y(s.s("avtal", "sopimus", "contract"))
	ban := n(s.s("förbud ", "kielto ", "prohibition ") + s.p.Date(day(2026, 9, 14, 8, 2)))
	nil4 := page.MayCell{}
	return page.May{
		Channels: []string{s.email(), "SMS", s.s("Samtal", "Puhelu", "Call"), s.s("Brev", "Kirje", "Letter")},
		Rows: []page.MayRow{
			{Purpose: s.s("Sköta kundrelationen", "Asiakassuhteen hoitaminen", "Looking after the customer relationship"), Basis: s.s("avtal", "sopimus", "contract"), Cells: []page.MayCell{contract, contract, contract, contract}},
			{Purpose: s.newsletter(), Basis: s.consent(), Cells: []page.MayCell{y(s.consent() + " " + s.p.Date(day(2025, 2, 3, 10, 12))), nil4, nil4, nil4}},
			{Purpose: s.s("Direktmarknadsföring och kampanjer", "Suoramarkkinointi ja kampanjat", "Direct marketing and campaigns"), Basis: s.s("berättigat intresse", "oikeutettu etu", "legitimate interest"),
				Cells: []page.MayCell{y(s.s("rör hennes arbete", "koskee hänen työtään", "concerns her work")), ban, ban, y(s.s("inte förbjudet", "ei kielletty", "not forbidden"))}},
			{Purpose: s.s("Marknadsundersökningar", "Markkinatutkimukset", "Market research"), Basis: s.consent(),
				Cells: []page.MayCell{{Tone: page.Wait, Reason: s.s("aldrig frågad", "ei koskaan kysytty", "never asked"), Href: "/people/3k7q/decision?purpose=survey"}, nil4, nil4, nil4}},
		},
	}
}

func (s set) timeline() []page.Event {
	return []page.Event{
		{At: day(2026, 11, 12, 9, 14), Text: s.s("Fick", "Sai kirjeen", "Received"), Thing: page.Link{Text: s.s("Novemberbrevet", "Marraskuun kirje", "The November letter"), Href: "/outreach/n1"},
			Chip: yes(s.s("levererat", "toimitettu", "delivered")), Src: s.newsletter() + " · " + s.consent() + " " + s.p.Date(day(2025, 2, 3, 10, 0)), More: []page.Link{{Text: s.s("varför?", "miksi?", "why?"), Href: "/people/3k7q/verdict/9"}}},
		{At: day(2026, 9, 14, 8, 2), Text: s.s("Förbjöd marknadsföring per SMS och samtal", "Kielsi markkinoinnin tekstiviestillä ja puhelimitse", "Forbade marketing by SMS and call"),
			Src: s.s("brev, inkom 14.9, undertecknat 10.9 · inskrivet av Kaisa E.", "kirje, saapui 14.9., allekirjoitettu 10.9. · kirjannut Kaisa E.", "letter, received 14 Sep, signed 10 Sep · entered by Kaisa E."), More: []page.Link{{Text: s.s("bevis", "todiste", "evidence"), Href: "/people/3k7q/evidence/2"}}},
		{At: day(2026, 6, 20, 11, 30), Lock: true, Text: s.s("Faktura, som din nivå inte ser", "Lasku, jota tasosi ei näe", "An invoice, which your level does not see"), Src: s.s("ekonomi", "talous", "accounts")},
		{At: day(2026, 3, 1, 14, 0), Text: s.s("Ställning ändrad till Inköpschef", "Asema muutettu: ostopäällikkö", "Position changed to Head of purchasing"), Src: s.s("import ur Mailchimp", "tuonti Mailchimpistä", "import from Mailchimp"), Undo: "/people/3k7q/undo?change=5"},
		{At: day(2025, 2, 3, 10, 12), Text: s.s("Samtyckte till nyhetsbrev per e-post", "Antoi suostumuksen uutiskirjeeseen sähköpostitse", "Consented to the newsletter by e-mail"), Src: s.s("formuläret Nyhetsbrev v2, bekräftat via länk", "lomake Uutiskirje v2, vahvistettu linkistä", "form Newsletter v2, confirmed by link"), More: []page.Link{{Text: s.p.T("why.wording"), Href: "/people/3k7q/evidence/1"}}},
	}
}

func (s set) personView() page.PersonView {
	src := func(sv, fi, en string) string { return s.s(sv, fi, en) }
	return page.PersonView{
		Frame: s.frame("people", "Åsa Öberg"), ID: "3k7q", Name: "Åsa Öberg",
		Title: s.s("Inköpschef", "Ostopäällikkö", "Head of purchasing"), Organisation: page.Link{Text: "Fjällkliniken Oy", Href: "/organisations/f1"}, City: "Esbo",
		Chips:  []page.Chip{{Text: s.s("Kund sedan 2019", "Asiakas vuodesta 2019", "Customer since 2019")}, {Text: s.p.LangName("sv")}, {Text: s.s("Kontaktperson på företag", "Yrityksen yhteyshenkilö", "Contact person at a company")}},
		Tags:   []page.Chip{{Text: "filter-2026", Post: "/people/3k7q/untag", Value: "filter-2026"}},
		SameAs: 1, May: s.may(), Timeline: s.timeline(), Older: "/people/3k7q?before=x",
		Addresses: []page.Address{
			{Kind: s.email(), Value: "asa.oberg@fjallkliniken.example", State: yes(s.s("verifierad", "vahvistettu", "verified")), Src: src("från personen, formulär 3.2.2025", "henkilöltä itseltään, lomake 3.2.2025", "from the person, form, 3 Feb 2025")},
			{Kind: s.s("Mobil", "Matkapuhelin", "Mobile"), Value: "+358 00 000 0412", State: page.Chip{}, Src: src("från kundservice 2.5.2023", "asiakaspalvelusta 2.5.2023", "from customer service, 2 May 2023")},
		},
		Facts: []page.Fact{
			{Field: "title", Label: s.s("Ställning", "Asema", "Position"), Value: s.s("Inköpschef", "Ostopäällikkö", "Head of purchasing"), Src: src("import ur Mailchimp 1.3.2026", "tuonti Mailchimpistä 1.3.2026", "import from Mailchimp, 1 Mar 2026"), More: page.Link{Text: s.s("informerad enligt art. 14", "kerrottu 14 art. mukaan", "told under Art. 14"), Href: "/log"}, CanEdit: true},
			{Field: "city", Label: s.p.T("people.city"), Value: "Esbo", Src: src("från personen 3.2.2025", "henkilöltä itseltään 3.2.2025", "from the person, 3 Feb 2025"), CanEdit: true},
			{Field: "language", Label: s.p.T("shell.language"), Value: s.p.LangName("sv"), Src: src("formulär 3.2.2025", "lomake 3.2.2025", "form, 3 Feb 2025"), CanEdit: true, Options: []page.Option{{Value: "sv", Text: s.p.LangName("sv"), On: true}, {Value: "fi", Text: s.p.LangName("fi")}}},
		},
		Kept: []page.Kept{
			{What: s.s("Kundrelation", "Asiakassuhde", "Customer relationship"), Until: s.s("relationens slut + 24 mån", "suhteen päättyminen + 24 kk", "end of the relationship + 24 months"), Why: ""},
			{What: s.newsletter(), Until: s.s("tills samtycket återtas", "kunnes suostumus perutaan", "until the consent is withdrawn"), Why: ""},
			{What: s.s("Fakturor 2026", "Laskut 2026", "Invoices 2026"), Until: s.p.Date(day(2032, 12, 31, 12, 0)), Why: s.s("bokföringslagen", "kirjanpitolaki", "Accounting Act")},
		},
		Hidden: []string{s.s("Fakturering", "Laskutus", "Billing")}, CanPermit: true, CanEdit: true,
		Purposes:  []page.Option{{Value: "", Text: s.s("All marknadsföring", "Kaikki markkinointi", "All marketing")}, {Value: "newsletter", Text: s.newsletter()}, {Value: "survey", Text: s.s("Enkäter", "Kyselyt", "Surveys")}},
		Channels:  []page.Option{{Value: "", Text: s.s("Alla kanaler", "Kaikki kanavat", "Every channel")}, {Value: "email", Text: s.email()}, {Value: "sms", Text: "SMS"}},
		NewFields: []page.Option{{Value: "country", Text: s.s("Land", "Maa", "Country")}, {Value: "industry", Text: s.p.T("organisations.industry")}},
		Today:     "2026-11-12", PackNote: s.s("Prövat nyss mot registerbeskrivning v4 och regelpaket FI 2026.2.", "Ratkaistu juuri tietosuojaselosteen v4 ja sääntöpaketin FI 2026.2 mukaan.", "Decided just now by notice v4 and rule pack FI 2026.2."),
	}
}

func (s set) evidence() page.EvidenceView {
	return page.EvidenceView{Frame: s.frame("people", "Åsa Öberg"), Person: asa, Act: no(s.s("Förbud", "Kielto", "Prohibition")),
		Scope: s.s("All marknadsföring per SMS och samtal", "Kaikki markkinointi tekstiviestillä ja puhelimitse", "All marketing by SMS and call"), Given: day(2026, 9, 14, 8, 2), Received: day(2026, 9, 14, 8, 0), Signed: day(2026, 9, 10, 12, 0),
		Entered: day(2026, 9, 14, 9, 40), EnteredBy: "Kaisa E.", How: s.s("brev", "kirje", "letter"), WordingLang: "sv",
		Wording: "”Jag vill inte bli uppringd eller få textmeddelanden med reklam. E-post går bra.”",
		Notice:  page.Link{Text: "v4", Href: "/notice/sv/v/4"}, Hash: hash("a"), Previous: hash("7"), Number: 48211, Proof: "/people/3k7q/evidence/2/receipt",
		StillValid: s.s("Gäller. Bara personen själv kan ta tillbaka det.", "Voimassa. Vain henkilö itse voi peruuttaa sen.", "In force. Only the person can take it back.")}
}

func (s set) history() page.HistoryView {
	return page.HistoryView{Frame: s.frame("people", "Åsa Öberg"), Person: asa, Next: "/people/3k7q/history?after=5", Changes: []page.Change{
		{ID: "9", At: day(2026, 11, 3, 15, 40), By: "Maija E.", Field: s.p.T("people.city"), Before: "Helsingfors", After: "Esbo", Src: s.s("personen ringde", "henkilö soitti", "the person called"), Undo: "/people/3k7q/undo"},
		{ID: "5", At: day(2026, 3, 1, 14, 0), By: s.p.T("nav.import"), Field: s.s("Ställning", "Asema", "Position"), After: s.s("Inköpschef", "Ostopäällikkö", "Head of purchasing"), Src: "audience_export.zip", Undo: "/people/3k7q/undo"},
		{ID: "3", At: day(2025, 5, 9, 10, 5), By: "Kaisa E.", Field: s.p.T("people.email"), Before: "asa@fjallkliniken.example", After: "asa.oberg@fjallkliniken.example", Src: s.s("studs", "palautunut", "bounce"), Undone: true},
	}}
}

func (s set) verdict(same bool) page.VerdictView {
	stored := page.Verdict{Allowed: true, Code: "CONSENT", Notice: "v4", Pack: "EU-2026.1+FI-2026.2", Because: []page.Reason{
		{Text: s.s("Inget förbud finns.", "Kieltoa ei ole.", "There is no prohibition."), Rule: "gdpr_21_objection", Citation: "GDPR 21(3)"},
		{Text: s.s("Ett giltigt samtycke finns.", "Voimassa oleva suostumus on.", "A valid consent exists."), Rule: "gdpr_6_consent", Citation: "GDPR 6(1)(a)", Evidence: page.Link{Text: s.s("bevis", "todiste", "evidence"), Href: "/people/3k7q/evidence/1"}}}}
	v := page.VerdictView{Frame: s.frame("people", "Åsa Öberg"), Person: asa, Stored: stored, Replayed: stored, Same: same, At: day(2026, 11, 12, 9, 14), Now: now,
		Question: []page.Pair{{Label: s.p.T("permit.purpose"), Value: s.newsletter()}, {Label: s.p.T("permit.channel"), Value: s.email()}, {Label: s.p.T("outreach.when"), Value: s.p.Moment(day(2026, 11, 12, 9, 14))}},
		Facts:    []page.Pair{{Label: s.p.T("permit.consent"), Value: s.p.Date(day(2025, 2, 3, 10, 0))}, {Label: s.p.T("permit.prohibit"), Value: "–"}}}
	if !same {
		v.Replayed = page.Verdict{Code: "PROHIBITED-ALL", Notice: "v4", Pack: "EU-2026.1+FI-2026.2", Because: []page.Reason{{Text: s.s("Ett förbud gäller.", "Kielto on voimassa.", "A prohibition holds."), Rule: "gdpr_21_objection", Citation: "GDPR 21(3)"}}}
	}
	return v
}

func (s set) duplicates() page.DuplicatesView {
	return page.DuplicatesView{Frame: s.frame("people", s.p.T("duplicates.tab")), Pairs: []page.Duplicate{
		{A: asa, B: page.Link{Text: "Asa Oberg", Href: "/people/8p"}, SrcA: "Fjällkliniken Oy · Esbo", SrcB: "Fjallkliniken · Espoo", Why: s.s("samma namn utan prickar, samma telefon", "sama nimi ilman pisteitä, sama puhelin", "same name without dots, same phone"), Strong: true, Href: "/people/merge?a=3k7q&b=8p"},
		{A: page.Link{Text: "Kalle Aaltonen", Href: "/people/1"}, B: page.Link{Text: "Karl Aaltonen", Href: "/people/2"}, SrcA: "Asunto Oy Kuusitie", SrcB: "Tampere", Why: s.s("liknande namn, samma ort", "samankaltainen nimi, sama paikkakunta", "similar name, same city"), Href: "/people/merge?a=1&b=2"},
	}}
}

func (s set) merge() page.MergeView {
	ban := no(s.s("förbud", "kielto", "prohibition"))
	ok := yes(s.consent())
	return page.MergeView{Frame: s.frame("people", s.p.T("merge.tab")), Action: "/people/merge", A: asa, B: page.Link{Text: "Asa Oberg", Href: "/people/8p"},
		Rows: []page.MergeRow{
			{Field: "name", Label: s.p.T("people.name"), A: "Åsa Öberg", B: "Asa Oberg", SrcA: s.s("från personen", "henkilöltä", "from the person"), SrcB: "import"},
			{Field: "city", Label: s.p.T("people.city"), A: "Esbo", B: "Espoo", SrcA: s.s("från personen", "henkilöltä", "from the person"), SrcB: "import"},
			{Field: "phone", Label: s.s("Mobil", "Matkapuhelin", "Mobile"), A: "+358 00 000 0412", B: "+358 00 000 0412", SrcA: "2023", SrcB: "2024"}},
		Permissions: []page.MergePermission{
			{What: s.newsletter() + " · " + s.email(), A: ok, B: ban, Out: ban, Why: s.s("förbudet är strängare", "kielto on tiukempi", "the prohibition is stricter")},
			{What: "SMS", A: ban, B: page.Chip{Text: "–"}, Out: ban}},
		Effect: []string{s.s("Ett kort med 14 uppgifter, 2 adresser och 9 händelser blir kvar.", "Jäljelle jää yksi kortti: 14 tietoa, 2 osoitetta ja 9 tapahtumaa.", "One card remains with 14 facts, 2 addresses and 9 events."),
			s.s("Nyhetsbrevet stoppas: det var tillåtet på det ena kortet.", "Uutiskirje loppuu: se oli sallittu toisella kortilla.", "The newsletter stops: it was allowed on one card.")}}
}
