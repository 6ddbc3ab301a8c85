package sample

import "kartotek/internal/web/page"

func (s set) returns() []Sample {
	field := func(id, value string) page.Field {
		return page.Field{ID: id, Label: s.p.T("returns.field." + id), Value: value, Required: true, Auto: "off"}
	}
	form := []page.Field{field("host", "imap.nordanvind.example"), field("port", "993"),
		{ID: "security", Label: s.p.T("returns.field.security"), Type: "select", Options: []page.Option{{Value: "tls", Text: s.p.T("returns.security.tls"), On: true}}},
		field("user", "returer@nordanvind.example"), {ID: "password", Label: s.p.T("returns.field.password"), Hint: s.p.T("returns.password_kept"), Type: "password", Auto: "off"},
		field("folder", "INBOX"), field("handled", "Handled")}
	v := page.ReturnsView{Frame: s.frame("outreach", s.p.T("returns.title")), Listens: "127.0.0.1:8624", MaySet: true, MayRead: true, Form: form,
		Box: &page.ReturnsBox{Name: "returer@imap.nordanvind.example", State: yes(s.p.T("returns.reads")), Read: day(2026, 11, 12, 9, 12), Handled: 1284},
		Notes: []page.ReturnsNote{
			{ID: "1", PersonID: "1", Person: page.Link{Text: "Erik Sundqvist", Href: "/people/1"}, Now: "erik@gammal.example", New: "erik.sundqvist@ny.example", At: day(2026, 11, 11, 14, 2)},
			{ID: "2", PersonID: "2", Person: page.Link{Text: "Liisa Virtanen", Href: "/people/2"}, Now: "liisa@yritys.example", New: "l.virtanen@posti.example", At: day(2026, 11, 9, 8, 40)}}, More: 3}
	failing := v
	failing.Listens, failing.Notes, failing.More = "", nil, 0
	failing.Box = &page.ReturnsBox{Name: v.Box.Name, State: no(s.p.T("returns.fails")), Text: s.p.T("returns.error.login"), Read: v.Box.Read, Handled: 1284}
	failing.Tried = &page.Flash{Tone: page.No, Text: s.p.T("returns.error.login")}
	none := page.ReturnsView{Frame: v.Frame, MayRead: true}
	return []Sample{{Name: "returns", Component: page.Returns(v)}, {Name: "returns-failing", Component: page.Returns(failing)}, {Name: "returns-none", Component: page.Returns(none)}}
}
