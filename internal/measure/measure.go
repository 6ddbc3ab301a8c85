// Package measure sees to it that the security the notice promises is checked, and
// not only promised. law: GDPR 32(1)(d)
//
// The notice lists its security sentences, each with an owner, evidence and the day
// of the next check (noticedef.Measure): locked rooms, passwords of devices, paper in
// the archive. Somebody goes and looks. What they found is recorded here, with what
// shows it and the day of the check after that. A check that is overdue shows to the
// staff and, beside the sentence that promised it, to everybody: a promise that
// nobody looked after is said to be one.
//
// A sentence that is "measured" is checked by the program itself: tls.go shakes hands
// with the register's public address once a day and keeps what came of it, the
// version, the certificate's last day and whether browsers are told to stay with
// https (HSTS, RFC 6797). What cannot be measured from here is said not to be.
//
// Shape: Room, with Record, Statuses and MeasureTLS; Check, Reading, Status.
// Tables: measure_checks, measure_readings (both reference, append-only).
package measure

import (
	"strings"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/notice"
	"kartotek/internal/noticedef"
)

// Schema is the room's tables. They hold what was checked, and the accounts of
// who did; nothing of the register's people.
var Schema = db.Schema{Room: "measure", Tables: []db.Table{
	{
		Name: "measure_checks", Kind: db.ReferenceTable, Key: "id", AppendOnly: true,
		Cols:    db.Cols("id big, measure text, at big, by_id big, by_name text, day text, result text, evidence text, next_day text"),
		Indexes: []db.Index{{Name: "measure_checks_of", Cols: "measure, id"}},
	},
	{
		Name: "measure_readings", Kind: db.ReferenceTable, Key: "id", AppendOnly: true,
		Cols:    db.Cols("id big, at big, outcome text, version text, until_at big, hsts big"),
		Indexes: []db.Index{{Name: "measure_readings_at", Cols: "at, id"}},
	},
}}

// The results of a check.
const (
	InOrder    = "in_order"
	NotInOrder = "not_in_order"
)

// Check is one check of one measure.
type Check struct {
	Measure  string // its id in the notice
	Day      string // ISO: when somebody looked
	Result   string // InOrder or NotInOrder
	Evidence string // where it can be seen, at most 500 characters
	Next     string // ISO: the next check

	ID     id.ID
	At     time.Time // when it was recorded
	By     id.ID
	ByName string
}

const checkCols = `id, measure, at, by_id, by_name, day, result, evidence, next_day`

var (
	insertCheck = db.SQL(db.Reference, `INSERT INTO measure_checks (`+checkCols+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`)
	checksOf    = db.SQL(db.Reference, `SELECT `+checkCols+` FROM measure_checks WHERE measure = $1 ORDER BY id DESC LIMIT 100`)
	lastChecks  = db.SQL(db.Reference, `SELECT `+checkCols+` FROM measure_checks WHERE id IN (SELECT MAX(id) FROM measure_checks GROUP BY measure)`)
)

func scanCheck(scan db.Scan) (c Check, err error) {
	var at int64
	err = scan(&c.ID, &c.Measure, &at, &c.By, &c.ByName, &c.Day, &c.Result, &c.Evidence, &c.Next)
	c.At = clock.FromMs(at)
	return c, err
}

// Room is the room of security measures.
type Room struct {
	DB    *db.DB
	Probe Probe
}

func (c *Check) check(n *noticedef.Notice, today string) error {
	c.Evidence = strings.Join(strings.Fields(c.Evidence), " ")
	_, known := find(n, c.Measure)
	_, dayErr := time.Parse(time.DateOnly, c.Day)
	_, nextErr := time.Parse(time.DateOnly, c.Next)
	switch {
	case !known:
		return fault.New(fault.NotFound, "measure.none", "the notice in force has no such measure")
	case dayErr != nil || c.Day > today:
		return fault.New(fault.Invalid, "measure.day", "the day of the check is a date, today or before").In("day")
	case c.Result != InOrder && c.Result != NotInOrder:
		return fault.New(fault.Invalid, "measure.result", "say whether it was in order").In("result")
	case c.Evidence == "":
		return fault.New(fault.Invalid, "measure.evidence", "say what shows the check: a document, a photograph, a ticket").In("evidence")
	case len([]rune(c.Evidence)) > 500:
		return fault.New(fault.Invalid, "measure.evidence_long", "the evidence holds more than 500 characters").In("evidence")
	case nextErr != nil || c.Next <= today:
		return fault.New(fault.Invalid, "measure.next", "the next check is on a day to come").In("next")
	}
	return nil
}

func find(n *noticedef.Notice, name string) (noticedef.Measure, bool) {
	for _, m := range n.Security {
		if m.ID == name {
			return m, true
		}
	}
	return noticedef.Measure{}, false
}

// Record stores a check of a measure of the notice in force. What was recorded
// stays: a mistake is put right by another check.
func (r *Room) Record(tx *db.Tx, n *noticedef.Notice, c Check) (Check, error) {
	if err := c.check(n, tx.Time().UTC().Format(time.DateOnly)); err != nil {
		return c, err
	}
	c.ID, c.At, c.By, c.ByName = tx.NewID(), tx.Time(), tx.By().ID, tx.By().Name
	if _, err := tx.Exec(insertCheck, c.ID, c.Measure, tx.Now(), c.By, c.ByName, c.Day, c.Result, c.Evidence, c.Next); err != nil {
		return c, err
	}
	return c, audit.Write(tx, audit.Entry{Action: "measure.check", Kind: "measure", Object: c.Measure,
		Detail: map[string]string{"result": c.Result, "day": c.Day, "next": c.Next}})
}

// Checks lists what was recorded of a measure, the latest first, at most 100.
func (r *Room) Checks(tx *db.Tx, name string) ([]Check, error) { return checks(tx, checksOf, name) }

func checks(tx *db.Tx, s *db.Stmt, args ...any) (out []Check, err error) {
	err = tx.Each(s, func(scan db.Scan) error {
		c, err := scanCheck(scan)
		out = append(out, c)
		return err
	}, args...)
	return out, err
}

// The states of a measure.
const (
	OK         = "ok"
	Due        = "due"          // within 30 days
	Lapsed     = "lapsed"       // the day has passed
	Bad        = "bad"          // the last check, or measurement, found it not in order
	Unmeasured = "not_measured" // it is said to be measured, and is not
)

// Soon is how long before its day a check is due.
const Soon = 30

// Status is a measure of the notice with how it stands today.
type Status struct {
	noticedef.Measure
	State   string
	Last    *Check   // nil: never checked here
	Reading *Reading // of what the program measures; nil: never
	Due     string   // ISO: the next check; "" for what is measured
}

// Statuses tells how each measure of a version of the notice stands, in the
// notice's order. What is counted is the latest word: the check that was recorded,
// or the notice's own day where it came into force after the check.
func (r *Room) Statuses(tx *db.Tx, in *notice.InForce) ([]Status, error) {
	if in == nil {
		return nil, nil
	}
	last := map[string]*Check{}
	list, err := checks(tx, lastChecks)
	if err != nil {
		return nil, err
	}
	for i := range list {
		last[list[i].Measure] = &list[i]
	}
	reading, err := r.Latest(tx)
	if err != nil {
		return nil, err
	}
	out := make([]Status, 0, len(in.Notice.Security))
	for _, m := range in.Notice.Security {
		s := Status{Measure: m, Last: last[m.ID]}
		if m.Measured {
			s.Reading = reading
			s.State = r.Probe.state(reading, tx.Time())
		} else {
			s.Due = due(m, s.Last, in.Effective)
			s.State = state(s, tx.Time().UTC())
		}
		out = append(out, s)
	}
	return out, nil
}

// due is the day of the next check.
func due(m noticedef.Measure, last *Check, effective string) string {
	switch {
	case last == nil:
		return string(m.Next)
	case last.At.UTC().Format(time.DateOnly) >= effective:
		return last.Next
	}
	return max(last.Next, string(m.Next))
}

func state(s Status, now time.Time) string {
	switch today := now.Format(time.DateOnly); {
	case s.Due == "" || s.Due < today:
		return Lapsed
	case s.Last != nil && s.Last.Result == NotInOrder:
		return Bad
	case s.Due <= now.AddDate(0, 0, Soon).Format(time.DateOnly):
		return Due
	}
	return OK
}

// Accounts is the measure that promises personal accounts and their review, if
// the notice has one.
func Accounts(n *noticedef.Notice) (noticedef.Measure, bool) {
	for _, m := range n.Security {
		if m.Personal {
			return m, true
		}
	}
	return find(n, "accounts")
}

// Restores is the measure that promises that backups can be put back, if the notice has
// one.
func Restores(n *noticedef.Notice) (noticedef.Measure, bool) {
	for _, m := range n.Security {
		if m.Restores {
			return m, true
		}
	}
	return find(n, "backups")
}

// NextCheck is the day of the check after one today: a period from now, or a year where
// the notice names none.
func NextCheck(m noticedef.Measure, now time.Time) string {
	if m.Review.Set() {
		return m.Review.AddTo(now).Format(time.DateOnly)
	}
	return now.AddDate(1, 0, 0).Format(time.DateOnly)
}

// Drilled records that a backup was tried, as the check of the measure that promises
// that backups can be put back. One that went wrong is to be repeated soon. It gives
// the measure; "" when the notice promises nothing of the kind. law: GDPR 32(1)(d)
func (r *Room) Drilled(tx *db.Tx, n *noticedef.Notice, well bool, evidence string) (string, error) {
	m, promised := Restores(n)
	if !promised || m.Measured {
		return "", nil
	}
	today := tx.Time().UTC()
	c := Check{Measure: m.ID, Day: today.Format(time.DateOnly), Result: InOrder, Evidence: evidence, Next: NextCheck(m, today)}
	if !well {
		c.Result, c.Next = NotInOrder, today.AddDate(0, 0, Soon).Format(time.DateOnly)
	}
	_, err := r.Record(tx, n, c)
	return m.ID, err
}
