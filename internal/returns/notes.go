package returns

import (
	"slices"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/dossier"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/outbox"
	"kartotek/internal/outbox/suppress"
)

// Note is a new address that came back for a person, for somebody to judge: it is
// never applied by itself, because anybody can write such a mail. law: GDPR 5(1)(d)
type Note struct {
	ID      id.ID
	Person  id.ID
	Message id.ID  // the one that was answered
	Address string // the new one, as the mail has it
	At      int64  // ms
	Done    int64  // ms, 0 while it waits
	By      string // who judged it
}

var notesTable = db.Table{
	Name: "return_notes", Kind: db.PersonTable, Key: "bucket, person_id, note_id",
	Cols:    db.Cols(`bucket int, person_id big, note_id big, message_id big, address text personal, at big, done_at big, by_name text`),
	Indexes: []db.Index{{Name: "return_notes_open", Cols: "bucket, person_id, note_id", Where: "done_at = 0"}},
}

const noteCols = `person_id, note_id, message_id, address, at, done_at, by_name`

var (
	insNote  = db.SQL(db.OnePerson, `INSERT INTO return_notes (bucket, `+noteCols+`) VALUES ($1, $2, $3, $4, $5, $6, 0, '')`)
	selNotes = db.SQL(db.OnePerson, `SELECT `+noteCols+` FROM return_notes WHERE bucket = $1 AND person_id = $2 ORDER BY note_id`)
	selOpen  = db.SQL(db.Set, `SELECT `+noteCols+` FROM return_notes WHERE done_at = 0 ORDER BY bucket, person_id, note_id LIMIT $1`)
	cntOpen  = db.SQL(db.Set, `SELECT count(*) FROM return_notes WHERE done_at = 0`)
	updNote  = db.SQL(db.OnePerson, `UPDATE return_notes SET done_at = $4, by_name = $5 WHERE bucket = $1 AND person_id = $2 AND note_id = $3 AND done_at = 0`)
	delNotes = db.SQL(db.OnePerson, `DELETE FROM return_notes WHERE bucket = $1 AND person_id = $2`)
	movNotes = db.SQL(db.Set, `INSERT INTO return_notes (bucket, `+noteCols+`) SELECT CAST($1 AS BIGINT), CAST($2 AS BIGINT), note_id, message_id, address, at, done_at, by_name
		FROM return_notes WHERE bucket = $3 AND person_id = $4`)
)

// mostNotes is how many notes one person may have: a chatty program fills no disk.
const mostNotes = 20

// note keeps a new address once, for the person of the message that was answered.
func (r *Room) note(tx *db.Tx, mail *Mail, m *outbox.Message) error {
	all, err := r.NotesOf(tx, m.Person)
	if err != nil || len(all) >= mostNotes || len(mail.NewAddress) > 320 {
		return err
	}
	if slices.ContainsFunc(all, func(n Note) bool { return n.Address == mail.NewAddress }) {
		return nil
	}
	if p, found, err := r.Outbox.Party.Get(tx, m.Person); err != nil || !found || suppress.Same(p.Email, mail.NewAddress) {
		return err
	}
	_, err = tx.Exec(insNote, m.Person.Bucket(), int64(m.Person), int64(tx.NewID()), int64(m.ID), mail.NewAddress, tx.Now())
	return err
}

func scanNote(scan db.Scan) (n Note, err error) {
	err = scan(&n.Person, &n.ID, &n.Message, &n.Address, &n.At, &n.Done, &n.By)
	return n, err
}

// NotesOf lists the notes of one person.
func (r *Room) NotesOf(tx *db.Tx, who id.ID) (all []Note, err error) {
	err = tx.Each(selNotes, func(scan db.Scan) error {
		n, err := scanNote(scan)
		all = append(all, n)
		return err
	}, who.Bucket(), int64(who))
	return all, err
}

// Waiting lists notes that wait for somebody, limit at most, and counts all.
func (r *Room) Waiting(tx *db.Tx, limit int) (all []Note, total int, err error) {
	err = tx.Each(selOpen, func(scan db.Scan) error {
		n, err := scanNote(scan)
		all = append(all, n)
		return err
	}, int64(limit))
	if err == nil {
		_, err = tx.One(cntOpen, []any{&total})
	}
	return all, total, err
}

// Judged ends a note: whoever read it has changed the card, or has not.
func (r *Room) Judged(tx *db.Tx, who, note id.ID) error {
	n, err := tx.Exec(updNote, who.Bucket(), int64(who), int64(note), tx.Now(), tx.By().Name)
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.New(fault.Conflict, "returns.judged", "somebody has dealt with it already")
	}
	return audit.Write(tx, audit.Entry{Action: "returns.judge", Kind: "person", Object: who.String(), Person: who})
}

var _ dossier.Keeper = (*Room)(nil)

// Name implements dossier.Keeper.
func (r *Room) Name() string { return "returns" }

// Columns implements dossier.Keeper.
func (r *Room) Columns() []string { return []string{"return_notes.address"} }

// Kinds implements dossier.Described.
func (r *Room) Kinds() []dossier.Kind {
	return []dossier.Kind{{Name: "notes", From: dossier.Ours, Values: []string{"new_address", "done"}}}
}

// Holdings implements dossier.Keeper.
func (r *Room) Holdings(tx *db.Tx, who id.ID) ([]dossier.Holding, error) {
	all, err := r.NotesOf(tx, who)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return []dossier.Holding{{Keeper: "returns", Kind: "notes", Count: len(all), First: all[0].At, Last: all[len(all)-1].At}}, nil
}

// Export implements dossier.Keeper.
func (r *Room) Export(tx *db.Tx, who id.ID, w dossier.Writer) error {
	all, err := r.NotesOf(tx, who)
	for _, n := range all {
		if err == nil {
			rec := dossier.Record{Keeper: "returns", Kind: "notes", ID: n.ID, At: n.At, Values: []dossier.Value{{Name: "new_address", Text: n.Address, Source: "automatic reply"}}}
			if n.Done != 0 {
				rec.Values = append(rec.Values, dossier.Value{Name: "done", Text: clock.FromMs(n.Done).Format(time.RFC3339)})
			}
			err = w(rec)
		}
	}
	return err
}

// Erase implements dossier.Keeper.
func (r *Room) Erase(tx *db.Tx, who id.ID, plan dossier.Plan) ([]dossier.Holding, error) {
	held, err := r.Holdings(tx, who)
	if err != nil || plan.Keeps("returns", "notes") {
		return nil, err
	}
	_, err = tx.Exec(delNotes, who.Bucket(), int64(who))
	return held, err
}

// Restrict implements dossier.Keeper: nothing to do, a note is used by nobody but
// whoever judges it.
func (r *Room) Restrict(*db.Tx, id.ID, bool) error { return nil }

// Move implements dossier.Keeper.
func (r *Room) Move(tx *db.Tx, from, to id.ID) error {
	if _, err := tx.Exec(movNotes, to.Bucket(), int64(to), from.Bucket(), int64(from)); err != nil {
		return err
	}
	_, err := tx.Exec(delNotes, from.Bucket(), int64(from))
	return err
}
