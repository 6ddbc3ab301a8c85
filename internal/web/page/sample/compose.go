package sample

import "kartotek/internal/web/page"

func (s set) composing() []Sample {
	v := s.editor()
	empty := v
	empty.Blocks.Blocks, empty.Findings = nil, nil
	text := v
	text.Format, text.Blocks, text.Findings = "markdown", page.BlockList{}, v.Findings[1:]
	text.Body = page.Field{ID: "body", Label: s.p.T("edit.body"), Hint: s.p.T("editor.body_hint"), Type: "textarea", Rows: 22, Value: s.letter()}
	text.Error = s.s("Det finns ingen sådan variabel. Välj en ur listan. person.first_nam", "Tällaista muuttujaa ei ole. Valitse luettelosta. person.first_nam", "There is no such variable. Choose one from the list. person.first_nam")
	return []Sample{
		{Name: "compose", Component: page.Compose(v)},
		{Name: "compose-empty", Component: page.Compose(empty)},
		{Name: "compose-text", Component: page.Compose(text)},
		{Name: "newsletter-preview", Component: page.LetterPreview(s.preview())},
		{Name: "pictures", Component: page.Pictures(s.pictures())},
	}
}

func (s set) kind(at, kind string, n, of int, fields ...page.Field) page.BlockView {
	for i := range fields {
		fields[i].Label, fields[i].ID = s.p.T("editor.field."+fields[i].ID), at+"."+fields[i].ID
	}
	return page.BlockView{At: at, Kind: kind, Title: s.p.T("editor.kind." + kind), Number: n, First: n == 1, Last: n == of, Fields: fields}
}

func (s set) editor() page.ComposeView {
	t := s.p.T
	v := page.ComposeView{Frame: s.frame("outreach", s.november()), Action: "/outreach/n1/compose", DraftURL: "/outreach/n1/compose/draft", BodyURL: "/outreach/n1/body",
		Newsletter: page.Link{Text: s.november(), Href: "/outreach/n1"}, Settings: "/outreach/n1/edit", PicturesURL: "/pictures", Changed: "1", Format: "blocks",
		Subject:   page.Field{ID: "subject", Label: t("mail.subject"), Value: s.s("Ren luft i november", "Puhdasta ilmaa marraskuussa", "Clean air in November")},
		Preheader: page.Field{ID: "preheader", Label: t("editor.preheader"), Hint: t("editor.preheader_hint"), Value: s.s("Vi byter filter den 1 december.", "Vaihdamme suodattimet 1. joulukuuta.", "We change filters on 1 December.")},
		Accent:    page.Field{ID: "accent", Label: t("editor.accent"), Type: "color", Value: "#1f5f7a"},
		Variables: []page.Variable{{Title: t("people.city"), Insert: `{{ person.city | default: "…" }}`}, {Title: t("editor.variable.controller.name"), Insert: "{{ controller.name }}"}},
		Findings: []page.LintRow{
			{Tone: page.No, Grade: t("editor.grade.stop"), Text: t("lint.block_empty"), Do: t("lint.block_empty.do"), Place: t("editor.block_n", "n", 3), Href: "#blocks.2"},
			{Tone: page.Wait, Grade: t("editor.grade.warn"), Text: t("lint.link_http", "detail", "http://nordanvind.example/tid"), Do: t("lint.link_http.do"), Place: t("editor.place.body"), Points: s.s("0,2", "0,2", "0.2")},
			{Tone: page.Info, Grade: t("editor.grade.note"), Text: t("lint.link_vague", "detail", s.s("här", "tästä", "here")), Do: t("lint.link_vague.do"), Place: t("editor.place.body")}},
		Score: t("editor.score", "score", s.s("0,2", "0,2", "0.2"), "limit", s.s("5,0", "5,0", "5.0"))}
	add := func(at string, kinds ...string) (out []page.Option) {
		for _, k := range kinds {
			out = append(out, page.Option{Value: "add." + at + "." + k, Text: t("editor.kind." + k)})
		}
		return out
	}
	column := func(at, text string) page.BlockList {
		return page.BlockList{At: at, Kinds: add(at, "heading", "text"), Blocks: []page.BlockView{s.kind(at+".0", "text", 1, 1, page.Field{ID: "text", Type: "textarea", Rows: 4, Value: text})}}
	}
	align := page.Field{ID: "blocks.0.align", Label: t("editor.field.align"), Type: "select", Options: []page.Option{{Text: t("editor.align.left"), On: true}}}
	heading := s.kind("blocks.0", "heading", 1, 5, page.Field{ID: "text", Value: s.s("Ren luft i november", "Puhdasta ilmaa marraskuussa", "Clean air in November")})
	heading.Small = []page.Field{{ID: "blocks.0.level", Label: t("editor.field.level"), Type: "select", Options: []page.Option{{Text: t("editor.level.1"), On: true}}}, align}
	image := s.kind("blocks.2", "image", 3, 5, page.Field{ID: "src", Type: "select", Options: []page.Option{{Text: "Filter", On: true}}}, page.Field{ID: "file", Type: "file"},
		page.Field{ID: "alt", Error: s.s("Beskriv bilden.", "Kuvaile kuva.", "Describe the picture.")}, page.Field{ID: "href"})
	image.Image, image.Thumb = true, page.Asset("mark.svg")
	columns := s.kind("blocks.4", "columns", 5, 5)
	columns.Columns = []page.BlockList{column("blocks.4.0", s.s("Före", "Ennen", "Before")), column("blocks.4.1", s.s("Efter", "Jälkeen", "After"))}
	v.Blocks = page.BlockList{At: "blocks", Kinds: add("blocks", "heading", "text", "image", "button", "columns", "divider", "spacer", "footer"), Blocks: []page.BlockView{heading,
		s.kind("blocks.1", "text", 2, 5, page.Field{ID: "text", Type: "textarea", Rows: 6, Value: s.letter(), Hint: t("editor.markdown")}), image,
		s.kind("blocks.3", "button", 4, 5, page.Field{ID: "text", Value: s.s("Välj en tid", "Valitse aika", "Choose a time")}, page.Field{ID: "href", Value: "https://nordanvind.example/tid"}), columns}}
	return v
}

func (s set) preview() page.LetterPreviewView {
	t := s.p.T
	return page.LetterPreviewView{Frame: s.frame("outreach", s.november()), Newsletter: page.Link{Text: s.november(), Href: "/outreach/n1"}, Action: "/outreach/n1/preview", EditURL: "/outreach/n1/compose",
		As: "Åsa Öberg", AsID: "3k7q", MaySearch: true, People: []page.Option{{Value: "3k7q", Text: "Åsa Öberg", On: true}, {Value: "8p", Text: "Björn Åkerblom"}},
		From: "Nordanvind <info@nordanvind.example>", To: "asa.oberg@fjallkliniken.example", Subject: s.s("Ren luft i november", "Puhdasta ilmaa marraskuussa", "Clean air in November"),
		FrameURL: "/outreach/n1/preview/body?as=3k7q", Text: s.letter(), Size: 15300, Values: []page.Pair{{Label: t("people.city"), Value: "Umeå"}, {Label: t("people.organisation"), Value: ""}},
		Verdict:  &page.MayCell{Tone: page.Yes, Reason: s.consent() + " " + s.p.Date(day(2025, 2, 3, 10, 0)), Href: "/people/3k7q/evidence/1"},
		Findings: s.editor().Findings[1:], Score: t("editor.score", "score", s.s("0,2", "0,2", "0.2"), "limit", s.s("5,0", "5,0", "5.0")),
		TestURL: "/outreach/n1/preview", TestTo: page.Field{ID: "to", Label: t("preview.test_to"), Type: "email", Value: "maija@nordanvind.example"}}
}

func (s set) pictures() page.PicturesView {
	row := func(n, name, alt string, used int) page.PictureRow {
		return page.PictureRow{Src: page.Asset("wordmark.svg"), Action: "/pictures/" + n, Name: page.Field{ID: "name-" + n, Name: "name", Label: s.p.T("pictures.name"), Value: name},
			Alt: page.Field{ID: "alt-" + n, Name: "alt", Label: s.p.T("pictures.alt"), Value: alt}, Width: 1200, Height: 675, Size: "184 kB", At: now, By: "Maija E.", Used: used}
	}
	return page.PicturesView{Frame: s.frame("outreach", s.p.T("pictures.title")), Action: "/pictures", Rows: []page.PictureRow{
		row("a", "Filter", s.s("Ett filter före och efter", "Suodatin ennen ja jälkeen", "A filter, before and after"), 2), row("b", s.s("Huset", "Talo", "The house"), "", 0)}}
}
