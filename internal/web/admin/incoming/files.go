// Package incoming is the staff pages about what comes in with requests.
//
//	GET  /requests/{id}/files                  files.go    the documents of a case
//	POST /requests/{id}/files                  files.go    a scan is taken in
//	GET  /requests/{id}/files/{file}           serve.go    a kept document, as a file
//	POST /requests/{id}/files/{file}/once      serve.go    an identity document, shown once and destroyed
//	POST /requests/{id}/files/{file}/release, destroy      kept after all; destroyed
//	POST /requests/{id}/files/{file}/others, all           left out of the person's package; in it again
//	GET, POST /requests/mailbox                mailbox.go  the mailbox requests are read from
//
// A document is personal data of the most delicate kind: reading one is logged before
// it is handed out, nothing may keep a copy on the way, and a browser is told to run
// nothing of it. law: GDPR 32(1)(b)
package incoming

import (
	"net/http"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/rights"
	"kartotek/internal/scan"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
	view "kartotek/internal/web/page/incoming"
)

// Routes lists the pages.
func Routes() []door.Route {
	route := func(method, path, level string, h desk.Handler) door.Route {
		return door.Route{Method: method, Path: path, Level: level, Handler: desk.With(h)}
	}
	add := route("POST", "/requests/{id}/files", "rights", take)
	add.Body = scan.MaxFile + 1<<20
	const one = "/requests/{id}/files/{file}"
	return []door.Route{
		route("GET", "/requests/{id}/files", "rights", list), add, route("GET", one, "rights", have), route("POST", one+"/once", "rights", once),
		route("POST", one+"/release", "rights", release), route("POST", one+"/destroy", "rights", destroy), route("POST", one+"/others", "rights", others), route("POST", one+"/all", "rights", others),
		route("GET", "/requests/mailbox", "settings", showMailbox), route("POST", "/requests/mailbox", "settings", setMailbox),
	}
}

// caseOf reads the case of the address.
func caseOf(d *desk.Desk, tx *db.Tx) (*rights.Case, error) {
	which, err := d.ID("id")
	if err != nil {
		return nil, err
	}
	return d.Rights.Get(tx, which)
}

func at(c *rights.Case) string { return "/requests/" + c.ID.String() }

func list(d *desk.Desk) error { return renderFiles(d, http.StatusOK, "") }

func renderFiles(d *desk.Desk, status int, problem string) error {
	v := view.FilesView{Error: problem}
	var c *rights.Case
	err := d.Look(func(tx *db.Tx) (err error) {
		if c, err = caseOf(d, tx); err != nil {
			return err
		}
		all, err := d.Scan.List(tx, c.Person, c.ID)
		v.Files = nil
		for i := range all {
			v.Files = append(v.Files, fileOf(d, c, &all[i]))
		}
		return err
	})
	if err == nil {
		err = d.Read("case.files", c.Person)
	}
	if err != nil {
		return err
	}
	v.Frame, v.Ref, v.CaseURL, v.Action, v.MayAdd = d.Frame(d.T("scan.title"), "requests"), c.Ref, at(c), at(c)+"/files", c.Open()
	return d.Render(status, view.Files(v))
}

func fileOf(d *desk.Desk, c *rights.Case, f *scan.File) view.File {
	out := view.File{Name: f.Name, Size: d.Printer.Bytes(f.Size), From: d.T("scan.via_" + f.Via), At: desk.Time(f.At), By: f.By, Base: at(c) + "/files/" + f.ID.String(),
		State: page.Chip{Text: d.T("scan.state." + string(f.State)), Tone: desk.FileTone[f.State]}, Held: f.State == scan.Held, Gone: f.State == scan.Destroyed, Kept: f.State == scan.Kept, Others: f.Code == scan.Others}
	switch {
	case f.State == scan.Refused:
		out.Text = d.T("scan.refused." + string(f.Code))
	case f.GoneWhy == scan.Earlier:
		out.Name, out.Text = d.T("scan.nameless"), d.T("scan.gone.earlier")
	case f.State == scan.Destroyed:
		out.Name, out.Text = d.T("scan.nameless"), d.T("scan.gone."+f.GoneWhy)+" · "+f.GoneBy+" · "+d.Printer.Moment(desk.Time(f.GoneAt))
	case f.State == scan.Held:
		out.Text = d.T("error.scan.held")
	case f.Kind == scan.EML:
		out.Href, out.Text = out.Base, d.T("scan.refused.unparsed")
	case f.Locked:
		out.Href, out.Text = out.Base, d.T("scan.locked")
	case f.Code == scan.Others:
		out.Href, out.Text = out.Base, d.T("scan.others_is")
	default:
		out.Href = out.Base
	}
	return out
}

// take takes a scan in. What is not kept leaves its reason on the list.
func take(d *desk.Desk) error {
	f, err := d.Form(0)
	if err != nil {
		return err
	}
	sent, err := d.Sent("file", scan.MaxFile)
	if err != nil {
		return err
	}
	if len(sent) == 0 {
		return renderFiles(d, http.StatusUnprocessableEntity, d.T("scan.no_file"))
	}
	found := d.Scan.Look(sent[0].Name, sent[0].Raw)
	path, said := "", ""
	err = d.Act(func(tx *db.Tx) error {
		c, err := caseOf(d, tx)
		if err != nil {
			return err
		}
		if err := d.Rights.May(tx, c); err != nil {
			return err
		}
		if !c.Open() {
			return fault.New(fault.Conflict, "rights.closed", "the case is closed")
		}
		got, err := d.Scan.Arrive(tx, scan.Arrival{Person: c.Person, Case: c.ID, Via: scan.ByClerk, Found: found, Identity: f.Get("identity") != ""})
		path, said = at(c)+"/files", d.T("scan.state."+string(got.State))
		return err
	})
	if err != nil {
		return err
	}
	return d.Done(path, said)
}
