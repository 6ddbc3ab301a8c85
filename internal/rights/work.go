package rights

import (
	"context"
	"encoding/json"
	"time"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/job"
	"kartotek/internal/law"
	"kartotek/internal/outbox"
	"kartotek/internal/rights/matter"
	"kartotek/internal/rightsdef"
	"kartotek/internal/rightsdef/letter"
)

// Kinds of job.
const (
	KindCarry = "rights.carry" // a package built, or an erasure carried out; the key is the case
	KindWatch = "rights.watch" // dates, restrictions to lift, cases whose time is up
)

// Handle gives the room's handlers to a runner.
func (r *Room) Handle(run *job.Runner) {
	run.Handle(KindCarry, r.carryOut)
	run.Handle(KindWatch, r.watch)
}

// Begin puts the watch into the queue: call it when a process that works begins.
func (r *Room) Begin(tx *db.Tx) error {
	_, _, err := job.Enqueue(tx, KindWatch, "", nil, job.Opt{})
	return err
}

// carry leaves the rest of a fulfilment to a job.
func (r *Room) carry(tx *db.Tx, c *Case, f Fulfilment) error {
	raw, err := json.Marshal(f.Erasing)
	if err != nil {
		return err
	}
	if _, err := r.add(tx, c, matter.Plan, "", Content{Text: f.Text, Facts: map[string]string{"erasing": string(raw)}}); err != nil {
		return err
	}
	_, created, err := job.Enqueue(tx, KindCarry, c.ID.String(), nil, job.Opt{})
	if err == nil && !created {
		err = matter.Carrying()
	}
	if err != nil {
		return err
	}
	return r.save(tx, c, Event{Kind: "carrying"})
}

// erase plans an erasure and answers the person before anything is gone: afterwards
// there would be nobody to write to. The data go when the answer has left, or after a
// day. law: GDPR 17(1), 17(3), 19
func (r *Room) erase(tx *db.Tx, c *Case, f Fulfilment) error {
	if r.Needs.Erase == nil || r.Needs.PlanErasure == nil {
		return byHand()
	}
	reason, ok := rightsdef.ReasonOf(f.Erasing.Ground)
	if !ok || reason.Use != rightsdef.ForErasure {
		return fault.New(fault.Invalid, "rights.ground", "say on which ground the data are erased").In("ground")
	}
	lines, err := r.Needs.PlanErasure(tx, c, f.Erasing)
	if err != nil {
		return err
	}
	d := letter.Done{Text: f.Text, Items: lines, Part: c.Code != ""}
	if err := r.recipients(tx, c, f.Erasing.Categories, &d); err != nil {
		return err
	}
	if err := r.carry(tx, c, f); err != nil {
		return err
	}
	_, err = r.compose(tx, c, func(x letter.Facts) Letter { return letter.Answer(x, d) })
	return err
}

// plan reads what carry left.
func (r *Room) plan(tx *db.Tx, c *Case) (x *Item, e Erasing, answer *Item, err error) {
	all, err := r.Items(tx, c)
	for i := range all {
		switch {
		case all[i].Kind == matter.Plan:
			x = &all[i]
		case all[i].Kind == matter.Letter && all[i].Content.Letter != nil && all[i].Content.Letter.Kind == letter.Fulfilment:
			answer = &all[i]
		}
	}
	if err == nil && x == nil {
		err = fault.New(fault.NotFound, "rights.no_plan", "the case does not say what is to be done")
	}
	if err == nil {
		err = json.Unmarshal([]byte(x.Content.Facts["erasing"]), &e)
	}
	return x, e, answer, err
}

// Times of the answer of an erasure.
const (
	lookAgain  = 30 * time.Second
	longEnough = 24 * time.Hour // an answer not sent by then is printed
)

// carryOut does what takes long, and finishes the case.
func (r *Room) carryOut(ctx context.Context, j *job.Job) error {
	which, err := id.Parse(j.Key)
	if err != nil {
		return job.Permanent(err)
	}
	var c *Case
	var plan, answer *Item
	var e Erasing
	wait := false
	err = r.DB.View(ctx, j.By(), func(tx *db.Tx) (err error) {
		if c, err = r.Get(tx, which); err != nil || !c.Open() {
			return err
		}
		if plan, e, answer, err = r.plan(tx, c); err != nil {
			return err
		}
		wait, err = r.leaving(tx, c, answer)
		return err
	})
	switch {
	case err != nil:
		return err
	case !c.Open():
		return nil
	case wait:
		return job.Later(r.DB.Now().Add(lookAgain))
	}
	var made Made
	if c.Kind == rightsdef.Erasure {
		made, err = r.Needs.Erase(ctx, j.By(), c, e)
	} else {
		made, err = r.Needs.Package(ctx, j.By(), c, c.Kind == rightsdef.Portability)
	}
	if err != nil {
		return err
	}
	return r.DB.Do(ctx, j.By(), func(tx *db.Tx) error {
		if err := j.Hold(tx); err != nil {
			return err
		}
		return r.carried(tx, which, answer, letter.Done{Text: plan.Content.Text, Nothing: made.Nothing, Fetch: made.Fetch}, made)
	})
}

// leaving reports whether the answer of an erasure is still on its way.
func (r *Room) leaving(tx *db.Tx, c *Case, answer *Item) (bool, error) {
	if answer == nil || answer.State != LetterQueued || answer.At < tx.Now()-longEnough.Milliseconds() {
		return false, nil
	}
	m, found, err := r.Outbox.Get(tx, c.Person, answer.Message)
	return err == nil && found && !m.State.Ended(), err
}

// carried finishes a case whose work is done. An answer that mail did not take is
// printed.
func (r *Room) carried(tx *db.Tx, which id.ID, answer *Item, d letter.Done, made Made) error {
	c, err := r.Get(tx, which)
	if err != nil || !c.Open() {
		return err
	}
	if c.Kind != rightsdef.Erasure {
		return r.finish(tx, c, d, made)
	}
	if answer != nil && answer.State == LetterQueued {
		m, found, err := r.Outbox.Get(tx, c.Person, answer.Message)
		if err != nil {
			return err
		}
		if found && m.State != outbox.Sent {
			if err := r.Back(tx, c.ID, answer.ID); err != nil {
				return err
			}
		}
	}
	item := id.ID(0)
	if answer != nil {
		item = answer.ID
	}
	return r.Done(tx, c, item, made)
}

// watchEvery is how often dates are looked at.
const watchEvery = time.Hour

// ranks orders the stages.
var ranks = map[rightsdef.Stage]int{rightsdef.InTime: 0, rightsdef.Soon: 1, rightsdef.Urgent: 2, rightsdef.LastDay: 3, rightsdef.Overdue: 4}

// watch sees that no date passes silently: it warns once at each stage, before the
// unmoved, unpaused day comes. It also ends restrictions the person was told of, and
// erases the contents of cases whose time is up.
func (r *Room) watch(ctx context.Context, j *job.Job) error {
	for _, look := range []func(*db.Tx) error{r.warn, r.liftDue, r.forget} {
		err := r.DB.Do(ctx, j.By(), func(tx *db.Tx) error {
			if err := j.Hold(tx); err != nil {
				return err
			}
			return look(tx)
		})
		if err != nil {
			return err
		}
	}
	return job.Later(r.DB.Now().Add(watchEvery))
}

// warn notes each open case that became more pressing.
func (r *Room) warn(tx *db.Tx) error {
	next, err := r.pages(tx, Filter{})
	if err != nil {
		return err
	}
	for {
		all, err := next()
		if err != nil || len(all) == 0 {
			return err
		}
		for _, c := range all {
			if ranks[c.Clock.Stage] <= ranks[c.stage] {
				continue
			}
			c.stage = c.Clock.Stage
			if err := r.save(tx, c, Event{Kind: "warned", Code: string(c.stage), Detail: map[string]string{"due": string(c.Clock.Due)}}); err != nil {
				return err
			}
		}
	}
}

func (r *Room) liftDue(tx *db.Tx) error {
	all, err := readCases(tx, selLift, string(law.DateOf(tx.Time())))
	for _, c := range all {
		if err == nil && c.Lift <= c.today(tx) {
			err = r.lift(tx, c)
		}
	}
	return err
}

// forgotten is how many cases one transaction empties.
const forgotten = 200

// forget erases what was written in cases that were closed KeepMonths ago. Their rows
// stay for the statistics, and no longer say whose they were. law: GDPR 5(1)(e)
func (r *Room) forget(tx *db.Tx) error {
	before := tx.Time().AddDate(0, -KeepMonths, 0).UnixMilli()
	all, err := readCases(tx, selOld, before, forgotten)
	for _, c := range all {
		if err != nil {
			return err
		}
		if c.Limits {
			continue // what a restriction rests on is kept as long as it lasts
		}
		var items []Item
		if items, err = r.Items(tx, c); err == nil {
			err = r.drop(tx, items, delItemsOfCase, c.Person.Bucket(), int64(c.Person), int64(c.ID))
		}
		if err != nil {
			return err
		}
		if err = matter.FilesOf(r.Files).DropCase(tx, c.Person, c.ID); err != nil {
			return err
		}
		c.Person, c.Matched, c.key = 0, false, ""
		err = r.save(tx, c, Event{Kind: "forgotten"})
	}
	return err
}
