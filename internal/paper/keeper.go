package paper

import (
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/dossier"
	"kartotek/internal/id"
)

var (
	_ dossier.Keeper  = (*Room)(nil)
	_ dossier.Expirer = (*Room)(nil)
)

// holdItems are things on paper that exist; holdGone the record of those destroyed.
const (
	holdItems = "items"
	holdGone  = "destroyed"
)

// Name implements dossier.Keeper.
func (r *Room) Name() string { return "paper" }

// Columns implements dossier.Keeper.
func (r *Room) Columns() []string {
	return []string{"papers.what", "papers.certificate", "paper_moves.why"}
}

var papers = []string{"what", "location", "custodian", "destroy_on", "destroyed", "certificate", "out", "holder", "why", "in"}

// Kinds implements dossier.Described.
func (r *Room) Kinds() []dossier.Kind {
	return []dossier.Kind{
		{Name: holdItems, From: dossier.Ours, Values: papers},
		{Name: holdGone, From: dossier.Ours, Values: papers},
	}
}

// Holdings implements dossier.Keeper.
func (r *Room) Holdings(tx *db.Tx, who id.ID) (out []dossier.Holding, err error) {
	all, err := r.Of(tx, who)
	for _, kind := range []string{holdItems, holdGone} {
		h := dossier.Holding{Keeper: "paper", Kind: kind}
		for _, i := range all {
			if i.Open() == (kind == holdItems) {
				if h.Count++; h.Count == 1 {
					h.First = i.At
				}
				h.Last = i.At
			}
		}
		if h.Count > 0 {
			out = append(out, h)
		}
	}
	return out, err
}

// Export implements dossier.Keeper: what is on paper, where, and who had it.
// law: GDPR 15(1)
func (r *Room) Export(tx *db.Tx, who id.ID, w dossier.Writer) error {
	all, err := r.Of(tx, who)
	if err != nil {
		return err
	}
	for _, i := range all {
		kind := holdItems
		if !i.Open() {
			kind = holdGone
		}
		rec := dossier.Record{Keeper: "paper", Kind: kind, ID: i.ID, At: i.At}
		rec.Values = values("what", i.What, "location", i.Location, "custodian", i.Custodian, "destroy_on", i.DestroyOn, "destroyed", stamp(i.Destroyed), "certificate", i.Certificate)
		moves, err := r.Moves(tx, who, i.ID)
		if err != nil {
			return err
		}
		for _, m := range moves {
			rec.Values = append(rec.Values, values("out", stamp(m.Out), "holder", m.Holder, "why", m.Why, "in", stamp(m.In))...)
		}
		if err := w(rec); err != nil {
			return err
		}
	}
	return nil
}

func values(pairs ...string) (out []dossier.Value) {
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			out = append(out, dossier.Value{Name: pairs[i], Text: pairs[i+1]})
		}
	}
	return out
}

func stamp(ms int64) string {
	if ms == 0 {
		return ""
	}
	return clock.FromMs(ms).Format("2006-01-02T15:04:05Z07:00")
}

var (
	delGone    = db.SQL(db.OnePerson, `DELETE FROM papers WHERE bucket = $1 AND person_id = $2 AND destroyed_at > 0 AND destroyed_at < $3`)
	delMovesOf = db.SQL(db.OnePerson, `DELETE FROM paper_moves WHERE bucket = $1 AND person_id = $2 AND paper_id = $3`)
	delPapers  = db.SQL(db.OnePerson, `DELETE FROM papers WHERE bucket = $1 AND person_id = $2`)
	delMoves   = db.SQL(db.OnePerson, `DELETE FROM paper_moves WHERE bucket = $1 AND person_id = $2`)
	movPapers  = db.SQL(db.Set, `INSERT INTO papers (bucket, `+paperCols+`) SELECT CAST($1 AS BIGINT), CAST($2 AS BIGINT), paper_id, what, location, custodian, entry, at, by_name,
		destroy_on, asked_at, asked_why, case_id, out_move, destroyed_at, destroyed_by, certificate FROM papers WHERE bucket = $3 AND person_id = $4
		ON CONFLICT (bucket, person_id, paper_id) DO NOTHING`)
	movMoves = db.SQL(db.Set, `INSERT INTO paper_moves (bucket, person_id, paper_id, move_id, holder, why, out_at, in_at, in_by)
		SELECT CAST($1 AS BIGINT), CAST($2 AS BIGINT), paper_id, move_id, holder, why, out_at, in_at, in_by FROM paper_moves WHERE bucket = $3 AND person_id = $4
		ON CONFLICT (bucket, person_id, paper_id, move_id) DO NOTHING`)
	cntGone = db.SQL(db.Set, `SELECT person_id, count(*) FROM papers WHERE bucket BETWEEN $1 AND $2 AND destroyed_at > 0 AND destroyed_at < $3 GROUP BY person_id ORDER BY person_id`)
)

// Pending counts the items of a person that wait to be destroyed by hand.
func (r *Room) Pending(tx *db.Tx, who id.ID) (int, error) {
	all, err := r.open(tx, who)
	return len(all), err
}

// Erase implements dossier.Keeper. The program cannot shred: what exists becomes a task
// for today that stays, with what it is about, until the certificate is entered. What
// was destroyed before is forgotten. law: GDPR 17(1)
func (r *Room) Erase(tx *db.Tx, who id.ID, plan dossier.Plan) ([]dossier.Holding, error) {
	if !plan.Keeps("paper", holdItems) {
		if err := r.ask(tx, who, "erasure"); err != nil {
			return nil, err
		}
	}
	if plan.Keeps("paper", holdGone) {
		return nil, nil
	}
	n, err := r.Expire(tx, who, holdGone, tx.Now()+1)
	if err != nil || n == 0 {
		return nil, err
	}
	return []dossier.Holding{{Keeper: "paper", Kind: holdGone, Count: n}}, nil
}

// Restrict implements dossier.Keeper: nothing to do, paper is not used by the program.
func (r *Room) Restrict(*db.Tx, id.ID, bool) error { return nil }

// Move implements dossier.Keeper.
func (r *Room) Move(tx *db.Tx, from, to id.ID) error {
	for _, s := range []*db.Stmt{movPapers, movMoves} {
		if _, err := tx.Exec(s, to.Bucket(), int64(to), from.Bucket(), int64(from)); err != nil {
			return err
		}
	}
	for _, s := range []*db.Stmt{delPapers, delMoves} {
		if _, err := tx.Exec(s, from.Bucket(), int64(from)); err != nil {
			return err
		}
	}
	return nil
}

// Expires implements dossier.Expirer: the record of a destruction is kept like a case.
func (r *Room) Expires() []dossier.Expiry {
	return []dossier.Expiry{{Kind: holdGone, Rule: "rights_case"}}
}

// Overdue implements dossier.Expirer.
func (r *Room) Overdue(tx *db.Tx, _ string, lo, hi int, before int64, fn func(who id.ID, n int) error) error {
	return dossier.Count(tx, cntGone, fn, lo, hi, before)
}

// Expire implements dossier.Expirer.
func (r *Room) Expire(tx *db.Tx, who id.ID, _ string, before int64) (int, error) {
	all, err := r.Of(tx, who)
	for _, i := range all {
		if err == nil && !i.Open() && i.Destroyed < before {
			_, err = tx.Exec(delMovesOf, who.Bucket(), int64(who), int64(i.ID))
		}
	}
	if err != nil {
		return 0, err
	}
	n, err := tx.Exec(delGone, who.Bucket(), int64(who), before)
	return int(n), err
}
