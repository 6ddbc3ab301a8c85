package series

import (
	"strconv"

	"kartotek/internal/db"
	"kartotek/internal/dossier"
	"kartotek/internal/id"
	"kartotek/internal/party"
	"kartotek/internal/post"
)

var (
	_ dossier.Keeper = (*Room)(nil)
	_ party.Mover    = (*Room)(nil)
)

// Name implements dossier.Keeper.
func (r *Room) Name() string { return "series" }

// Columns implements dossier.Keeper.
func (r *Room) Columns() []string { return []string{"enrolments.state", "enrolments.data"} }

// Kinds implements dossier.Described.
func (r *Room) Kinds() []dossier.Kind {
	return []dossier.Kind{{Name: "places", From: dossier.Ours, Values: []string{"series", "state", "step", "code", "data"}}}
}

// Holdings implements dossier.Keeper.
func (r *Room) Holdings(tx *db.Tx, who id.ID) ([]dossier.Holding, error) {
	all, err := r.Of(tx, who)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return []dossier.Holding{{Keeper: "series", Kind: "places", Count: len(all), First: all[0].At, Last: all[len(all)-1].At}}, nil
}

// Export implements dossier.Keeper: every series the person is or was in, and with
// which data.
func (r *Room) Export(tx *db.Tx, who id.ID, w dossier.Writer) error {
	all, err := r.Of(tx, who)
	if err != nil {
		return err
	}
	names := map[id.ID]string{} // each is read once
	for i := range all {
		p := &all[i]
		if _, known := names[p.Series]; !known {
			x, err := r.Get(tx, p.Series)
			if err != nil {
				return err
			}
			names[p.Series] = x.Name
		}
		rec := dossier.Record{Keeper: "series", Kind: "places", ID: p.Series, At: p.At, Values: []dossier.Value{{Name: "series", Text: names[p.Series]},
			{Name: "state", Text: p.State}, {Name: "step", Text: strconv.Itoa(p.Step)}}}
		if p.Code != "" {
			rec.Values = append(rec.Values, dossier.Value{Name: "code", Text: p.Code})
		}
		data, err := r.data(p)
		if err != nil {
			return err
		}
		if len(data) > 0 {
			rec.Values = append(rec.Values, dossier.Value{Name: "data", Text: post.DataText(data)})
		}
		if err := w(rec); err != nil {
			return err
		}
	}
	return nil
}

// Erase implements dossier.Keeper. law: GDPR 17(1)
func (r *Room) Erase(tx *db.Tx, who id.ID, plan dossier.Plan) ([]dossier.Holding, error) {
	held, err := r.Holdings(tx, who)
	if err != nil || plan.Keeps("series", "places") {
		return nil, err
	}
	_, err = tx.Exec(delOf, who.Bucket(), int64(who))
	return held, err
}

// Restrict implements dossier.Keeper: nothing to do, the person's status alone takes
// them out at the next step.
func (r *Room) Restrict(*db.Tx, id.ID, bool) error { return nil }

// Move implements dossier.Keeper. Where both had a place in a series, the one that
// had come further counts: nobody gets a letter twice because they were two.
func (r *Room) Move(tx *db.Tx, from, to id.ID) error {
	theirs, err := r.Of(tx, from)
	if err != nil {
		return err
	}
	ours, err := r.Of(tx, to)
	if err != nil {
		return err
	}
	type key struct {
		series id.ID
		origin int64
	}
	best := map[key]Place{}
	for _, p := range append(ours, theirs...) {
		k := key{p.Series, p.Origin}
		if old, there := best[k]; !there || further(&p, &old) {
			best[k] = p
		}
	}
	for _, who := range []id.ID{from, to} {
		if _, err := tx.Exec(delOf, who.Bucket(), int64(who)); err != nil {
			return err
		}
	}
	for _, p := range best {
		if err := r.reseal(&p, to); err != nil {
			return err
		}
		if _, err := tx.Exec(putPlace, to.Bucket(), int64(to), int64(p.Series), p.Origin, p.Step, p.Due, p.State, p.Code, append([]byte{}, p.sealed...), p.At, p.Changed); err != nil {
			return err
		}
	}
	return nil
}

// further reports whether a place has come further than another: one that ended
// counts as the end.
func further(p, than *Place) bool {
	if (p.State == waiting) != (than.State == waiting) {
		return p.State != waiting
	}
	return p.Step > than.Step
}
