package segments

import (
	"strconv"
	"strings"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/segdef"
	"kartotek/internal/segment"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
)

// draft is a segment as it stands in the builder.
type draft struct {
	id   id.ID
	name string
	form segdef.Form
	text string // the expression; "" when it follows from the form
	raw  bool   // the expression cannot be shown as rows
	err  error
	ask  bool // the reader asked for the figures
}

// blank is the builder with one empty condition.
func (a *area) blank(d *desk.Desk) error {
	return a.show(d, draft{form: segdef.Form{Conditions: []segdef.Condition{{Operator: "is"}}}, text: "everyone"})
}

// open is the builder with a saved segment.
func (a *area) open(d *desk.Desk) error {
	which, err := d.ID("id")
	if err != nil {
		return err
	}
	var s *segment.Segment
	if err := d.Look(func(tx *db.Tx) (err error) { s, err = read(d, tx, which); return err }); err != nil {
		return err
	}
	return a.show(d, written(draft{id: s.ID, name: s.Name}, s.Text))
}

// read reads a saved segment. One that selects by what the reader's level does not
// search by gets the answer of one that is not there.
func read(d *desk.Desk, tx *db.Tx, which id.ID) (*segment.Segment, error) {
	s, err := d.Segment.Get(tx, which)
	if err != nil {
		return nil, err
	}
	if err := d.MaySelectText(s.Text); fault.KeyOf(err) == "segment.field_unknown" || fault.KeyOf(err) == "segment.no_permissions" {
		return nil, fault.New(fault.NotFound, "segment.none", "there is no such segment")
	}
	return s, nil
}

// written puts an expression into a draft, as rows when it fits.
func written(x draft, text string) draft {
	x.text = text
	if strings.TrimSpace(text) == "" {
		return x
	}
	e, err := segdef.Parse(text)
	if err != nil {
		x.err, x.raw = err, true
		return x
	}
	form, fits := e.Form()
	x.form, x.raw = form, !fits
	return x
}

// expression is what a posted form asks for: its rows, or, when the expression
// itself is being written, that.
func expression(f door.Fields) (string, error) {
	form, n := rows(f)
	if n == 0 && strings.TrimSpace(f.Get("expression")) != "" || f.Get("op") == "text" {
		e, err := segdef.Parse(f.Get("expression"))
		if err != nil {
			return "", err
		}
		return e.String(), nil
	}
	e, err := segdef.FromForm(filled(form))
	if err != nil {
		return "", err
	}
	return e.String(), nil
}

// save answers every button of the builder: only "save" stores anything.
func (a *area) save(d *desk.Desk) error {
	f, err := d.Form(0)
	if err != nil {
		return err
	}
	x := draft{name: f.Get("name"), ask: f.Get("op") == "count"}
	if d.PathValue("id") != "" {
		if x.id, err = d.ID("id"); err != nil {
			return err
		}
	}
	var n int
	x.form, n = rows(f)
	op := f.Get("op")
	drop, dropping := strings.CutPrefix(op, "drop.")
	switch {
	case op == "add":
		x.form.Conditions = append(x.form.Conditions, segdef.Condition{Operator: "is"})
		return a.show(d, x)
	case dropping:
		if i, err := strconv.Atoi(drop); err == nil && i >= 0 && i < n {
			x.form.Conditions = append(x.form.Conditions[:i], x.form.Conditions[i+1:]...)
		}
		return a.show(d, x)
	case op == "text":
		return a.show(d, written(x, f.Get("expression")))
	}
	text, err := expression(f)
	if err != nil {
		x.err, x.raw, x.text = err, n == 0, f.Get("expression")
		return a.show(d, x)
	}
	if op != "save" {
		return a.show(d, written(x, text))
	}
	return a.store(d, x, text)
}

func (a *area) store(d *desk.Desk, x draft, text string) error {
	var saved *segment.Segment
	err := d.Act(func(tx *db.Tx) error {
		if x.id != 0 {
			if _, err := read(d, tx, x.id); err != nil {
				return err
			}
		}
		e, err := d.Segment.Read(tx, text)
		if err != nil {
			return err
		}
		if err := d.MaySelect(e); err != nil {
			return err
		}
		if saved, err = d.Segment.Save(tx, segment.Segment{ID: x.id, Name: strings.TrimSpace(x.name), Text: text}); err != nil {
			return err
		}
		return audit.Write(tx, audit.Entry{Action: "segment.save", Kind: "segment", Object: saved.ID.String()})
	})
	switch fault.CodeOf(err) {
	case fault.Invalid, fault.Conflict, fault.TooLarge:
		if err != nil {
			x = written(x, text)
			x.err = err
			return a.show(d, x)
		}
	}
	if err != nil {
		return err
	}
	return d.Done("/segments/"+saved.ID.String(), d.T("segments.saved"))
}

func (a *area) show(d *desk.Desk, x draft) error {
	v := page.SegmentEditView{Action: "/segments", CountURL: "/segments/count", New: x.id == 0, Any: x.form.Any, AsText: x.raw}
	title := d.T("segments.new")
	if !v.New {
		v.Action, v.DeletePost = "/segments/"+x.id.String(), "/segments/"+x.id.String()+"/delete"
		title = x.name
	}
	v.Name = page.Field{ID: "name", Label: d.T("people.name"), Value: x.name, Required: true, Max: 120}
	for _, c := range x.form.Conditions {
		v.Rules = append(v.Rules, page.SegmentRule{Fields: fields(d, c.Field), Operators: operators(d, c.Operator), Value: c.Value})
	}
	text := x.text
	if text == "" {
		if e, err := segdef.FromForm(filled(x.form)); err == nil {
			text = e.String()
		}
	}
	v.Expression = page.Field{ID: "expression", Label: d.T("segments.text"), Type: "textarea", Rows: 3, Value: text, Max: segdef.MaxBytes}
	if x.err != nil {
		v.Error = d.Explain(x.err)
	} else {
		var err error
		count := a.counts.shown
		if x.ask {
			count = a.counts.of
		}
		if v.Reach, err = count(d, text); err != nil {
			return err
		}
	}
	v.Frame = d.Frame(title, "segments")
	return d.Render(200, page.SegmentEdit(v))
}

// remove deletes a segment; newsletters keep the expression they were made with.
func remove(d *desk.Desk) error {
	which, err := d.ID("id")
	if err != nil {
		return err
	}
	err = d.Act(func(tx *db.Tx) error {
		if _, err := read(d, tx, which); err != nil {
			return err
		}
		if err := d.Segment.Delete(tx, which); err != nil {
			return err
		}
		return audit.Write(tx, audit.Entry{Action: "segment.delete", Kind: "segment", Object: which.String()})
	})
	if err != nil {
		return d.Back("/segments", err)
	}
	return d.Done("/segments", d.T("segments.deleted"))
}
