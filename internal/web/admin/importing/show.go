package importing

import (
	"net/http"
	"os"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/exchange"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/job"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/page"
)

// waiting shows that a large upload is being looked at.
func waiting(d *desk.Desk, up id.ID, u uploaded) error {
	l, err := reading(d, up)
	if err != nil {
		return err
	}
	v := page.ImportProgressView{ID: up.String(), Name: d.T("plan.title"), Live: l, Frame: d.Frame(d.T("nav.import"), "import")}
	v.Frame.Refresh = 3
	return d.Render(http.StatusOK, page.ImportProgress(v))
}

// reading is how far the look at a large upload is.
func reading(d *desk.Desk, up id.ID) (l page.ImportLive, err error) {
	l = page.ImportLive{ID: up.String(), Running: true, Phase: d.T("import.phase_reading"), Of: 1}
	_, ready, err := readPlan(d.Rooms, up)
	if err != nil {
		return l, err
	}
	if ready {
		l.Running, l.Done, l.DoneURL = false, 1, path(up)+"/plan"
		return l, nil
	}
	var j *job.Job
	err = d.Look(func(tx *db.Tx) (err error) { j, err = job.Latest(tx, KindPlan, up.String()); return err })
	if fault.Is(err, fault.NotFound) {
		return l, noUpload()
	}
	if err == nil && j.State == job.Dead {
		err = noUpload()
	}
	return l, err
}

// show is an import: a bar while it runs, its figures when it has ended.
func show(d *desk.Desk) error {
	m, err := get(d)
	if err != nil {
		return err
	}
	if m.State == "running" {
		v := page.ImportProgressView{ID: m.ID.String(), Name: name(m), Live: progress(d, m), Frame: d.Frame(d.T("nav.import"), "import")}
		v.Frame.Refresh = 3
		return d.Render(http.StatusOK, page.ImportProgress(v))
	}
	v := ended(d, m)
	v.Frame = d.Frame(v.Name, "import")
	return d.Render(http.StatusOK, page.ImportDone(v))
}

func get(d *desk.Desk) (m *exchange.Import, err error) {
	which, err := d.ID("id")
	if err != nil {
		return nil, err
	}
	err = d.Look(func(tx *db.Tx) (err error) { m, err = d.Exchange.Get(tx, which); return err })
	return m, err
}

// live is the part of the page that changes, for an import or for an upload that
// is being looked at.
func live(d *desk.Desk) error {
	m, err := get(d)
	var l page.ImportLive
	switch {
	case err == nil:
		l = progress(d, m)
	case fault.Is(err, fault.NotFound):
		up, bad := d.ID("id")
		if bad != nil {
			return bad
		}
		if _, err = readUpload(d.Rooms, up); err == nil {
			l, err = reading(d, up)
		}
	}
	if err != nil {
		return err
	}
	return d.Render(http.StatusOK, page.LiveImport(page.Frame{P: d.Printer}, l))
}

// progress is how far an import is. Rows are counted as they are stored; how many
// there are is an estimate until the end.
func progress(d *desk.Desk, m *exchange.Import) page.ImportLive {
	l := page.ImportLive{ID: m.ID.String(), Running: m.State == "running", Done: m.Counts.Rows, Of: max(int(m.Info.Rows), m.Counts.Rows, 1), Rejected: m.Counts.Rejected}
	l.Phase = d.T("import.phase_refusals")
	if m.Pass > 0 {
		l.Phase = d.T("import.phase_rest")
	}
	if !l.Running {
		l.Phase, l.DoneURL, l.Of = d.Printer.Or("import.state."+m.State, m.State), path(m.ID), max(m.Counts.Rows, 1)
		return l
	}
	spent := d.DB.Now().Sub(desk.Time(m.Started)).Seconds()
	if spent > 0.5 && l.Done > 0 {
		rate := float64(l.Done) / spent
		l.PerSecond = int(rate)
		l.Finish = d.DB.Now().Add(time.Duration(float64(l.Of-l.Done) / rate * float64(time.Second)))
	}
	return l
}

// ended is an import that has ended, well or not.
func ended(d *desk.Desk, m *exchange.Import) page.ImportDoneView {
	c := m.Counts
	v := page.ImportDoneView{ID: m.ID.String(), Name: name(m), At: desk.Time(m.Started), Rows: c.Rows, Create: c.PeopleCreated, Update: c.PeopleUpdated,
		Same: c.Unchanged, Rejected: c.Rejected, Outcomes: outcomes(d, c.Permissions, nil), Took: took(d, m), PeopleURL: "/people"}
	if m.Rejects != "" && c.Rejected > 0 {
		v.RejectsURL = path(m.ID) + "/rejects"
	}
	switch {
	case m.State == "undone":
		v.Undone = d.T("import.is_undone")
	case m.State == "failed":
		v.Undone = d.T("import.has_failed", "why", m.Error)
	}
	if m.State != "undone" && d.Can("undo") {
		v.UndoEffect = d.T("import.undo_effect", "created", c.PeopleCreated, "updated", c.PeopleUpdated, "consents", c.Permissions.Consent)
	}
	return v
}

func took(d *desk.Desk, m *exchange.Import) string {
	if m.Finished == 0 {
		return ""
	}
	seconds := max(1, int(desk.Time(m.Finished).Sub(desk.Time(m.Started)).Seconds()+0.5))
	if seconds < 120 {
		return d.Printer.N("import.took_seconds", seconds)
	}
	return d.Printer.N("import.took_minutes", (seconds+30)/60)
}

// rejects answers with the rejected rows and why, as CSV.
func rejects(d *desk.Desk) error {
	m, err := get(d)
	if err != nil {
		return err
	}
	none := fault.New(fault.NotFound, "import.no_rejects", "there is no file of rejected rows")
	if m.Rejects == "" {
		return none
	}
	f, err := os.Open(m.Rejects)
	if os.IsNotExist(err) {
		return none
	}
	if err != nil {
		return err
	}
	defer f.Close()
	if err := d.Seen(audit.Entry{Action: "import.rejects", Kind: "import", Object: m.ID.String(), Count: m.Counts.Rejected, Purpose: d.Purpose()}); err != nil {
		return err
	}
	d.Attach("text/csv; charset=utf-8", "rejects-"+m.ID.String()+".csv")
	http.ServeContent(d.W, d.Request.Request, "", time.Time{}, f)
	return nil
}
