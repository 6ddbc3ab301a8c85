package sample

import (
	"time"

	"kartotek/internal/rightsdef"
	"kartotek/internal/web/page"
	"kartotek/internal/web/page/ask"
)

// ask is the form for requests, fresh and with a fault, and its answer.
func (s set) ask() []Sample {
	wrong := s.askForm()
	wrong.Error = s.p.T("error.ask.no_way")
	wrong.Email.Error, wrong.Name.Value, wrong.Kinds[0].On = wrong.Error, "Åsa Provström", true
	done := ask.DoneView{Public: s.outside(s.p.T("ask.done")), At: now, Due: now.Add(30 * 24 * time.Hour), Contact: "privacy@nordanvind.example", MineURL: "/me",
		Refs: []ask.Ref{{Number: "R-2026-0042", Text: s.p.T("ask.kind_access")}, {Number: "R-2026-0043", Text: s.p.T("ask.kind_objection")}}}
	return []Sample{
		{Name: "ask", Component: ask.Form(s.askForm()), Public: true},
		{Name: "ask-wrong", Component: ask.Form(wrong), Public: true},
		{Name: "ask-done", Component: ask.Done(done), Public: true},
	}
}

func (s set) askForm() ask.FormView {
	v := ask.FormView{Public: s.outside(s.p.T("ask.title")), Stamp: "9kq2", Contact: "privacy@nordanvind.example", MineURL: "/me"}
	for _, k := range rightsdef.Kinds() {
		v.Kinds = append(v.Kinds, ask.Kind{ID: string(k), Text: s.p.T("ask.kind_" + string(k)), Hint: s.p.T("ask.kind_" + string(k) + "_hint")})
	}
	field := func(id, kind string) page.Field {
		return page.Field{ID: id, Label: s.p.T("ask." + id), Type: kind, Rows: 4}
	}
	v.Name, v.Email, v.Phone, v.Address, v.About = field("name", ""), field("email", "email"), field("phone", "tel"), field("address", "textarea"), field("about", "textarea")
	v.About.Hint = s.p.T("ask.about_hint")
	for _, a := range []string{"email", "post", "phone"} {
		v.Answers = append(v.Answers, page.Option{Value: a, Text: s.p.T("ask.answer_" + a), On: a == "email"})
	}
	return v
}
