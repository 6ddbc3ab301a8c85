package scan

import (
	"strconv"

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
func (r *Room) Name() string { return "scan" }

// Columns implements dossier.Keeper.
func (r *Room) Columns() []string { return []string{table + ".head", table + ".content"} }

func (r *Room) all(tx *db.Tx, who id.ID) ([]File, error) {
	return r.read(tx, who, selAll, who.Bucket(), int64(who))
}

// Kinds implements dossier.Described.
func (r *Room) Kinds() []dossier.Kind {
	return []dossier.Kind{
		{Name: "files", From: dossier.Ours, Values: []string{"name", "kind", "state", "size", "sha256", dossier.Document}},
	}
}

// Holdings implements dossier.Keeper.
func (r *Room) Holdings(tx *db.Tx, who id.ID) ([]dossier.Holding, error) {
	all, err := r.all(tx, who)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return []dossier.Holding{{Keeper: r.Name(), Kind: "files", Count: len(all), First: all[0].At, Last: all[len(all)-1].At}}, nil
}

// Export implements dossier.Keeper: what came, when, what became of it, and the document
// itself as it is kept. law: GDPR 15(3)
func (r *Room) Export(tx *db.Tx, who id.ID, w dossier.Writer) error {
	all, err := r.all(tx, who)
	if err != nil {
		return err
	}
	for _, f := range all {
		rec := dossier.Record{Keeper: r.Name(), Kind: "files", ID: f.ID, At: f.At, Values: []dossier.Value{
			{Name: "name", Text: f.Name}, {Name: "kind", Text: string(f.Kind)}, {Name: "state", Text: string(f.State)},
			{Name: "size", Text: strconv.FormatInt(f.Size, 10)}, {Name: "sha256", Text: f.Digest}},
			File: &dossier.File{Name: f.Name, Size: f.Size, Left: f.left(), Read: func() ([]byte, error) { return r.content(tx, &f) }}}
		if err := w(rec); err != nil {
			return err
		}
	}
	return nil
}

// left says why a document is not in the package of its person, in the words of package
// packet; "" when it is.
func (f *File) left() string {
	switch {
	case f.State == Refused:
		return "not_kept"
	case f.State == Destroyed && f.GoneWhy == Mistaken:
		return "mistaken"
	case f.State != Kept:
		return "identity"
	}
	return string(f.Code)
}

// Erase implements dossier.Keeper. law: GDPR 17(1)
func (r *Room) Erase(tx *db.Tx, who id.ID, plan dossier.Plan) ([]dossier.Holding, error) {
	held, err := r.Holdings(tx, who)
	if err != nil || len(held) == 0 || plan.Keeps(r.Name(), "files") {
		return nil, err
	}
	all, err := r.all(tx, who)
	if err != nil {
		return nil, err
	}
	if _, err := tx.Exec(delAll, who.Bucket(), int64(who)); err != nil {
		return nil, err
	}
	return held, either(r.Spend.Keys(tx, ids(all)...), r.scrubLater(tx))
}

// ids are those of files.
func ids(all []File) (out []id.ID) {
	for _, f := range all {
		out = append(out, f.ID)
	}
	return out
}

// Restrict implements dossier.Keeper: nothing to do, the files serve the person's own
// requests and nothing else.
func (r *Room) Restrict(*db.Tx, id.ID, bool) error { return nil }

// Move implements dossier.Keeper, also when it is found out whose request it was.
func (r *Room) Move(tx *db.Tx, from, to id.ID) error {
	if _, err := tx.Exec(cpyAll, to.Bucket(), int64(to), from.Bucket(), int64(from)); err != nil {
		return err
	}
	_, err := tx.Exec(delAll, from.Bucket(), int64(from))
	return err
}

// MoveCase gives the files of one case to another person, when it was matched wrongly.
func (r *Room) MoveCase(tx *db.Tx, from, to, of id.ID) error {
	if _, err := tx.Exec(cpyCase, to.Bucket(), int64(to), from.Bucket(), int64(from), int64(of)); err != nil {
		return err
	}
	_, err := tx.Exec(delCase, from.Bucket(), int64(from), int64(of))
	return err
}
