package access

import (
	"net/http"
	"strings"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/measure"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/page"
	"kartotek/internal/web/page/office"
)

var measureTone = map[string]page.Tone{measure.OK: page.Yes, measure.Due: page.Wait, measure.Lapsed: page.No, measure.Bad: page.No, measure.Unmeasured: page.Wait}

func stateOf(d *desk.Desk, s measure.Status) page.Chip {
	return page.Chip{Text: d.T("measures.state_" + s.State), Tone: measureTone[s.State]}
}

func measures(d *desk.Desk) error {
	var v office.MeasuresView
	err := d.Look(func(tx *db.Tx) error {
		all, err := d.Measure.Statuses(tx, d.InForce)
		for _, s := range all {
			v.Rows = append(v.Rows, row(d, s))
		}
		return err
	})
	if err != nil {
		return err
	}
	v.Frame = d.Frame(d.T("measures.title"), "access")
	return d.Render(200, office.Measures(v))
}

func row(d *desk.Desk, s measure.Status) office.MeasureRow {
	out := office.MeasureRow{ID: s.ID, Href: "/access/measures/" + s.ID, Text: s.Text.In(d.Lang()), Owner: s.Owner, Evidence: s.Evidence, State: stateOf(d, s), Due: date(s.Due)}
	if out.Text == "" {
		out.Text = s.ID
	}
	if s.Last != nil {
		out.Last = date(s.Last.Day)
		out.Evidence = s.Last.Evidence
	}
	if s.Measured {
		out.Measured = measured(d, s.Reading)
		if s.Reading != nil {
			out.Last = s.Reading.At
		}
	}
	return out
}

// measured says what the program found, or why it found nothing.
func measured(d *desk.Desk, r *measure.Reading) string {
	if why := d.Measure.Probe.Why(); why != "" {
		return d.T("measures.why_" + why)
	}
	switch {
	case r == nil:
		return d.T("measures.not_yet")
	case r.Outcome != measure.Measured:
		return d.T("measures.broken")
	}
	parts := []string{r.Version, d.T("measures.certificate", "day", d.Printer.Date(r.Until))}
	if r.HSTS > 0 {
		parts = append(parts, d.Printer.N("measures.hsts", int(r.HSTS/86400)))
	} else {
		parts = append(parts, d.T("measures.no_hsts"))
	}
	return strings.Join(parts, " · ")
}

func oneMeasure(d *desk.Desk) error { return showMeasure(d, http.StatusOK, "", measure.Check{}) }

func showMeasure(d *desk.Desk, status int, problem string, typed measure.Check) error {
	v := office.MeasureView{Error: problem, Day: typed.Day, Next: typed.Next, Result: typed.Result, Typed: typed.Evidence}
	err := d.Look(func(tx *db.Tx) error {
		all, err := d.Measure.Statuses(tx, d.InForce)
		if err != nil {
			return err
		}
		for _, s := range all {
			if s.ID == d.PathValue("id") {
				return fill(d, tx, &v, s)
			}
		}
		return fault.New(fault.NotFound, "measure.none", "the notice in force has no such measure")
	})
	if err != nil {
		return err
	}
	v.Frame = d.Frame(v.Text, "access")
	return d.Render(status, office.Measure(v))
}

func fill(d *desk.Desk, tx *db.Tx, v *office.MeasureView, s measure.Status) error {
	v.MeasureRow = row(d, s)
	if m, ok := measure.Accounts(d.Facts); ok {
		v.ByReview = m.ID == s.ID
	}
	v.MayCheck = d.Can(records) && !s.Measured && !v.ByReview
	if v.Day == "" {
		v.Day, v.Next = d.Today(), measure.NextCheck(s.Measure, tx.Time())
	}
	list, err := d.Measure.Checks(tx, s.ID)
	for _, c := range list {
		tone := page.Yes
		if c.Result != measure.InOrder {
			tone = page.No
		}
		v.Checks = append(v.Checks, office.CheckRow{Day: date(c.Day), Next: date(c.Next), Result: page.Chip{Text: d.T("measures." + c.Result), Tone: tone}, Evidence: c.Evidence, By: c.ByName})
	}
	return err
}

func recordCheck(d *desk.Desk) error {
	f, err := d.Form(0)
	if err != nil {
		return err
	}
	c := measure.Check{Measure: d.PathValue("id"), Day: f.Get("day"), Result: f.Get("result"), Evidence: f.Get("evidence"), Next: f.Get("next")}
	if m, ok := measure.Accounts(d.Facts); ok && m.ID == c.Measure {
		return fault.New(fault.Denied, "measure.by_review", "this measure is checked by the access review")
	}
	err = d.Act(func(tx *db.Tx) error { _, err := d.Measure.Record(tx, d.Facts, c); return err })
	if fault.Is(err, fault.Invalid) {
		return showMeasure(d, http.StatusUnprocessableEntity, d.Explain(err), c)
	}
	if err != nil {
		return err
	}
	return d.Done("/access/measures/"+c.Measure, d.T("measures.recorded"))
}
