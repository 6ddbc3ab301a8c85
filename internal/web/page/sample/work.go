package sample

import (
	"time"

	"kartotek/internal/web/page"
)

func (s set) work() []Sample {
	today := s.todayView()
	fresh := today
	fresh.Due, fresh.Running, fresh.Recent, fresh.MailHint, fresh.Counts = nil, nil, nil, false, nil
	fresh.Week = make([]page.Day, 7)
	for i := range fresh.Week {
		fresh.Week[i].Day = today.Week[i].Day
	}
	fresh.Start = []page.Step{
		{Text: s.s("Publicera registerbeskrivningen", "Julkaise tietosuojaseloste", "Publish the notice"), Hint: s.s("Den säger vad registret får innehålla och göra.", "Se kertoo, mitä rekisteri saa sisältää ja tehdä.", "It says what the register may hold and do."), Href: "/notice", Done: true},
		{Text: s.s("Importera personerna", "Tuo henkilöt", "Import the people"), Hint: s.s("Provkör först: inget sparas innan du säger till.", "Koeajo ensin: mitään ei tallenneta ennen vahvistusta.", "A dry run first: nothing is stored until you say so."), Href: "/import"},
		{Text: s.s("Skriv ett första brev", "Kirjoita ensimmäinen kirje", "Write a first letter"), Hint: s.s("Du ser vem det når innan det går ut.", "Näet, keille se menee, ennen kuin se lähtee.", "You see whom it reaches before it goes."), Href: "/outreach/new"},
	}
	flashed := today
	flashed.Flash = &page.Flash{Tone: page.Yes, Text: s.s("Utkastet Decemberbrevet raderades.", "Luonnos Joulukuun kirje poistettiin.", "The draft December letter was deleted.")}
	orgs := s.organisations()
	none := orgs
	none.Total, none.Rows, none.Next, none.Filters = 0, nil, "", nil
	return append([]Sample{
		{Name: "today", Component: page.Today(today)},
		{Name: "today-first", Component: page.Today(fresh)},
		{Name: "today-flash", Component: page.Today(flashed)},
		{Name: "organisations", Component: page.Organisations(orgs)},
		{Name: "organisations-empty", Component: page.Organisations(none)},
		{Name: "organisation", Component: page.Organisation(s.organisation())},
		{Name: "log", Component: page.Log(s.log())},
		{Name: "log-empty", Component: page.Log(page.LogView{Frame: s.frame("log", s.p.T("nav.log"))})},
		{Name: "mail", Component: page.Mail(s.mail())},
		{Name: "mail-empty", Component: page.Mail(page.MailView{Frame: s.frame("mail", s.p.T("nav.mail"))})},
		{Name: "mail-message", Component: page.MailMessage(s.message())},
	}, s.proofs()...)
}

func (s set) todayView() page.TodayView {
	v := page.TodayView{Frame: s.frame("today", s.p.T("nav.today")), MailHint: true, AsOf: now,
		Greeting: s.s("Torsdag 12 november", "Torstai 12. marraskuuta", "Thursday 12 November"),
		Due: []page.Due{
			{Thing: page.Link{Text: s.s("4 möjliga dubbletter", "4 mahdollista kaksoiskappaletta", "4 possible duplicates"), Href: "/people/duplicates"}, Src: s.s("efter importen 1.11", "tuonnin 1.11. jälkeen", "after the import of 1 November"), When: s.s("sedan 11 dagar", "11 päivää", "11 days"), Tone: page.Wait},
			{Thing: page.Link{Text: s.s("Informera 38 personer enligt art. 14", "Kerro 38 henkilölle 14 artiklan mukaan", "Tell 38 people under Art. 14"), Href: "/people?told=no"}, Src: s.s("uppgifterna kom inte från dem själva", "tiedot eivät tulleet heiltä itseltään", "the data did not come from them"), When: s.s("19 dagar kvar", "19 päivää jäljellä", "19 days left"), Tone: page.Wait},
			{Thing: page.Link{Text: s.s("Se över registerbeskrivningen", "Tarkista tietosuojaseloste", "Review the notice"), Href: "/notice"}, Src: s.s("översyn var tolfte månad", "tarkistus 12 kuukauden välein", "review every twelve months"), When: s.s("försenad 2 dagar", "2 päivää myöhässä", "2 days late"), Tone: page.No},
		},
		Running: []page.Running{{Thing: page.Link{Text: s.s("Novemberbrevet", "Marraskuun kirje", "The November letter"), Href: "/outreach/n1"}, Done: 8214, Of: 11020, Finish: day(2026, 11, 12, 9, 31)}},
		Recent:  s.timeline()[:3],
	}
	for i, d := range [][2]int{{12, 2}, {18, 1}, {3, 0}, {0, 0}, {41, 6}, {22, 3}, {9, 7}} {
		v.Week = append(v.Week, page.Day{Day: now.Add(time.Duration(i-6) * 24 * time.Hour), Given: d[0], Taken: d[1]})
	}
	return v
}

func (s set) organisations() page.OrganisationsView {
	row := func(id, name, number, city, industry string, n int) page.OrganisationRow {
		return page.OrganisationRow{Href: "/organisations/" + id, Name: name, Number: number, City: page.Link{Text: city, Href: "/organisations?city=" + city}, Industry: page.Link{Text: industry, Href: "/organisations?industry=1"}, People: n}
	}
	care, build := s.s("Hälsovård", "Terveydenhuolto", "Health care"), s.s("Byggande", "Rakentaminen", "Construction")
	return page.OrganisationsView{Frame: s.frame("organisations", s.p.T("nav.organisations")), Total: 1902, Next: "/organisations?after=x",
		Filters: []page.Chip{{Text: care, Remove: "/organisations", RemoveWording: s.p.T("people.clear")}},
		Rows: []page.OrganisationRow{row("f1", "Fjällkliniken Oy", "1234567-1", "Esbo", care, 14), row("f2", "Föreningen för luftvård i Svenskfinland rf", "", "Helsingfors", care, 3),
			row("f3", "Sairaala Pohjola", "7654321-4", "Rovaniemi", care, 122), row("f4", "Åkerblom Ventilation Ab", "2345678-5", "Vasa", build, 7)}}
}

func (s set) organisation() page.OrganisationView {
	people := s.peopleView().Rows[:4]
	return page.OrganisationView{Frame: s.frame("organisations", "Fjällkliniken Oy"), Name: "Fjällkliniken Oy", Number: "1234567-1", City: "Esbo",
		Chips: []page.Chip{{Text: s.s("Hälsovård", "Terveydenhuolto", "Health care")}}, People: people, Timeline: s.timeline()[:2],
		Facts: []page.Fact{{Label: s.s("Telefon", "Puhelin", "Phone"), Value: "+358 00 000 0100", Src: s.s("handelsregistret 1.3.2026", "kaupparekisteri 1.3.2026", "trade register, 1 Mar 2026")}, {Label: s.email(), Value: "info@fjallkliniken.example", Src: "import"}}}
}

func (s set) log() page.LogView {
	who := page.Link{Text: "Maija E.", Href: "/log?who=m"}
	read := page.Link{Text: s.s("läste", "luki", "read"), Href: "/log?what=read"}
	return page.LogView{Frame: s.frame("log", s.p.T("nav.log")), Next: "/log?after=x", Day: "2026-11-12",
		Verified: s.p.T("log.signed", "n", 48212, "at", s.p.Moment(now)), Ended: []page.Option{{Text: s.p.T("log.any_outcome")}},
		Who: []page.Option{{Text: s.s("Alla", "Kaikki", "Everyone")}, {Value: "m", Text: "Maija E."}}, What: []page.Option{{Text: s.s("Allt", "Kaikki", "Everything")}, {Value: "read", Text: read.Text}},
		Filters: []page.Chip{{Text: "2026-11-12", Remove: "/log", RemoveWording: s.p.T("people.clear")}},
		Rows: []page.LogRow{
			{At: now, Who: who, Act: read, Thing: asa, Purpose: s.s("Sköta kundrelationen", "Asiakassuhteen hoitaminen", "Customer relationship"), Hash: "a41c9e02", Proof: "/log/a1", Only: page.Link{Text: s.p.T("log.only"), Href: "/log?person=a"}},
			{At: now.Add(-3 * time.Minute), Who: who, Act: page.Link{Text: s.s("skickade", "lähetti", "sent"), Href: "/log?what=send"}, Thing: page.Link{Text: s.s("Novemberbrevet", "Marraskuun kirje", "The November letter"), Href: "/outreach/n1"}, Purpose: s.newsletter(), Hash: "7fe210bb"},
			{At: now.Add(-9 * time.Hour), Who: page.Link{Text: "Kaisa E.", Href: "/log?who=k"}, Act: page.Link{Text: s.s("antecknade förbud", "kirjasi kiellon", "recorded a prohibition"), Href: "/log?what=permit"}, Thing: asa, Hash: "03d7715e"},
		}}
}

func (s set) mail() page.MailView {
	subject := s.s("Ren luft i november", "Puhdasta ilmaa marraskuussa", "Clean air in November")
	v := page.MailView{Frame: s.frame("mail", s.p.T("nav.mail")), Next: "/mail?after=x"}
	for _, to := range []string{"asa.oberg@fjallkliniken.example", "bjorn@akerblom.example", "ann-sofie.oberg-lindroos@luftvardsforeningen.example"} {
		v.Rows = append(v.Rows, page.MailRow{Href: "/mail/1", Subject: subject, From: "Nordanvind <info@nordanvind.example>", To: to, At: now})
	}
	return v
}

func (s set) message() page.MailMessageView {
	return page.MailMessageView{Frame: s.frame("mail", s.p.T("nav.mail")), Subject: s.s("Ren luft i november", "Puhdasta ilmaa marraskuussa", "Clean air in November"),
		From: "Nordanvind <info@nordanvind.example>", To: "asa.oberg@fjallkliniken.example", At: now, FrameURL: "/mail/1/body", Text: s.letter(),
		Headers: []page.Pair{{Label: "List-Unsubscribe", Value: "<https://nordanvind.example/u/9kq2>"}, {Label: "List-Unsubscribe-Post", Value: "List-Unsubscribe=One-Click"}},
		Links:   []page.Link{{Text: s.p.T("unsub.title"), Href: "/u/9kq2"}, {Text: s.p.T("unsub.choose"), Href: "/p/9kq2"}, {Text: s.p.T("public.why"), Href: "/w/9kq2"}}}
}

func (s set) letter() string {
	return s.s("Hej Åsa,\n\nnu är det dags att byta filter inför vintern.\n\nVarför fick jag det här? https://nordanvind.example/w/9kq2", "Hei Åsa,\n\nnyt on aika vaihtaa suodattimet talveksi.\n\nMiksi sain tämän? https://nordanvind.example/w/9kq2", "Hello Åsa,\n\nit is time to change filters for the winter.\n\nWhy did I get this? https://nordanvind.example/w/9kq2")
}
