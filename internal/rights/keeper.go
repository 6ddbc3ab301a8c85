package rights

import (
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

// holdCases is the kind of holding: what people wrote to the desk, and it to them. An
// erasure that is itself a case keeps it ("rights.cases": 17(3)(b)) until KeepMonths
// after the case was closed, to show that the request was answered. Until then it can be
// read here and in backups of that time; then the key of the case is destroyed, and in no
// backup any more. law: GDPR 5(2)
const holdCases = "cases"

// Name implements dossier.Keeper.
func (r *Room) Name() string { return "rights" }

// Columns implements dossier.Keeper.
func (r *Room) Columns() []string { return []string{"case_items.content"} }

// Kinds implements dossier.Described.
func (r *Room) Kinds() []dossier.Kind {
	return []dossier.Kind{{Name: holdCases, From: dossier.Ours, Values: []string{"case", "kind", "item", "text", "name", "email", "phone", "address",
		"agent", "agent_organisation", "authority", "subject", "signed", "envelope", "authority_on", "authority_until", dossier.Free}}}
}

// Holdings implements dossier.Keeper.
func (r *Room) Holdings(tx *db.Tx, who id.ID) ([]dossier.Holding, error) {
	all, err := r.readItems(tx, selItemsOf, who.Bucket(), int64(who))
	return matter.Held(all, r.Name(), holdCases), err
}

// Export implements dossier.Keeper: each item with the reference of its case.
func (r *Room) Export(tx *db.Tx, who id.ID, w dossier.Writer) error {
	all, err := r.readItems(tx, selItemsOf, who.Bucket(), int64(who))
	refs := map[id.ID]*Case{}
	for i := range all {
		if err != nil {
			return err
		}
		x := &all[i]
		if refs[x.Case] == nil {
			if refs[x.Case], err = r.Get(tx, x.Case); err != nil {
				return err
			}
		}
		err = w(dossier.Record{Keeper: r.Name(), Kind: holdCases, ID: x.ID, At: x.At, Values: x.Content.Values(refs[x.Case].Ref, x.Kind)})
	}
	return err
}

// Erase implements dossier.Keeper. The rows of the cases stay: they tell that somebody
// asked, and when they were answered, not who. law: GDPR 17(1), GDPR 17(3)(b)
func (r *Room) Erase(tx *db.Tx, who id.ID, plan dossier.Plan) ([]dossier.Holding, error) {
	all, err := r.readItems(tx, selItemsOf, who.Bucket(), int64(who))
	if err != nil || len(all) == 0 || plan.Keeps(r.Name(), holdCases) {
		return nil, err
	}
	return matter.Held(all, r.Name(), holdCases), r.drop(tx, all, delItemsOf, who.Bucket(), int64(who))
}

// Restrict implements dossier.Keeper: nothing to do. What a person wrote to the desk is
// used to answer them, which is what they want. law: GDPR 18(2)
func (r *Room) Restrict(*db.Tx, id.ID, bool) error { return nil }

// Move implements dossier.Keeper.
func (r *Room) Move(tx *db.Tx, from, to id.ID) error { return r.moveAll(tx, from, to) }
