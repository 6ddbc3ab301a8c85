package outreach

import (
	"strconv"

	"kartotek/internal/campaign"
	"kartotek/internal/campaign/def"
	"kartotek/internal/compose"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
)

// options is the form of how a draft is sent.
func options(d *desk.Desk) error {
	var c *campaign.Campaign
	err := d.Look(func(tx *db.Tx) (err error) { c, err = read(d, tx); return err })
	if err != nil {
		return err
	}
	if c.State != campaign.Draft {
		return d.Redirect(path(c.ID))
	}
	return optionsForm(d, c, nil)
}

// optionsForm shows the form; typed is what was typed when it was refused.
func optionsForm(d *desk.Desk, c *campaign.Campaign, typed *door.Fields) error {
	v := optionsView(d, c)
	v.Action, v.Newsletter = path(c.ID)+"/options", page.Link{Text: c.Name, Href: path(c.ID)}
	if typed != nil {
		for _, f := range fieldsOf(&v) {
			f.Value = typed.Get(f.ID)
		}
		for i := range v.Variants {
			if x := &v.Variants[i]; x.On != "" {
				x.Open = typed.Get(x.On) != ""
			}
		}
		v.Clicks, v.Archive = typed.Get("clicks") != "", typed.Get("archive") != ""
		mark(v.Measure.Options, typed.Get("measure"))
	}
	v.Frame = d.Frame(d.T("sending.tab"), "outreach")
	return d.Render(200, page.SendingOptions(v))
}

// fieldsOf are the fields that hold what was typed.
func fieldsOf(v *page.SendingOptionsView) []*page.Field {
	out := []*page.Field{&v.CapMost, &v.CapDays, &v.QuietFrom, &v.QuietTo, &v.Share, &v.Hours, &v.Relay}
	for i := range v.Variants {
		x := &v.Variants[i]
		out = append(out, &x.Subject, &x.Body)
	}
	return out
}

func mark(list []page.Option, chosen string) {
	for i := range list {
		list[i].On = list[i].Value == chosen
	}
}

func optionsView(d *desk.Desk, c *campaign.Campaign) page.SendingOptionsView {
	o := c.Options
	v := page.SendingOptionsView{Clicks: o.Clicks, Archive: o.Archive, MayClicks: d.Campaign.Clicked != nil}
	v.CapMost = page.Field{ID: "cap_most", Label: d.T("sending.cap_most"), Hint: d.T("sending.cap_most_hint"), Type: "number"}
	v.CapDays = page.Field{ID: "cap_days", Label: d.T("sending.cap_days"), Type: "number"}
	if o.Cap != nil {
		v.CapMost.Value, v.CapDays.Value = strconv.Itoa(o.Cap.Most), strconv.Itoa(o.Cap.Days)
	}
	v.QuietFrom = page.Field{ID: "quiet_from", Label: d.T("sending.quiet_from"), Hint: d.T("sending.quiet_hint"), Type: "time"}
	v.QuietTo = page.Field{ID: "quiet_to", Label: d.T("sending.quiet_to"), Hint: d.T("sending.zone", "zone", d.Printer.Zone().String()), Type: "time"}
	if o.Quiet != nil {
		v.QuietFrom.Value, v.QuietTo.Value = o.Quiet.From, o.Quiet.To
	}
	v.Relay = page.Field{ID: "relay", Label: d.T("sending.relay"), Hint: d.T("sending.relay_hint"), Value: o.Relay, Max: 60}
	splitFields(d, c, &v)
	return v
}

func splitFields(d *desk.Desk, c *campaign.Campaign, v *page.SendingOptionsView) {
	s := c.Options.Split
	if s == nil {
		s = &campaign.Split{Share: 20, Measure: def.Unsubscribes, Hours: 4}
	}
	v.Share = page.Field{ID: "share", Label: d.T("sending.share"), Type: "number", Value: strconv.Itoa(s.Share)}
	v.Hours = page.Field{ID: "hours", Label: d.T("sending.hours"), Type: "number", Value: strconv.Itoa(s.Hours)}
	v.Measure = page.Field{ID: "measure", Label: d.T("sending.measure"), Type: "select"}
	for _, m := range def.Measures {
		if m != def.Clicks || d.Campaign.Clicked != nil {
			v.Measure.Options = append(v.Measure.Options, page.Option{Value: m, Text: d.T("measure." + m), On: m == s.Measure})
		}
	}
	for n := 2; n <= def.MaxLetters; n++ {
		var has campaign.Variant
		if n-2 < len(s.Others) {
			has = s.Others[n-2]
		}
		at := strconv.Itoa(n)
		x := page.VariantFields{Number: n, Open: has != (campaign.Variant{}),
			Subject: page.Field{ID: "variant_subject_" + at, Label: d.T("sending.variant_subject", "n", n), Value: has.Subject, Max: 500},
			Body:    page.Field{ID: "variant_body_" + at, Label: d.T("sending.variant_body", "n", n), Type: "textarea", Rows: 10, Value: has.Body}}
		if inBlocks(c) {
			x.On = "variant_on_" + at
			if x.Open {
				x.WriteURL = path(c.ID) + "/compose?letter=" + at
			}
		}
		v.Variants = append(v.Variants, x)
	}
}

// inBlocks reports whether a letter is in blocks, which the editor alone writes.
func inBlocks(c *campaign.Campaign) bool {
	return c.Format == "blocks" || c.Format == "" && compose.Detect(c.Body) == "blocks"
}

// saveOptions stores how a draft is sent.
func saveOptions(d *desk.Desk) error {
	f, err := d.Form(0)
	if err != nil {
		return err
	}
	var c *campaign.Campaign
	err = on(d, "options", func(tx *db.Tx, was *campaign.Campaign) (err error) {
		c = was
		o, err := readOptions(d, f, was)
		if err != nil {
			return err
		}
		changed := *was
		changed.Options = o
		if err := d.Campaign.Read(tx, &changed); err != nil {
			return err
		}
		_, err = d.Campaign.Save(tx, changed)
		return err
	})
	switch code := fault.CodeOf(err); {
	case err == nil:
		return d.Done(path(c.ID), d.T("outreach.done.options"))
	case c != nil && (code == fault.Invalid || code == fault.TooLarge):
		d.Say(page.No, d.Explain(err)+" "+d.T("desk.nothing_stored"))
		return optionsForm(d, c, &f)
	}
	return err
}

func readOptions(d *desk.Desk, f door.Fields, c *campaign.Campaign) (o campaign.Options, err error) {
	o = c.Options
	if o.Cap, err = readCap(f); err != nil {
		return o, err
	}
	o.Quiet = nil
	if from, to := f.Get("quiet_from"), f.Get("quiet_to"); from != "" || to != "" {
		o.Quiet = &campaign.Quiet{From: from, To: to, Zone: d.Printer.Zone().String()}
	}
	if o.Relay, err = f.Line("relay", 60); err != nil {
		return o, err
	}
	o.Clicks, o.Archive = f.Get("clicks") != "", f.Get("archive") != ""
	o.Split, err = readSplit(f, c)
	return o, err
}

func readCap(f door.Fields) (*campaign.Cap, error) {
	most, days := f.Get("cap_most"), f.Get("cap_days")
	if most == "" && days == "" {
		return nil, nil
	}
	c := &campaign.Cap{}
	err := whole(f, map[string]*int{"cap_most": &c.Most, "cap_days": &c.Days})
	return c, err
}

// whole reads whole numbers.
func whole(f door.Fields, into map[string]*int) error {
	for name, to := range into {
		n, err := strconv.Atoi(f.Get(name))
		if err != nil {
			return fault.New(fault.Invalid, "campaign.number", "the field holds a whole number").In(name)
		}
		*to = n
	}
	return nil
}

// readSplit reads the further letters of a test; those that say nothing are left
// out, and with all of them so there is no test.
func readSplit(f door.Fields, c *campaign.Campaign) (*campaign.Split, error) {
	s := &campaign.Split{Measure: f.Get("measure")}
	for n := 2; n <= def.MaxLetters; n++ {
		v, err := readVariant(f, c, n)
		if err != nil {
			return nil, err
		}
		if v != (campaign.Variant{}) {
			s.Others = append(s.Others, v)
		}
	}
	if len(s.Others) == 0 {
		return nil, nil
	}
	return s, whole(f, map[string]*int{"share": &s.Share, "hours": &s.Hours})
}

// readVariant reads the nth letter. One in blocks keeps its text, or begins with the
// first one's; the form says only whether there is one.
func readVariant(f door.Fields, c *campaign.Campaign, n int) (v campaign.Variant, err error) {
	at := strconv.Itoa(n)
	if v.Subject, err = f.Line("variant_subject_"+at, 500); err != nil {
		return v, err
	}
	if !inBlocks(c) {
		v.Body, err = f.Text("variant_body_"+at, 300_000)
		return v, err
	}
	if f.Get("variant_on_"+at) == "" {
		return campaign.Variant{}, nil
	}
	if n > c.Letters() || c.Options.Split == nil {
		v.Body = c.Body
	} else if v.Body = c.Options.Split.Others[n-2].Body; v.Body == "" && v.Subject == "" {
		v.Body = c.Body
	}
	return v, nil
}
