package sample

import (
	"time"

	"kartotek/internal/web/page"
)

func (s set) november() string {
	return s.s("Novemberbrevet", "Marraskuun kirje", "The November letter")
}

func (s set) segment() string {
	return s.s("Aktiva kunder i Norden", "Aktiiviset asiakkaat Pohjoismaissa", "Active customers in the Nordics")
}

func (s set) outreach() []Sample {
	running := s.newsletterView()
	done := running
	done.State, done.MayPause = yes(s.s("skickat", "lähetetty", "sent")), false
	done.Live.Running, done.Live.Done = false, done.Live.Of
	done.Live.Delivery = append([]page.Delivery{{Text: running.Live.Delivery[0].Text, Count: 10_995, Strong: true}}, running.Live.Delivery[2:]...)
	draft := running
	draft.State, draft.MayPause, draft.MaySend, draft.EditURL = page.Chip{Text: s.s("utkast", "luonnos", "draft")}, false, true, "/outreach/n1/edit"
	draft.Effect = s.s("Går till 11 020 personer, lämnar ut 1 460.", "Lähtee 11 020 henkilölle, jättää pois 1 460.", "Goes to 11,020 people, leaves out 1,460.")
	draft.Live.Running, draft.Live.Of, draft.Live.Delivery = false, 0, nil
	blocked := draft
	blocked.MaySend = false
	blocked.NeedsCheck = []string{s.s("Ämnet saknas.", "Aihe puuttuu.", "The subject is missing."), s.s("Texten använder {{ person.first_nam }}, som inte finns.", "Teksti käyttää kenttää {{ person.first_nam }}, jota ei ole.", "The text uses {{ person.first_nam }}, which does not exist.")}
	return append([]Sample{
		{Name: "newsletter", Component: page.Newsletter(running)},
		{Name: "newsletter-done", Component: page.Newsletter(done)},
		{Name: "newsletter-draft", Component: page.Newsletter(draft)},
		{Name: "newsletter-blocked", Component: page.Newsletter(blocked)},
		{Name: "newsletter-edit", Component: page.NewsletterEdit(s.edit(false))},
		{Name: "newsletter-new", Component: page.NewsletterEdit(s.edit(true))},
		{Name: "newsletter-people", Component: page.NewsletterPeople(s.outcome())},
		{Name: "newsletter-uncertain", Component: page.NewsletterPeople(s.uncertain())},
		{Name: "outreach", Component: page.Outreach(s.outreachList())},
		{Name: "outreach-empty", Component: page.Outreach(page.OutreachView{Frame: s.frame("outreach", s.p.T("nav.outreach")), MayNew: true})},
	}, s.segments()...)
}

func (s set) reasons() []page.Reasons {
	return []page.Reasons{
		{Text: s.s("Inget samtycke till e-post", "Ei suostumusta sähköpostiin", "No consent to e-mail"), Count: 905, Tone: page.Wait, Href: "/outreach/n1/people?code=no_consent"},
		{Text: s.s("Förbud: all marknadsföring", "Kielto: kaikki markkinointi", "Prohibition: all marketing"), Count: 248, Tone: page.No, Href: "/outreach/n1/people?code=all"},
		{Text: s.s("Förbud: e-post", "Kielto: sähköposti", "Prohibition: e-mail"), Count: 161, Tone: page.No, Href: "/outreach/n1/people?code=email"},
		{Text: s.s("Adressen finns inte längre", "Osoitetta ei enää ole", "The address no longer exists"), Count: 88, Tone: "", Href: "/outreach/n1/people?code=gone"},
		{Text: s.s("Fick brev denna vecka", "Sai kirjeen tällä viikolla", "Had a letter this week"), Count: 46, Tone: "", Href: "/outreach/n1/people?code=pace"},
		{Text: s.s("Begränsad behandling", "Käsittelyä rajoitettu", "Restricted"), Count: 12, Tone: page.No, Href: "/outreach/n1/people?code=restricted"}}
}

func (s set) newsletterView() page.NewsletterView {
	return page.NewsletterView{Frame: s.frame("outreach", s.november()), ID: "n1", Name: s.november(), Subject: s.s("Ren luft i november", "Puhdasta ilmaa marraskuussa", "Clean air in November"),
		Purpose: s.newsletter(), Channel: s.s("e-post", "sähköposti", "e-mail"), Segment: page.Link{Text: s.segment(), Href: "/segments/1"},
		State: page.Chip{Text: s.s("skickas", "lähetetään", "going out"), Tone: page.Info}, MayPause: true, PreviewURL: "/outreach/n1/preview",
		Decided: s.s("Prövat 09.00 och på nytt för var och en i sändningsögonblicket. Registerbeskrivning v4, regelpaket FI 2026.2.", "Ratkaistu 09.00 ja uudelleen jokaisen kohdalla lähetyshetkellä. Tietosuojaseloste v4, sääntöpaketti FI 2026.2.", "Decided at 09:00 and again for each one at the moment of sending. Notice v4, rule pack FI 2026.2."),
		Live: page.NewsletterLive{ID: "n1", Running: true, Done: 8214, Of: 11020, PerSecond: 412, Finish: day(2026, 11, 12, 9, 31), In: 12480, May: 11020, Out: 1460, Reasons: s.reasons(), AsOf: now,
			Delivery: []page.Delivery{
				{Text: s.s("Levererat", "Toimitettu", "Delivered"), Count: 8128, Strong: true},
				{Text: s.s("Väntar, servern bad oss vänta", "Odottaa, palvelin pyysi odottamaan", "Waiting, the server asked us to wait"), Count: 61, Href: "/outreach/n1/people?state=deferred"},
				{Text: s.s("Adressen finns inte", "Osoitetta ei ole", "The address does not exist"), Count: 19, Href: "/outreach/n1/people?state=failed"},
				{Text: s.s("Avvisat av mottagarens regler", "Vastaanottajan säännöt estivät", "Refused by the recipient’s rules"), Count: 6},
				{Text: s.s("Klagomål", "Valituksia", "Complaints"), Count: 0, Note: s.s("gräns 0,1 %", "raja 0,1 %", "limit 0.1%")},
				{Text: s.s("Sade nej efteråt", "Kielsi jälkikäteen", "Said no afterwards"), Count: 7, Note: s.s("4 med ett klick, 3 i valen", "4 yhdellä napautuksella, 3 valinnoissa", "4 with one click, 3 in the choices")}}}}
}

func (s set) edit(fresh bool) page.NewsletterEditView {
	t := s.p.T
	v := page.NewsletterEditView{Frame: s.frame("outreach", t("outreach.new")), Action: "/outreach/n1/edit", New: fresh, PreviewURL: "/outreach/n1/preview",
		Name:    page.Field{ID: "name", Label: t("people.name"), Required: true, Value: s.november()},
		Purpose: page.Field{ID: "purpose", Label: t("permit.purpose"), Type: "select", Options: []page.Option{{Value: "newsletter", Text: s.newsletter(), On: true}}},
		Channel: page.Field{ID: "channel", Label: t("permit.channel"), Type: "select", Options: []page.Option{{Value: "email", Text: s.email()}}},
		Segment: page.Field{ID: "segment", Label: t("segments.tab"), Type: "select", Options: []page.Option{{Value: "1", Text: s.segment()}}},
		From:    page.Field{ID: "from", Label: t("mail.from"), Value: "Nordanvind <info@nordanvind.example>", Required: true},
		Subject: page.Field{ID: "subject", Label: t("mail.subject"), Required: true, Max: 200},
		Body:    page.Field{ID: "body", Label: t("edit.text"), Type: "textarea", Rows: 12, Hint: s.s("Markdown eller HTML.", "Markdown tai HTML.", "Markdown or HTML.")},
		Fields:  []string{"{{ person.first_name }}", "{{ person.organisation }}"}}
	if fresh {
		v.Name.Value, v.Subject.Error = "", s.s("Skriv ett ämne.", "Kirjoita aihe.", "Write a subject.")
		return v
	}
	v.Subject.Value, v.Body.Value = s.s("Ren luft i november", "Puhdasta ilmaa marraskuussa", "Clean air in November"), s.letter()
	v.Reach = &page.Reach{In: 12480, May: 11020, Out: 1460, AsOf: now}
	v.DeletePost = "/outreach/n1/delete"
	return v
}

func (s set) outcome() page.NewsletterPeopleView {
	v := page.NewsletterPeopleView{Frame: s.frame("outreach", s.november()), Newsletter: page.Link{Text: s.november(), Href: "/outreach/n1"}, Outcome: s.reasons()[1].Text, Count: 248, Citation: "GDPR 21(3)",
		Explain: s.s("De har sagt nej till all marknadsföring. Bara de själva kan ta tillbaka det.", "He ovat kieltäneet kaiken markkinoinnin. Vain he itse voivat peruuttaa sen.", "They have said no to all marketing. Only they can take it back."),
		Others:  []page.Chip{{Text: s.reasons()[0].Text, Href: "/outreach/n1/people?code=a"}, {Text: s.reasons()[2].Text, Href: "/outreach/n1/people?code=b"}}, Next: "/outreach/n1/people?after=x"}
	for _, r := range s.peopleView().Rows[:4] {
		v.Rows = append(v.Rows, page.OutcomeRow{Person: page.Link{Text: r.Name, Href: r.Href}, Address: r.Email, Reason: s.s("förbud 14.9.2026, brev", "kielto 14.9.2026, kirje", "prohibition 14 Sep 2026, letter"), At: day(2026, 11, 12, 9, 0), Verdict: r.Href + "/verdict/1"})
	}
	return v
}

func (s set) uncertain() page.NewsletterPeopleView {
	v := s.outcome()
	v.Outcome, v.Explain, v.Citation, v.Count, v.SettlePost, v.Others, v.Next = s.p.T("delivery.uncertain"), s.p.T("explain.uncertain"), "", 2, "/outreach/n1/settle", nil, ""
	v.Rows = v.Rows[:2]
	for i := range v.Rows {
		v.Rows[i].ID, v.Rows[i].Reason = "p"+string(rune('1'+i)), s.s("samtycke", "suostumus", "consent")
	}
	return v
}

func (s set) outreachList() page.OutreachView {
	row := func(id, name, subject string, state page.Chip, sent, left int, at time.Time) page.OutreachRow {
		return page.OutreachRow{Href: "/outreach/" + id, Name: name, Subject: subject, Purpose: s.newsletter(), Channel: s.email(), State: state, Reached: sent, Left: left, At: at}
	}
	return page.OutreachView{Frame: s.frame("outreach", s.p.T("nav.outreach")), MayNew: true, Rows: []page.OutreachRow{
		row("n2", s.s("Decemberbrevet", "Joulukuun kirje", "The December letter"), s.s("Vad året lärde oss", "Mitä vuosi opetti", "What the year taught us"), page.Chip{Text: s.s("utkast", "luonnos", "draft")}, -1, -1, now),
		row("n1", s.november(), s.s("Ren luft i november", "Puhdasta ilmaa marraskuussa", "Clean air in November"), page.Chip{Text: s.s("skickas", "lähetetään", "going out"), Tone: page.Info}, 8214, 1460, now),
		row("n0", s.s("Oktoberbrevet", "Lokakuun kirje", "The October letter"), s.s("Filterbytet gick fort", "Suodattimet vaihtuivat nopeasti", "Filters changed in no time"), yes(s.s("skickat", "lähetetty", "sent")), 10874, 1511, now.AddDate(0, 0, -31))}}
}

func (s set) segments() []Sample {
	list := page.SegmentsView{Frame: s.frame("segments", s.p.T("nav.segments")), MayNew: true, Rows: []page.SegmentRow{
		{Href: "/segments/1", Name: s.segment(), Expression: `country in (FI, SE, NO) and tag = "customer"`, In: 12480, May: 11020, AsOf: now, Used: 4},
		{Href: "/segments/2", Name: s.s("Sjukhus och kliniker", "Sairaalat ja klinikat", "Hospitals and clinics"), Expression: `industry = "health care"`, In: 731, May: -1, AsOf: now, Used: 0}}}
	t := s.p.T
	fields := []page.Option{{Value: "country", Text: s.s("Land", "Maa", "Country"), On: true}, {Value: "city", Text: t("people.city")}, {Value: "tag", Text: t("person.tag")}}
	ops := []page.Option{{Value: "is", Text: s.s("är", "on", "is")}, {Value: "not", Text: s.s("är inte", "ei ole", "is not")}}
	edit := page.SegmentEditView{Frame: s.frame("segments", s.segment()), Action: "/segments/1", CountURL: "/segments/count",
		Name: page.Field{ID: "name", Label: t("people.name"), Value: s.segment(), Required: true},
		Rules: []page.SegmentRule{{Fields: fields, Operators: ops, Values: []page.Option{{Value: "FI", Text: s.p.Country("FI")}, {Value: "SE", Text: s.p.Country("SE")}}},
			{Fields: fields[1:], Operators: ops, Value: "Esbo"}},
		Expression: page.Field{ID: "expression", Label: t("segments.text"), Type: "textarea", Rows: 3, Value: `country = FI and city = "Esbo"`},
		Reach:      &page.Reach{In: 12480, May: 11020, Out: 1460, Reasons: s.reasons()[:4], AsOf: now}, DeletePost: "/segments/1/delete"}
	text := edit
	text.AsText, text.Reach = true, nil
	text.Error = s.s("Uttrycket slutar mitt i: efter ”and” väntas ett villkor. Inget har ändrats.", "Lauseke loppuu kesken: ”and”-sanan jälkeen odotetaan ehtoa. Mitään ei muutettu.", "The expression ends too soon: a condition is expected after “and”. Nothing was changed.")
	return []Sample{
		{Name: "segments", Component: page.Segments(list)},
		{Name: "segments-empty", Component: page.Segments(page.SegmentsView{Frame: list.Frame, MayNew: true})},
		{Name: "segment-edit", Component: page.SegmentEdit(edit)},
		{Name: "segment-edit-text", Component: page.SegmentEdit(text)},
	}
}
