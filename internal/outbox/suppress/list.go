package suppress

import (
	"context"
	"errors"
	"io"
	"slices"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
)

// A list is a whole file of addresses from elsewhere, such as a national opt-out
// register, that comes anew from time to time and then replaces what it said before.
// Its addresses stand beside the ones suppressed one by one, so that taking a list
// away releases nobody who is held for a reason of their own.
//
// The new content is written under a generation of its own while the old one still
// counts. One update of the list's row makes the new one count; what nobody reads any
// more is removed afterwards, so that replacing a million addresses is a moment for
// those who ask, and a crash on the way leaves the list as it was.
var listTables = []db.Table{
	{
		Name: "suppress_lists", Kind: db.ReferenceTable, Key: "list_id",
		Cols: db.Cols(`list_id big, name text, kind text, class text, source text, generation big, addresses big, at big, by_name text`),
	},
	{
		Name: "suppress_listed", Kind: db.ValueTable, Key: "address, list_id, generation",
		Cols: db.Cols(`address text, list_id big, generation big`),
	},
}

const listCols = `list_id, name, kind, class, source, generation, addresses, at, by_name`

var (
	selLists    = db.SQL(db.Reference, `SELECT `+listCols+` FROM suppress_lists ORDER BY name`)
	selListName = db.SQL(db.Reference, `SELECT `+listCols+` FROM suppress_lists WHERE name = $1`)
	putList     = db.SQL(db.Reference, `INSERT INTO suppress_lists (`+listCols+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (list_id) DO UPDATE SET kind = excluded.kind, class = excluded.class, source = excluded.source, generation = excluded.generation,
		addresses = excluded.addresses, at = excluded.at, by_name = excluded.by_name`)
	delList   = db.SQL(db.Reference, `DELETE FROM suppress_lists WHERE list_id = $1`)
	insListed = db.Bulk(db.Set, "suppress_listed", "address, list_id, generation", "(address, list_id, generation) DO NOTHING")
	cntListed = db.SQL(db.Set, `SELECT count(*) FROM suppress_listed WHERE list_id = $1 AND generation = $2`)
	// Walking by address keeps each removal short, whatever the length of the list.
	selListed = db.SQL(db.Set, `SELECT address FROM suppress_listed WHERE address > $1 ORDER BY address LIMIT $2`)
	delListed = db.SQL(db.Set, `DELETE FROM suppress_listed WHERE address > $1 AND address <= $2 AND list_id = $3 AND generation <> $4`)
)

// List is one list.
type List struct {
	ID         id.ID
	Name       string
	Kind       string // email or phone
	Class      string // HoldMarketing, unless somebody means HoldAll
	Source     string // where it came from: a file's name, a register's
	Country    string // in which numbers without a country code are read; not kept
	Addresses  int64
	At         int64 // ms: when what counts now was read
	By         string
	generation id.ID
}

// Lists gives all lists by name.
func (r Room) Lists(tx *db.Tx) (all []List, err error) {
	err = tx.Each(selLists, func(scan db.Scan) error {
		l, err := scanList(scan)
		all = append(all, l)
		return err
	})
	return all, err
}

func scanList(scan db.Scan) (l List, err error) {
	err = scan(&l.ID, &l.Name, &l.Kind, &l.Class, &l.Source, &l.generation, &l.Addresses, &l.At, &l.By)
	return l, err
}

func (r Room) list(tx *db.Tx, name string) (l List, found bool, err error) {
	found, err = tx.One(selListName, []any{&l.ID, &l.Name, &l.Kind, &l.Class, &l.Source, &l.generation, &l.Addresses, &l.At, &l.By}, name)
	return l, found, err
}

// listBatch is how many addresses one transaction writes: few enough that a
// newsletter being sent hardly waits.
const listBatch = 5000

// ReplaceList makes a list hold the addresses of a file and nothing else; it is made
// when there is none of the name. Lines without an address are counted as wrong and
// passed over. tell hears how far it is; it may be nil. An error leaves
// the list as it was.
func (r Room) ReplaceList(ctx context.Context, by db.By, l List, in *AddressFile, tell func(*AddressFile)) (done List, wrong int64, err error) {
	if err := l.check(); err != nil {
		return l, 0, err
	}
	err = r.DB.Do(ctx, by, func(tx *db.Tx) error {
		old, found, err := r.list(tx, l.Name)
		l.ID, l.generation = old.ID, tx.NewID()
		if err != nil || found {
			return err
		}
		l.ID = tx.NewID() // the row is there before its addresses, so that none are left without a list
		return storeList(tx, List{ID: l.ID, Name: l.Name, Kind: l.Kind, Class: l.Class})
	})
	if err == nil {
		wrong, err = r.fillList(ctx, by, l, in, tell)
	}
	if err == nil {
		err = r.DB.Do(ctx, by, func(tx *db.Tx) error { return r.turnList(tx, &l) })
	}
	if err != nil {
		return l, wrong, err
	}
	return l, wrong, r.sweepList(ctx, by, l.ID, l.generation)
}

func (l *List) check() error {
	switch {
	case l.Name == "" || len(l.Name) > 100:
		return fault.New(fault.Invalid, "outbox.list_name", "a list has a name of at most 100 characters").In("list")
	case badBit[l.Kind] == 0:
		return wrongKind()
	case l.Class != HoldAll && l.Class != HoldMarketing:
		return wrongClass()
	}
	return nil
}

// turnList makes the new content count.
func (r Room) turnList(tx *db.Tx, l *List) error {
	if _, err := tx.One(cntListed, []any{&l.Addresses}, int64(l.ID), int64(l.generation)); err != nil {
		return err
	}
	l.At, l.By = tx.Now(), tx.By().Name
	return storeList(tx, *l)
}

func storeList(tx *db.Tx, l List) error {
	_, err := tx.Exec(putList, int64(l.ID), l.Name, l.Kind, l.Class, l.Source[:min(len(l.Source), 200)], int64(l.generation), l.Addresses, l.At, l.By)
	return err
}

// fillList writes the new generation, in the order of the table.
func (r Room) fillList(ctx context.Context, by db.By, l List, in *AddressFile, tell func(*AddressFile)) (wrong int64, err error) {
	for more := true; more; {
		var hashes []string
		if hashes, more, err = r.hashes(l, in, &wrong); err != nil {
			return wrong, err
		}
		err := r.DB.Do(ctx, by, func(tx *db.Tx) error {
			return tx.Bulk(insListed, len(hashes), func(i int, d []any) { d[0], d[1], d[2] = hashes[i], int64(l.ID), int64(l.generation) })
		})
		if err != nil {
			return wrong, err
		}
		if tell != nil {
			tell(in)
		}
	}
	return wrong, nil
}

// hashes reads the next addresses, in the order of the table; more tells that the
// file goes on.
func (r Room) hashes(l List, in *AddressFile, wrong *int64) (out []string, more bool, err error) {
	for len(out) < listBatch {
		value, err := in.Next(l.Kind)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, false, err
		}
		if norm, err := normalIn(l.Kind, value, l.Country); err == nil {
			out = append(out, r.Keys.Blind(l.Kind, norm))
		} else if in.Lines > 1 || value != "" {
			*wrong++ // the first line may name the columns
		}
	}
	more = len(out) == listBatch
	slices.Sort(out)
	return slices.Compact(out), more, nil
}

// sweepList removes the generations of a list that do not count; 0 removes all.
func (r Room) sweepList(ctx context.Context, by db.By, list, keep id.ID) error {
	for from, more := "", true; more; {
		err := r.DB.Do(ctx, by, func(tx *db.Tx) error {
			to, n := "", 0
			if err := tx.Each(selListed, func(scan db.Scan) error { n++; return scan(&to) }, from, int64(listBatch)); err != nil || n == 0 {
				more = false
				return err
			}
			_, err := tx.Exec(delListed, from, to, int64(list), int64(keep))
			from, more = to, n == listBatch
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// DropList takes a list away with all it held.
func (r Room) DropList(ctx context.Context, by db.By, name string) error {
	var l List
	err := r.DB.Do(ctx, by, func(tx *db.Tx) error {
		var found bool
		var err error
		if l, found, err = r.list(tx, name); err == nil && !found {
			err = fault.New(fault.NotFound, "outbox.no_list", "there is no such list")
		}
		if err == nil {
			_, err = tx.Exec(delList, int64(l.ID))
		}
		return err
	})
	if err != nil {
		return err
	}
	return r.sweepList(ctx, by, l.ID, 0)
}
