package requests

import (
	"net/http"
	"slices"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/i18n"
	"kartotek/internal/id"
	"kartotek/internal/law"
	"kartotek/internal/rights"
	"kartotek/internal/rights/intake"
	"kartotek/internal/rightsdef"
	"kartotek/internal/scan"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
	"kartotek/internal/web/page/casework"
)

// newCase is the form for a request that arrived outside the program.
func newCase(d *desk.Desk) error { return newForm(d, http.StatusOK, door.Fields{}, casework.NewView{}) }

// newForm fills in the form that v begins, with what was sent.
func newForm(d *desk.Desk, status int, f door.Fields, v casework.NewView) error {
	for _, k := range rightsdef.Kinds() {
		v.Kinds = append(v.Kinds, casework.Check{Name: "kind", Value: string(k), Text: d.T("rights.kind." + string(k)), On: slices.Contains(f.Values["kind"], string(k))})
	}
	arrived := date(d, "arrived", "casework.received")
	if f.Get("arrived") != "" {
		arrived.Value = f.Get("arrived")
	}
	arrived.Hint = d.T("casework.received_hint")
	lang := page.Field{ID: "language", Label: d.T("casework.language"), Type: "select", Options: []page.Option{{Value: "", Text: d.T("casework.language_auto")}}}
	for _, l := range i18n.Langs {
		lang.Options = append(lang.Options, page.Option{Value: l, Text: i18n.Self(l), On: l == f.Get("language")})
	}
	channel := f.Get("channel")
	if channel == "" {
		channel = "post"
	}
	line := func(id, typ string, max int) page.Field {
		return page.Field{ID: id, Label: d.T("casework." + id), Hint: d.Printer.Or("casework."+id+"_hint", ""), Type: typ, Value: f.Get(id), Max: max}
	}
	v.How = []page.Field{choose(d, "channel", "casework.channel", "rights.channel.", channel, rightsdef.Channels...), arrived, line("signed", "date", 0), line("envelope", "text", 300), lang,
		choose(d, "delivery", "casework.delivery", "casework.delivery_", f.Get("delivery"), rightsdef.ToKnown, rightsdef.ToNew)}
	address := line("address", "textarea", 500)
	address.Rows = 3
	v.Who = []page.Field{line("name", "text", 200), line("email", "email", 200), line("phone", "text", 60), address}
	v.Agent = []page.Field{line("agent_name", "text", 200), line("agent_org", "text", 200), line("agent_email", "email", 200), line("authority", "text", 300),
		line("authority_on", "date", 0), line("authority_until", "date", 0)}
	v.ByAgent = channel == "agent" || f.Get("agent_name")+f.Get("agent_org")+f.Get("agent_email")+f.Get("authority") != ""
	said := area(d, "said", "casework.said", false)
	said.Rows, said.Value = 6, f.Get("said")
	v.What = []page.Field{said, scans(d, "scan"), scans(d, "id_document")}
	v.Frame = d.Frame(d.T("casework.new"), "requests")
	return d.Render(status, casework.New(v))
}

// scans is a field for files.
func scans(d *desk.Desk, id string) page.Field {
	return page.Field{ID: id, Label: d.T("casework." + id), Hint: d.T("casework." + id + "_hint"), Type: "file", Multiple: true, Accept: "application/pdf,image/png,image/jpeg,image/webp"}
}

// create opens the case, or cases, that the form describes.
func create(d *desk.Desk) error {
	f, err := d.Form(0)
	if err != nil {
		return err
	}
	came, err := scanned(d)
	in, wrong := paper(f)
	if err == nil {
		err = wrong
	}
	before, stay := waiting(f)
	var c *rights.Case
	if err == nil {
		err = d.Act(func(tx *db.Tx) (err error) {
			if in.Scans, err = d.Scan.Waited(tx, before, stay); err != nil {
				return err
			}
			in.Scans = append(in.Scans, came...)
			if c, err = d.Intake.Record(tx, in); err != nil {
				return err
			}
			return d.Scan.Settle(tx, before)
		})
	}
	switch fault.CodeOf(err) {
	case fault.Invalid, fault.Conflict, fault.TooLarge:
		return again(d, f, came, d.Explain(err))
	}
	if err != nil {
		return err
	}
	return d.Done(path(c.ID), d.T("casework.opened", "ref", c.Ref))
}

// again shows the form that was refused, with what was written; the files it brought
// wait until it is sent again.
func again(d *desk.Desk, f door.Fields, came []scan.Found, problem string) error {
	v := casework.NewView{Error: problem}
	before, stay := waiting(f)
	if before == 0 && len(came) == 0 {
		return newForm(d, http.StatusUnprocessableEntity, f, v)
	}
	var files []scan.File
	var batch id.ID
	if err := d.Act(func(tx *db.Tx) (err error) { batch, files, err = d.Scan.Wait(tx, before, stay, came); return err }); err != nil {
		return err
	}
	for i := range files {
		v.Waiting = append(v.Waiting, casework.Check{Name: "waiting_file", Value: files[i].ID.String(), Text: waits(d, &files[i]), On: true})
	}
	if len(files) > 0 {
		v.Batch = batch.String()
		v.Until = d.Printer.Time(desk.Time(files[0].At).Add(scan.WaitsForm))
	}
	return newForm(d, http.StatusUnprocessableEntity, f, v)
}

// waits names a file that waits.
func waits(d *desk.Desk, f *scan.File) string {
	switch {
	case f.Code != "":
		return f.Name + " · " + d.T("scan.refused."+string(f.Code))
	case f.Identity:
		return f.Name + " · " + d.T("casework.id_document")
	}
	return f.Name + " · " + d.Printer.Bytes(f.Size)
}

// waiting reads which files of an earlier try the form still names.
func waiting(f door.Fields) (batch id.ID, stay []id.ID) {
	batch, err := id.Parse(f.Get("waiting"))
	if err != nil {
		return 0, nil
	}
	for _, s := range f.Values["waiting_file"] {
		if one, err := id.Parse(s); err == nil {
			stay = append(stay, one)
		}
	}
	return batch, stay
}

// scanned judges the files that came with the form. None stops the case from being
// opened: what is not kept has its reason in the case.
func scanned(d *desk.Desk) (out []scan.Found, err error) {
	for _, field := range []string{"scan", "id_document"} {
		sent, err := d.Sent(field, scan.MaxFile)
		if err != nil {
			return out, err
		}
		for _, u := range sent {
			found := d.Scan.Look(u.Name, u.Raw)
			found.Identity = found.Identity || field == "id_document"
			out = append(out, found)
		}
	}
	return out, nil
}

// paper is the request as the form describes it.
func paper(f door.Fields) (in intake.Paper, err error) {
	kinds := f.Values["kind"]
	if len(kinds) == 0 {
		return in, fault.New(fault.Invalid, "rights.kind", "say which right is asked for").In("kind")
	}
	in.Kind = rightsdef.Kind(kinds[0])
	for _, k := range kinds[1:] {
		in.Also = append(in.Also, rightsdef.Kind(k))
	}
	t, err := texts(f, "name", "email", "phone", "address", "agent_name", "agent_org", "agent_email", "authority", "said", "envelope")
	if err != nil {
		return in, err
	}
	in.Requester = rights.Requester{Name: t["name"], Email: t["email"], Phone: t["phone"], Address: t["address"]}
	if t["agent_name"]+t["agent_org"]+t["agent_email"]+t["authority"] != "" {
		in.Agent = &rights.Agent{Name: t["agent_name"], Organisation: t["agent_org"], Email: t["agent_email"], Authority: t["authority"]}
	}
	in.Channel, in.Language, in.Text, in.Envelope = f.Get("channel"), f.Get("language"), t["said"], t["envelope"]
	in.Arrived, in.Delivery = law.Date(f.Get("arrived")), rightsdef.Delivery(f.Get("delivery"))
	in.Signed, in.Authority, in.Until = law.Date(f.Get("signed")), law.Date(f.Get("authority_on")), law.Date(f.Get("authority_until"))
	return in, nil
}
