package keeping

import (
	"strconv"

	"kartotek/internal/db"
	"kartotek/internal/noticedef"
	"kartotek/internal/retention"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/page"
	"kartotek/internal/web/page/keeping"
)

const (
	onlyPreview = retention.OnlyPreview
	byHand      = retention.ByHand
)

func overview(d *desk.Desk) error {
	v := sheet(d, "title")
	samples := 0
	err := d.Look(func(tx *db.Tx) error {
		runs, err := d.Retention.Runs(tx, 10)
		if err != nil {
			return err
		}
		if err := head(d, tx, &v, runs); err != nil {
			return err
		}
		if len(runs) > 0 {
			v.Cards = append(v.Cards, figures(d, &runs[0]))
			samples = len(runs[0].Counted.Sample)
		}
		v.Cards = append(v.Cards, times(d), history(d, runs))
		c, err := reviews(d, tx)
		v.Cards = append(v.Cards, c)
		return err
	})
	if err == nil && samples > 0 {
		err = d.ReadMany("retention.read", samples, nil)
	}
	if err != nil {
		return err
	}
	return d.Render(200, keeping.Sheet(v))
}

// head says when the next run begins, and offers to count, to run, to answer.
func head(d *desk.Desk, tx *db.Tx, v *keeping.SheetView, runs []retention.Run) error {
	next, err := d.Retention.NextRun(tx)
	if err != nil {
		return err
	}
	set, err := d.Retention.Settings(tx)
	if err != nil {
		return err
	}
	v.State = page.Chip{Text: d.T("keeping.off"), Tone: page.No}
	if set.On {
		v.State = page.Chip{Text: d.T("keeping.next", "at", d.Printer.DateTime(next)), Tone: page.Yes}
	}
	c := keeping.Card{ID: "run", Title: d.T("keeping.run"), Text: d.T("keeping.run_text", "share", strconv.FormatFloat(float64(set.Share)/10, 'f', -1, 64), "least", set.Least)}
	c.Forms = append(c.Forms, keeping.Form{Action: "/keeping/preview", Button: d.T("keeping.preview")})
	if len(runs) > 0 && runs[0].Live() {
		v.Refresh = 5
		if runs[0].State == retention.Waiting {
			v.Refresh = 0
		}
	} else if len(runs) > 0 && runs[0].Kind == onlyPreview && !runs[0].Counted.Empty() && d.Can("erase") {
		c.Forms = append(c.Forms, keeping.Form{Action: "/keeping/run", Button: d.T("keeping.run_now", "due", runs[0].Counted.Due, "whole", runs[0].Counted.Whole), Main: true})
	}
	if d.Can("erase") {
		choice := func(on bool, key string) page.Option {
			return page.Option{Value: map[bool]string{true: "yes", false: "no"}[on], Text: d.T("keeping." + key), On: set.On == on}
		}
		c.Forms = append(c.Forms, keeping.Form{Action: "/keeping/settings", Button: d.T("keeping.settings"), Fields: []page.Field{
			{ID: "on", Label: d.T("keeping.set_on"), Type: "select", Options: []page.Option{choice(true, "set_yes"), choice(false, "set_no")}},
			{ID: "hour", Label: d.T("keeping.set_hour"), Type: "time", Value: set.Hour, Required: true},
			{ID: "share", Label: d.T("keeping.set_share"), Type: "number", Value: strconv.FormatFloat(float64(set.Share)/10, 'f', -1, 64), Required: true},
			{ID: "least", Label: d.T("keeping.set_least"), Type: "number", Value: strconv.Itoa(set.Least), Required: true}}})
	}
	v.Cards = append(v.Cards, c)
	return nil
}

// figures are what the latest run found, or did.
func figures(d *desk.Desk, x *retention.Run) keeping.Card {
	r := &x.Counted
	if x.State == retention.Done && x.Kind != onlyPreview {
		r = &x.Done
	}
	c := keeping.Card{ID: "figures", Title: d.T("keeping.state_" + string(x.State)), Cols: []string{d.T("keeping.category"), d.T("keeping.why"), d.T("keeping.people")}, None: d.T("keeping.nothing")}
	c.Text = d.T("keeping.sum", "people", max(r.People, x.Counted.People), "due", r.Due, "whole", r.Whole, "day", at(d, x.At))
	if x.Why != "" {
		c.Text += " " + d.T("keeping.why_"+x.Why)
	}
	if r.Failed > 0 {
		c.Text += " " + d.Printer.N("keeping.failed", r.Failed)
	}
	for _, l := range r.Lines {
		c.Rows = append(c.Rows, keeping.Row{Head: page.Link{Text: category(d, l.Category)}, Src: d.PurposeTitle(l.Purpose),
			Cells: []keeping.Cell{{Text: d.T("keeping.from_" + l.Why)}, {Text: d.Printer.Number(l.People)}}})
	}
	for _, t := range r.Things {
		c.Rows = append(c.Rows, keeping.Row{Head: page.Link{Text: d.T("keeping.thing_" + t.Keeper + "_" + t.Kind)}, Src: d.Printer.N("keeping.things", t.Count),
			Cells: []keeping.Cell{{}, {Text: d.Printer.Number(t.People)}}})
	}
	for i, who := range r.Sample {
		c.Rows = append(c.Rows, keeping.Row{Head: page.Link{Text: d.T("keeping.sample", "n", i+1), Href: "/people/" + who.String() + "/keeping"}, Cells: []keeping.Cell{{}, {}}})
	}
	if x.State == retention.Waiting && d.Can("erase") {
		path := "/keeping/runs/" + x.ID.String()
		c.Forms = []keeping.Form{{Action: path + "/approve", Button: d.T("keeping.approve", "due", r.Due, "whole", r.Whole), Main: true}, {Action: path + "/decline", Button: d.T("keeping.decline")}}
	}
	return c
}

// times are what the notice promises.
func times(d *desk.Desk) keeping.Card {
	c := keeping.Card{ID: "times", Title: d.T("keeping.times"), Text: d.T("keeping.times_text"), Cols: []string{d.T("keeping.category"), d.T("keeping.purpose"), d.T("keeping.kept")}}
	add := func(category, purpose string, k noticedef.Keep) {
		c.Rows = append(c.Rows, keeping.Row{Head: page.Link{Text: category}, Src: k.Law, Cells: []keeping.Cell{{Text: purpose}, {Text: d.Keep(k)}}})
	}
	for i := range d.Facts.Categories {
		x := &d.Facts.Categories[i]
		if x.Keep != nil {
			add(x.Title.In(d.Lang()), d.T("keeping.every_purpose"), *x.Keep)
			continue
		}
		for _, p := range d.Facts.UsedBy(x.ID) {
			add(x.Title.In(d.Lang()), p.Title.In(d.Lang()), p.Keep)
		}
	}
	return c
}

var stateTone = map[retention.State]page.Tone{retention.Counting: page.Wait, retention.Waiting: page.No, retention.Erasing: page.Wait, retention.Done: page.Yes}

func history(d *desk.Desk, runs []retention.Run) keeping.Card {
	c := keeping.Card{ID: "runs", Title: d.T("keeping.runs"), None: d.T("keeping.runs_none"), Cols: []string{d.T("keeping.began"), d.T("keeping.state"), d.T("keeping.due"), d.T("keeping.whole"), d.T("keeping.by")}}
	for i := range runs {
		x := &runs[i]
		r := &x.Done
		if x.Kind == onlyPreview || x.State != retention.Done {
			r = &x.Counted
		}
		c.Rows = append(c.Rows, keeping.Row{Head: page.Link{Text: at(d, x.At)}, Src: d.T("keeping.kind_" + x.Kind), Cells: []keeping.Cell{
			{Chip: page.Chip{Text: d.T("keeping.is_" + string(x.State)), Tone: stateTone[x.State]}}, {Text: d.Printer.Number(r.Due)}, {Text: d.Printer.Number(r.Whole)}, {Text: x.ByName}}})
	}
	return c
}

// reviews are the holds, those to be looked at first before the others.
func reviews(d *desk.Desk, tx *db.Tx) (keeping.Card, error) {
	c := keeping.Card{ID: "holds", Title: d.T("keeping.holds"), Text: d.T("keeping.holds_text"), None: d.T("keeping.holds_none"),
		Cols: []string{d.T("keeping.review"), d.T("keeping.ground"), d.T("keeping.last_day"), d.T("keeping.by")}}
	all, _, err := d.Retention.Reviews(tx, "", 100)
	for _, h := range all {
		c.Rows = append(c.Rows, keeping.Row{Head: page.Link{Text: on(d, h.Review), Href: "/people/" + h.Person.String() + "/keeping"},
			Cells: []keeping.Cell{{Text: h.Citation}, {Text: on(d, h.Until)}, {Text: h.ByName}}})
	}
	return c, err
}

func begin(kind string) desk.Handler {
	return func(d *desk.Desk) error {
		return do(d, "/keeping", kind, func(tx *db.Tx) error { _, err := d.Retention.Start(tx, kind, ""); return err })
	}
}

func answer(yes bool) desk.Handler {
	return func(d *desk.Desk) error {
		which, err := d.ID("run")
		if err != nil {
			return err
		}
		if yes {
			return do(d, "/keeping", "approve", func(tx *db.Tx) error { return d.Retention.Approve(tx, which) })
		}
		return do(d, "/keeping", "decline", func(tx *db.Tx) error { return d.Retention.Decline(tx, which) })
	}
}

func settings(d *desk.Desk) error {
	f, err := d.Form(0)
	if err != nil {
		return err
	}
	share, _ := strconv.ParseFloat(f.Get("share"), 64)
	least, err := strconv.Atoi(f.Get("least"))
	if err != nil {
		least = -1
	}
	s := retention.Settings{On: f.Get("on") == "yes", Hour: f.Get("hour"), Share: int(share*10 + 0.5), Least: least}
	return do(d, "/keeping", "settings", func(tx *db.Tx) error { return d.Retention.Set(tx, s) })
}
