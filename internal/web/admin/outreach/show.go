package outreach

import (
	"slices"
	"sync"
	"time"

	"kartotek/internal/campaign"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/outbox"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/page"
)

// show is one newsletter: before, while and after it goes out.
func (a *area) show(d *desk.Desk) error {
	c, res, wrong, err := a.look(d)
	if err != nil {
		return err
	}
	seg, err := audience(d, c)
	if err != nil {
		return err
	}
	v := page.NewsletterView{ID: c.ID.String(), Name: c.Name, Subject: c.SubjectIn(d.Lang(), d.Facts.Controller.Name), Purpose: d.PurposeTitle(c.Purpose), Channel: d.Channel(c.Channel),
		Segment: seg, State: State(d, c.State), PreviewURL: path(c.ID) + "/preview", Live: figures(d, c, res)}
	if !notYet(c) {
		v.ResultsURL = path(c.ID) + "/results"
	}
	if v.Sending, err = sendingView(d, c); err != nil {
		return err
	}
	may := sends(d, c)
	switch {
	case notYet(c):
		if c.State == campaign.Draft {
			v.EditURL = path(c.ID) + "/edit"
		}
		v.NeedsCheck = needs(d, wrong)
		v.MaySend = may && wrong == nil && res.Allowed > 0
		v.Effect = d.T("newsletter.effect", "n", res.Allowed, "out", res.Audience-res.Allowed)
	case c.State == campaign.Paused:
		v.MayResume, v.MayStop = may, may
		if v.NeedsCheck, err = alarmed(d, c); err != nil {
			return err
		}
	case c.State.Running():
		v.MayPause, v.MayStop = may, may
	}
	v.StopEffect = d.Printer.N("newsletter.stop_effect", res.Waiting)
	v.Decided = d.T("newsletter.decided")
	v.Frame = d.Frame(c.Name, "outreach")
	if c.State.Running() {
		v.Frame.Refresh = 3
	}
	return d.Render(200, page.Newsletter(v))
}

// alarmed says why a newsletter paused by itself; nothing when somebody paused it.
func alarmed(d *desk.Desk, c *campaign.Campaign) ([]string, error) {
	var a *campaign.Alarm
	err := d.Look(func(tx *db.Tx) (err error) { a, err = d.Campaign.PausedBy(tx, c); return err })
	if err != nil || a == nil {
		return nil, err
	}
	return []string{d.T("alarm." + a.Code), d.T("alarm.more")}, nil
}

// live is the part of the page that changes.
func (a *area) live(d *desk.Desk) error {
	c, res, _, err := a.look(d)
	if err != nil {
		return err
	}
	return d.Render(200, page.LiveNewsletter(page.Frame{P: d.Printer}, figures(d, c, res)))
}

// look reads a newsletter with its figures: those of the run, or before it what
// they would be; wrong says why it could not be sent.
func (a *area) look(d *desk.Desk) (c *campaign.Campaign, res campaign.Results, wrong, err error) {
	err = d.Look(func(tx *db.Tx) (err error) {
		if c, err = read(d, tx); err != nil || notYet(c) {
			return err
		}
		res, err = d.Campaign.Results(tx, c.ID)
		return err
	})
	if err != nil || !notYet(c) {
		return c, res, nil, err
	}
	res, wrong = a.forecasts.of(d, c)
	return c, res, wrong, nil
}

// audience names a newsletter's audience: everyone, a saved segment, or the
// expression itself.
func audience(d *desk.Desk, c *campaign.Campaign) (page.Link, error) {
	if c.Audience == "" || c.Audience == "everyone" {
		return page.Link{Text: d.T("edit.everyone")}, nil
	}
	out := page.Link{Text: c.Audience}
	if d.MaySelectText(c.Audience) != nil {
		out.Text = d.T("segments.not_yours")
	}
	err := d.Look(func(tx *db.Tx) error {
		all, err := d.Segment.List(tx)
		for _, s := range all {
			if s.Text == c.Audience {
				out = page.Link{Text: s.Name, Href: "/segments/" + s.ID.String()}
			}
		}
		return err
	})
	return out, err
}

// needs says what must be put right before a draft can be sent.
func needs(d *desk.Desk, wrong error) []string {
	if wrong == nil {
		return nil
	}
	return []string{d.Explain(wrong)}
}

// figures are the numbers of a newsletter, each with the address of its people.
func figures(d *desk.Desk, c *campaign.Campaign, res campaign.Results) page.NewsletterLive {
	l := page.NewsletterLive{ID: c.ID.String(), Running: c.State.Running(), In: res.Audience, May: res.Allowed, Out: res.Audience - res.Allowed,
		Uncertain: res.Uncertain, AsOf: res.AsOf}
	started := !notYet(c)
	l.Reasons = reasons(d, c, res, started)
	if !started {
		return l
	}
	p := res.Progress(c)
	l.Done, l.Of, l.PerSecond = p.Done, p.Total, int(p.Rate+0.5)
	switch {
	case c.DoneAt != 0:
		l.Finish = desk.Time(c.DoneAt)
	case l.Running && p.Left > 0:
		l.Finish = res.AsOf.Add(p.Left)
	}
	if res.Uncertain > 0 {
		l.UncertainURL = people(c.ID, outbox.Uncertain, "")
	}
	l.Delivery = delivery(d, c, res)
	return l
}

func people(which id.ID, state outbox.State, code string) string {
	if code != "" {
		return path(which) + "/people?code=" + code
	}
	return path(which) + "/people?state=" + string(state)
}

func reasons(d *desk.Desk, c *campaign.Campaign, res campaign.Results, linked bool) (out []page.Reasons) {
	for code, n := range res.Blocked {
		r := page.Reasons{Text: d.Code(code), Count: n, Tone: desk.Tone(false, code)}
		if linked {
			r.Href = people(c.ID, outbox.Skipped, code)
		}
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b page.Reasons) int {
		if a.Count != b.Count {
			return b.Count - a.Count
		}
		return slices.Compare([]byte(a.Text), []byte(b.Text))
	})
	return out
}

func delivery(d *desk.Desk, c *campaign.Campaign, res campaign.Results) (out []page.Delivery) {
	for _, x := range []struct {
		state outbox.State
		n     int
	}{{outbox.Sent, res.Sent}, {outbox.Queued, res.Waiting}, {outbox.Failed, res.Failed}, {outbox.Uncertain, res.Uncertain}} {
		if x.n == 0 && x.state != outbox.Sent {
			continue
		}
		line := page.Delivery{Text: d.T("delivery." + string(x.state)), Count: x.n, Note: d.T("delivery.note." + string(x.state)), Strong: x.state == outbox.Sent}
		if x.n > 0 {
			line.Href = people(c.ID, x.state, "")
		}
		out = append(out, line)
	}
	return out
}

// forecasts remembers for a moment whom drafts would reach, because deciding for
// everybody takes seconds in a large register.
type forecasts struct {
	mu   sync.Mutex
	made map[id.ID]forecast // guarded by mu
}

type forecast struct {
	changed int64
	at      time.Time
	res     campaign.Results
	wrong   error
}

// fresh is how long a forecast is shown.
const fresh = 30 * time.Second

func (f *forecasts) of(d *desk.Desk, c *campaign.Campaign) (campaign.Results, error) {
	if err := d.MaySelectText(c.Audience); fault.Is(err, fault.Invalid) {
		return campaign.Results{}, err
	}
	now := d.DB.Now()
	f.mu.Lock()
	known, ok := f.made[c.ID]
	f.mu.Unlock()
	if ok && known.changed == c.ChangedAt && now.Sub(known.at) < fresh {
		return known.res, known.wrong
	}
	res, err := d.Campaign.DryRun(d.Context(), d.By(d.Purpose()), c)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.made == nil || len(f.made) > 100 {
		f.made = map[id.ID]forecast{}
	}
	f.made[c.ID] = forecast{c.ChangedAt, now, res, err}
	return res, err
}
