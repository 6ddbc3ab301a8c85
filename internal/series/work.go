package series

import (
	"context"
	"errors"
	"time"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/job"
	"kartotek/internal/outbox"
	"kartotek/internal/party"
	"kartotek/internal/post"
)

// Kinds of job.
const (
	KindStep  = "series.step"  // moves on what is due; one, as long as a series is live
	KindDates = "series.dates" // looks through the cards for dates, once a day; one likewise
	KindStop  = "series.stop"  // gives up the places of a series that was stopped
)

// Sizes and times of the work.
const (
	batch = 50               // places moved on in one transaction
	look  = 10 * time.Second // between two looks for what is due
	// always is how often standing work is tried: a database that is away for a day
	// must not end it.
	always = 1 << 30
)

// Handle gives the room's handlers to a runner.
func (r *Room) Handle(run *job.Runner) {
	run.Handle(KindStep, r.stepJob)
	run.Handle(KindDates, r.datesJob)
	run.Handle(KindStop, r.stopJob)
}

// Begin puts the standing work into the queue when a series is live: at the start of
// a program, and of a series. A job that is there already stays.
func (r *Room) Begin(tx *db.Tx) error {
	live, err := read(tx, selLive)
	if err != nil || len(live) == 0 {
		return err
	}
	for _, kind := range []string{KindStep, KindDates} {
		if _, _, err := job.Enqueue(tx, kind, "", nil, job.Opt{MaxAttempts: always}); err != nil {
			return err
		}
	}
	return nil
}

// stepJob moves on what is due. It never ends, so that it cannot have just ended when
// it is needed; a failed one comes back like any job, and Begin makes it anew.
func (r *Room) stepJob(ctx context.Context, j *job.Job) error {
	for ctx.Err() == nil {
		more := false
		err := r.DB.Do(ctx, j.By(), func(tx *db.Tx) (err error) {
			if err := j.Hold(tx); err != nil {
				return err
			}
			more, err = r.due(tx)
			return err
		})
		if err != nil {
			return err
		}
		if !more {
			break
		}
	}
	return job.Later(r.DB.Now().Add(look))
}

// due moves a batch on.
func (r *Room) due(tx *db.Tx) (more bool, err error) {
	live, err := read(tx, selLive)
	if err != nil {
		return false, err
	}
	running := map[id.ID]*Series{}
	var ids []id.ID
	for i := range live {
		if live[i].State == Running {
			running[live[i].ID] = &live[i]
			ids = append(ids, live[i].ID)
		}
	}
	if len(ids) == 0 {
		return false, nil
	}
	all, err := readPlaces(tx, selDue, tx.Now(), ids[:min(len(ids), 500)], batch)
	for i := range all {
		if err != nil {
			return false, err
		}
		if x := running[all[i].Series]; x.State == Running { // it may have paused at the one before
			err = r.advance(tx, x, &all[i])
		}
	}
	return len(all) == batch, err
}

// advance moves one place on, as far as it goes now. A letter that can no longer be
// made, or a purpose the notice has given up, pauses the series; the place stays.
func (r *Room) advance(tx *db.Tx, x *Series, p *Place) error {
	for p.State == waiting && p.Due <= tx.Now() {
		if p.Step >= len(x.Steps) {
			return p.end(tx, done, "")
		}
		at := p.Step
		err := r.take(tx, x, p)
		switch fault.CodeOf(err) {
		case fault.Invalid, fault.Denied, fault.NotFound, fault.TooLarge, fault.Conflict:
			x.State, p.Step = Paused, at // what was done before it stays done
			return errors.Join(p.store(tx), r.turn(tx, x, Running, Paused, fault.KeyOf(err)))
		}
		if err != nil {
			return err
		}
	}
	if p.State == waiting && p.Step >= len(x.Steps) {
		return p.end(tx, done, "")
	}
	return p.store(tx)
}

// take does the step at hand.
func (r *Room) take(tx *db.Tx, x *Series, p *Place) error {
	q, _, err := r.question(tx, x)
	if err != nil {
		return err
	}
	s, err := r.Outbox.DecideOne(tx, p.Person, q, nil)
	if fault.Is(err, fault.NotFound) {
		return p.end(tx, left, outbox.CodeGone)
	}
	if err != nil {
		return err
	}
	if why := outbox.Why(s, "email"); why != "" {
		return p.end(tx, left, why)
	}
	step := x.Steps[p.Step]
	p.Step++
	switch step.Kind {
	case Wait:
		p.Due = clock.Ms(tx.Time().In(r.zone()).AddDate(0, 0, step.Days).Add(time.Duration(step.Hours) * time.Hour))
		return nil
	case If:
		e, err := r.Segments.Read(tx, step.If)
		if err != nil {
			return err
		}
		ok, err := r.matches(tx, e, s)
		switch {
		case err != nil || ok:
			return err
		case step.Else == Leave:
			return p.end(tx, left, CodeCondition)
		}
		p.Step++
		return nil
	}
	return r.letter(tx, x, p, step.Template)
}

// letter sends the letter of the step just taken.
func (r *Room) letter(tx *db.Tx, x *Series, p *Place, template string) error {
	data, err := r.data(p)
	if err != nil {
		return err
	}
	sent, err := r.Post.Send(tx, post.Mail{Person: p.Person, Purpose: x.Purpose, Template: template, Data: data, Source: x.ID, Step: p.Step})
	if err == nil && !sent.Allowed {
		err = p.end(tx, left, sent.Code)
	}
	return err
}

// stopJob gives up the places of a series and the letters that wait.
func (r *Room) stopJob(ctx context.Context, j *job.Job) error {
	var which id.ID
	if err := j.Decode(&which); err != nil {
		return job.Permanent(err)
	}
	const part = id.Buckets / 16
	for lo := 0; lo < id.Buckets; lo += part {
		err := r.DB.Do(ctx, j.By(), func(tx *db.Tx) error {
			if err := j.Hold(tx); err != nil {
				return err
			}
			_, err := tx.Exec(endAll, lo, lo+part-1, int64(which), tx.Now(), []byte{})
			return err
		})
		if err != nil {
			return err
		}
	}
	for n := 1; n > 0; {
		err := r.DB.Do(ctx, j.By(), func(tx *db.Tx) (err error) {
			if err := j.Hold(tx); err != nil {
				return err
			}
			n, err = r.Post.EndSource(tx, which, 200)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// datesJob looks through the cards, when a day has begun, for those whose date the
// day is. Yesterday is looked at once more, for what was entered after the last look.
func (r *Room) datesJob(ctx context.Context, j *job.Job) error {
	today, all, err := r.dated(ctx, j)
	if err == nil && len(all) > 0 {
		err = r.lookThrough(ctx, j, today, all)
	}
	if err != nil {
		return err
	}
	next, err := r.moment(tomorrow(today), "00:05")
	if err != nil {
		return err
	}
	return job.Later(clock.FromMs(min(next, clock.Ms(r.DB.Now().Add(time.Hour)))))
}

func tomorrow(day string) string {
	t, _ := time.Parse(time.DateOnly, day)
	return t.AddDate(0, 0, 1).Format(time.DateOnly)
}

// dated lists the series that look at a field of the cards and have not seen today.
func (r *Room) dated(ctx context.Context, j *job.Job) (today string, all []Series, err error) {
	err = r.DB.Do(ctx, j.By(), func(tx *db.Tx) error {
		if err := j.Hold(tx); err != nil {
			return err
		}
		today, all = r.today(tx), nil
		live, err := read(tx, selLive)
		for _, x := range live {
			if x.Trigger.Kind == OnDate && x.Trigger.Field != "" && x.Scanned < today {
				all = append(all, x)
			}
		}
		return err
	})
	return today, all, err
}

// lookThrough reads the register a range of buckets at a time.
func (r *Room) lookThrough(ctx context.Context, j *job.Job, today string, all []Series) error {
	var parts []outbox.Range
	err := r.DB.View(ctx, j.By(), func(tx *db.Tx) (err error) { parts, err = r.Outbox.Ranges(tx); return err })
	if err != nil {
		return err
	}
	for _, part := range parts {
		if err := r.DB.Do(ctx, j.By(), func(tx *db.Tx) error { return r.lookAt(tx, j, part, today, all) }); err != nil {
			return err
		}
	}
	return r.DB.Do(ctx, j.By(), func(tx *db.Tx) error {
		if err := j.Hold(tx); err != nil {
			return err
		}
		for _, x := range all {
			if _, err := tx.Exec(updScan, int64(x.ID), today); err != nil {
				return err
			}
		}
		return nil
	})
}

// hit is a person whose date has come.
type hit struct {
	series *Series
	who    id.ID
	origin int64
	due    int64
}

// lookAt looks through one range and takes in whom it finds.
func (r *Room) lookAt(tx *db.Tx, j *job.Job, part outbox.Range, today string, all []Series) error {
	if err := j.Hold(tx); err != nil {
		return err
	}
	var found []hit
	err := r.Outbox.Party.Scan(tx, part.Lo, part.Hi, func(p *party.Person) error {
		for i := range all {
			if h, ok := r.hits(&all[i], p, today); ok {
				found = append(found, h)
			}
		}
		return nil
	})
	for _, h := range found {
		if err == nil {
			_, err = r.enrol(tx, h.series, h.who, h.origin, h.due, nil)
		}
	}
	return err
}

// hits reports whether a series begins for a person on a day from the last one looked
// at up to today.
func (r *Room) hits(x *Series, p *party.Person, today string) (h hit, ok bool) {
	date, err := time.Parse(time.DateOnly, p.Get(x.Trigger.Field))
	if err != nil || p.Status == party.Erased {
		return h, false
	}
	last, err := time.Parse(time.DateOnly, today)
	if err != nil {
		return h, false
	}
	first, err := time.Parse(time.DateOnly, x.Scanned)
	if err != nil {
		first = last // nothing was looked at yet
	}
	for day := first; !day.After(last); day = day.AddDate(0, 0, 1) {
		of := day.AddDate(0, 0, -x.Trigger.Days)
		if !sameDay(date, of, x.Trigger.Yearly) {
			continue
		}
		h = hit{series: x, who: p.ID}
		if x.Trigger.Again || x.Trigger.Yearly {
			h.origin = originOf(of.Format(time.DateOnly))
		}
		h.due, err = r.moment(day.Format(time.DateOnly), x.Trigger.Hour)
		return h, err == nil
	}
	return h, false
}

// sameDay compares dates, or with yearly their days of the year: the 29th of February
// is kept on the 28th in a year that has none.
func sameDay(date, day time.Time, yearly bool) bool {
	if date.Equal(day) {
		return true
	}
	if !yearly || !date.Before(day) {
		return false
	}
	month, n := date.Month(), date.Day()
	if month == time.February && n == 29 && time.Date(day.Year(), 2, 29, 0, 0, 0, 0, time.UTC).Month() != time.February {
		n = 28
	}
	return day.Month() == month && day.Day() == n
}
