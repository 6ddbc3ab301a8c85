package today

import (
	"time"

	"kartotek/internal/access"
	"kartotek/internal/campaign"
	"kartotek/internal/db"
	"kartotek/internal/exchange"
	"kartotek/internal/job"
	"kartotek/internal/measure"
	"kartotek/internal/noticedef"
	"kartotek/internal/staff"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/admin/outreach"
	"kartotek/internal/web/page"
)

// ahead is how long before its day something is shown as due.
const ahead = 60 * 24 * time.Hour

// due are the notice's own dates: its review, and its measures, contracts and
// transfers that run out. law: GDPR 32(1)(d)
func due(d *desk.Desk, tx *db.Tx) (out []page.Due, err error) {
	if d.Version == 0 {
		return nil, nil
	}
	add := func(what string, on noticedef.Date, src string) {
		if day, ok := on.Time(); ok && day.Sub(d.DB.Now()) < ahead {
			out = append(out, page.Due{Thing: page.Link{Text: what, Href: "/notices"}, Src: src, When: d.Printer.Date(day), Tone: tone(d, day)})
		}
	}
	if out, err = requests(d, tx); err != nil {
		return nil, err
	}
	held, err := approvals(d, tx)
	if err != nil {
		return nil, err
	}
	out = append(out, held...)
	if d.Tree != nil && d.Tree.Broken() != nil {
		out = append(out, page.Due{Thing: page.Link{Text: d.T("today.log_broken"), Href: "/log"}, When: d.T("today.now"), Tone: page.No})
	}
	if out, err = alarms(d, tx, out); err != nil {
		return nil, err
	}
	if out, err = keeping(d, tx, out); err != nil {
		return nil, err
	}
	add(d.T("today.review"), d.Facts.Review.Next, d.Facts.Review.Owner)
	checks, err := measures(d, tx)
	if err != nil {
		return nil, err
	}
	out = append(out, checks...)
	for _, r := range d.Facts.Recipients {
		if r.Contract != nil {
			add(d.T("today.contract", "name", r.Name), r.Contract.Until, d.T("today.recipient"))
		}
		if r.Transfer != nil {
			add(d.T("today.transfer", "name", r.Name), r.Transfer.Review, d.T("today.recipient"))
		}
	}
	return out, nil
}

// alarms adds the newsletters that paused by themselves.
func alarms(d *desk.Desk, tx *db.Tx, out []page.Due) ([]page.Due, error) {
	if !d.Can("send") {
		return out, nil
	}
	all, err := d.Campaign.List(tx, 0, lastLetters)
	for i := range all {
		if err != nil {
			return nil, err
		}
		var a *campaign.Alarm
		if a, err = d.Campaign.PausedBy(tx, &all[i]); err == nil && a != nil {
			out = append(out, page.Due{Thing: page.Link{Text: all[i].Name, Href: "/outreach/" + all[i].ID.String()}, Src: d.T("alarm." + a.Code), When: d.Printer.Date(a.At), Tone: page.No})
		}
	}
	return out, err
}

// measures are the promises of security whose check is due, overdue or went badly;
// that of personal accounts is checked by the access review. law: GDPR 32(1)(d)
func measures(d *desk.Desk, tx *db.Tx) (out []page.Due, err error) {
	all, err := d.Measure.Statuses(tx, d.InForce)
	accounts, _ := measure.Accounts(d.Facts)
	for _, s := range all {
		text, href := s.Text.In(d.Lang()), "/access/measures/"+s.ID
		if text == "" {
			text = s.ID
		}
		text = d.T("today.measure", "what", text)
		if s.ID == accounts.ID {
			text, href = d.T("today.access_review"), "/access/review"
		}
		day, ok := noticedef.Date(s.Due).Time()
		x := page.Due{Src: s.Owner, When: d.Printer.Date(day), Tone: tone(d, day)}
		switch {
		case s.State == measure.Bad || s.Measured && s.State == measure.Lapsed:
			text, x.When, x.Tone = d.T("today.bad_measure", "what", s.Text.In(d.Lang())), "", page.No
		case s.Measured || !ok || day.Sub(d.DB.Now()) >= ahead:
			continue
		}
		x.Thing = page.Link{Text: text, Href: href}
		out = append(out, x)
	}
	return out, err
}

// approvals are the held acts that wait for this reader.
func approvals(d *desk.Desk, tx *db.Tx) (out []page.Due, err error) {
	waiting, err := d.Access.Waiting(tx)
	n := 0
	for _, q := range waiting {
		asked, err := staff.Get(tx, q.Account)
		if err != nil {
			return nil, err
		}
		if d.Can(q.Name) && !access.SamePerson(asked, d.Actor.Account) {
			n++
		}
	}
	if n > 0 {
		out = append(out, page.Due{Thing: page.Link{Text: d.Printer.N("today.approvals", n), Href: "/access/approvals"}, Src: d.T("today.two_people"),
			When: d.Printer.Date(waiting[0].At), Tone: page.Wait})
	}
	return out, err
}

func tone(d *desk.Desk, day time.Time) page.Tone {
	if day.Before(d.DB.Now()) {
		return page.No
	}
	return page.Wait
}

// lastLetters is how many newsletters the page looks at.
const lastLetters = 20

// running are the imports and newsletters under way.
func running(d *desk.Desk, tx *db.Tx) (out []page.Running, err error) {
	if d.Can("import") {
		imports, err := d.Exchange.Running(tx)
		if err != nil {
			return nil, err
		}
		for _, m := range imports {
			r, err := importing(d, tx, m)
			if err != nil {
				return nil, err
			}
			out = append(out, r)
		}
	}
	if !d.Can("segment") || d.Campaign == nil {
		return out, nil
	}
	letters, err := d.Campaign.List(tx, 0, lastLetters)
	for i := range letters {
		if err == nil && letters[i].State.Running() {
			var r page.Running
			r, err = sending(d, tx, &letters[i])
			out = append(out, r)
		}
	}
	return out, err
}

func importing(d *desk.Desk, tx *db.Tx, m *exchange.Import) (page.Running, error) {
	r := page.Running{Thing: page.Link{Text: d.T("today.import"), Href: "/import/" + m.ID.String()}, Of: 1}
	j, err := job.Latest(tx, "import", m.ID.String())
	if err != nil || j == nil {
		return r, nil // begun at a terminal: its progress is there
	}
	r.Done, r.Of = int(j.Progress.Done), max(1, int(j.Progress.Total))
	return r, nil
}

func sending(d *desk.Desk, tx *db.Tx, c *campaign.Campaign) (page.Running, error) {
	r := page.Running{Thing: page.Link{Text: c.Name, Href: "/outreach/" + c.ID.String()}}
	res, err := d.Campaign.Results(tx, c.ID)
	p := res.Progress(c)
	r.Done, r.Of = p.Done, max(1, p.Total)
	if p.Left > 0 {
		r.Finish = res.AsOf.Add(p.Left)
	}
	return r, err
}

// recent are the last newsletters and imports.
func recent(d *desk.Desk, tx *db.Tx) (out []page.Event, err error) {
	if d.Can("segment") && d.Campaign != nil {
		letters, err := d.Campaign.List(tx, 0, 5)
		if err != nil {
			return nil, err
		}
		for i := range letters {
			r, err := outreach.Row(d, tx, &letters[i])
			if err != nil {
				return nil, err
			}
			e := page.Event{At: r.At, Text: d.T("today.letter"), Thing: page.Link{Text: r.Name, Href: r.Href}, Chip: r.State, Src: r.Purpose}
			if r.Reached >= 0 {
				e.Src = d.T("today.reached", "n", r.Reached, "out", r.Left)
			}
			out = append(out, e)
		}
	}
	if !d.Can("import") {
		return out, nil
	}
	imports, err := d.Exchange.List(tx, 3)
	for _, m := range imports {
		out = append(out, page.Event{At: desk.Time(max(m.Started, m.Finished)), Text: d.T("today.import"), Thing: page.Link{Text: d.Printer.N("import.number_rows", m.Counts.Rows), Href: "/import/" + m.ID.String()},
			Chip: page.Chip{Text: d.Printer.Or("import.state."+m.State, m.State)}, Src: m.By})
	}
	return out, err
}

// steps are how a new register gets going; nil once a newsletter was written.
func steps(d *desk.Desk, tx *db.Tx) ([]page.Step, error) {
	some, err := d.Party.AnyIdentifier(tx)
	if err != nil {
		return nil, err
	}
	written := false
	if d.Campaign != nil {
		letters, err := d.Campaign.List(tx, 0, 1)
		if err != nil {
			return nil, err
		}
		written = len(letters) > 0
	}
	if d.Version > 0 && some && written {
		return nil, nil
	}
	return []page.Step{
		{Text: d.T("today.step_notice"), Hint: d.T("today.step_notice_hint"), Href: "/notices", Done: d.Version > 0},
		{Text: d.T("today.step_people"), Hint: d.T("today.step_people_hint"), Href: "/import", Done: some},
		{Text: d.T("today.step_letter"), Hint: d.T("today.step_letter_hint"), Href: "/outreach/new", Done: written},
	}, nil
}
