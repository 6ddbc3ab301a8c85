package outbox_test

import (
	"flag"
	"fmt"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"kartotek/internal/address"
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/ledger"
	"kartotek/internal/nordic"
	"kartotek/internal/outbox"
	"kartotek/internal/party"
	"kartotek/internal/party/packed"
)

var people = flag.Int("people", 100_000, "people in the benchmark's register")

// BenchmarkDecide decides a whole register for one purpose and channel, and
// compares with reading the same two tables and doing nothing.
func BenchmarkDecide(b *testing.B) {
	d, err := db.Open(b.Context(), b.TempDir(), db.Options{Schema: schemas})
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	r := open(d)
	if err := d.WithoutIndexes(b.Context(), party.BulkTables, func() error { return populate(b, r, *people) }); err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	b.Run("scan", func(b *testing.B) { perPerson(b, func() int { return scan(b, r) }) })
	b.Run("decide", func(b *testing.B) { perPerson(b, func() int { return decide(b, r) }) })
}

// perPerson reports CPU time of the whole process by person, and the memory a walk needs.
func perPerson(b *testing.B, walk func() int) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start, n := cpu(), 0
	for b.Loop() {
		n += walk()
	}
	spent := cpu() - start
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(spent.Nanoseconds())/1000/float64(n), "µsCPU/person")
	b.ReportMetric(float64(after.Mallocs-before.Mallocs)/float64(n), "allocs/person")
	b.ReportMetric(float64(after.HeapSys)/(1<<20), "MBheap")
}

func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func scan(b *testing.B, r *outbox.Room) (n int) {
	var stands []ledger.Stand
	var parts []outbox.Range
	if err := r.DB.View(b.Context(), by, func(tx *db.Tx) (err error) { parts, err = r.Ranges(tx); return err }); err != nil {
		b.Fatal(err)
	}
	for _, part := range parts {
		err := r.DB.View(b.Context(), by, func(tx *db.Tx) (err error) {
			if stands, err = r.Ledger.Range(tx, part.Lo, part.Hi, stands[:0]); err != nil {
				return err
			}
			return r.Party.Scan(tx, part.Lo, part.Hi, func(*party.Person) error { n++; return nil })
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	return n
}

func decide(b *testing.B, r *outbox.Room) (n int) {
	allowed := 0
	err := r.DecideAll(b.Context(), by, ask("newsletter", "email", time.Now()), nil, func(s *outbox.Subject) error {
		n++
		if s.Verdict.Allowed {
			allowed++
		}
		return nil
	})
	if err != nil || n != *people || allowed == 0 || allowed == n {
		b.Fatal(n, allowed, err)
	}
	return n
}

// populate fills a register in bulk: half consented, a tenth objected, some withdrew.
func populate(b *testing.B, r *outbox.Room, n int) error {
	load := r.Party.NewLoader()
	var batch ledger.Batch
	for from := 0; from < n; from += 20_000 {
		err := r.DB.Do(b.Context(), by, func(tx *db.Tx) error {
			drafts := draw(tx, from, min(from+20_000, n))
			if err := load.Write(tx, drafts); err != nil {
				return err
			}
			batch.Reset()
			for i, d := range drafts {
				said := saidBy(i)
				if err := batch.Add(tx, d.ID, nil, make([]*ledger.Evidence, len(said)), said); err != nil {
					return err
				}
			}
			return r.Ledger.Write(tx, &batch)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func saidBy(i int) (said []ledger.Entry) {
	if i%2 == 0 {
		said = append(said, yes("newsletter", "email"))
	}
	if i%10 == 3 {
		said = append(said, no("channel:email"))
	}
	if i%10 == 4 {
		said = append(said, ledger.Entry{Kind: ledger.Withdrawal, Purpose: "newsletter", Channel: "email", SaidBy: ledger.ByPerson, Method: "preferences"})
	}
	return said
}

func draw(tx *db.Tx, from, to int) []*party.Draft {
	var out []*party.Draft
	for n := from; n < to; n++ {
		p := nordic.At(n, 2000)
		d := &party.Draft{New: true, KeyKind: "email", Person: party.Person{ID: tx.NewID(), FirstName: p.First, LastName: p.Last, Title: p.Title,
			Org: p.Org, City: p.City, Country: p.Country, Language: p.Language, Email: fmt.Sprintf("p%d.%s", n, p.Email), Registered: tx.Now(), Changed: tx.Now()}}
		d.Key, _ = address.Email(d.Email)
		d.Fields = packed.Pack([]party.Pair{{Name: "industry", Value: p.Industry}, {Name: "postcode", Value: p.Postcode}, {Name: "street", Value: p.Street}})
		out = append(out, d)
	}
	slices.SortFunc(out, func(a, b *party.Draft) int { return order(a.ID, b.ID) })
	return out
}

func order(a, b id.ID) int {
	if x := a.Bucket() - b.Bucket(); x != 0 {
		return x
	}
	return int(a - b)
}
