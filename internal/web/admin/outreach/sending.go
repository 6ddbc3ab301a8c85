package outreach

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"kartotek/internal/access"
	"kartotek/internal/audit"
	"kartotek/internal/campaign"
	"kartotek/internal/campaign/def"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/party"
	"kartotek/internal/staff"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
)

// sendingRoutes lists the pages about how a newsletter is sent. What sends nothing
// to anybody of the register needs no second person: it counts as a draft.
func sendingRoutes() []door.Route {
	post := func(path string, h desk.Handler, drafts bool) door.Route {
		return door.Route{Method: "POST", Path: path, Level: "send", Handler: desk.With(h), Drafts: drafts}
	}
	return []door.Route{
		{Method: "GET", Path: "/outreach/{id}/options", Level: "send", Handler: desk.With(options)},
		post("/outreach/{id}/options", saveOptions, true),
		post("/outreach/{id}/schedule", schedule, false), post("/outreach/{id}/unschedule", unschedule, true),
		post("/outreach/{id}/copy", duplicate, true), post("/outreach/{id}/test", test, true), post("/outreach/{id}/choose", choose, false),
	}
}

// version names the state of a newsletter that a reader looked at.
func version(c *campaign.Campaign) string { return strconv.FormatInt(c.ChangedAt, 36) }

// sameAsSeen refuses an act on a newsletter that was changed after it was looked
// at, also when somebody else has agreed to the act since.
func sameAsSeen(f door.Fields, c *campaign.Campaign) error {
	if f.Get("version") != version(c) {
		return fault.New(fault.Conflict, "campaign.changed", "the newsletter has been changed since it was looked at")
	}
	return nil
}

// sendingView is how a newsletter is sent, for its own page.
func sendingView(d *desk.Desk, c *campaign.Campaign) (*page.SendingView, error) {
	may, before := sends(d, c), notYet(c)
	v := &page.SendingView{ID: c.ID.String(), Version: version(c), Facts: limits(d, c), MayCopy: may, MayTest: may && d.Campaign.Sends(),
		MayPlan: may && before, MayUnplan: may && c.State == campaign.Scheduled}
	if may && c.State == campaign.Draft {
		v.OptionsURL = path(c.ID) + "/options"
	}
	v.TestTo = page.Field{ID: "to", Label: d.T("sending.test_to"), Hint: d.T("sending.test_hint"), Type: "email", Required: true, Max: 254}
	planFields(d, c, v)
	waiting(d, c, v)
	if err := requested(d, c, v); err != nil {
		return nil, err
	}
	if before {
		found, err := d.Campaign.Findings(d.Context(), d.By(d.Purpose()), c)
		if err != nil {
			return nil, err
		}
		v.Checks = checks(d, found)
	}
	return v, trial(d, c, v)
}

// notYet reports whether nothing of a newsletter was sent or decided yet.
func notYet(c *campaign.Campaign) bool {
	return c.State == campaign.Draft || c.State == campaign.Scheduled
}

func planFields(d *desk.Desk, c *campaign.Campaign, v *page.SendingView) {
	date, hour := d.DB.Now().In(d.Printer.Zone()).AddDate(0, 0, 1).Format(time.DateOnly), "09:00"
	if s := c.Options.Schedule; s != nil {
		date, hour = s.Date, s.Time
	}
	v.Date = page.Field{ID: "date", Label: d.T("sending.date"), Type: "date", Value: date, Required: true}
	v.Time = page.Field{ID: "time", Label: d.T("sending.time"), Type: "time", Value: hour, Required: true}
	v.Zone = d.T("sending.zone", "zone", d.Printer.Zone().String())
}

// waiting says what a newsletter waits for.
func waiting(d *desk.Desk, c *campaign.Campaign, v *page.SendingView) {
	s := c.Options.Schedule
	now := d.DB.Now()
	switch until := c.QuietUntil(now); {
	case s != nil && c.State == campaign.Scheduled:
		if at, odd, err := s.When(); err == nil {
			v.Note, v.NoteTone = d.T("sending.starts", "at", d.Printer.DateTime(at)), page.Info
			if odd != clock.Plain {
				v.More = append(v.More, d.T("sending."+string(odd), "time", s.Time, "at", d.Printer.Time(at)))
			}
		}
	case s != nil && s.Failed != "" && c.State == campaign.Draft:
		v.Note, v.NoteTone = d.T("sending.failed", "at", s.Date+" "+s.Time, "why", d.Printer.Or("error."+s.Failed, d.T("sending.failed_why"))), page.No
	case !until.IsZero() && (c.State == campaign.Sending || c.State == campaign.Deciding):
		v.Note, v.NoteTone = d.T("sending.quiet_now", "at", d.Printer.Time(until)), page.Wait
	case c.State == campaign.Choosing:
		v.Note, v.NoteTone = d.T("sending.choosing", "at", d.Printer.DateTime(desk.Time(c.Options.Split.Due))), page.Wait
	}
}

// limits are the options that are set, in words.
func limits(d *desk.Desk, c *campaign.Campaign) (out []page.Pair) {
	o := c.Options
	if o.Cap != nil {
		out = append(out, page.Pair{Label: d.T("sending.cap"), Value: d.Printer.N("sending.cap_is", o.Cap.Most, "days", o.Cap.Days)})
	}
	if o.Quiet != nil {
		out = append(out, page.Pair{Label: d.T("sending.quiet"), Value: d.T("sending.quiet_is", "from", o.Quiet.From, "to", o.Quiet.To, "zone", o.Quiet.Zone)})
	}
	if o.Relay != "" {
		out = append(out, page.Pair{Label: d.T("sending.relay"), Value: o.Relay})
	}
	if o.Clicks {
		text := d.T("sending.clicks_on")
		if o.ClicksFor != "" {
			text = d.T("sending.clicks_person")
		}
		out = append(out, page.Pair{Label: d.T("sending.clicks"), Value: text})
	}
	if o.Archive {
		out = append(out, page.Pair{Label: d.T("sending.archive"), Value: d.T("sending.archive_on")})
	}
	return out
}

// requested says who waits for somebody else's consent to sending this.
func requested(d *desk.Desk, c *campaign.Campaign, v *page.SendingView) error {
	if d.Access == nil || !d.Can("send") {
		return nil
	}
	return d.Look(func(tx *db.Tx) error {
		all, err := d.Access.Waiting(tx)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(q access.Request) bool { return strings.HasPrefix(q.Object, path(c.ID)+"/") })
		if i < 0 {
			return nil
		}
		who, err := staff.Get(tx, all[i].Account)
		if err == nil {
			v.Asked, v.AskedURL = d.T("sending.approval", "name", who.Name), "/access/approvals"
		}
		return err
	})
}

var gradeTone = map[campaign.Grade]page.Tone{campaign.Fine: page.Yes, campaign.Look: page.Wait, campaign.Block: page.No}

// checks puts what was looked at before sending into words.
func checks(d *desk.Desk, found []campaign.Finding) (out []page.LookedRow) {
	for _, f := range found {
		row := page.LookedRow{Text: d.Printer.Or("check."+f.Check, f.Check), Tone: gradeTone[f.Grade], State: d.T("sending.checks_" + string(f.Grade))}
		switch {
		case f.Fault != nil:
			row.Note = d.Explain(f.Fault)
		case f.Check == "lint":
			row.Note = d.Printer.Or("lint."+f.Code, f.Code, values(d, f)...)
		case f.Code != "":
			row.Note = d.Printer.Or("check."+f.Check+"."+f.Code, f.Code, values(d, f)...)
		}
		out = append(out, row)
	}
	return out
}

func values(d *desk.Desk, f campaign.Finding) (out []any) {
	for name, value := range f.Values {
		if at, ok := value.(time.Time); ok {
			value = d.Printer.Time(at)
		}
		out = append(out, name, value)
	}
	return out
}

// trial shows the letters of a test and what came of them so far.
func trial(d *desk.Desk, c *campaign.Campaign, v *page.SendingView) (err error) {
	s := c.Options.Split
	if s == nil {
		return nil
	}
	tried := s.Tried
	if tried == nil && !notYet(c) {
		if tried, err = d.Campaign.Trials(d.Context(), d.By(d.Purpose()), c.ID); err != nil {
			return err
		}
	}
	for n := 1; n <= c.Letters(); n++ {
		row := page.TrialRow{Number: n, Subject: c.Letter(n).SubjectIn(d.Lang(), d.Facts.Controller.Name), Winner: s.Winner == n, CountsClicks: s.Measure == def.Clicks}
		if n <= len(tried) {
			t := tried[n-1]
			row.Sent, row.Clicks, row.Noes, row.Complaints = t.Sent, t.Clicks, t.Noes, t.Complaints
		}
		v.Letters = append(v.Letters, row)
	}
	v.About = d.T("sending.of_test", "share", d.Printer.Percent(float64(s.Share)/100), "n", c.Letters(), "measure", d.T("measure."+s.Measure))
	v.MayChoose = sends(d, c) && s.Winner == 0 && (c.State.Running() || c.State == campaign.Paused)
	switch {
	case s.Winner > 0 && strings.HasPrefix(s.By, "job"):
		v.Chosen = d.T("sending.chosen_rule", "at", d.Printer.DateTime(desk.Time(s.ChosenAt)))
	case s.Winner > 0:
		v.Chosen = d.T("sending.chosen", "at", d.Printer.DateTime(desk.Time(s.ChosenAt)), "by", s.By)
	}
	return nil
}

// on does something with a newsletter the reader may send, and notes it in the log.
func on(d *desk.Desk, name string, fn func(tx *db.Tx, c *campaign.Campaign) error) error {
	return d.Act(func(tx *db.Tx) error {
		c, err := read(d, tx)
		if err != nil {
			return err
		}
		if err := d.MaySend(c.Purpose); err != nil {
			return err
		}
		if err := fn(tx, c); err != nil {
			return err
		}
		return audit.Write(tx, audit.Entry{Action: "campaign." + name, Kind: "campaign", Object: c.ID.String(), Purpose: c.Purpose})
	})
}

// formOf reads which newsletter a form is about, and the form.
func formOf(d *desk.Desk) (which id.ID, f door.Fields, err error) {
	if which, err = d.ID("id"); err == nil {
		f, err = d.Form(0)
	}
	return which, f, err
}

// after leads back to the newsletter, with what was done or why it could not be.
func after(d *desk.Desk, which id.ID, name string, err error) error {
	if err != nil {
		return d.Back(path(which), err)
	}
	return d.Done(path(which), d.T("outreach.done."+name))
}

// schedule gives a newsletter a time of the register's own clock.
func schedule(d *desk.Desk) error {
	which, f, err := formOf(d)
	if err != nil {
		return err
	}
	err = on(d, "schedule", func(tx *db.Tx, c *campaign.Campaign) error {
		if !d.Campaign.Sends() {
			return noServer()
		}
		if err := sameAsSeen(f, c); err != nil {
			return err
		}
		_, err := d.Campaign.Plan(tx, c.ID, campaign.Schedule{Date: f.Get("date"), Time: f.Get("time"), Zone: d.Printer.Zone().String()})
		return err
	})
	return after(d, which, "schedule", err)
}

func noServer() error {
	return fault.New(fault.Conflict, "outreach.no_mail_server", "this server has no mail server to send by; start it with --smtp")
}

func unschedule(d *desk.Desk) error {
	which, err := d.ID("id")
	if err != nil {
		return err
	}
	err = on(d, "unschedule", func(tx *db.Tx, c *campaign.Campaign) error { return d.Campaign.Unplan(tx, c.ID) })
	return after(d, which, "unschedule", err)
}

// duplicate makes a draft like a newsletter.
func duplicate(d *desk.Desk) error {
	which, err := d.ID("id")
	if err != nil {
		return err
	}
	var made id.ID
	err = on(d, "copy", func(tx *db.Tx, c *campaign.Campaign) error {
		if err := d.MaySelectText(c.Audience); err != nil {
			return err
		}
		copied, err := d.Campaign.Copy(tx, c.ID, "")
		if err == nil {
			made = copied.ID
		}
		return err
	})
	if err != nil {
		return d.Back(path(which), err)
	}
	return d.Done(path(made), d.T("outreach.done.copy"))
}

// choose ends a test by hand.
func choose(d *desk.Desk) error {
	which, f, err := formOf(d)
	if err != nil {
		return err
	}
	n, _ := strconv.Atoi(f.Get("letter")) // 0 is no letter, and refused as such
	tried, err := d.Campaign.Trials(d.Context(), d.By(d.Purpose()), which)
	if err == nil {
		err = on(d, "choose", func(tx *db.Tx, c *campaign.Campaign) error { return d.Campaign.Choose(tx, c.ID, n, tried) })
	}
	return after(d, which, "choose", err)
}

// test sends the newsletter to one address, with nobody's values.
func test(d *desk.Desk) error {
	which, f, err := formOf(d)
	if err != nil {
		return err
	}
	var c *campaign.Campaign
	err = d.Look(func(tx *db.Tx) (err error) { c, err = read(d, tx); return err })
	if err == nil {
		err = d.MaySend(c.Purpose)
	}
	if err == nil {
		err = d.Campaign.Test(d.Context(), d.By(d.Purpose()), c, f.Get("to"), &party.Person{Language: c.Language})
	}
	return after(d, which, "test", err)
}
