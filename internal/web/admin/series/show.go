package series

import (
	"cmp"
	"slices"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/series"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/page"
)

// show shows a series with its steps and how many people are where.
func show(d *desk.Desk) error {
	var v page.SeriesView
	var x *series.Series
	err := d.Look(func(tx *db.Tx) (err error) {
		if x, err = read(d, tx); err != nil {
			return err
		}
		f, err := d.Series.Figures(tx, x)
		if err != nil {
			return err
		}
		v = page.SeriesView{Name: x.Name, Purpose: d.PurposeTitle(x.Purpose), Starts: starts(d, &x.Trigger), Audience: x.Audience, State: state(d, x.State),
			In: f.In, Waiting: f.Waiting, Done: f.Done, Stopped: f.Stopped}
		for code, n := range f.Left {
			v.Left = append(v.Left, page.Count{Text: d.Printer.Or("series.left."+code, d.Code(code)), N: n})
		}
		slices.SortFunc(v.Left, func(a, b page.Count) int { return cmp.Or(b.N-a.N, cmp.Compare(a.Text, b.Text)) })
		v.Steps, err = steps(d, tx, x, &f)
		return err
	})
	if err != nil {
		return err
	}
	if x.Why != "" {
		v.Why = d.Explain(fault.New(fault.Conflict, x.Why, ""))
	}
	if sends(d, x) == nil {
		v.Acts = acts(d, x)
		if x.State == series.Draft {
			v.EditHref = path(x.ID) + "/edit"
		}
	}
	v.Frame = d.Frame(x.Name, "outreach")
	return d.Render(200, page.Series(v))
}

// acts are the buttons of a state.
func acts(d *desk.Desk, x *series.Series) (out []page.SeriesAct) {
	add := func(name, class string) {
		out = append(out, page.SeriesAct{Post: path(x.ID) + "/" + name, Text: d.T("series.act_" + name), Class: class})
	}
	switch x.State {
	case series.Draft:
		add("start", "main")
	case series.Running:
		add("pause", "")
		add("stop", "stop")
	case series.Paused:
		add("resume", "main")
		add("stop", "stop")
	}
	return out
}

func steps(d *desk.Desk, tx *db.Tx, x *series.Series, f *series.Figures) (out []page.SeriesStep, err error) {
	if f.At[0] > 0 {
		out = append(out, page.SeriesStep{Text: page.Link{Text: d.T("series.begins")}, Here: f.At[0], Sent: -1, Other: -1})
	}
	for i, s := range x.Steps {
		row := page.SeriesStep{N: i + 1, Here: -1, Sent: -1, Other: -1}
		switch s.Kind {
		case series.Wait:
			row.Text.Text, row.Here = wait(d, s), f.At[i+1] // who waits has this step behind them, and the next before them
		case series.If:
			row.Text.Text, row.Note = d.T("series.if", "condition", s.If), d.T("series.else_"+s.Else)
		case series.Letter:
			l := f.Letters[i]
			row.Here, row.Sent, row.Other = l.Waiting, l.Sent, l.Failed+l.Skipped+l.Uncertain
			row.Text.Text = s.Template
			t, err := d.Post.Named(tx, s.Template)
			if err != nil && !fault.Is(err, fault.NotFound) {
				return nil, err
			}
			if err == nil {
				row.Text = page.Link{Text: t.Title, Href: "/letters/" + t.ID.String()}
			}
		}
		out = append(out, row)
	}
	return out, nil
}

// wait is a time in words.
func wait(d *desk.Desk, s series.Step) string {
	switch {
	case s.Hours == 0:
		return d.Printer.N("series.wait_days", s.Days)
	case s.Days == 0:
		return d.Printer.N("series.wait_hours", s.Hours)
	}
	return d.T("series.wait_both", "days", s.Days, "hours", s.Hours)
}
