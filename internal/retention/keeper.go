package retention

import (
	"slices"
	"strings"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/dossier"
	"kartotek/internal/id"
)

var (
	_ dossier.Keeper  = (*Room)(nil)
	_ dossier.Expirer = (*Room)(nil)
)

const (
	holdHolds    = "holds"
	holdRelation = "relation"
)

// Name implements dossier.Keeper.
func (r *Room) Name() string { return "retention" }

// Columns implements dossier.Keeper.
func (r *Room) Columns() []string {
	return []string{"holds.reason", "holds.released_why", "relations.ended_at"}
}

// Kinds implements dossier.Described.
func (r *Room) Kinds() []dossier.Kind {
	return []dossier.Kind{
		{Name: holdHolds, From: dossier.Ours, Values: []string{"reason", "citation", "categories", "until", "review", "released", "released_why"}},
		{Name: holdRelation, From: dossier.Ours, Values: []string{"ended"}},
	}
}

// Holdings implements dossier.Keeper.
func (r *Room) Holdings(tx *db.Tx, who id.ID) (out []dossier.Holding, err error) {
	all, err := r.Holds(tx, who)
	if err != nil {
		return nil, err
	}
	if n := len(all); n > 0 {
		out = append(out, dossier.Holding{Keeper: "retention", Kind: holdHolds, Count: n, First: all[0].At, Last: all[n-1].At})
	}
	e, err := r.Relation(tx, who)
	if e.Ended > 0 {
		out = append(out, dossier.Holding{Keeper: "retention", Kind: holdRelation, Count: 1, First: e.At, Last: e.At})
	}
	return out, err
}

// Export implements dossier.Keeper: what keeps the person's data, and since when.
func (r *Room) Export(tx *db.Tx, who id.ID, w dossier.Writer) error {
	all, err := r.Holds(tx, who)
	for _, h := range all {
		if err == nil {
			err = w(record(holdHolds, h.ID, h.At, "reason", h.Reason, "citation", h.Citation, "categories", strings.Join(h.Categories, " "), "until", h.Until,
				"review", h.Review, "released", stamp(h.Released), "released_why", h.ReleasedWhy))
		}
	}
	if err != nil {
		return err
	}
	e, err := r.Relation(tx, who)
	if err != nil || e.Ended == 0 {
		return err
	}
	return w(record(holdRelation, 0, e.At, "ended", stamp(e.Ended)))
}

func stamp(ms int64) string {
	if ms == 0 {
		return ""
	}
	return clock.FromMs(ms).Format("2006-01-02T15:04:05Z07:00")
}

func record(kind string, which id.ID, at int64, pairs ...string) dossier.Record {
	rec := dossier.Record{Keeper: "retention", Kind: kind, ID: which, At: at}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			rec.Values = append(rec.Values, dossier.Value{Name: pairs[i], Text: pairs[i+1]})
		}
	}
	return rec
}

var (
	delHolds     = db.SQL(db.OnePerson, `DELETE FROM holds WHERE bucket = $1 AND person_id = $2`)
	delReleased  = db.SQL(db.OnePerson, `DELETE FROM holds WHERE bucket = $1 AND person_id = $2 AND released_at > 0 AND released_at < $3`)
	cntReleased  = db.SQL(db.Set, `SELECT person_id, count(*) FROM holds WHERE bucket BETWEEN $1 AND $2 AND released_at > 0 AND released_at < $3 GROUP BY person_id ORDER BY person_id`)
	delRelations = db.SQL(db.OnePerson, `DELETE FROM relations WHERE bucket = $1 AND person_id = $2`)
	movHolds     = db.SQL(db.Set, `INSERT INTO holds (bucket, `+holdCols+`) SELECT CAST($1 AS BIGINT), CAST($2 AS BIGINT), hold_id, reason, citation, categories, at, by_name, until_on, review_on,
		released_at, released_by, released_why FROM holds WHERE bucket = $3 AND person_id = $4 ON CONFLICT (bucket, person_id, hold_id) DO NOTHING`)
	movRelation = db.SQL(db.Set, `INSERT INTO relations (bucket, person_id, ended_at, at, by_name) SELECT CAST($1 AS BIGINT), CAST($2 AS BIGINT), ended_at, at, by_name
		FROM relations WHERE bucket = $3 AND person_id = $4 ON CONFLICT (bucket, person_id) DO UPDATE SET
		ended_at = CASE WHEN excluded.ended_at > relations.ended_at THEN excluded.ended_at ELSE relations.ended_at END`)
)

// Erase implements dossier.Keeper. Whoever erases has looked at the holds before.
func (r *Room) Erase(tx *db.Tx, who id.ID, plan dossier.Plan) ([]dossier.Holding, error) {
	held, err := r.Holdings(tx, who)
	if err != nil {
		return nil, err
	}
	for kind, s := range map[string]*db.Stmt{holdHolds: delHolds, holdRelation: delRelations} {
		if plan.Keeps("retention", kind) {
			held = slices.DeleteFunc(held, func(h dossier.Holding) bool { return h.Kind == kind })
		} else if _, err := tx.Exec(s, who.Bucket(), int64(who)); err != nil {
			return nil, err
		}
	}
	return held, nil
}

// Restrict implements dossier.Keeper: nothing to do, what keeps data goes on keeping it.
func (r *Room) Restrict(*db.Tx, id.ID, bool) error { return nil }

// Move implements dossier.Keeper. A hold on either holds both; of two ends the later counts.
func (r *Room) Move(tx *db.Tx, from, to id.ID) error {
	for _, s := range []*db.Stmt{movHolds, movRelation} {
		if _, err := tx.Exec(s, to.Bucket(), int64(to), from.Bucket(), int64(from)); err != nil {
			return err
		}
	}
	for _, s := range []*db.Stmt{delHolds, delRelations} {
		if _, err := tx.Exec(s, from.Bucket(), int64(from)); err != nil {
			return err
		}
	}
	return nil
}

// Expires implements dossier.Expirer: a hold that was released is kept like a case.
func (r *Room) Expires() []dossier.Expiry {
	return []dossier.Expiry{{Kind: holdHolds, Rule: "rights_case"}}
}

// Overdue implements dossier.Expirer.
func (r *Room) Overdue(tx *db.Tx, _ string, lo, hi int, before int64, fn func(who id.ID, n int) error) error {
	return dossier.Count(tx, cntReleased, fn, lo, hi, before)
}

// Expire implements dossier.Expirer.
func (r *Room) Expire(tx *db.Tx, who id.ID, _ string, before int64) (int, error) {
	n, err := tx.Exec(delReleased, who.Bucket(), int64(who), before)
	return int(n), err
}
