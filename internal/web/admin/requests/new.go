package requests

import (
	"net/http"
	"slices"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/i18n"
	"kartotek/internal/law"
	"kartotek/internal/rights"
	"kartotek/internal/rightsdef"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
	"kartotek/internal/web/page/casework"
)

// newCase is the form for a request that arrived outside the program.
func newCase(d *desk.Desk) error { return newForm(d, http.StatusOK, door.Fields{}, "") }

func newForm(d *desk.Desk, status int, f door.Fields, problem string) error {
	v := casework.NewView{Error: problem}
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
	v.How = []page.Field{choose(d, "channel", "casework.channel", "rights.channel.", channel, rightsdef.Channels...), arrived, lang,
		choose(d, "delivery", "casework.delivery", "casework.delivery_", f.Get("delivery"), rightsdef.ToKnown, rightsdef.ToNew)}
	line := func(id, typ string, max int) page.Field {
		return page.Field{ID: id, Label: d.T("casework." + id), Type: typ, Value: f.Get(id), Max: max}
	}
	address := line("address", "textarea", 500)
	address.Rows = 3
	v.Who = []page.Field{line("name", "text", 200), line("email", "email", 200), line("phone", "text", 60), address}
	v.Agent = []page.Field{line("agent_name", "text", 200), line("agent_org", "text", 200), line("agent_email", "email", 200), line("authority", "text", 300)}
	said := area(d, "said", "casework.said", false)
	said.Rows, said.Value = 6, f.Get("said")
	v.What = []page.Field{said}
	v.Frame = d.Frame(d.T("casework.new"), "requests")
	return d.Render(status, casework.New(v))
}

// create opens the case, or cases, that the form describes.
func create(d *desk.Desk) error {
	f, err := d.Form(0)
	if err != nil {
		return err
	}
	in, err := intake(f)
	var c *rights.Case
	if err == nil {
		err = d.Act(func(tx *db.Tx) (err error) { c, err = d.Rights.Open(tx, in); return err })
	}
	switch fault.CodeOf(err) {
	case fault.Invalid, fault.Conflict:
		return newForm(d, http.StatusUnprocessableEntity, f, d.Explain(err))
	}
	if err != nil {
		return err
	}
	return d.Done(path(c.ID), d.T("casework.opened", "ref", c.Ref))
}

func intake(f door.Fields) (in rights.Intake, err error) {
	kinds := f.Values["kind"]
	if len(kinds) == 0 {
		return in, fault.New(fault.Invalid, "rights.kind", "say which right is asked for").In("kind")
	}
	in.Kind = rightsdef.Kind(kinds[0])
	for _, k := range kinds[1:] {
		in.Also = append(in.Also, rightsdef.Kind(k))
	}
	t, err := texts(f, "name", "email", "phone", "address", "agent_name", "agent_org", "agent_email", "authority", "said")
	if err != nil {
		return in, err
	}
	in.Requester = rights.Requester{Name: t["name"], Email: t["email"], Phone: t["phone"], Address: t["address"]}
	if t["agent_name"]+t["agent_org"]+t["agent_email"]+t["authority"] != "" {
		in.Agent = &rights.Agent{Name: t["agent_name"], Organisation: t["agent_org"], Email: t["agent_email"], Authority: t["authority"]}
	}
	in.Channel, in.Language, in.Text = f.Get("channel"), f.Get("language"), t["said"]
	in.Arrived, in.Delivery = law.Date(f.Get("arrived")), rightsdef.Delivery(f.Get("delivery"))
	return in, nil
}
