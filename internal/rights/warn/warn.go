// Package warn writes to the staff when a request comes due: to whoever deals with it,
// and to whoever is responsible for data protection. law: GDPR 12(3), GDPR 24(1)
//
//	week      seven days or fewer are left until the day to plan for
//	two       two days or fewer
//	overdue   the last day has passed
//	free      nobody deals with it: once a day, to those responsible
//
// A warning is given once for each level, account and day to plan for; an extension
// moves that day, and brings new ones. The night's warnings of an account are one mail,
// which names references and addresses of pages and nothing else: mail is read on
// telephones and passed on. Nobody is written to about their own request.
//
// The nightly job (KindLook) notes what is to be said in case_warnings, a job for each
// account (KindMail) says it. What was handed to the mail server when a process died is
// not said again.
package warn

import (
	"context"
	"errors"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/job"
	"kartotek/internal/law"
	"kartotek/internal/rights"
	"kartotek/internal/rights/courier"
	"kartotek/internal/rightsdef"
)

// Schema is the table of the room: which account was told what of which case.
var Schema = db.Schema{Room: "warn", Needs: []db.Schema{rights.Schema}, Tables: []db.Table{{
	Name: "case_warnings", Kind: db.ValueTable, Key: "case_id, level, due, account_id",
	Cols:    db.Cols(`case_id big, level text, due text, account_id big, state text, at big`),
	Indexes: []db.Index{{Name: "case_warnings_account", Cols: "account_id, state"}, {Name: "case_warnings_at", Cols: "at"}},
}}}

// The levels.
const (
	Week    = "week"
	Two     = "two"
	Overdue = "overdue"
	Free    = "free"
)

// Days before the day to plan for at which somebody is told.
const (
	weekDays = 7
	twoDays  = 2
)

// Kinds of job.
const (
	KindLook = "warn.look" // every night
	KindMail = "warn.mail" // the key is the account
)

// The states of a warning.
const (
	queued, handed, said, unsaid = "queued", "handed", "said", "unsaid"
)

// Account is somebody of the staff.
type Account struct {
	ID      id.ID
	Name    string
	Email   string
	Officer bool // responsible for data protection
}

// Room is the open room.
type Room struct {
	DB      *db.DB
	Rights  *rights.Room
	Courier *courier.Room
	// Staff lists the accounts that may be used now.
	Staff func(tx *db.Tx) ([]Account, error)
	Able  func() bool // whether mail goes out from this register at all
}

var (
	insWarning = db.SQL(db.Set, `INSERT INTO case_warnings (case_id, level, due, account_id, state, at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (case_id, level, due, account_id) DO NOTHING`)
	selQueued  = db.SQL(db.Set, `SELECT case_id, level, due FROM case_warnings WHERE account_id = $1 AND state = $2 ORDER BY due, case_id, level LIMIT $3`)
	updWarning = db.SQL(db.Set, `UPDATE case_warnings SET state = $5 WHERE case_id = $1 AND level = $2 AND due = $3 AND account_id = $4`)
	lostOnes   = db.SQL(db.Set, `UPDATE case_warnings SET state = $2 WHERE state = $1`)
	delOld     = db.SQL(db.Set, `DELETE FROM case_warnings WHERE at < $1`)
)

// kept is how long it is known what was said: longer than a case with its extension lasts.
const kept = 400 * 24 * time.Hour

// Handle gives the room's handlers to a runner.
func (r *Room) Handle(run *job.Runner) {
	run.Handle(KindLook, func(ctx context.Context, j *job.Job) error {
		err := r.DB.Do(ctx, j.By(), func(tx *db.Tx) error { return errors.Join(j.Hold(tx), r.Look(tx)) })
		if err != nil {
			return err
		}
		return job.Later(night(r.DB.Now()))
	})
	run.Handle(KindMail, r.mail)
}

// night is when the next look is due: three in the morning.
func night(now time.Time) time.Time {
	at := now.UTC().Truncate(24 * time.Hour).Add(3 * time.Hour)
	if !at.After(now) {
		at = at.Add(24 * time.Hour)
	}
	return at
}

// Begin puts the work into the queue that a running register always has.
func (r *Room) Begin(tx *db.Tx) error {
	_, _, err := job.Enqueue(tx, KindLook, "all", nil, job.Opt{})
	return err
}

// Look notes what is to be said about open cases, and to whom.
func (r *Room) Look(tx *db.Tx) error {
	if _, err := tx.Exec(lostOnes, handed, unsaid); err != nil {
		return err
	}
	if _, err := tx.Exec(delOld, tx.Time().Add(-kept).UnixMilli()); err != nil {
		return err
	}
	staff, err := r.Staff(tx)
	if err != nil || r.Able != nil && !r.Able() {
		return err
	}
	told := map[id.ID]bool{}
	f := rights.Filter{Limit: 200}
	for {
		all, err := r.Rights.List(tx, f)
		for _, c := range all {
			if err == nil {
				err = r.about(tx, c, staff, told)
			}
		}
		if err != nil {
			return err
		}
		if len(all) < f.Limit {
			break
		}
		f.After = all[len(all)-1].ID
	}
	for account := range told {
		if _, _, err := job.Enqueue(tx, KindMail, account.String(), nil, job.Opt{MaxAttempts: 20}); err != nil {
			return err
		}
	}
	return nil
}

// about notes what is to be said about one case.
func (r *Room) about(tx *db.Tx, c *rights.Case, staff []Account, told map[id.ID]bool) error {
	today := rightsdef.DayIn(c.Country, tx.Now())
	for _, a := range staff {
		owner := a.ID == c.HandlerID
		if a.Email == "" || a.ID == c.Staff || !owner && !a.Officer {
			continue
		}
		levels := levelsOf(c, today)
		if c.HandlerID == 0 {
			levels = append(levels, warning{Free, today})
		}
		for _, l := range levels {
			n, err := tx.Exec(insWarning, int64(c.ID), l.level, string(l.due), int64(a.ID), queued, tx.Now())
			if err != nil {
				return err
			}
			told[a.ID] = told[a.ID] || n > 0
		}
	}
	return nil
}

type warning struct {
	level string
	due   law.Date
}

// levelsOf is the level a case has reached, the most pressing alone.
func levelsOf(c *rights.Case, today law.Date) []warning {
	left := rightsdef.Days(today, c.Clock.Plan)
	switch {
	case c.Clock.Stage == rightsdef.Overdue:
		return []warning{{Overdue, c.Clock.Plan}}
	case left <= twoDays:
		return []warning{{Two, c.Clock.Plan}}
	case left <= weekDays:
		return []warning{{Week, c.Clock.Plan}}
	}
	return nil
}

func logged(account id.ID, n int) audit.Entry {
	return audit.Entry{Action: "rights.warn_mail", Kind: "account", Object: account.String(), Count: n}
}
