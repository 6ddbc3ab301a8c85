package sample

import "kartotek/internal/web/page"

// series are the pages about letters in a row and their templates.
func (s set) series() []Sample {
	welcome, renew := s.s("Välkommen", "Tervetuloa", "Welcome"), s.s("Serviceavtalet går ut", "Huoltosopimus päättyy", "The service plan ends")
	news, care := s.s("Nyhetsbrev", "Uutiskirje", "Newsletter"), s.s("Vårda kundrelationen", "Asiakassuhteen hoitaminen", "Customer relationship")
	running, paused := yes(s.p.T("series.state.running")), wait(s.p.T("series.state.paused"))
	signUp := s.p.T("series.on_sign-up", "purpose", news)
	list := page.SeriesListView{Frame: s.frame("outreach", s.p.T("series.title")), MayNew: true, Rows: []page.SeriesRow{
		{Href: "/series/1", Name: welcome, Starts: signUp, Purpose: news, State: running, In: 1_284, Waiting: 97, Done: 1_102},
		{Href: "/series/2", Name: renew, Starts: s.p.N("series.before_date", 14, "what", s.s("Serviceavtal", "Huoltosopimus", "Service plan"), "hour", "09:00"), Purpose: care, State: paused, In: 312, Waiting: 40, Done: 270}}}
	one := page.SeriesView{Frame: s.frame("outreach", welcome), Name: welcome, Purpose: news, Starts: signUp, Audience: `country = "FI"`, State: running, In: 1_284, Waiting: 97, Done: 1_102,
		Left: []page.Count{{Text: s.p.T("code.CONSENT-WITHDRAWN"), N: 71}, {Text: s.p.T("series.left.CONDITION"), N: 14}},
		Steps: []page.SeriesStep{{N: 1, Text: page.Link{Text: welcome, Href: "/letters/1"}, Here: 2, Sent: 1_280, Other: 2}, {N: 2, Text: page.Link{Text: s.p.N("series.wait_days", 3)}, Here: 61, Sent: -1, Other: -1},
			{N: 3, Text: page.Link{Text: s.p.T("series.if", "condition", `tag "kund"`)}, Note: s.p.T("series.else_leave"), Here: -1, Sent: -1, Other: -1},
			{N: 4, Text: page.Link{Text: s.s("Så sköter du filtret", "Näin hoidat suodatinta", "How to care for the filter"), Href: "/letters/2"}, Here: 0, Sent: 1_131, Other: 5},
			{N: 5, Text: page.Link{Text: s.p.N("series.wait_days", 7)}, Here: 34, Sent: -1, Other: -1}},
		Acts: []page.SeriesAct{{Post: "/series/1/pause", Text: s.p.T("series.act_pause")}, {Post: "/series/1/stop", Text: s.p.T("series.act_stop"), Class: "stop"}}}
	held := one
	held.Frame, held.Name, held.State, held.Why = s.frame("outreach", renew), renew, paused, s.p.T("error.post.no_template")
	held.Acts = []page.SeriesAct{{Post: "/series/1/resume", Text: s.p.T("series.act_resume"), Class: "main"}}
	return append([]Sample{{Name: "series-list", Component: page.SeriesList(list)}, {Name: "series-list-empty", Component: page.SeriesList(page.SeriesListView{Frame: list.Frame, MayNew: true})},
		{Name: "series", Component: page.Series(one)}, {Name: "series-paused", Component: page.Series(held)}, {Name: "series-edit", Component: page.SeriesEdit(s.seriesEdit(news, welcome))}}, s.letters(news, care)...)
}

func (s set) choice(prefix, chosen string, values ...string) (out []page.Option) {
	for _, v := range values {
		out = append(out, page.Option{Value: v, Text: s.p.T(prefix + v), On: v == chosen})
	}
	return out
}

func (s set) seriesEdit(news, welcome string) page.SeriesEditView {
	v := page.SeriesEditView{Frame: s.frame("outreach", s.p.T("series.new")), New: true, Action: "/series",
		Head: []page.Field{{ID: "name", Label: s.p.T("edit.name"), Value: welcome, Required: true}, {ID: "purpose", Label: s.p.T("permit.purpose"), Hint: s.p.T("series.purpose_hint"), Type: "select", Options: []page.Option{{Value: "newsletter", Text: news, On: true}}},
			{ID: "audience", Label: s.p.T("series.audience"), Hint: s.p.T("series.audience_hint")}},
		Trigger: []page.Field{{ID: "trigger", Label: s.p.T("series.trigger"), Type: "select", Options: s.choice("series.trigger_", "sign-up", "sign-up", "date", "event")},
			{ID: "event", Label: s.p.T("series.event"), Hint: s.p.T("series.event_hint")}, {ID: "days", Label: s.p.T("series.days"), Hint: s.p.T("series.days_hint"), Type: "number", Value: "0"},
			{ID: "how", Label: s.p.T("series.how"), Type: "select", Options: s.choice("series.how_", "once", "once", "again", "yearly")}}}
	for n, kind := range []string{"letter", "wait", "letter"} {
		mark := "_" + string(rune('1'+n))
		days := ""
		if kind == "wait" {
			days = "3"
		}
		v.Steps = append(v.Steps, page.SeriesFields{N: n + 1,
			Kind:     page.Field{ID: "kind" + mark, Label: s.p.T("series.kind"), Type: "select", Options: s.choice("series.kind_", kind, "letter", "wait", "if")},
			Template: page.Field{ID: "template" + mark, Label: s.p.T("series.letter"), Type: "select", Options: []page.Option{{Value: "welcome", Text: welcome}}},
			Days:     page.Field{ID: "days" + mark, Label: s.p.T("series.wait_d"), Type: "number", Value: days}, Hours: page.Field{ID: "hours" + mark, Label: s.p.T("series.wait_h"), Type: "number"},
			If:   page.Field{ID: "if" + mark, Label: s.p.T("series.condition")},
			Else: page.Field{ID: "else" + mark, Label: s.p.T("series.else"), Type: "select", Options: s.choice("series.then_", "leave", "leave", "skip")}})
	}
	return v
}

func (s set) letters(news, care string) []Sample {
	title := s.s("Orderbekräftelse", "Tilausvahvistus", "Order confirmation")
	service, marketing := page.Chip{Text: s.p.T("class.service")}, page.Chip{Text: s.p.T("class.marketing"), Tone: page.Info}
	all := []string{"sv", "fi", "en"}
	list := page.LettersView{Frame: s.frame("outreach", s.p.T("letters.title")), MayNew: true, Rows: []page.LetterRow{
		{Href: "/letters/1", Title: title, Name: "order-confirmed", Purpose: care, Class: service, Event: "order.confirmed", Langs: all, Changed: day(2026, 10, 2, 9, 0)},
		{Href: "/letters/2", Title: s.s("Välkommen", "Tervetuloa", "Welcome"), Name: "welcome", Purpose: news, Class: marketing, Langs: all[:2], Changed: day(2026, 9, 14, 11, 30)}}}
	subject := s.s("Din beställning number", "Tilauksesi number", "Your order number")
	one := page.LetterView{Frame: s.frame("outreach", title), Title: title, Name: "order-confirmed", Purpose: care, Event: "order.confirmed", From: "Nordanvind Oy <order@nordanvind.example>", Class: service,
		Langs: []page.Filter{{Text: "Svenska", Href: "?text=sv", On: true}, {Text: "Suomi", Href: "?text=fi"}, {Text: "English", Href: "?text=en"}}, Subject: subject,
		Text:    s.s("Tack för din beställning!\n\n- n × what\n- n × what\n\nHälsningar\nNordanvind", "Kiitos tilauksestasi!\n\n- n × what\n- n × what\n\nTerveisin\nNordanvind", "Thank you for your order!\n\n- n × what\n- n × what\n\nKind regards\nNordanvind"),
		Example: "{\n  \"lines\": [\n    {\"n\": \"n\", \"what\": \"what\"}\n  ],\n  \"number\": \"number\"\n}", EditHref: "/letters/1/edit", TestPost: "/letters/1/test", Lang: "sv",
		To: page.Field{ID: "to", Label: s.p.T("letters.test_to"), Type: "email", Required: true}, Series: []page.Link{{Text: s.s("Efter beställningen", "Tilauksen jälkeen", "After the order"), Href: "/series/3"}}}
	edit := page.LetterEditView{Frame: s.frame("outreach", title), Action: "/letters/1", DeletePost: "/letters/1/delete", Found: []string{"köp nu", "20 % rabatt"},
		Head: []page.Field{{ID: "title", Label: s.p.T("letters.field_title"), Value: title}, {ID: "name", Label: s.p.T("letters.field_name"), Hint: s.p.T("letters.field_name_hint"), Value: "order-confirmed"},
			{ID: "purpose", Label: s.p.T("permit.purpose"), Hint: s.p.T("letters.field_purpose_hint"), Type: "select", Options: []page.Option{{Value: "relationship", Text: care, On: true}}},
			{ID: "event", Label: s.p.T("letters.event"), Hint: s.p.T("letters.field_event_hint"), Value: "order.confirmed"}},
		Texts: []page.LetterText{{Lang: "sv", Title: "Svenska", Subject: page.Field{ID: "subject_sv", Label: s.p.T("mail.subject"), Value: "Din beställning {{ data.number }}"},
			Body: page.Field{ID: "body_sv", Label: s.p.T("edit.body"), Type: "textarea", Rows: 8, Value: "Tack! Köp nu och få 20 % rabatt."}}},
		Fields: []string{"{{ person.first_name }}", "{{ data.number }}"}}
	edit.Frame.Flash = &page.Flash{Tone: page.No, Text: s.p.T("error.post.promotion")}
	return []Sample{{Name: "letters", Component: page.Letters(list)}, {Name: "letters-empty", Component: page.Letters(page.LettersView{Frame: list.Frame, MayNew: true})},
		{Name: "letter", Component: page.Letter(one)}, {Name: "letter-edit", Component: page.LetterEdit(edit)}}
}
