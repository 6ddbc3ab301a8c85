package retention

import (
	"slices"
	"strings"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/keep"
)

// Hold keeps data of a person longer than its time. law: GDPR 17(3), 18(1)(c)
type Hold struct {
	ID          id.ID
	Person      id.ID
	Reason      string   // for those who look after it
	Citation    string   // what it rests on: one of Grounds
	Categories  []string // of the notice; empty holds all
	At          int64
	ByName      string
	Until       string // ISO, the last day; "" until it is released
	Review      string // ISO, when somebody asks whether it is still needed
	Released    int64
	ReleasedBy  string
	ReleasedWhy string
}

// Standing reports whether the hold holds on a day (ISO).
func (h *Hold) Standing(today string) bool {
	return h.Released == 0 && (h.Until == "" || h.Until >= today)
}

// Grounds are what a hold may rest on.
var Grounds = []string{"GDPR 17(3)(b)", "GDPR 17(3)(e)", "GDPR 18(1)(c)", "GDPR 18(2)"}

const holdCols = `person_id, hold_id, reason, citation, categories, at, by_name, until_on, review_on, released_at, released_by, released_why`

var (
	insHold     = db.SQL(db.OnePerson, `INSERT INTO holds (bucket, `+holdCols+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, '', '')`)
	selHolds    = db.SQL(db.OnePerson, `SELECT `+holdCols+` FROM holds WHERE bucket = $1 AND person_id = $2 ORDER BY hold_id`)
	updReleased = db.SQL(db.OnePerson, `UPDATE holds SET released_at = $4, released_by = $5, released_why = $6 WHERE bucket = $1 AND person_id = $2 AND hold_id = $3 AND released_at = 0`)
	selHolding  = db.SQL(db.Set, `SELECT person_id, citation, categories, until_on FROM holds WHERE bucket BETWEEN $1 AND $2 AND released_at = 0 ORDER BY bucket, person_id`)
	selReview   = db.SQL(db.Set, `SELECT `+holdCols+` FROM holds WHERE released_at = 0 AND review_on <= $1 ORDER BY review_on, bucket, person_id, hold_id LIMIT $2`)
	cntReview   = db.SQL(db.Set, `SELECT count(*) FROM holds WHERE released_at = 0 AND review_on <= $1`)

	putEnded = db.SQL(db.OnePerson, `INSERT INTO relations (bucket, person_id, ended_at, at, by_name) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (bucket, person_id) DO UPDATE SET ended_at = excluded.ended_at, at = excluded.at, by_name = excluded.by_name`)
	selEnded   = db.SQL(db.Set, `SELECT person_id, ended_at FROM relations WHERE bucket BETWEEN $1 AND $2 ORDER BY bucket, person_id`)
	selRelated = db.SQL(db.OnePerson, `SELECT ended_at, at, by_name FROM relations WHERE bucket = $1 AND person_id = $2`)
)

const maxReason = 500

func tidy(text, field string) (string, error) {
	text = strings.Join(strings.Fields(text), " ")
	if text == "" || len([]rune(text)) > maxReason {
		return "", fault.New(fault.Invalid, "retention.reason", "give the reason, in at most %d characters", maxReason).In(field)
	}
	return text, nil
}

func isDay(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

func (r *Room) checkHold(tx *db.Tx, h *Hold) (err error) {
	t, err := r.terms(tx)
	if err != nil {
		return err
	}
	if h.Reason, err = tidy(h.Reason, "reason"); err != nil {
		return err
	}
	for _, c := range h.Categories {
		if _, known := t.in.Notice.Category(c); !known {
			return fault.New(fault.Invalid, "retention.category", "the notice in force has no category %q", c).In("categories")
		}
	}
	switch {
	case !slices.Contains(Grounds, h.Citation):
		return fault.New(fault.Invalid, "retention.ground", "say what the hold rests on: %s", strings.Join(Grounds, ", ")).In("citation")
	case h.Until != "" && (!isDay(h.Until) || h.Until < t.day):
		return fault.New(fault.Invalid, "retention.until", "the last day of a hold is a date, today or later").In("until")
	case !isDay(h.Review) || h.Review <= t.day || h.Review > tx.Time().AddDate(1, 0, 1).Format(time.DateOnly):
		return fault.New(fault.Invalid, "retention.review", "say when the hold is looked at again: a day within a year").In("review")
	}
	return nil
}

// Hold puts a hold on a person's data.
func (r *Room) Hold(tx *db.Tx, who id.ID, h Hold) (*Hold, error) {
	if err := r.checkHold(tx, &h); err != nil {
		return nil, err
	}
	p, found, err := r.Party.Get(tx, who)
	if err == nil && (!found || p.Status >= 2) {
		err = fault.New(fault.NotFound, "party.not_found", "there is no such person in the register")
	}
	if err != nil {
		return nil, err
	}
	h.ID, h.Person, h.At, h.ByName = tx.NewID(), who, tx.Now(), tx.By().Name
	_, err = tx.Exec(insHold, who.Bucket(), int64(who), int64(h.ID), h.Reason, h.Citation, strings.Join(h.Categories, " "), h.At, h.ByName, h.Until, h.Review)
	if err != nil {
		return nil, err
	}
	return &h, audit.Write(tx, audit.Entry{Action: "retention.hold", Kind: "hold", Object: h.ID.String(), Person: who, Detail: map[string]string{"ground": h.Citation, "until": h.Until}})
}

// Release ends a hold.
func (r *Room) Release(tx *db.Tx, who, which id.ID, why string) error {
	why, err := tidy(why, "why")
	if err != nil {
		return err
	}
	n, err := tx.Exec(updReleased, who.Bucket(), int64(who), int64(which), tx.Now(), tx.By().Name, why)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "retention.released", "the hold has ended already, or is not there")
	}
	if err != nil {
		return err
	}
	return audit.Write(tx, audit.Entry{Action: "retention.release", Kind: "hold", Object: which.String(), Person: who})
}

func scanHold(scan db.Scan) (h Hold, err error) {
	var categories string
	err = scan(&h.Person, &h.ID, &h.Reason, &h.Citation, &categories, &h.At, &h.ByName, &h.Until, &h.Review, &h.Released, &h.ReleasedBy, &h.ReleasedWhy)
	h.Categories = strings.Fields(categories)
	return h, err
}

func holds(tx *db.Tx, s *db.Stmt, args ...any) (all []Hold, err error) {
	err = tx.Each(s, func(scan db.Scan) error {
		h, err := scanHold(scan)
		all = append(all, h)
		return err
	}, args...)
	return all, err
}

// Holds lists every hold there was on a person, oldest first.
func (r *Room) Holds(tx *db.Tx, who id.ID) ([]Hold, error) {
	return holds(tx, selHolds, who.Bucket(), int64(who))
}

// Held lists the holds on a person that stand.
func (r *Room) Held(tx *db.Tx, who id.ID) ([]Hold, error) {
	zone, err := r.zone()
	if err != nil {
		return nil, err
	}
	all, err := r.Holds(tx, who)
	today := tx.Time().In(zone).Format(time.DateOnly)
	return slices.DeleteFunc(all, func(h Hold) bool { return !h.Standing(today) }), err
}

// Reviews lists the holds not released that are to be looked at by a day ("" for all),
// and how many there are.
func (r *Room) Reviews(tx *db.Tx, until string, limit int) (all []Hold, n int, err error) {
	if until == "" {
		until = "9999-12-31"
	}
	if all, err = holds(tx, selReview, until, int64(limit)); err == nil {
		_, err = tx.One(cntReview, []any{&n}, until)
	}
	return all, n, err
}

// holding gives the holds of a range as the reckoning wants them. Those that ended
// by their own day move no date, so they need not be left out.
func (r *Room) holding(tx *db.Tx, lo, hi int) (map[id.ID][]keep.Hold, error) {
	out := map[id.ID][]keep.Hold{}
	err := tx.Each(selHolding, func(scan db.Scan) error {
		var who id.ID
		var h keep.Hold
		var categories string
		err := scan(&who, &h.Citation, &categories, &h.Until)
		h.Categories = strings.Fields(categories)
		out[who] = append(out[who], h)
		return err
	}, lo, hi)
	return out, err
}

// Relation is what was recorded of a relation's end.
type Relation struct {
	Ended  int64 // ms; a day to come means that it runs until then
	At     int64
	ByName string
}

// End records when the relation with a person ended or is to end, or, with "",
// nothing of it any longer. day is ISO.
func (r *Room) End(tx *db.Tx, who id.ID, day string) error {
	zone, err := r.zone()
	if err != nil {
		return err
	}
	at := int64(0)
	if day != "" {
		t, err := time.ParseInLocation(time.DateOnly, day, zone)
		if err != nil {
			return fault.New(fault.Invalid, "retention.ended", "give the day the relation ended or ends, such as 2026-12-31").In("ended")
		}
		at = t.UnixMilli()
	}
	if _, err := tx.Exec(putEnded, who.Bucket(), int64(who), at, tx.Now(), tx.By().Name); err != nil {
		return err
	}
	return audit.Write(tx, audit.Entry{Action: "retention.relation", Kind: "person", Person: who, Detail: map[string]string{"ended": day}})
}

// Relation reads what was recorded; the zero Relation when nothing was.
func (r *Room) Relation(tx *db.Tx, who id.ID) (e Relation, err error) {
	_, err = tx.One(selRelated, []any{&e.Ended, &e.At, &e.ByName}, who.Bucket(), int64(who))
	return e, err
}
