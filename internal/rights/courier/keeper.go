package courier

import (
	"encoding/json"

	"kartotek/internal/db"
	"kartotek/internal/dossier"
	"kartotek/internal/id"
	"kartotek/internal/party"
	"kartotek/internal/rights/matter"
)

var (
	_ dossier.Keeper = (*Room)(nil)
	_ party.Mover    = (*Room)(nil)
)

const holdLetters = "letters"

var (
	selOf  = db.SQL(db.OnePerson, `SELECT mail_id, case_id, at, content FROM courier_mails WHERE bucket = $1 AND person_id = $2 AND done_at = 0 ORDER BY mail_id`)
	delOf  = db.SQL(db.OnePerson, `DELETE FROM courier_mails WHERE bucket = $1 AND person_id = $2`)
	cpyAll = db.SQL(db.Set, `INSERT INTO courier_mails (bucket, person_id, mail_id, case_id, item_id, kind, to_mac, state, code, attempts, at, done_at, content)
		SELECT CAST($1 AS BIGINT), CAST($2 AS BIGINT), mail_id, case_id, item_id, kind, to_mac, state, code, attempts, at, done_at, content FROM courier_mails
		WHERE bucket = $3 AND person_id = $4`)
)

// Name implements dossier.Keeper.
func (r *Room) Name() string { return "courier" }

// Columns implements dossier.Keeper.
func (r *Room) Columns() []string { return []string{table + ".content"} }

// Kinds implements dossier.Described.
func (r *Room) Kinds() []dossier.Kind {
	return []dossier.Kind{{Name: holdLetters, From: dossier.Ours, Values: []string{"email", "subject", "text"}}}
}

// each reads what waits to be handed over; nothing is held of what was.
func (r *Room) each(tx *db.Tx, who id.ID, fn func(mail id.ID, at int64, t *Text) error) error {
	type row struct {
		id, of id.ID
		at     int64
		sealed []byte
	}
	var all []row
	err := tx.Each(selOf, func(scan db.Scan) error {
		var x row
		err := scan(&x.id, &x.of, &x.at, &x.sealed)
		all = append(all, x)
		return err
	}, who.Bucket(), int64(who))
	for _, x := range all {
		if err != nil {
			return err
		}
		var raw []byte
		var t Text
		if raw, err = matter.Open(r.Keys, matter.Letter, x.of, x.id, sealing(x.id), x.sealed); err == nil {
			err = json.Unmarshal(raw, &t)
		} else if matter.Erased(err) {
			err = nil
		}
		if err == nil {
			err = fn(x.id, x.at, &t)
		}
	}
	return err
}

// Holdings implements dossier.Keeper.
func (r *Room) Holdings(tx *db.Tx, who id.ID) ([]dossier.Holding, error) {
	h := dossier.Holding{Keeper: r.Name(), Kind: holdLetters}
	err := r.each(tx, who, func(_ id.ID, at int64, _ *Text) error {
		if h.Count++; h.First == 0 {
			h.First = at
		}
		h.Last = at
		return nil
	})
	if err != nil || h.Count == 0 {
		return nil, err
	}
	return []dossier.Holding{h}, nil
}

// Export implements dossier.Keeper: a letter that waits to be handed over.
func (r *Room) Export(tx *db.Tx, who id.ID, w dossier.Writer) error {
	return r.each(tx, who, func(mail id.ID, at int64, t *Text) error {
		return w(dossier.Record{Keeper: r.Name(), Kind: holdLetters, ID: mail, At: at,
			Values: []dossier.Value{{Name: "email", Text: t.To}, {Name: "subject", Text: t.Subject}, {Name: "text", Text: t.Body}}})
	})
}

// Erase implements dossier.Keeper: a letter on its way does not go any more.
// law: GDPR 17(1)
func (r *Room) Erase(tx *db.Tx, who id.ID, plan dossier.Plan) ([]dossier.Holding, error) {
	held, err := r.Holdings(tx, who)
	if err != nil || plan.Keeps(r.Name(), holdLetters) {
		return nil, err
	}
	_, err = tx.Exec(delOf, who.Bucket(), int64(who))
	return held, err
}

// Restrict implements dossier.Keeper: nothing to do, the letter answers what the person
// asked.
func (r *Room) Restrict(*db.Tx, id.ID, bool) error { return nil }

// Move implements dossier.Keeper, also when it is found out whose request it was.
func (r *Room) Move(tx *db.Tx, from, to id.ID) error {
	if _, err := tx.Exec(cpyAll, to.Bucket(), int64(to), from.Bucket(), int64(from)); err != nil {
		return err
	}
	_, err := tx.Exec(delOf, from.Bucket(), int64(from))
	return err
}
