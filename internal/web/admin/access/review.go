package access

import (
	"strconv"
	"time"

	"kartotek/internal/access"
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/measure"
	"kartotek/internal/noticedef"
	"kartotek/internal/staff"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/page"
	"kartotek/internal/web/page/office"
)

// promised is the measure under which the notice promises the review, with how it
// stands; found is false when the notice promises none.
func promised(d *desk.Desk, all []measure.Status) (s measure.Status, found bool) {
	m, found := measure.Accounts(d.Facts)
	for _, s := range all {
		if found && s.ID == m.ID {
			return s, true
		}
	}
	return measure.Status{}, false
}

// reviewState says how the review stands, in a chip and a sentence.
func reviewState(d *desk.Desk, all []measure.Status) (page.Chip, string) {
	s, ok := promised(d, all)
	if !ok {
		return page.Chip{Text: d.T("areview.unpromised")}, d.T("areview.unpromised_text")
	}
	promise := d.T("areview.promise", "owner", s.Owner, "period", period(d, s.Review), "day", d.Printer.Date(date(s.Due)))
	return stateOf(d, s), promise
}

func period(d *desk.Desk, p noticedef.Duration) string {
	if !p.Set() {
		return "–"
	}
	return d.Printer.N("unit."+p.Unit, p.N)
}

func review(d *desk.Desk) error {
	v := office.ReviewView{Today: d.Today()}
	err := d.Look(func(tx *db.Tx) error {
		all, err := d.Measure.Statuses(tx, d.InForce)
		if err != nil {
			return err
		}
		v.State, v.Promise = reviewState(d, all)
		v.Next = nextReview(d, tx.Time())
		if err := openRound(d, tx, &v); err != nil {
			return err
		}
		who, err := names(tx)
		if err != nil {
			return err
		}
		past, err := d.Access.Reviews(tx)
		for _, p := range past {
			v.Past = append(v.Past, office.ReviewRow{Href: "/access/review/" + p.ID.String(), At: p.ClosedAt, By: nameOf(who, p.ClosedBy), Hash: p.Digest[:16]})
		}
		return err
	})
	if err != nil {
		return err
	}
	v.Frame = d.Frame(d.T("areview.title"), "access")
	return d.Render(200, office.AccessReview(v))
}

// nextReview is a period from now, or half a year where the notice names none.
func nextReview(d *desk.Desk, now time.Time) string {
	m, ok := measure.Accounts(d.Facts)
	if !ok || !m.Review.Set() {
		m.Review = noticedef.Duration{N: 6, Unit: "months"}
	}
	return m.Review.AddTo(now).Format(time.DateOnly)
}

func openRound(d *desk.Desk, tx *db.Tx, v *office.ReviewView) error {
	round, found, err := d.Access.Open(tx)
	if err != nil || !found {
		return err
	}
	lines, err := d.Access.Lines(tx, round.ID)
	if err != nil {
		return err
	}
	all, err := staff.List(tx)
	if err != nil {
		return err
	}
	v.ID, v.Since, v.Measured, v.Early = round.ID.String(), date(round.Since), date(round.Measured), round.Measured > round.Since
	others := othersReview(d, all, tx.Time())
	for _, l := range lines {
		x := line(d, l)
		for _, a := range all {
			x.Own = x.Own || others && a.ID == l.Account && access.SamePerson(a, d.Actor.Account)
		}
		if l.Decision == "" {
			v.Left++
		}
		v.Lines = append(v.Lines, x)
	}
	return nil
}

// othersReview reports whether somebody else could answer for the reader's own account.
func othersReview(d *desk.Desk, all []*staff.Account, now time.Time) bool {
	for _, a := range all {
		if !a.Active(now) || access.SamePerson(a, d.Actor.Account) {
			continue
		}
		for _, name := range a.Levels {
			if l, ok := d.InForce.Level(name); ok && l.Can(administers) {
				return true
			}
		}
	}
	return false
}

var decisionTone = map[string]page.Tone{access.Keep: page.Yes, access.Lower: page.Info, access.EndDate: page.Info, access.Disable: page.No}

func line(d *desk.Desk, l access.Line) office.ReviewLine {
	x := office.ReviewLine{Account: l.Account.String(), Name: l.Name, Affiliation: d.T("areview.own_staff"), Levels: levels(d, l.Levels), Until: date(l.Until),
		Processor: l.Affiliation == staff.Processor, Seen: date(l.Seen), Second: l.Second, Alone: l.Alone, By: l.DecidedName, Reason: l.Reason, At: l.DecidedAt}
	if x.Processor {
		x.Affiliation = d.T("areview.of_processor", "name", processor(d, l.Processor))
	}
	for _, u := range l.Unused {
		x.Unused = append(x.Unused, right(d, u))
	}
	for _, p := range l.Proposals {
		switch p {
		case access.Lower:
			x.CanLower, x.LowerTo = true, levels(d, l.LowerTo)
			x.Proposals = append(x.Proposals, d.T("areview.propose_lower", "levels", x.LowerTo))
		case access.Disable:
			x.Disable = true
			x.Proposals = append(x.Proposals, d.T("areview.propose_disable"))
		case access.EndDate:
			x.EndDate = true
			x.Proposals = append(x.Proposals, d.T("areview.propose_end_date"))
		}
	}
	if l.Decision != "" {
		x.Decision = page.Chip{Text: d.T("areview.decided_" + l.Decision), Tone: decisionTone[l.Decision]}
		switch l.Decision {
		case access.Lower:
			x.After = levels(d, l.After)
		case access.EndDate:
			x.After = d.Printer.Date(date(l.UntilAfter))
		}
	}
	return x
}

func processor(d *desk.Desk, key string) string {
	for _, r := range d.Facts.Recipients {
		if r.ID == key {
			return r.Name
		}
	}
	return key
}

// levels names levels in a row; none at all is said too.
func levels(d *desk.Desk, list []string) string {
	if len(list) == 0 {
		return d.T("access.no_levels")
	}
	out := title(d, list[0])
	for _, l := range list[1:] {
		out += ", " + title(d, l)
	}
	return out
}

// startReview begins a round. What was used up to this moment counts.
func startReview(d *desk.Desk) error {
	if err := d.Access.Flush(d.Context()); err != nil {
		return err
	}
	m, _ := measure.Accounts(d.Facts)
	err := d.Act(func(tx *db.Tx) error {
		_, err := d.Access.StartReview(tx, d.Facts, d.Actor.Who(), m.Owner)
		return err
	})
	if err != nil {
		return d.Back("/access/review", err)
	}
	return d.Redirect("/access/review")
}

func reviewLine(d *desk.Desk) error {
	round, err := d.ID("id")
	if err != nil {
		return err
	}
	f, err := d.Form(0)
	if err != nil {
		return err
	}
	account, _ := id.Parse(f.Get("account"))
	err = d.Act(func(tx *db.Tx) error {
		all, err := staff.List(tx)
		if err != nil {
			return err
		}
		return d.Access.Answer(tx, d.Actor.Account, access.Decision{Review: round, Account: account, What: f.Get("what"), Until: f.Get("until"), Reason: f.Get("reason")},
			othersReview(d, all, tx.Time()))
	})
	if err != nil {
		return d.Back("/access/review", d.OrLogged("access.review_line", "account", account.String(), err))
	}
	return d.Redirect("/access/review")
}

// closeReview ends a round, and records it as the check of the measure that
// promised it, in the same transaction.
func closeReview(d *desk.Desk) error {
	round, err := d.ID("id")
	if err != nil {
		return err
	}
	f, err := d.Form(0)
	if err != nil {
		return err
	}
	err = d.Act(func(tx *db.Tx) error {
		v, err := d.Access.CloseReview(tx, round, d.Actor.Who(), f.Get("next"))
		m, ok := measure.Accounts(d.Facts)
		if err != nil || !ok || m.Measured {
			return err
		}
		_, err = d.Measure.Record(tx, d.Facts, measure.Check{Measure: m.ID, Day: tx.Time().UTC().Format(time.DateOnly), Result: measure.InOrder,
			Evidence: "/access/review/" + round.String() + " SHA-256 " + v.Digest, Next: v.Next})
		return err
	})
	if err != nil {
		return d.Back("/access/review", err)
	}
	return d.Done("/access/review/"+round.String(), d.T("areview.done"))
}

// document reads a round that is over, with its lines.
func document(d *desk.Desk, tx *db.Tx) (v access.Review, lines []access.Line, err error) {
	round, err := d.ID("id")
	if err != nil {
		return v, nil, err
	}
	if v, err = d.Access.Review(tx, round); err == nil {
		lines, err = d.Access.Lines(tx, round)
	}
	return v, lines, err
}

func reviewDoc(d *desk.Desk) error {
	var v office.ReviewDocView
	open := false
	err := d.Look(func(tx *db.Tx) error {
		r, lines, err := document(d, tx)
		if err != nil {
			return err
		}
		who, err := names(tx)
		open = r.ClosedAt.IsZero()
		v = office.ReviewDocView{ID: r.ID.String(), Owner: r.Owner, Started: r.StartedAt, Closed: r.ClosedAt, StartedBy: nameOf(who, r.StartedBy), By: nameOf(who, r.ClosedBy),
			Next: date(r.Next), Since: date(r.Since), Measured: date(r.Measured), Hash: r.Digest, JSONURL: "/access/review/" + r.ID.String() + "/document"}
		for _, l := range lines {
			v.Lines = append(v.Lines, line(d, l))
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case open:
		return d.Redirect("/access/review")
	}
	v.Frame = d.Frame(d.T("areview.title"), "access")
	return d.Render(200, office.ReviewDoc(v))
}

// reviewBytes gives the document's bytes, of which its digest is taken.
func reviewBytes(d *desk.Desk) error {
	var b []byte
	err := d.Look(func(tx *db.Tx) error {
		v, lines, err := document(d, tx)
		b = access.Document(v, lines)
		return err
	})
	if err != nil {
		return err
	}
	h := d.W.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(b)))
	_, err = d.W.Write(b)
	return err
}
