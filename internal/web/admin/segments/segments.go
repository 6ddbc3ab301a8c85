// Package segments is the staff pages about saved audiences: the list, and the
// builder, which works without script: adding and removing a condition is a
// button of the form. The figures say how many are in the segment, how many may
// be reached by newsletter, and why the others may not.
//
//	GET  /segments                     list.go
//	GET  /segments/new, POST /segments build.go
//	GET  /segments/{id}, POST          build.go   op: save, add, drop.N, text, count
//	POST /segments/count               count.go   the figures alone
//	POST /segments/{id}/delete         build.go
package segments

import (
	"strconv"
	"strings"

	"kartotek/internal/permit"
	"kartotek/internal/segdef"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
)

// Routes lists the pages about segments.
func Routes() []door.Route {
	a := &area{}
	get := func(path string, h desk.Handler) door.Route {
		return door.Route{Method: "GET", Path: path, Level: "segment", Handler: desk.With(h)}
	}
	post := func(path string, h desk.Handler) door.Route {
		return door.Route{Method: "POST", Path: path, Level: "segment", Handler: desk.With(h)}
	}
	return []door.Route{
		get("/segments", a.list), get("/segments/new", a.blank), post("/segments", a.save), post("/segments/count", a.count),
		get("/segments/{id}", a.open), post("/segments/{id}", a.save), post("/segments/{id}/delete", remove),
	}
}

// area is the pages with what they remember between requests.
type area struct{ counts counts }

// question asks whether a newsletter may go to somebody; nil when the notice has
// no purpose for newsletters.
func question(d *desk.Desk) *permit.Question {
	purpose := d.Letters()
	if purpose == "" {
		return nil
	}
	q, err := d.InForce.PermitQuestion(purpose, "email", d.DB.Now())
	if err != nil {
		return nil
	}
	return &q
}

// rows reads the conditions of a posted form: field.N, op.N, value.N.
func rows(f door.Fields) (form segdef.Form, n int) {
	form.Any = f.Get("join") == "any"
	for n = 0; n < maxRows && f.Has("op."+strconv.Itoa(n)); n++ {
		i := "." + strconv.Itoa(n)
		c := segdef.Condition{Field: f.Get("field" + i), Operator: f.Get("op" + i), Value: strings.TrimSpace(f.Get("value" + i))}
		if op, ok := operator(c.Operator); ok && !op.Field {
			c.Field = ""
		}
		form.Conditions = append(form.Conditions, c)
	}
	return form, n
}

const maxRows = 30

func operator(code string) (segdef.Operator, bool) {
	for _, op := range segdef.Operators {
		if op.Code == code {
			return op, true
		}
	}
	return segdef.Operator{}, false
}

// filled leaves out conditions nobody has filled in yet.
func filled(form segdef.Form) segdef.Form {
	out := segdef.Form{Any: form.Any}
	for _, c := range form.Conditions {
		op, _ := operator(c.Operator)
		if op.Value && c.Value == "" && (c.Field == "" || !op.Field) || op.Field && c.Field == "" && c.Value == "" {
			continue
		}
		out.Conditions = append(out.Conditions, c)
	}
	return out
}

// fields are what a condition can ask about: those the reader may see, and the
// day of registration.
func fields(d *desk.Desk, chosen string) []page.Option {
	out := []page.Option{{Value: "", Text: d.T("segments.no_field")}}
	for _, f := range d.Facts.Fields() {
		if d.Searches(f.Name) {
			out = append(out, page.Option{Value: f.Name, Text: f.Title.In(d.Lang()), On: f.Name == chosen})
		}
	}
	return append(out, page.Option{Value: "registered", Text: d.T("person.registered"), On: chosen == "registered"})
}

func operators(d *desk.Desk, chosen string) (out []page.Option) {
	for _, op := range segdef.Operators {
		out = append(out, page.Option{Value: op.Code, Text: d.Printer.Or("segop."+op.Code, op.Code), On: op.Code == chosen})
	}
	return out
}
