package importing

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"kartotek/internal/exchange"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/job"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
)

// KindPlan is the job that looks at a large upload; its key is the upload's id.
const KindPlan = "import.plan"

// shownPeople is how many rows of a dry run the page describes one by one.
const shownPeople = 100

// shownRejects is how many rejected rows the page shows.
const shownRejects = 20

// planned is a dry run as it is kept beside the upload.
type planned struct {
	exchange.Plan
	Rejects []page.Reject `json:"rejects"`
	Key     string        `json:"key,omitempty"` // of the fault that refused the files
	Text    string        `json:"text,omitempty"`
	Line    int           `json:"line,omitempty"`
}

// PlanJob is the handler of KindPlan.
func PlanJob(rooms *door.Rooms) job.Handler {
	return func(ctx context.Context, j *job.Job) error {
		up, err := id.Parse(j.Key)
		if err != nil {
			return job.Permanent(err)
		}
		return makePlan(ctx, rooms, up)
	}
}

// makePlan does the dry run of an upload and keeps what it found. Files that
// cannot be read are a finding too.
func makePlan(ctx context.Context, rooms *door.Rooms, up id.ID) error {
	u, err := readUpload(rooms, up)
	if err != nil {
		return err
	}
	opt := u.Options
	opt.MaxShown, opt.Rejects = shownPeople, filepath.Join(folder(rooms, up), "rejects.csv")
	if err := os.Remove(opt.Rejects); err != nil && !os.IsNotExist(err) {
		return err
	}
	var out planned
	plan, err := rooms.Exchange.DryRun(ctx, u.Files, opt)
	if plan != nil {
		out.Plan = *plan
	}
	var f *fault.Error
	switch {
	case errors.As(err, &f) && f.Code != fault.Internal && f.Code != fault.Unavailable:
		out.Key, out.Text, out.Line = f.Key, f.Msg, f.Line
	case err != nil:
		return err
	}
	if out.Rejects, err = readRejects(opt.Rejects); err != nil {
		return err
	}
	return write(rooms, up, "plan.json", out)
}

// readRejects reads the first rejected rows of a dry run.
func readRejects(at string) (out []page.Reject, err error) {
	f, err := os.Open(at)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	for range shownRejects + 1 {
		cells, err := r.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		if line, err := strconv.Atoi(cells[1]); err == nil {
			out = append(out, page.Reject{File: cells[0], Line: line, Reason: cells[2]})
		}
	}
	return out, nil
}

// readPlan gives the dry run of an upload; ready is false while the job is at it.
func readPlan(rooms *door.Rooms, up id.ID) (p planned, ready bool, err error) {
	b, err := os.ReadFile(filepath.Join(folder(rooms, up), "plan.json"))
	if os.IsNotExist(err) {
		return p, false, nil
	}
	if err == nil {
		err = json.Unmarshal(b, &p)
	}
	return p, err == nil, err
}

// plan shows what an import would do. Nothing has been stored.
func plan(d *desk.Desk) error {
	up, err := d.ID("id")
	if err != nil {
		return err
	}
	u, err := readUpload(d.Rooms, up)
	if err != nil {
		return err
	}
	if u.Import != 0 {
		return d.Redirect(path(u.Import))
	}
	p, ready, err := readPlan(d.Rooms, up)
	if err != nil {
		return err
	}
	if !ready {
		return waiting(d, up, u)
	}
	return showPlan(d, up, p, nil)
}

// showPlan answers with a dry run; a draft of a mapping that was refused is shown
// in its form.
func showPlan(d *desk.Desk, up id.ID, p planned, x *draft) error {
	u, err := readUpload(d.Rooms, up)
	if err != nil {
		return err
	}
	if err := d.ReadMany("import.plan", len(p.Shown), nil); err != nil {
		return err
	}
	if x != nil {
		d.Say(page.No, d.Explain(x.refused)+" "+d.T("desk.nothing_stored"))
	}
	v := planView(d, p)
	v.ID, v.Frame = up.String(), d.Frame(d.T("plan.title"), "import")
	if v.Mapping, err = mappingView(d, p, u.Files, x); err != nil {
		return err
	}
	status := http.StatusOK
	if x != nil {
		status = http.StatusUnprocessableEntity
	}
	return d.Render(status, page.ImportPlan(v))
}

func planView(d *desk.Desk, p planned) page.ImportPlanView {
	c := p.Counts
	v := page.ImportPlanView{Rows: c.Rows, Create: c.PeopleCreated, Update: c.PeopleUpdated, Same: c.Unchanged, Rejected: c.Rejected, Unlisted: c.Unlisted}
	for _, f := range p.Info.Files {
		order := d.T("import.order", "rows", int(f.Rows), "separator", separator(d, f.Delimiter))
		v.Files = append(v.Files, page.ImportFile{Name: f.Name, Dialect: d.Printer.Or("dialect."+f.Dialect, f.Dialect), Encoding: f.Encoding, Order: order})
		for _, col := range f.Columns {
			v.Columns = append(v.Columns, page.ImportColumn{Column: col.Header, Field: target(d, col.Target)})
		}
	}
	v.Outcomes = outcomes(d, c.Permissions, p.Shown)
	for _, s := range p.Shown {
		if s.Why == keptWhy {
			v.Kept++
		}
		v.People = append(v.People, page.ImportPerson{Who: s.Who, What: d.T("import.action." + s.Action), Why: why(d, s.Why),
			Becomes: page.Chip{Text: d.T("import.becomes." + s.Permission), Tone: becomesTone[s.Permission]}})
	}
	for _, r := range p.Rejects {
		r.Reason = d.Printer.Or("reject."+r.Reason, r.Reason)
		v.Rejects = append(v.Rejects, r)
	}
	if p.Key != "" {
		e := fault.New(fault.Invalid, p.Key, "%s", p.Text)
		e.Line = p.Line
		v.Refused = d.Explain(e)
		if d.Lang() == "en" || !d.Printer.Has("error."+p.Key) {
			v.Refused += " " + p.Text
		}
	}
	return v
}

func separator(d *desk.Desk, delimiter string) string {
	if delimiter == "\t" || delimiter == "tab" {
		return d.T("import.tab")
	}
	return delimiter
}

// target names what becomes of a column.
func target(d *desk.Desk, name string) string {
	if _, ok := d.Facts.Field(name); ok {
		return d.Field(name)
	}
	return d.Printer.Or("target."+strings.ReplaceAll(name, " ", "_"), name)
}

// The reasons a dry run gives in fixed words; all others are what the file says.
const (
	keptWhy    = "a prohibition stands and is kept"
	nothingWhy = "nothing in the row shows a consent"
)

func why(d *desk.Desk, text string) string {
	switch text {
	case keptWhy:
		return d.T("import.why_kept")
	case nothingWhy:
		return d.T("import.why_nothing")
	}
	return text
}

var becomesTone = map[string]page.Tone{"consent": page.Yes, "prohibition": page.No, "unknown": page.Wait}

// outcomes say what permissions become, each with an example of why.
func outcomes(d *desk.Desk, c exchange.Permissions, shown []exchange.Shown) (out []page.ImportOutcome) {
	for _, x := range []struct {
		what string
		n    int
	}{{"consent", c.Consent}, {"prohibition", c.Prohibition}, {"unknown", c.Unknown}} {
		if x.n == 0 {
			continue
		}
		o := page.ImportOutcome{What: d.T("import.becomes." + x.what), Tone: becomesTone[x.what], Count: x.n, Why: d.T("import.because." + x.what)}
		for _, s := range shown {
			if s.Permission == x.what && s.Why != "" {
				o.Why = d.T("import.such_as", "why", why(d, s.Why))
				break
			}
		}
		out = append(out, o)
	}
	return out
}
