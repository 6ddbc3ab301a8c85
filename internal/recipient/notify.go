package recipient

import (
	"errors"
	"slices"
	"strings"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/seal"
)

const noticeCols = `person_id, notice_id, recipient, reason, categories, case_id, about, at, told_at, told_how, told_by, chase_at, chases, ended_at, ended_by, outcome, note`

var (
	insNotice = db.SQL(db.OnePerson, `INSERT INTO recipient_notices (bucket, person_id, notice_id, recipient, reason, categories, case_id, about, at, told_at, told_how, told_by,
		chase_at, chases, ended_at, ended_by, outcome, note) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, '', '', $9, 0, 0, '', '', '')`)
	selNotices  = db.SQL(db.OnePerson, `SELECT `+noticeCols+` FROM recipient_notices WHERE bucket = $1 AND person_id = $2 ORDER BY notice_id`)
	selOneOfAll = db.SQL(db.OnePerson, `SELECT `+noticeCols+` FROM recipient_notices WHERE bucket = $1 AND person_id = $2 AND notice_id = $3`)
	selOpen     = db.SQL(db.Set, `SELECT `+noticeCols+` FROM recipient_notices WHERE ended_at = 0 AND chase_at <= $1 ORDER BY chase_at, bucket, person_id, notice_id LIMIT $2`)
	cntOpen     = db.SQL(db.Set, `SELECT count(*) FROM recipient_notices WHERE ended_at = 0 AND chase_at <= $1`)
	updTold     = db.SQL(db.OnePerson, `UPDATE recipient_notices SET told_at = $4, told_how = $5, told_by = $6, chase_at = $7 WHERE bucket = $1 AND person_id = $2 AND notice_id = $3 AND ended_at = 0`)
	updChased   = db.SQL(db.OnePerson, `UPDATE recipient_notices SET chases = chases + 1, chase_at = $4 WHERE bucket = $1 AND person_id = $2 AND notice_id = $3 AND ended_at = 0`)
	updEnded    = db.SQL(db.OnePerson, `UPDATE recipient_notices SET ended_at = $4, ended_by = $5, outcome = $6, note = $7, about = $8, chase_at = 0 WHERE bucket = $1 AND person_id = $2 AND notice_id = $3 AND ended_at = 0`)
	delEnded    = db.SQL(db.OnePerson, `DELETE FROM recipient_notices WHERE bucket = $1 AND person_id = $2 AND ended_at > 0 AND ended_at < $3`)
	delNotices  = db.SQL(db.OnePerson, `DELETE FROM recipient_notices WHERE bucket = $1 AND person_id = $2`)
	movNotices  = db.SQL(db.Set, `INSERT INTO recipient_notices (bucket, `+noticeCols+`)
		SELECT CAST($1 AS BIGINT), CAST($2 AS BIGINT), notice_id, recipient, reason, categories, case_id, about, at, told_at, told_how, told_by, chase_at, chases, ended_at, ended_by, outcome, note
		FROM recipient_notices WHERE bucket = $3 AND person_id = $4 ON CONFLICT (bucket, person_id, notice_id) DO NOTHING`)
)

// ChaseAfter is how long an answer is waited for before it is asked for again.
const ChaseAfter = 14 * 24 * time.Hour

// maxNote is the longest note, in characters.
const maxNote = 500

func sealing(notice id.ID) string { return "recipient:" + notice.String() }

// Notify makes a task for each recipient that got one of the categories of a person
// (nil: any), to be told of a correction, an erasure or a restriction. A recipient who
// is still to be told of the same under the same case is not named twice. Call it
// before the person is erased. law: GDPR 19, 17(2)
func (r *Room) Notify(tx *db.Tx, who id.ID, reason string, categories []string, kase id.ID) (made []Notice, err error) {
	if !slices.Contains([]string{Rectification, Erasure, Restriction}, reason) {
		return nil, fault.New(fault.Invalid, "recipient.reason", "recipients are told of a rectification, an erasure or a restriction").In("reason")
	}
	got, err := r.Of(tx, who)
	if err != nil {
		return nil, err
	}
	before, err := r.Notices(tx, who)
	if err != nil {
		return nil, err
	}
	about := ""
	if r.Identify != nil && len(got) > 0 {
		if about, err = r.Identify(tx, who); err != nil {
			return nil, err
		}
	}
	for _, d := range affected(got, categories) {
		if slices.ContainsFunc(before, func(n Notice) bool {
			return n.Open() && n.Recipient == d.Recipient && n.Reason == reason && n.Case == kase
		}) {
			continue
		}
		n := Notice{ID: tx.NewID(), Person: who, Recipient: d.Recipient, Reason: reason, Categories: d.Categories, Case: kase, About: about, At: tx.Now(), Chase: tx.Now()}
		sealed, err := r.Keys.SealFor(n.ID, sealing(n.ID), []byte(about))
		if err != nil {
			return nil, err
		}
		_, err = tx.Exec(insNotice, who.Bucket(), int64(who), int64(n.ID), n.Recipient, n.Reason, words(n.Categories), int64(kase), sealed, n.At)
		if err != nil {
			return nil, err
		}
		made = append(made, n)
	}
	if len(made) == 0 {
		return nil, nil
	}
	return made, audit.Write(tx, audit.Entry{Action: "recipient.notify", Kind: "person", Person: who, Count: len(made), Detail: map[string]string{"reason": reason}})
}

// affected gives each recipient once, with which of the categories it got.
func affected(got []Disclosure, categories []string) (out []Disclosure) {
	for _, d := range got {
		var hit []string
		for _, c := range d.Categories {
			if len(categories) == 0 || slices.Contains(categories, c) {
				hit = append(hit, c)
			}
		}
		if len(hit) == 0 {
			continue
		}
		at := slices.IndexFunc(out, func(o Disclosure) bool { return o.Recipient == d.Recipient })
		if at < 0 {
			at, out = len(out), append(out, Disclosure{Recipient: d.Recipient})
		}
		for _, c := range hit {
			if !slices.Contains(out[at].Categories, c) {
				out[at].Categories = append(out[at].Categories, c)
			}
		}
	}
	return out
}

func (r *Room) scanNotice(scan db.Scan) (n Notice, err error) {
	var categories string
	var sealed []byte
	err = scan(&n.Person, &n.ID, &n.Recipient, &n.Reason, &categories, &n.Case, &sealed, &n.At, &n.Told, &n.ToldHow, &n.ToldBy, &n.Chase, &n.Chases, &n.Ended, &n.EndedBy, &n.Outcome, &n.Note)
	n.Categories = list(categories)
	if err == nil && len(sealed) > 0 {
		var plain []byte
		if plain, err = r.Keys.OpenFor(n.ID, sealing(n.ID), sealed); errors.Is(err, seal.ErrForgotten) {
			err = nil // it ended since the copy of the register was made that was put back
		}
		n.About = string(plain)
	}
	return n, err
}

func (r *Room) notices(tx *db.Tx, s *db.Stmt, args ...any) (all []Notice, err error) {
	err = tx.Each(s, func(scan db.Scan) error {
		n, err := r.scanNotice(scan)
		all = append(all, n)
		return err
	}, args...)
	return all, err
}

// Notices lists the notices about a person, oldest first.
func (r *Room) Notices(tx *db.Tx, who id.ID) ([]Notice, error) {
	return r.notices(tx, selNotices, who.Bucket(), int64(who))
}

// Get reads one notice.
func (r *Room) Get(tx *db.Tx, who, which id.ID) (*Notice, error) {
	all, err := r.notices(tx, selOneOfAll, who.Bucket(), int64(who), int64(which))
	if err == nil && len(all) == 0 {
		err = fault.New(fault.NotFound, "recipient.none", "there is no such notice to a recipient")
	}
	if err != nil {
		return nil, err
	}
	return &all[0], nil
}

// far is after every moment.
const far = int64(1) << 60

// Waiting lists open notices, those to be looked after first; with due only those
// whose time has come.
func (r *Room) Waiting(tx *db.Tx, due bool, limit int) ([]Notice, error) {
	return r.notices(tx, selOpen, until(tx, due), int64(limit))
}

// CountWaiting counts them.
func (r *Room) CountWaiting(tx *db.Tx, due bool) (n int, err error) {
	_, err = tx.One(cntOpen, []any{&n}, until(tx, due))
	return n, err
}

func until(tx *db.Tx, due bool) int64 {
	if due {
		return tx.Now()
	}
	return far
}

func tidy(text, field string) (string, error) {
	text = strings.Join(strings.Fields(text), " ")
	if text == "" || len([]rune(text)) > maxNote {
		return "", fault.New(fault.Invalid, "recipient.note", "write a line of at most %d characters", maxNote).In(field)
	}
	return text, nil
}

// Told records that the recipient was told, and how.
func (r *Room) Told(tx *db.Tx, who, which id.ID, how string) error {
	how, err := tidy(how, "how")
	if err != nil {
		return err
	}
	return r.step(tx, "recipient.told", who, which, updTold, tx.Now(), how, tx.By().Name, tx.Now()+ChaseAfter.Milliseconds())
}

// Chase records that the answer was asked for again.
func (r *Room) Chase(tx *db.Tx, who, which id.ID) error {
	return r.step(tx, "recipient.chased", who, which, updChased, tx.Now()+ChaseAfter.Milliseconds())
}

// Acknowledge ends a notice with the recipient's answer.
func (r *Room) Acknowledge(tx *db.Tx, who, which id.ID, answer string) error {
	return r.end(tx, who, which, Acknowledged, answer)
}

// Impossible ends a notice with the reason why the recipient cannot be told, or only
// with effort out of proportion. law: GDPR 19
func (r *Room) Impossible(tx *db.Tx, who, which id.ID, why string) error {
	return r.end(tx, who, which, Impossible, why)
}

func (r *Room) end(tx *db.Tx, who, which id.ID, outcome, note string) error {
	note, err := tidy(note, "note")
	if err != nil {
		return err
	}
	if err := r.step(tx, "recipient."+outcome, who, which, updEnded, tx.Now(), tx.By().Name, outcome, note, []byte{}); err != nil {
		return err
	}
	return r.Spend.Keys(tx, which)
}

// step changes an open notice and logs it.
func (r *Room) step(tx *db.Tx, action string, who, which id.ID, s *db.Stmt, args ...any) error {
	n, err := tx.Exec(s, append([]any{who.Bucket(), int64(who), int64(which)}, args...)...)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "recipient.ended", "this notice has ended already, or is not there")
	}
	if err != nil {
		return err
	}
	return audit.Write(tx, audit.Entry{Action: action, Kind: "notice", Object: which.String(), Person: who})
}
