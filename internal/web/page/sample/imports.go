package sample

import "kartotek/internal/web/page"

func (s set) imports() []Sample {
	plan := s.plan()
	refused := plan
	refused.Refused = s.s("Filen har 4 kolumner som registerbeskrivningen inte räknar upp, och du bad om att den då ska vägras. Inget har sparats.", "Tiedostossa on 4 saraketta, joita tietosuojaseloste ei luettele, ja pyysit silloin hylkäämään sen. Mitään ei tallennettu.", "The file has 4 columns the notice does not list, and you asked to refuse it then. Nothing was stored.")
	mapped := plan
	mapped.Mapping = s.mapping()
	live := page.ImportLive{ID: "i1", Running: true, Phase: s.s("Läser subscribed_members.csv", "Luetaan subscribed_members.csv", "Reading subscribed_members.csv"), Done: 6120, Of: 12480, PerSecond: 20140, Finish: now, Rejected: 9}
	ended := live
	ended.Running, ended.Done, ended.DoneURL, ended.Phase = false, 12480, "/import/i1", s.s("Klart", "Valmis", "Done")
	done := s.done()
	undone := done
	undone.UndoEffect = ""
	undone.Undone = s.s("Ångrad 13.11.2026 av Maija E. 12 100 personer togs bort; 409 förbud står kvar.", "Kumottu 13.11.2026, Maija E. 12 100 henkilöä poistettiin; 409 kieltoa jäi voimaan.", "Undone on 13 Nov 2026 by Maija E. 12,100 people were removed; 409 prohibitions remain.")
	progress := func(l page.ImportLive) page.ImportProgressView {
		return page.ImportProgressView{Frame: s.frame("import", s.p.T("nav.import")), ID: "i1", Name: "audience_export.zip", Live: l}
	}
	start := s.start()
	failed := start
	failed.Past = nil
	failed.Error = s.s("Filen är en ZIP som packas upp till mer än 2 GB. Den har inte lästs. Packa upp den själv och välj CSV-filerna.", "Tiedosto on ZIP, joka purkautuu yli 2 Gt:n kokoiseksi. Sitä ei luettu. Pura se itse ja valitse CSV-tiedostot.", "The file is a ZIP that unpacks to more than 2 GB. It was not read. Unpack it yourself and choose the CSV files.")
	return []Sample{
		{Name: "import-start", Component: page.ImportStart(start)},
		{Name: "import-start-error", Component: page.ImportStart(failed)},
		{Name: "import-plan", Component: page.ImportPlan(plan)},
		{Name: "import-plan-mapping", Component: page.ImportPlan(mapped)},
		{Name: "import-plan-refused", Component: page.ImportPlan(refused)},
		{Name: "import-progress", Component: page.ImportProgress(progress(live))},
		{Name: "import-progress-ended", Component: page.ImportProgress(progress(ended))},
		{Name: "import-done", Component: page.ImportDone(done)},
		{Name: "import-done-undone", Component: page.ImportDone(undone)},
	}
}

func (s set) start() page.ImportStartView {
	return page.ImportStartView{Frame: s.frame("import", s.p.T("nav.import")), Limit: 512_000_000,
		Dialects: []page.Option{{Value: "auto", Text: s.s("Känn igen", "Tunnista", "Recognise"), On: true}, {Value: "mailchimp", Text: "Mailchimp"}, {Value: "hubspot", Text: "HubSpot"}, {Value: "listmonk", Text: "listmonk"}},
		Assert:   []page.Option{{Text: s.s("Inget", "Ei mitään", "Nothing")}, {Value: "newsletter:email", Text: s.newsletter() + " · " + s.email()}},
		Past: []page.ImportRow{{Href: "/import/i1", Name: "audience_export.zip", At: day(2026, 11, 1, 10, 2), By: "Maija E.", Rows: 12480, State: yes(s.s("klar", "valmis", "done"))},
			{Href: "/import/i0", Name: "mässan.csv", At: day(2026, 10, 4, 16, 20), By: "Kaisa E.", Rows: 88, State: page.Chip{Text: s.s("ångrad", "kumottu", "undone")}}}}
}

func (s set) outcomes() []page.ImportOutcome {
	return []page.ImportOutcome{
		{What: s.s("Samtycke: nyhetsbrev per e-post", "Suostumus: uutiskirje sähköpostilla", "Consent: newsletter by e-mail"), Why: s.s("subscribed, med OPTIN_TIME och OPTIN_IP", "subscribed, mukana OPTIN_TIME ja OPTIN_IP", "subscribed, with OPTIN_TIME and OPTIN_IP"), Tone: page.Yes, Count: 8940},
		{What: s.s("Okänt: inget skickas", "Ei tietoa: mitään ei lähetetä", "Unknown: nothing is sent"), Why: s.s("subscribed, men utan tid eller bevis", "subscribed, mutta ilman aikaa tai näyttöä", "subscribed, but without time or evidence"), Tone: page.Wait, Count: 2760},
		{What: s.s("Förbud: all marknadsföring", "Kielto: kaikki markkinointi", "Prohibition: all marketing"), Why: s.s("ur unsubscribed_members.csv", "tiedostosta unsubscribed_members.csv", "from unsubscribed_members.csv"), Tone: page.No, Count: 409},
		{What: s.s("Adressen används inte", "Osoitetta ei käytetä", "Address not used"), Why: s.s("ur cleaned_members.csv (studsar)", "tiedostosta cleaned_members.csv (palautuneet)", "from cleaned_members.csv (bounces)"), Tone: page.No, Count: 350}}
}

func (s set) plan() page.ImportPlanView {
	status := s.s("tillståndets läge", "luvan tila", "state of the permission")
	return page.ImportPlanView{Frame: s.frame("import", s.p.T("plan.tab")), ID: "i1", Rows: 12480, Create: 12100, Update: 298, Same: 61, Rejected: 21, Kept: 17, Outcomes: s.outcomes(),
		Files:    []page.ImportFile{{Name: "unsubscribed_members.csv", Dialect: "Mailchimp", Encoding: "UTF-8", Order: s.s("först: de som sagt nej", "ensin: kieltäneet", "first: those who said no")}, {Name: "cleaned_members.csv", Dialect: "Mailchimp", Encoding: "UTF-8", Order: s.s("studsade adresser", "palautuneet osoitteet", "bounced addresses")}, {Name: "subscribed_members.csv", Dialect: "Mailchimp", Encoding: "UTF-8", Order: s.s("till sist", "viimeiseksi", "last")}},
		Columns:  []page.ImportColumn{{Column: "Email Address", Field: s.email(), Sample: "a•••@f•••.example"}, {Column: "Förnamn", Field: s.p.T("people.first_name"), Sample: "Åsa"}, {Column: "OPTIN_TIME", Field: status, Sample: "2025-02-03 08:12:44"}, {Column: "Yritys", Field: s.p.T("people.organisation"), Sample: "Fjällkliniken Oy"}},
		Unlisted: []string{"Birthday", "LATITUDE", "LONGITUDE", "MEMBER_RATING"},
		Rejects:  []page.Reject{{File: "subscribed_members.csv", Line: 118, Reason: s.s("ingen e-postadress", "ei sähköpostiosoitetta", "no e-mail address")}, {File: "subscribed_members.csv", Line: 2904, Reason: s.s("adressen saknar domän", "osoitteesta puuttuu verkkotunnus", "the address has no domain")}}}
}

func (s set) done() page.ImportDoneView {
	return page.ImportDoneView{Frame: s.frame("import", s.p.T("nav.import")), ID: "i1", Name: "audience_export.zip", At: day(2026, 11, 1, 10, 2), Took: s.s("0,8 sekunder", "0,8 sekuntia", "0.8 seconds"),
		Rows: 12480, Create: 12100, Update: 298, Same: 61, Rejected: 21, Outcomes: s.outcomes(), RejectsURL: "/import/i1/rejects.csv", PeopleURL: "/people?source=i1",
		UndoEffect: s.s("Tar bort 12 100 personer och ger 298 personer tillbaka sina tidigare uppgifter. 409 förbud står kvar.", "Poistaa 12 100 henkilöä ja palauttaa 298 henkilön aiemmat tiedot. 409 kieltoa jää voimaan.", "Removes 12,100 people and gives 298 people their earlier data back. 409 prohibitions remain.")}
}

func (s set) mapping() *page.ImportMapping {
	letter := s.newsletter() + " · " + s.email()
	fields := func(on string) []page.OptionGroup {
		var list []page.Option
		for _, name := range []string{"email", "first_name", "organisation"} {
			list = append(list, page.Option{Value: name, Text: s.p.Or("people."+name, s.email()), On: name == on})
		}
		return []page.OptionGroup{{Options: []page.Option{{Value: page.ColumnLeftOut, Text: s.p.T("map.leave"), On: on == page.ColumnLeftOut}}},
			{Label: s.p.T("map.group_fields"), Options: list}, {Label: s.p.T("map.group_permission"), Options: []page.Option{
				{Value: page.ColumnConsent, Text: s.p.T("map.kind_yes"), On: on == page.ColumnConsent}, {Value: page.ColumnProhibition, Text: s.p.T("map.kind_no"), On: on == page.ColumnProhibition}}}}
	}
	column := func(name, to string) page.MappedColumn {
		return page.MappedColumn{Column: name, To: fields(to), Yes: []page.Option{{Value: "newsletter:email", Text: letter}}, No: []page.Option{{Value: "all-marketing", Text: s.p.T("scope.all-marketing")}},
			Date: []page.Option{{Text: s.p.T("map.no_column")}}, Proof: []page.Option{{Text: s.p.T("map.no_column")}}}
	}
	yes, stop := column("Nyhetsbrev", page.ColumnConsent), column("Stopp", page.ColumnProhibition)
	yes.Words, yes.Weak, stop.Error = "ja tack, kyllä", true, s.p.T("error.mapping.scope")
	return &page.ImportMapping{Open: true, Using: s.p.T("map.found", "name", "Mässan"), Name: "Mässan", NameError: s.p.T("error.mapping.name"),
		Reads: []string{s.p.T("map.reads_yes", "column", "Nyhetsbrev", "what", letter, "cell", s.p.T("map.cell_consent")) + " " + s.p.T("map.weak")},
		Saved: []page.Option{{Text: s.p.T("map.none")}, {Value: "Mässan", Text: "Mässan", On: true}}, Columns: []page.MappedColumn{column("Adress", "email"), yes, stop, column("Sko", page.ColumnLeftOut)}}
}
