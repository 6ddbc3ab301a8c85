package packet

import (
	"context"
	"errors"
	"strings"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/seal"
)

// Schema is the table of the room. The bytes lie in the database, so that any node
// can hand over what another made.
var Schema = db.Schema{Room: "packet", Tables: []db.Table{{
	Name: "parcels", Kind: db.PersonTable, Key: "bucket, person_id, parcel_id",
	Cols: db.Cols(`bucket int, person_id big, parcel_id big, case_id big, form text, lang text, digest text, bytes big, at big, expires_at big
		fetched_at big, fetches int, by_name text, content blob personal`),
	Indexes: []db.Index{{Name: "parcels_expiry", Cols: "expires_at"}},
}}}

const parcelCols = `parcel_id, case_id, form, lang, digest, bytes, at, expires_at, fetched_at, fetches, by_name`

var (
	insParcel  = db.SQL(db.OnePerson, `INSERT INTO parcels (bucket, person_id, `+parcelCols+`, content) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, 0, $11, $12)`)
	selParcels = db.SQL(db.OnePerson, `SELECT `+parcelCols+` FROM parcels WHERE bucket = $1 AND person_id = $2 ORDER BY parcel_id`)
	selContent = db.SQL(db.OnePerson, `SELECT `+parcelCols+`, content FROM parcels WHERE bucket = $1 AND person_id = $2 AND parcel_id = $3`)
	updFetched = db.SQL(db.OnePerson, `UPDATE parcels SET fetched_at = CASE WHEN fetched_at = 0 THEN $4 ELSE fetched_at END, fetches = fetches + 1
		WHERE bucket = $1 AND person_id = $2 AND parcel_id = $3`)
	selExpired = db.SQL(db.Set, `SELECT parcel_id FROM parcels WHERE bucket BETWEEN 0 AND 4095 AND expires_at <= $1`)
	selMine    = db.SQL(db.OnePerson, `SELECT parcel_id FROM parcels WHERE bucket = $1 AND person_id = $2`)
	delParcels = db.SQL(db.OnePerson, `DELETE FROM parcels WHERE bucket = $1 AND person_id = $2`)
	delParcel  = db.SQL(db.OnePerson, `DELETE FROM parcels WHERE bucket = $1 AND person_id = $2 AND parcel_id = $3`)
	delExpired = db.SQL(db.Set, `DELETE FROM parcels WHERE bucket BETWEEN 0 AND 4095 AND expires_at <= $1`)
)

// The forms of a parcel.
const (
	Plain  = "plain"  // a ZIP, for whoever is signed in
	Sealed = "sealed" // a ZIP that opens with a passphrase, for a mail or a memory stick
)

// Lasts is how long a parcel waits to be fetched.
const Lasts = 14 * 24 * time.Hour

// Parcel is a package that waits to be fetched.
type Parcel struct {
	ID      id.ID
	Person  id.ID
	Case    id.ID
	Form    string // Plain or Sealed
	Lang    string
	Digest  string // of the manifest
	Bytes   int64
	Made    int64 // ms
	Expires int64 // ms
	Fetched int64 // ms, of the first time; 0 when not yet
	Fetches int
	By      string
}

// Name is the name of the file: it tells nothing of the person, because file
// names end up in places people do not think of.
func (p *Parcel) Name() string {
	if p.Form == Sealed {
		return "package-" + p.ID.String() + ".zip.age"
	}
	return "package-" + p.ID.String() + ".zip"
}

// Passphrase makes a passphrase to be shown once: 128 bits as groups that can be
// read out over the telephone.
func Passphrase() string {
	s := strings.ToLower(seal.Token())
	var groups []string
	for len(s) > 5 {
		groups, s = append(groups, s[:5]), s[5:]
	}
	return strings.Join(append(groups, s), "-")
}

// Keep puts a package by for its person to fetch. With a passphrase the file opens
// with that alone; it is kept nowhere. At rest the bytes are sealed besides, with a key
// that goes with the parcel. law: GDPR 12(3), GDPR 32(1)(a)
func (r *Room) Keep(tx *db.Tx, p *Package, reason id.ID, passphrase string) (*Parcel, error) {
	content, err := p.zipped(passphrase)
	if err != nil {
		return nil, err
	}
	out := &Parcel{ID: tx.NewID(), Person: p.Person, Case: reason, Form: Plain, Lang: p.Lang, Digest: p.Digest(), Bytes: int64(len(content)),
		Made: tx.Now(), Expires: tx.Now() + Lasts.Milliseconds(), By: tx.By().Name}
	if passphrase != "" {
		out.Form = Sealed
	}
	sealed, err := r.Keys.SealFor(out.ID, place(out.ID), content)
	if err != nil {
		return nil, err
	}
	_, err = tx.Exec(insParcel, p.Person.Bucket(), int64(p.Person), int64(out.ID), int64(reason), out.Form, out.Lang, out.Digest, out.Bytes, out.Made, out.Expires, out.By, sealed)
	if err != nil {
		return nil, err
	}
	return out, audit.Write(tx, audit.Entry{Action: "access.keep", Kind: "parcel", Object: out.ID.String(), Person: p.Person, Detail: map[string]string{"form": out.Form}})
}

// place binds sealed bytes to their row.
func place(parcel id.ID) string { return "parcel:" + parcel.String() }

func scanParcel(scan db.Scan, p *Parcel, more ...any) error {
	return scan(append([]any{&p.ID, &p.Case, &p.Form, &p.Lang, &p.Digest, &p.Bytes, &p.Made, &p.Expires, &p.Fetched, &p.Fetches, &p.By}, more...)...)
}

// Of lists the parcels of a person that can still be fetched.
func (r *Room) Of(tx *db.Tx, who id.ID) (all []Parcel, err error) {
	err = tx.Each(selParcels, func(scan db.Scan) error {
		p := Parcel{Person: who}
		err := scanParcel(scan, &p)
		if p.Expires > tx.Now() {
			all = append(all, p)
		}
		return err
	}, who.Bucket(), int64(who))
	return all, err
}

// Fetch gives the bytes of a parcel and records that it was fetched, before they are
// given out. The door has seen to it that it is the person, or staff who may.
func (r *Room) Fetch(ctx context.Context, by db.By, who, parcel id.ID) (p *Parcel, content []byte, err error) {
	err = r.DB.Do(ctx, by, func(tx *db.Tx) error {
		p, content = nil, nil
		err := tx.Each(selContent, func(scan db.Scan) error {
			p = &Parcel{Person: who}
			return scanParcel(scan, p, &content)
		}, who.Bucket(), int64(who), int64(parcel))
		if err != nil {
			return err
		}
		if p == nil || p.Expires <= tx.Now() {
			return gone()
		}
		if content, err = r.Keys.OpenFor(parcel, place(parcel), content); errors.Is(err, seal.ErrForgotten) {
			err = gone() // it was destroyed since the copy of the register was made that was put back
		}
		if err != nil {
			return err
		}
		if _, err := tx.Exec(updFetched, who.Bucket(), int64(who), int64(parcel), tx.Now()); err != nil {
			return err
		}
		if p.Fetches++; p.Fetched == 0 {
			p.Fetched = tx.Now()
		}
		return audit.Write(tx, audit.Entry{Action: "access.fetch", Kind: "parcel", Object: parcel.String(), Person: who, Detail: map[string]string{"form": p.Form}})
	})
	return p, content, err
}

func gone() error {
	return fault.New(fault.NotFound, "packet.gone", "the package is no longer kept; ask for a new one")
}

// Discard removes a parcel before its time.
func (r *Room) Discard(tx *db.Tx, who, parcel id.ID) error {
	n, err := tx.Exec(delParcel, who.Bucket(), int64(who), int64(parcel))
	if err != nil || n == 0 {
		return err
	}
	if err := r.Spend.Keys(tx, parcel); err != nil {
		return err
	}
	return audit.Write(tx, audit.Entry{Action: "access.discard", Kind: "parcel", Object: parcel.String(), Person: who})
}

// Sweep removes the parcels that have expired, and gives how many. law: GDPR 5(1)(e)
func (r *Room) Sweep(ctx context.Context) (n int64, err error) {
	err = r.DB.Do(ctx, db.System("sweep parcels"), func(tx *db.Tx) error {
		old, err := parcels(tx, selExpired, tx.Now())
		if err != nil || len(old) == 0 {
			n = 0
			return err
		}
		if n, err = tx.Exec(delExpired, tx.Now()); err != nil {
			return err
		}
		return r.Spend.Keys(tx, old...)
	})
	return n, err
}

// drop removes all parcels of a person, those that have expired too.
func (r *Room) drop(tx *db.Tx, who id.ID) error {
	all, err := parcels(tx, selMine, who.Bucket(), int64(who))
	if err != nil || len(all) == 0 {
		return err
	}
	if _, err := tx.Exec(delParcels, who.Bucket(), int64(who)); err != nil {
		return err
	}
	return r.Spend.Keys(tx, all...)
}

func parcels(tx *db.Tx, s *db.Stmt, args ...any) (all []id.ID, err error) {
	err = tx.Each(s, func(scan db.Scan) error {
		var which id.ID
		err := scan(&which)
		all = append(all, which)
		return err
	}, args...)
	return all, err
}

// often is how often the parcels that have expired are looked for.
const often = time.Hour

// Run sweeps every hour until the context ends. Several nodes may.
func (r *Room) Run(ctx context.Context, failed func(error)) {
	tick := time.NewTicker(often)
	defer tick.Stop()
	for {
		if _, err := r.Sweep(ctx); err != nil && ctx.Err() == nil {
			failed(err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}
