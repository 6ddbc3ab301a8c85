package series

import (
	"slices"
	"strconv"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/noticedef"
	"kartotek/internal/post"
	"kartotek/internal/series"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
)

// Rooms for steps in the form: as many as there are and some more, at least rows.
const (
	rows = 5
	more = 3
	most = 30
)

func newSeries(d *desk.Desk) error {
	if err := d.Need("send"); err != nil {
		return err
	}
	return form(d, &series.Series{Purpose: d.Letters(), Trigger: series.Trigger{Kind: series.SignUp, Purpose: d.Letters()}}, rows)
}

func edit(d *desk.Desk) error {
	var x *series.Series
	err := d.Look(func(tx *db.Tx) (err error) { x, err = read(d, tx); return err })
	if err == nil {
		err = sends(d, x)
	}
	if err != nil {
		return err
	}
	if x.State != series.Draft {
		return d.Redirect(path(x.ID))
	}
	return form(d, x, len(x.Steps)+1)
}

func form(d *desk.Desk, x *series.Series, room int) error {
	v := page.SeriesEditView{Action: "/series", New: x.ID == 0}
	title := d.T("series.new")
	if !v.New {
		v.Action, v.DeletePost, title = path(x.ID), path(x.ID)+"/delete", x.Name
	}
	var templates []post.Template
	err := d.Look(func(tx *db.Tx) (err error) { templates, err = d.Post.Templates(tx); return err })
	if err != nil {
		return err
	}
	v.Head, v.Trigger = head(d, x), trigger(d, &x.Trigger)
	for n := range min(max(room, len(x.Steps)), most) {
		s := series.Step{}
		if n < len(x.Steps) {
			s = x.Steps[n]
		}
		v.Steps = append(v.Steps, stepFields(d, n+1, s, templates))
	}
	v.Frame = d.Frame(title, "outreach")
	return d.Render(200, page.SeriesEdit(v))
}

func head(d *desk.Desk, x *series.Series) []page.Field {
	sendable := func(p noticedef.Purpose) bool {
		return slices.Contains(p.Channels, "email") && d.Actor.CanFor(p.ID, "send")
	}
	return []page.Field{
		{ID: "name", Label: d.T("edit.name"), Value: x.Name, Required: true, Max: 120, Focus: x.ID == 0},
		{ID: "purpose", Label: d.T("permit.purpose"), Hint: d.T("series.purpose_hint"), Type: "select", Options: d.Purposes(x.Purpose, sendable)},
		{ID: "audience", Label: d.T("series.audience"), Hint: d.T("series.audience_hint"), Value: x.Audience, Max: 4096},
	}
}

func trigger(d *desk.Desk, t *series.Trigger) []page.Field {
	kinds := choices(d, "series.trigger_", t.Kind, series.SignUp, series.OnDate, series.OnEvent)
	mail := func(p noticedef.Purpose) bool { return p.Class != "service" && slices.Contains(p.Channels, "email") }
	fields := []page.Option{{Value: "", Text: "–", On: t.Field == ""}}
	for _, f := range d.Facts.Fields() {
		if d.Searches(f.Name) {
			fields = append(fields, page.Option{Value: f.Name, Text: d.Field(f.Name), On: f.Name == t.Field})
		}
	}
	how := "once"
	switch {
	case t.Yearly:
		how = "yearly"
	case t.Again:
		how = "again"
	}
	return []page.Field{
		{ID: "trigger", Label: d.T("series.trigger"), Type: "select", Options: kinds},
		{ID: "trigger_purpose", Label: d.T("series.trigger_purpose"), Type: "select", Options: d.Purposes(t.Purpose, mail)},
		{ID: "event", Label: d.T("series.event"), Hint: d.T("series.event_hint"), Value: t.Event, Max: 120},
		{ID: "field", Label: d.T("series.field"), Hint: d.T("series.field_hint"), Type: "select", Options: fields},
		{ID: "days", Label: d.T("series.days"), Hint: d.T("series.days_hint"), Type: "number", Value: strconv.Itoa(t.Days)},
		{ID: "hour", Label: d.T("series.hour"), Type: "time", Value: t.Hour},
		{ID: "how", Label: d.T("series.how"), Type: "select", Options: choices(d, "series.how_", how, "once", "again", "yearly")},
	}
}

// choices are values with their words.
func choices(d *desk.Desk, prefix, chosen string, values ...string) (out []page.Option) {
	for _, v := range values {
		out = append(out, page.Option{Value: v, Text: d.T(prefix + v), On: v == chosen})
	}
	return out
}

func stepFields(d *desk.Desk, n int, s series.Step, templates []post.Template) page.SeriesFields {
	id := func(name string) string { return name + "_" + strconv.Itoa(n) }
	number := func(v int) string {
		if v == 0 {
			return ""
		}
		return strconv.Itoa(v)
	}
	letters := []page.Option{{Value: "", Text: "–", On: s.Template == ""}}
	for _, t := range templates {
		letters = append(letters, page.Option{Value: t.Name, Text: t.Title, On: t.Name == s.Template})
	}
	kinds := append([]page.Option{{Value: "", Text: d.T("series.kind_none"), On: s.Kind == ""}}, choices(d, "series.kind_", s.Kind, series.Letter, series.Wait, series.If)...)
	return page.SeriesFields{N: n,
		Kind:     page.Field{ID: id("kind"), Label: d.T("series.kind"), Type: "select", Options: kinds},
		Template: page.Field{ID: id("template"), Label: d.T("series.letter"), Type: "select", Options: letters},
		Days:     page.Field{ID: id("days"), Label: d.T("series.wait_d"), Type: "number", Value: number(s.Days)},
		Hours:    page.Field{ID: id("hours"), Label: d.T("series.wait_h"), Type: "number", Value: number(s.Hours)},
		If:       page.Field{ID: id("if"), Label: d.T("series.condition"), Value: s.If, Max: 4096},
		Else:     page.Field{ID: id("else"), Label: d.T("series.else"), Type: "select", Options: choices(d, "series.then_", s.Else, series.Leave, series.Skip)}}
}

// fill reads the form.
func fill(x *series.Series, f door.Fields) (err error) {
	var days, how string
	t := &x.Trigger
	for _, v := range []struct {
		name string
		into *string
		most int
	}{{"name", &x.Name, 120}, {"purpose", &x.Purpose, 60}, {"audience", &x.Audience, 4096}, {"trigger", &t.Kind, 20}, {"trigger_purpose", &t.Purpose, 60}, {"event", &t.Event, 120},
		{"field", &t.Field, 60}, {"hour", &t.Hour, 5}, {"days", &days, 5}, {"how", &how, 10}} {
		if *v.into, err = f.Line(v.name, v.most); err != nil {
			return err
		}
	}
	if t.Days, err = whole("days", days); err != nil {
		return err
	}
	t.Again, t.Yearly = how == "again", how == "yearly"
	tidy(t)
	x.Steps = nil
	for n := 1; n <= most; n++ {
		s, err := step(f, "_"+strconv.Itoa(n))
		if err != nil {
			return err
		}
		if s.Kind != "" {
			x.Steps = append(x.Steps, s)
		}
	}
	return nil
}

// tidy takes out what another kind of trigger would need.
func tidy(t *series.Trigger) {
	switch t.Kind {
	case series.SignUp:
		*t = series.Trigger{Kind: t.Kind, Purpose: t.Purpose}
	case series.OnEvent:
		*t = series.Trigger{Kind: t.Kind, Event: t.Event, Again: t.Again}
	case series.OnDate:
		t.Purpose = ""
		if t.Field != "" {
			t.Event = ""
		}
	}
}

func whole(field, text string) (int, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, fault.New(fault.Invalid, "form.number", "the field takes a whole number").In(field)
	}
	return n, nil
}

// step reads the fields of one step, and keeps those of its kind.
func step(f door.Fields, n string) (s series.Step, err error) {
	var days, hours string
	for _, v := range []struct {
		name string
		into *string
		most int
	}{{"kind", &s.Kind, 10}, {"template", &s.Template, 60}, {"days", &days, 5}, {"hours", &hours, 5}, {"if", &s.If, 4096}, {"else", &s.Else, 10}} {
		if *v.into, err = f.Line(v.name+n, v.most); err != nil {
			return s, err
		}
	}
	if s.Days, err = whole("days"+n, days); err != nil {
		return s, err
	}
	if s.Hours, err = whole("hours"+n, hours); err != nil {
		return s, err
	}
	switch s.Kind {
	case series.Wait:
		s = series.Step{Kind: s.Kind, Days: s.Days, Hours: s.Hours}
	case series.If:
		s = series.Step{Kind: s.Kind, If: s.If, Else: s.Else}
	case series.Letter:
		s = series.Step{Kind: s.Kind, Template: s.Template}
	}
	return s, nil
}

// save stores a draft; "more" gives room for more steps and stores nothing.
func save(d *desk.Desk) error {
	f, err := d.Form(0)
	if err != nil {
		return err
	}
	x := &series.Series{}
	var saved *series.Series
	again := f.Get("op") == "more"
	err = d.Act(func(tx *db.Tx) error {
		if d.PathValue("id") != "" {
			old, err := read(d, tx)
			if err != nil {
				return err
			}
			if err := sends(d, old); err != nil {
				return err
			}
			x = old
		}
		if err := fill(x, f); err != nil || again {
			return err
		}
		if err := mayKeep(d, x); err != nil {
			return err
		}
		if saved, err = d.Series.Save(tx, *x); err != nil {
			return err
		}
		return audit.Write(tx, audit.Entry{Action: "series.save", Kind: "series", Object: saved.ID.String(), Purpose: saved.Purpose})
	})
	switch fault.CodeOf(err) {
	case fault.Invalid, fault.Conflict, fault.TooLarge:
		d.Say(page.No, d.Explain(err)+" "+d.T("desk.nothing_stored"))
		return form(d, x, len(x.Steps)+1)
	}
	if err != nil {
		return err
	}
	if again {
		return form(d, x, len(x.Steps)+more)
	}
	return d.Done(path(saved.ID), d.T("series.saved"))
}

// mayKeep refuses what this reader may not send for or select by.
func mayKeep(d *desk.Desk, x *series.Series) error {
	if err := sends(d, x); err != nil {
		return err
	}
	if err := d.MaySelectText(x.Audience); err != nil {
		return err
	}
	if x.Trigger.Field != "" && !d.Searches(x.Trigger.Field) {
		return fault.New(fault.Invalid, "series.field", "the notice lists no such field for this level").In("field")
	}
	for _, s := range x.Steps {
		if err := d.MaySelectText(s.If); err != nil {
			return err
		}
	}
	return nil
}

func remove(d *desk.Desk) error {
	err := d.Act(func(tx *db.Tx) error {
		x, err := read(d, tx)
		if err == nil {
			err = sends(d, x)
		}
		if err == nil {
			err = d.Series.Delete(tx, x.ID)
		}
		if err != nil {
			return err
		}
		return audit.Write(tx, audit.Entry{Action: "series.delete", Kind: "series", Object: x.ID.String(), Purpose: x.Purpose})
	})
	if err != nil {
		return d.Back("/series", err)
	}
	return d.Done("/series", d.T("series.deleted"))
}
