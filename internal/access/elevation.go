package access

import (
	"slices"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/staff"
)

// How long an elevation may last.
const (
	Shortest = 15 * time.Minute
	Longest  = 4 * time.Hour
)

// Elevation is a level taken up for a limited time.
type Elevation struct {
	ID      id.ID
	Account id.ID
	Session id.ID
	Level   string
	From    time.Time
	Until   time.Time
	Reason  string
	EndedAt time.Time // zero unless it was ended before its time
	EndedBy id.ID     // the account; 0 for nobody
}

// InForce reports whether it holds at a time, as far as its row tells: it also
// ends with its session.
func (e Elevation) InForce(now time.Time) bool { return e.EndedAt.IsZero() && now.Before(e.Until) }

const elevationCols = `id, account, session, level, from_at, until_at, reason, ended_at, ended_by`

var (
	insertElevation = db.SQL(db.Local, `INSERT INTO access_elevations (id, account, session, level, from_at, until_at, reason, ended_at, ended_by) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0)`)
	elevationsNow   = db.SQL(db.Local, `SELECT `+elevationCols+` FROM access_elevations WHERE session = $1 AND until_at > $2 AND ended_at = 0 ORDER BY id`)
	elevationByID   = db.SQL(db.Local, `SELECT `+elevationCols+` FROM access_elevations WHERE id = $1`)
	elevationsSince = db.SQL(db.Local, `SELECT `+elevationCols+` FROM access_elevations WHERE until_at > $1 ORDER BY until_at DESC, id LIMIT 200`)
	endElevation    = db.SQL(db.Local, `UPDATE access_elevations SET ended_at = $2, ended_by = $3 WHERE id = $1 AND ended_at = 0 AND until_at > $2`)
)

func scanElevation(scan db.Scan) (e Elevation, err error) {
	var from, until, ended int64
	err = scan(&e.ID, &e.Account, &e.Session, &e.Level, &from, &until, &e.Reason, &ended, &e.EndedBy)
	e.From, e.Until, e.EndedAt = clock.FromMs(from), clock.FromMs(until), clock.FromMs(ended)
	return e, err
}

// Elevate lets the owner of a session take up a level. allowed are the levels
// that their own levels list under elevate; minutes is 15 to 240. Where second is
// true, a second factor must have been shown lately. The reason goes into the log
// as it is written, so it may name no person.
func (r *Room) Elevate(tx *db.Tx, s *staff.Session, allowed []string, level string, minutes int, reason string, second bool) (Elevation, error) {
	life := time.Duration(minutes) * time.Minute
	switch {
	case !slices.Contains(allowed, level):
		return Elevation{}, fault.New(fault.Denied, "access.no_elevation", "the account's levels do not list this one under elevate").In("level")
	case second && !s.FreshSecond(tx.Time()):
		return Elevation{}, fault.New(fault.Denied, "access.second", "a second factor is needed for this level").In("level")
	case life < Shortest || life > Longest:
		return Elevation{}, fault.New(fault.Invalid, "access.minutes", "an elevation lasts a quarter of an hour to four hours").In("minutes")
	}
	reason, err := reasonOf(reason)
	if err != nil {
		return Elevation{}, err
	}
	now, err := InForce(tx, s.ID)
	if err != nil {
		return Elevation{}, err
	}
	if slices.ContainsFunc(now, func(e Elevation) bool { return e.Level == level }) {
		return Elevation{}, fault.New(fault.Conflict, "access.elevated", "this level is taken up already; end it first").In("level")
	}
	e := Elevation{ID: tx.NewID(), Account: s.Account.ID, Session: s.ID, Level: level, From: tx.Time(), Until: tx.Time().Add(life), Reason: reason}
	if _, err := tx.Exec(insertElevation, e.ID, e.Account, e.Session, e.Level, tx.Now(), clock.Ms(e.Until), e.Reason); err != nil {
		return Elevation{}, err
	}
	return e, audit.Write(tx, audit.Entry{Action: "access.elevate", Kind: "elevation", Object: e.ID.String(),
		Detail: map[string]string{"level": level, "until": e.Until.Format(time.RFC3339), "reason": reason}})
}

// InForce lists the elevations of a session that hold at the transaction's time.
func InForce(tx *db.Tx, session id.ID) ([]Elevation, error) {
	return elevations(tx, elevationsNow, session, tx.Now())
}

func elevations(tx *db.Tx, s *db.Stmt, args ...any) (out []Elevation, err error) {
	err = tx.Each(s, func(scan db.Scan) error {
		e, err := scanElevation(scan)
		out = append(out, e)
		return err
	}, args...)
	return out, err
}

// Elevations lists those that hold, or ended after since, the latest first and at
// most 200. Those whose session is over are given as ended then.
func (r *Room) Elevations(tx *db.Tx, since time.Time) ([]Elevation, error) {
	all, err := elevations(tx, elevationsSince, clock.Ms(since))
	for i := range all {
		if err == nil && all[i].InForce(tx.Time()) {
			err = r.withSession(tx, &all[i])
		}
	}
	return all, err
}

// withSession ends an elevation in the answer when its session is no more.
func (r *Room) withSession(tx *db.Tx, e *Elevation) error {
	open, err := r.Staff.Sessions(tx, e.Account)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(open, func(s *staff.Session) bool { return s.ID == e.Session && s.Account.Active(tx.Time()) }) {
		e.EndedAt = tx.Time()
	}
	return nil
}

// EndElevation ends an elevation before its time. Its owner may, and whoever
// administers accounts.
func (r *Room) EndElevation(tx *db.Tx, which, by id.ID, administers bool) error {
	list, err := elevations(tx, elevationByID, which)
	if err != nil {
		return err
	}
	if len(list) == 0 || list[0].Account != by && !administers {
		return fault.New(fault.NotFound, "access.ended", "this elevation has ended already")
	}
	n, err := tx.Exec(endElevation, which, tx.Now(), by)
	if err != nil || n == 0 {
		return err // it ended by itself meanwhile, which is what was wanted
	}
	return audit.Write(tx, audit.Entry{Action: "access.elevate_end", Kind: "elevation", Object: which.String(),
		Detail: map[string]string{"level": list[0].Level, "account": list[0].Account.String()}})
}
