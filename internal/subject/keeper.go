package subject

import (
	"kartotek/internal/db"
	"kartotek/internal/dossier"
	"kartotek/internal/id"
	"kartotek/internal/party"
)

var (
	_ dossier.Keeper = (*Room)(nil)
	_ party.Mover    = (*Room)(nil)
)

// Name implements dossier.Keeper.
func (r *Room) Name() string { return "subject" }

// Columns implements dossier.Keeper.
func (r *Room) Columns() []string {
	return []string{"subject_links.address", "subject_sessions.device", "subject_changes.content"}
}

func (r *Room) records(tx *db.Tx, who id.ID) (out []dossier.Record, err error) {
	sessions, err := r.Sessions(tx, who)
	if err != nil {
		return nil, err
	}
	for _, s := range sessions {
		out = append(out, dossier.Record{Keeper: "subject", Kind: "sessions", ID: s.ID, At: s.CreatedAt.UnixMilli(), Values: []dossier.Value{{Name: "device", Text: s.Device}}})
	}
	changes, err := r.Changes(tx, who)
	for _, c := range changes {
		rec := dossier.Record{Keeper: "subject", Kind: "changes", ID: c.ID, At: c.Made, Values: []dossier.Value{{Name: "kind", Text: string(c.Kind)}}}
		if c.Address != "" {
			rec.Values = append(rec.Values, dossier.Value{Name: "email", Text: c.Address})
		}
		out = append(out, rec)
	}
	return out, err
}

// Kinds implements dossier.Described.
func (r *Room) Kinds() []dossier.Kind {
	return []dossier.Kind{
		{Name: "sessions", From: dossier.Ours, Values: []string{"device"}},
		{Name: "changes", From: dossier.Ours, Values: []string{"kind", "email"}},
	}
}

// Holdings implements dossier.Keeper: sessions of the last hours, and changes of
// address that wait to be confirmed.
func (r *Room) Holdings(tx *db.Tx, who id.ID) (out []dossier.Holding, err error) {
	all, err := r.records(tx, who)
	for _, rec := range all {
		if n := len(out); n > 0 && out[n-1].Kind == rec.Kind {
			out[n-1].Count++
			out[n-1].Last = max(out[n-1].Last, rec.At)
			out[n-1].First = min(out[n-1].First, rec.At)
			continue
		}
		out = append(out, dossier.Holding{Keeper: rec.Keeper, Kind: rec.Kind, Count: 1, First: rec.At, Last: rec.At})
	}
	return out, err
}

// Export implements dossier.Keeper.
func (r *Room) Export(tx *db.Tx, who id.ID, w dossier.Writer) error {
	all, err := r.records(tx, who)
	for i := range all {
		if err == nil {
			err = w(all[i])
		}
	}
	return err
}

// Erase implements dossier.Keeper: nobody stays signed in as somebody who is gone.
// law: GDPR 17(1)
func (r *Room) Erase(tx *db.Tx, who id.ID, _ dossier.Plan) ([]dossier.Holding, error) {
	held, err := r.Holdings(tx, who)
	if err == nil {
		err = r.drop(tx, who)
	}
	return held, err
}

func (r *Room) drop(tx *db.Tx, who id.ID) error {
	if err := r.forget(tx, who); err != nil {
		return err
	}
	_, err := tx.Exec(delChanges, who.Bucket(), int64(who))
	return err
}

// Restrict implements dossier.Keeper: nothing to do, a person whose data is
// restricted still comes to see it.
func (r *Room) Restrict(*db.Tx, id.ID, bool) error { return nil }

// Move implements dossier.Keeper. Whoever was signed in as one of two that turned
// out to be one signs in anew: nothing of a session is another's.
func (r *Room) Move(tx *db.Tx, from, _ id.ID) error { return r.drop(tx, from) }
