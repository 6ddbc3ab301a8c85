// Package retention lets data go when its time is over: by itself, every night, and
// never without being able to say beforehand how much. law: GDPR 5(1)(e), GDPR 17(1)(a)
//
// When something is to go is reckoned by the rule book keep, from the notice in force
// and what happened with the person (events.go). This room gathers the events, keeps
// what only people know (a relation that ended, a hold), and carries out.
//
// # A run
//
//	night ──► counting, range by range ──► unusually much? ──► waiting for somebody's OK
//	                                  └──► erasing, range by range ──► done, with a report
//
// Counting and erasing are jobs per range of buckets, so that a run goes on where a
// crash left it; each asks anew what is due at the moment it works, so that doing it
// twice does no harm. A run that would touch more of the register than the limit
// (Settings.Share) waits: a wrong date in a notice, or a clock that jumped, must not
// empty a register overnight. One run belongs to one night of the controller's zone,
// also when the clock is put forward or back (night.go).
//
// What goes (sift.go, act.go):
//
//   - fields of a category that no purpose keeps any longer, while others stay;
//   - the whole person, when the last category of fields is over; only what a
//     later date or a statute still keeps is left (Carry, handed in by the roof);
//   - single things of other rooms (dossier.Expirer): letters, decisions, clicks, when
//     their category's date, or the age the rule packs give, has come.
//
// Holds keep data longer, with a reason, a day of review and, when the access level
// says so, a second person (hold.go). law: GDPR 17(3)(e)
//
//	holds               (bucket, person_id, hold_id)  why data is kept longer
//	relations           (bucket, person_id)           when a relation ended, or is to end
//	retention_runs      (run_id)                      local: a run and its report, counts only
//	retention_parts     (run_id, lo)                  local: a range of a run
//	retention_settings  (name)                        reference
package retention

import (
	"context"
	"time"

	"kartotek/internal/db"
	"kartotek/internal/dossier"
	"kartotek/internal/id"
	"kartotek/internal/keep"
	"kartotek/internal/ledger"
	"kartotek/internal/notice"
	"kartotek/internal/party"
)

// Schema is the tables of the room.
var Schema = db.Schema{Room: "retention", Tables: []db.Table{
	{
		Name: "holds", Kind: db.PersonTable, Key: "bucket, person_id, hold_id",
		Cols: db.Cols(`bucket int, person_id big, hold_id big, reason text personal, citation text, categories text, at big, by_name text, until_on text, review_on text
			released_at big, released_by text, released_why text personal`),
		Indexes: []db.Index{{Name: "holds_review", Cols: "review_on, bucket, person_id, hold_id", Where: "released_at = 0"}},
	},
	{
		Name: "relations", Kind: db.PersonTable, Key: "bucket, person_id",
		Cols: db.Cols(`bucket int, person_id big, ended_at big personal, at big, by_name text`),
	},
	{
		Name: "retention_runs", Kind: db.LocalTable, Key: "run_id",
		Cols: db.Cols(`run_id big, night text, kind text, state text, notice int, day text, at big, ended_at big, by_name text, report text, why text, answered_by text, answered_at big`),
		Checks: []string{
			"kind IN ('night', 'hand', 'preview')",
			"state IN ('counting', 'waiting', 'erasing', 'done', 'stopped')",
		},
		Indexes: []db.Index{{Name: "retention_runs_night", Cols: "night", Unique: true, Where: "night <> ''"}},
	},
	{
		Name: "retention_parts", Kind: db.LocalTable, Key: "run_id, lo",
		Cols: db.Cols(`run_id big, lo int, hi int, phase text, report text`),
	},
	{
		Name: "retention_settings", Kind: db.ReferenceTable, Key: "name",
		Cols: db.Cols(`name text, value text`),
	},
}}

// Source tells, of the people of buckets lo to hi, when something last happened that
// counts as having been heard of (ms). It may name somebody several times.
type Source func(tx *db.Tx, lo, hi int, fn func(who id.ID, at int64) error) error

// Room is the open room.
type Room struct {
	DB     *db.DB
	Party  *party.Room
	Ledger *ledger.Room
	Notice *notice.Room
	Heard  []Source // of other rooms
	// Expirers are what goes thing by thing.
	Expirers []dossier.Expirer
	// Carry erases categories of one person, nil for everything, in transactions of its
	// own; what a statute or a hold keeps it leaves.
	Carry func(ctx context.Context, by db.By, who id.ID, categories []string) error
	Zone  string // of the controller; "" is Europe/Helsinki
}

func (r *Room) zone() (*time.Location, error) {
	name := r.Zone
	if name == "" {
		name = "Europe/Helsinki"
	}
	return time.LoadLocation(name)
}

// terms are what a reckoning asks for besides the person.
type terms struct {
	in   *notice.InForce
	zone *time.Location
	day  string // today, ISO, in the zone
}

// terms reads them; without a notice in force nothing is kept and nothing is erased.
func (r *Room) terms(tx *db.Tx) (*terms, error) {
	in, found, err := r.Notice.InForceAt(tx, tx.Time())
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, notice.None()
	}
	zone, err := r.zone()
	if err != nil {
		return nil, err
	}
	return &terms{in: in, zone: zone, day: tx.Time().In(zone).Format(time.DateOnly)}, nil
}

// Dates says of every category and purpose of the notice in force when a person's data
// goes, and why, holds included.
func (r *Room) Dates(tx *db.Tx, who id.ID) ([]keep.Date, error) {
	t, err := r.terms(tx)
	if err != nil {
		return nil, err
	}
	p, found, err := r.Party.Get(tx, who)
	if err != nil || !found {
		return nil, err
	}
	more, err := r.gather(tx, who.Bucket(), who.Bucket())
	if err != nil {
		return nil, err
	}
	packed, err := r.Ledger.Standings(tx, []id.ID{who})
	if err != nil {
		return nil, err
	}
	ev := keep.Events{Registered: p.Registered}
	more.fill(&ev, who)
	uses := make([]keep.Use, len(t.in.Notice.Purposes))
	newFolder(t.in.Notice).fold(packed[who], &ev, uses)
	ev.Uses = map[string]keep.Use{}
	for i, u := range uses {
		ev.Uses[t.in.Notice.Purposes[i].ID] = u
	}
	return keep.Apply(keep.Reckon(t.in.Notice, t.in.Laws, ev, t.zone), more.holds[who]), nil
}
