// Package back keeps what came back of messages: bounces and complaints, each once for
// its message, person and reason. What follows from them is for the rooms above to do.
//
//	returns  (bucket, person_id, message_id, code)
//
// A message leaves under a return path of its own, by which a bounce tells whose it is
// (path.go). Types: Return, CameBack, Tally.
package back

import (
	"kartotek/internal/db"
	"kartotek/internal/dossier"
	"kartotek/internal/id"
)

// Return is what came back of a message: a bounce or a complaint. Package bounce
// reads it from the mail; here it is kept once for each message, person and code.
type Return struct {
	Kind   string // Bounce or Complaint
	Code   string // a bounce.Reason
	Hard   bool   // the address does not exist
	Status string // enhanced code (RFC 3463), "" when none
}

// The kinds of Return.
const (
	Bounce    = "bounce"    // it could not be delivered: a mail said so, or the receiving server at once
	Complaint = "complaint" // the reader called it spam
)

// Table is the package's part of the outbox.
var Table = db.Table{
	Name: "returns", Kind: db.PersonTable, Key: "bucket, person_id, message_id, code",
	Cols:    db.Cols(`bucket int, person_id big, message_id big, code text, campaign_id big, kind text personal, hard int, status text, at big`),
	Indexes: []db.Index{{Name: "returns_campaign", Cols: "bucket, campaign_id"}, {Name: "returns_hard", Cols: "bucket, person_id", Where: "hard = 1"}},
}

const returnCols = `bucket, person_id, message_id, code, campaign_id, kind, hard, status, at`

var (
	insReturn  = db.SQL(db.OnePerson, `INSERT INTO returns (`+returnCols+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (bucket, person_id, message_id, code) DO NOTHING`)
	selReturns = db.SQL(db.OnePerson, `SELECT message_id, campaign_id, code, kind, hard, status, at FROM returns WHERE bucket = $1 AND person_id = $2 ORDER BY message_id, code`)
	cntReturns = db.SQL(db.Set, `SELECT kind, code, hard, count(*) FROM returns WHERE bucket BETWEEN $1 AND $2 AND campaign_id = $3
		GROUP BY kind, code, hard ORDER BY kind, code, hard`)
	selHard = db.SQL(db.Set, `SELECT person_id FROM returns WHERE bucket BETWEEN $1 AND $2 AND (bucket > $1 OR person_id > $3) AND hard = 1 AND at < $4
		GROUP BY bucket, person_id ORDER BY bucket, person_id LIMIT $5`)
	cntByDay = db.SQL(db.Set, `SELECT at / 86400000, kind, hard, count(*) FROM returns WHERE bucket BETWEEN 0 AND 4095 AND at >= $1
		GROUP BY at / 86400000, kind, hard ORDER BY 1, 2, 3`)
	delReturns = db.SQL(db.OnePerson, `DELETE FROM returns WHERE bucket = $1 AND person_id = $2`)
	cpyReturns = db.SQL(db.Set, `INSERT INTO returns (`+returnCols+`) SELECT CAST($1 AS BIGINT), CAST($2 AS BIGINT), message_id, code, campaign_id, kind, hard, status, at
		FROM returns WHERE bucket = $3 AND person_id = $4 ON CONFLICT (bucket, person_id, message_id, code) DO NOTHING`)
)

// Keep keeps what came back of a message to a person; fresh is false when it was kept before.
func Keep(tx *db.Tx, who, message, campaign id.ID, r Return) (fresh bool, err error) {
	hard := int64(0)
	if r.Hard {
		hard = 1
	}
	n, err := tx.Exec(insReturn, who.Bucket(), int64(who), int64(message), r.Code, int64(campaign), r.Kind, hard, r.Status[:min(len(r.Status), 20)], tx.Now())
	return n > 0, err
}

// Tally is how many messages of a campaign came back for a reason.
type Tally struct {
	Kind string
	Code string // a bounce.Reason
	Hard bool
	N    int
}

// Count counts what came back of a campaign in a range of buckets, by kind and reason.
func Count(tx *db.Tx, campaign id.ID, lo, hi int) (all []Tally, err error) {
	err = tx.Each(cntReturns, func(scan db.Scan) error {
		var t Tally
		var hard int
		err := scan(&t.Kind, &t.Code, &hard, &t.N)
		t.Hard = hard == 1
		all = append(all, t)
		return err
	}, int64(lo), int64(hi), int64(campaign))
	return all, err
}

// CameBack is one thing that came back from a person.
type CameBack struct {
	Message, Campaign id.ID
	At                int64 // ms
	Return
}

// Of lists what came back from a person, by message.
func Of(tx *db.Tx, who id.ID) (all []CameBack, err error) {
	err = tx.Each(selReturns, func(scan db.Scan) error {
		var c CameBack
		var hard int
		err := scan(&c.Message, &c.Campaign, &c.Code, &c.Kind, &hard, &c.Status, &c.At)
		c.Hard = hard == 1
		all = append(all, c)
		return err
	}, who.Bucket(), int64(who))
	return all, err
}

// HardSince lists people of whom a message came back hard before a time (ms): in key
// order from after one person of a bucket, limit at most.
func HardSince(tx *db.Tx, bucket int, after id.ID, before int64, limit int) (all []id.ID, err error) {
	err = tx.Each(selHard, func(scan db.Scan) error {
		var who id.ID
		err := scan(&who)
		all = append(all, who)
		return err
	}, int64(bucket), int64(id.Buckets-1), int64(after), before, int64(limit))
	return all, err
}

// Records are what came back from a person, as records of their data.
func Records(tx *db.Tx, who id.ID) (out []dossier.Record, err error) {
	all, err := Of(tx, who)
	for _, c := range all {
		rec := dossier.Record{Keeper: "outbox", Kind: "returns", ID: c.Message, At: c.At}
		rec.Values = []dossier.Value{{Name: "kind", Text: c.Kind}, {Name: "code", Text: c.Code}}
		if c.Status != "" {
			rec.Values = append(rec.Values, dossier.Value{Name: "status_code", Text: c.Status})
		}
		out = append(out, rec)
	}
	return out, err
}

// Holding counts what came back from a person.
func Holding(tx *db.Tx, who id.ID) ([]dossier.Holding, error) {
	all, err := Records(tx, who)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	h := dossier.Holding{Keeper: "outbox", Kind: "returns", Count: len(all), First: all[0].At, Last: all[0].At}
	for i := range all {
		h.First, h.Last = min(h.First, all[i].At), max(h.Last, all[i].At)
	}
	return []dossier.Holding{h}, nil
}

// Move gives what came back from one person to another.
func Move(tx *db.Tx, from, to id.ID) error {
	if _, err := tx.Exec(cpyReturns, to.Bucket(), int64(to), from.Bucket(), int64(from)); err != nil {
		return err
	}
	_, err := tx.Exec(delReturns, from.Bucket(), int64(from))
	return err
}

// Erase forgets what came back from a person.
func Erase(tx *db.Tx, who id.ID) error {
	_, err := tx.Exec(delReturns, who.Bucket(), int64(who))
	return err
}

// ByDay counts what came back since a time (ms), by day since 1970 in UTC.
func ByDay(tx *db.Tx, since int64, fn func(day int64, complaint, hard bool, n int)) error {
	return tx.Each(cntByDay, func(scan db.Scan) error {
		var day int64
		var kind string
		var hard, n int
		if err := scan(&day, &kind, &hard, &n); err != nil {
			return err
		}
		fn(day, kind == "complaint", hard == 1, n)
		return nil
	}, since)
}
