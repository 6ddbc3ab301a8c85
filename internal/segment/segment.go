// Package segment keeps saved audiences: a name for an expression of package
// segdef, such as "Customers in Turku", for use in newsletters and reports.
//
// A segment is live: it holds no list of people, only the question who they are.
// Count answers how many it names now, how many of them may be reached for a
// purpose and channel, and why the others may not, by walking the register in
// ranges of buckets and asking the same rules as a send. The answer carries the
// time it was made ("as of").
//
//	segments (segment_id)  reference: name, expression, who made and changed it
//
// The words of an expression are those of the notice in force: saving one that
// asks for a field the notice does not list is refused. law: GDPR 5(1)(b), (c)
//
// Types: Segment, Audience, Row (a person as segdef sees them), Filter.
package segment

import (
	"strings"
	"unicode/utf8"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/outbox"
	"kartotek/internal/segdef"
)

// Room is the open room.
type Room struct {
	DB     *db.DB
	Outbox *outbox.Room
	// Catalogue is what the notice in force lets a segment speak of.
	Catalogue func(tx *db.Tx) (segdef.Catalogue, error)
}

// Segment is a saved audience. Times are ms.
type Segment struct {
	ID        id.ID
	Name      string
	Text      string // the expression, in canonical form
	CreatedAt int64
	CreatedBy string
	ChangedAt int64
	ChangedBy string
}

// Schema is the table of the room.
var Schema = db.Schema{Room: "segment", Tables: []db.Table{{
	Name: "segments", Kind: db.ReferenceTable, Key: "segment_id",
	Cols:    db.Cols("segment_id big, name text, expression text, created_at big, created_by text, changed_at big, changed_by text"),
	Indexes: []db.Index{{Name: "segments_name", Cols: "name", Unique: true}},
}}}

const cols = `segment_id, name, expression, created_at, created_by, changed_at, changed_by`

var (
	selAll  = db.SQL(db.Reference, `SELECT `+cols+` FROM segments ORDER BY name, segment_id`)
	selOne  = db.SQL(db.Reference, `SELECT `+cols+` FROM segments WHERE segment_id = $1`)
	selName = db.SQL(db.Reference, `SELECT segment_id FROM segments WHERE name = $1`)
	insOne  = db.SQL(db.Reference, `INSERT INTO segments (segment_id, name, expression, created_at, created_by, changed_at, changed_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`)
	updOne = db.SQL(db.Reference, `UPDATE segments SET name = $2, expression = $3, changed_at = $4, changed_by = $5 WHERE segment_id = $1`)
	delOne = db.SQL(db.Reference, `DELETE FROM segments WHERE segment_id = $1`)
)

// maxName is the most characters a name holds.
const maxName = 100

// Save stores a segment: a new one when s.ID is 0, else the changed one. The
// expression is checked against the notice in force. It gives what was stored.
func (r *Room) Save(tx *db.Tx, s Segment) (*Segment, error) {
	s.Name = strings.TrimSpace(s.Name)
	if s.Name == "" || utf8.RuneCountInString(s.Name) > maxName {
		return nil, fault.New(fault.Invalid, "segment.name", "a segment has a name of 1 to %d characters", maxName).In("name")
	}
	e, err := r.Read(tx, s.Text)
	if err != nil {
		return nil, err
	}
	s.Text = e.String()
	if err := r.free(tx, &s); err != nil {
		return nil, err
	}
	if s.ID == 0 {
		return r.add(tx, s)
	}
	n, err := tx.Exec(updOne, int64(s.ID), s.Name, s.Text, tx.Now(), tx.By().Name)
	if err == nil && n == 0 {
		err = notFound()
	}
	if err != nil {
		return nil, err
	}
	return r.Get(tx, s.ID)
}

func (r *Room) add(tx *db.Tx, s Segment) (*Segment, error) {
	s.ID, s.CreatedAt, s.ChangedAt = tx.NewID(), tx.Now(), tx.Now()
	s.CreatedBy, s.ChangedBy = tx.By().Name, tx.By().Name
	_, err := tx.Exec(insOne, int64(s.ID), s.Name, s.Text, s.CreatedAt, s.CreatedBy, s.ChangedAt, s.ChangedBy)
	return &s, err
}

// free refuses a name that another segment has.
func (r *Room) free(tx *db.Tx, s *Segment) error {
	var other id.ID
	found, err := tx.One(selName, []any{&other}, s.Name)
	if err == nil && found && other != s.ID {
		return fault.New(fault.Conflict, "segment.name_taken", "another segment has this name").In("name")
	}
	return err
}

func notFound() error {
	return fault.New(fault.NotFound, "segment.none", "there is no such segment")
}

// Get reads one segment.
func (r *Room) Get(tx *db.Tx, which id.ID) (s *Segment, err error) {
	err = tx.Each(selOne, func(scan db.Scan) error {
		s = &Segment{}
		return scanSegment(scan, s)
	}, int64(which))
	if err == nil && s == nil {
		err = notFound()
	}
	return s, err
}

// List reads all segments by name.
func (r *Room) List(tx *db.Tx) (all []Segment, err error) {
	err = tx.Each(selAll, func(scan db.Scan) error {
		var s Segment
		err := scanSegment(scan, &s)
		all = append(all, s)
		return err
	})
	return all, err
}

func scanSegment(scan db.Scan, s *Segment) error {
	return scan(&s.ID, &s.Name, &s.Text, &s.CreatedAt, &s.CreatedBy, &s.ChangedAt, &s.ChangedBy)
}

// Delete removes a segment. Newsletters keep the expression they were made with.
func (r *Room) Delete(tx *db.Tx, which id.ID) error {
	n, err := tx.Exec(delOne, int64(which))
	if err == nil && n == 0 {
		err = notFound()
	}
	return err
}

// Read parses an expression and checks it against the notice in force. The empty
// text is everyone.
func (r *Room) Read(tx *db.Tx, text string) (*segdef.Expr, error) {
	if strings.TrimSpace(text) == "" {
		return segdef.Everyone(), nil
	}
	e, err := segdef.Parse(text)
	if err != nil {
		return nil, err
	}
	cat, err := r.Catalogue(tx)
	if err != nil {
		return nil, err
	}
	if problems := segdef.Check(e, withDates(cat)); len(problems) > 0 {
		p := problems[0]
		return nil, fault.New(fault.Invalid, "segment."+p.Code, "the notice in force does not list %q (character %d)", p.Name, p.Pos).In("segment")
	}
	return e, nil
}

// registered is the one field every register holds without the notice listing it:
// the date a person was registered.
const registered = "registered"

func withDates(cat segdef.Catalogue) segdef.Catalogue {
	if p, ok := cat.(segdef.Purposes); ok {
		return full{dated{cat}, p}
	}
	return dated{cat}
}

type dated struct{ segdef.Catalogue }

func (d dated) HasField(name string) bool { return name == registered || d.Catalogue.HasField(name) }

type full struct {
	dated
	segdef.Purposes
}
