package packet

import (
	"strconv"
	"time"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/dossier"
	"kartotek/internal/id"
	"kartotek/internal/party"
)

var (
	_ dossier.Keeper    = (*Room)(nil)
	_ dossier.Described = (*Room)(nil)
	_ party.Mover       = (*Room)(nil)
)

const holdParcels = "parcels"

// Name implements dossier.Keeper.
func (r *Room) Name() string { return "packet" }

// Columns implements dossier.Keeper.
func (r *Room) Columns() []string { return []string{"parcels.content"} }

// Kinds implements dossier.Described.
func (r *Room) Kinds() []dossier.Kind {
	return []dossier.Kind{{Name: holdParcels, From: dossier.Ours, Values: []string{"form", "bytes", "expires", "fetched", recordedBy}}}
}

// Holdings implements dossier.Keeper.
func (r *Room) Holdings(tx *db.Tx, who id.ID) ([]dossier.Holding, error) {
	all, err := r.Of(tx, who)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return []dossier.Holding{{Keeper: "packet", Kind: holdParcels, Count: len(all), First: all[0].Made, Last: all[len(all)-1].Made}}, nil
}

// Export implements dossier.Keeper: that there are packages, not what is in them,
// which would be all of this once more.
func (r *Room) Export(tx *db.Tx, who id.ID, w dossier.Writer) error {
	all, err := r.Of(tx, who)
	for _, p := range all {
		rec := dossier.Record{Keeper: "packet", Kind: holdParcels, ID: p.ID, At: p.Made, Values: []dossier.Value{{Name: "form", Text: p.Form},
			{Name: "bytes", Text: strconv.FormatInt(p.Bytes, 10)}, {Name: "expires", Text: clock.FromMs(p.Expires).Format(time.RFC3339)}}}
		if p.Fetched != 0 {
			rec.Values = append(rec.Values, dossier.Value{Name: "fetched", Text: clock.FromMs(p.Fetched).Format(time.RFC3339)})
		}
		rec.Values = append(rec.Values, dossier.Value{Name: recordedBy, Text: p.By})
		if err == nil {
			err = w(rec)
		}
	}
	return err
}

// Erase implements dossier.Keeper. law: GDPR 17(1)
func (r *Room) Erase(tx *db.Tx, who id.ID, plan dossier.Plan) ([]dossier.Holding, error) {
	held, err := r.Holdings(tx, who)
	if err != nil || plan.Keeps("packet", holdParcels) {
		return nil, err
	}
	return held, r.drop(tx, who)
}

// Restrict implements dossier.Keeper: nothing to do. A package may be given out to
// somebody whose data are restricted: it is their own. law: GDPR 18(2)
func (r *Room) Restrict(*db.Tx, id.ID, bool) error { return nil }

// Move implements dossier.Keeper. A package of one of two who turned out to be one
// person says half; it goes, and is made anew when asked for.
func (r *Room) Move(tx *db.Tx, from, _ id.ID) error { return r.drop(tx, from) }
