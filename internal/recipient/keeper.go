package recipient

import (
	"slices"
	"strconv"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/dossier"
	"kartotek/internal/id"
)

var (
	_ dossier.Keeper  = (*Room)(nil)
	_ dossier.Expirer = (*Room)(nil)
)

// The kinds of holding.
const (
	holdDisclosures = "disclosures"
	holdNotices     = "notices"
)

// Name implements dossier.Keeper.
func (r *Room) Name() string { return "recipient" }

// Columns implements dossier.Keeper.
func (r *Room) Columns() []string {
	return []string{"disclosures.recipient", "disclosures.what", "recipient_notices.recipient", "recipient_notices.about", "recipient_notices.note"}
}

// Kinds implements dossier.Described.
func (r *Room) Kinds() []dossier.Kind {
	return []dossier.Kind{
		{Name: holdDisclosures, From: dossier.Ours, Values: []string{"recipient", "what", "categories", "purpose", "ground", "times", "bulk"}},
		{Name: holdNotices, From: dossier.Ours, Values: []string{"recipient", "reason", "categories", "about", "told", "outcome", "ended", "note"}},
	}
}

// Holdings implements dossier.Keeper: what was recorded here. Who carried letters is
// known from the letters, which their own room holds.
func (r *Room) Holdings(tx *db.Tx, who id.ID) (all []dossier.Holding, err error) {
	got, err := r.recorded(tx, who)
	if n := len(got); n > 0 {
		all = append(all, dossier.Holding{Keeper: "recipient", Kind: holdDisclosures, Count: n, First: got[0].At, Last: got[n-1].At})
	}
	if err != nil {
		return nil, err
	}
	notices, err := r.Notices(tx, who)
	if n := len(notices); n > 0 {
		all = append(all, dossier.Holding{Keeper: "recipient", Kind: holdNotices, Count: n, First: notices[0].At, Last: notices[n-1].At})
	}
	return all, err
}

// Export implements dossier.Keeper: who received what, and who was told of changes.
// law: GDPR 15(1)(c), GDPR 19
func (r *Room) Export(tx *db.Tx, who id.ID, w dossier.Writer) error {
	got, err := r.Of(tx, who)
	if err != nil {
		return err
	}
	for _, d := range got {
		if err := w(record(holdDisclosures, d.ID, d.At, "recipient", d.Recipient, "categories", words(d.Categories), "purpose", d.Purpose, "ground", d.Ground,
			"what", d.What, "times", times(d.Times))); err != nil {
			return err
		}
	}
	notices, err := r.Notices(tx, who)
	for _, n := range notices {
		if err == nil {
			err = w(record(holdNotices, n.ID, n.At, "recipient", n.Recipient, "reason", n.Reason, "categories", words(n.Categories), "about", n.About,
				"told", stamp(n.Told), "outcome", n.Outcome, "ended", stamp(n.Ended), "note", n.Note))
		}
	}
	return err
}

func times(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func stamp(ms int64) string {
	if ms == 0 {
		return ""
	}
	return clock.FromMs(ms).Format("2006-01-02T15:04:05Z07:00")
}

// record leaves out what is empty.
func record(kind string, which id.ID, at int64, pairs ...string) dossier.Record {
	rec := dossier.Record{Keeper: "recipient", Kind: kind, ID: which, At: at}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			rec.Values = append(rec.Values, dossier.Value{Name: pairs[i], Text: pairs[i+1]})
		}
	}
	return rec
}

// Erase implements dossier.Keeper. Notices that wait for somebody stay until they are
// answered: the recipients have to be told of this very erasure. law: GDPR 19
func (r *Room) Erase(tx *db.Tx, who id.ID, plan dossier.Plan) ([]dossier.Holding, error) {
	held, err := r.Holdings(tx, who)
	if err != nil {
		return nil, err
	}
	if !plan.Keeps("recipient", holdDisclosures) {
		if _, err := tx.Exec(delDisclosed, who.Bucket(), int64(who)); err != nil {
			return nil, err
		}
	}
	if !plan.Keeps("recipient", holdNotices) {
		if _, err := tx.Exec(delEnded, who.Bucket(), int64(who), far); err != nil {
			return nil, err
		}
	}
	open, err := r.Notices(tx, who)
	for i := range held {
		if held[i].Kind == holdNotices {
			held[i].Count -= len(open)
		}
	}
	return slices.DeleteFunc(held, func(h dossier.Holding) bool { return h.Count <= 0 || plan.Keeps(h.Keeper, h.Kind) }), err
}

// Restrict implements dossier.Keeper: nothing to do, nobody is given data of a
// restricted person, and whom they were given to is to be known all the more.
func (r *Room) Restrict(*db.Tx, id.ID, bool) error { return nil }

// Move implements dossier.Keeper.
func (r *Room) Move(tx *db.Tx, from, to id.ID) error {
	for _, s := range []*db.Stmt{movDisclosed, movNotices} {
		if _, err := tx.Exec(s, to.Bucket(), int64(to), from.Bucket(), int64(from)); err != nil {
			return err
		}
	}
	for _, s := range []*db.Stmt{delDisclosed, delNotices} {
		if _, err := tx.Exec(s, from.Bucket(), int64(from)); err != nil {
			return err
		}
	}
	return nil
}

// Expires implements dossier.Expirer. Disclosures stay as long as the data they were
// of: a recipient who has it still must be told. Ended notices go like other cases.
func (r *Room) Expires() []dossier.Expiry {
	return []dossier.Expiry{{Kind: holdNotices, Rule: "rights_case"}}
}

var cntEnded = db.SQL(db.Set, `SELECT person_id, count(*) FROM recipient_notices WHERE bucket BETWEEN $1 AND $2 AND ended_at > 0 AND ended_at < $3 GROUP BY person_id ORDER BY person_id`)

// Overdue implements dossier.Expirer.
func (r *Room) Overdue(tx *db.Tx, _ string, lo, hi int, before int64, fn func(who id.ID, n int) error) error {
	return dossier.Count(tx, cntEnded, fn, lo, hi, before)
}

// Expire implements dossier.Expirer.
func (r *Room) Expire(tx *db.Tx, who id.ID, _ string, before int64) (int, error) {
	n, err := tx.Exec(delEnded, who.Bucket(), int64(who), before)
	return int(n), err
}
