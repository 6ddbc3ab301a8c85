package party

import (
	"testing"

	"kartotek/internal/address"
	"kartotek/internal/db"
	"kartotek/internal/nordic"
	"kartotek/internal/party/packed"
)

type anyField struct{}

func (anyField) HasField(string) bool { return true }

// BenchmarkLoad measures the database's share of an import: a person a turn,
// with indexes built afterwards.
func BenchmarkLoad(b *testing.B) {
	d, err := db.Open(b.Context(), b.TempDir(), db.Options{Schema: []db.Schema{Schema}})
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	r := &Room{DB: d, Catalogue: func() Catalogue { return anyField{} }}
	l := r.NewLoader()
	b.ResetTimer()
	load := func() error {
		for from := 0; from < b.N; from += 20000 {
			err := d.Do(b.Context(), db.System("bench"), func(tx *db.Tx) error {
				return l.Write(tx, drafts(tx, from, min(from+20000, b.N)))
			})
			if err != nil {
				return err
			}
		}
		return nil
	}
	if err := d.WithoutIndexes(b.Context(), BulkTables, load); err != nil {
		b.Fatal(err)
	}
}

func drafts(tx *db.Tx, from, to int) []*Draft {
	var out []*Draft
	for n := from; n < to; n++ {
		p := nordic.At(n, 2000)
		d := &Draft{New: true, KeyKind: "email", Person: Person{ID: tx.NewID(), FirstName: p.First, LastName: p.Last, Title: p.Title,
			Org: p.Org, City: p.City, Country: p.Country, Language: p.Language, Email: p.Email, Phone: p.Phone, Registered: tx.Now(), Changed: tx.Now()}}
		d.Key, _ = address.Email(p.Email)
		d.Fields = packed.Pack([]Pair{{Name: "industry", Value: p.Industry}, {Name: "postcode", Value: p.Postcode}, {Name: "street", Value: p.Street}})
		out = append(out, d)
	}
	return out
}
