package outbox_test

import (
	"testing"
	"time"

	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/id"
	"kartotek/internal/outbox"
	"kartotek/internal/outbox/past"
	"kartotek/internal/permit"
)

// sent is an outcome as a relay's session gives it.
var sent = outbox.Outcome{State: outbox.Sent, Reply: outbox.Reply{Code: 250, Enhanced: "2.0.0", Text: "taken"}, Verb: "DOT", Carrier: 1}

func queued(campaign id.ID, n int) []outbox.Message {
	all := make([]outbox.Message, n)
	for i := range all {
		all[i] = outbox.Message{ID: campaign<<20 + id.ID(i), Person: id.ID(i + 1), Campaign: campaign, Class: permit.Marketing, Purpose: "newsletter", Channel: "email", State: outbox.Queued, Pack: "FI-2026"}
	}
	return all
}

// TestCarriers holds that a message keeps every processor whose relay was told of it, of
// each try and however it ended, and that one whose sender died says that it is one of them.
func TestCarriers(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		all := queued(77, 3)
		w.do(func(tx *db.Tx) error { return w.Add(tx, all) })
		settle := func(i int, o outbox.Outcome) {
			t.Helper()
			m := &all[i]
			m.Attempt, m.HandedAt = m.Attempt+1, w.DB.Now().UnixMilli()
			w.do(func(tx *db.Tx) error { return w.NewGroup().Settle(tx, 77, []outbox.Settled{{Message: m, Outcome: o}}) })
		}
		settle(0, outbox.Outcome{State: outbox.Retry, Carrier: 4})
		settle(0, sent)
		settle(1, outbox.Outcome{State: outbox.Retry, Verb: "CONNECT"})
		w.do(func(tx *db.Tx) error {
			return w.Resume(tx, 77, outbox.Hands([]*outbox.Ready{{Message: outbox.Message{Person: all[2].Person, Attempt: 1}}}), 5)
		})
		w.do(func(tx *db.Tx) error {
			_, err := w.Orphans(tx, outbox.Draft{Campaign: 77}, outbox.Range{Hi: id.Buckets - 1}, 10)
			return err
		})
		for i, want := range []int64{5, 0, outbox.SomeCarrier} {
			w.do(func(tx *db.Tx) error {
				got, err := past.Carried(tx, all[i].Person)
				if want == 0 && len(got) != 0 || want != 0 && (len(got) != 1 || got[0].Carriers != want || got[0].N != 1) {
					t.Errorf("%d: %+v, want %d", i, got, want)
				}
				return err
			})
		}
	})
}

// BenchmarkSettle records what became of 10,000 messages of a campaign, twenty at a
// time as a send does.
func BenchmarkSettle(b *testing.B) {
	const many, group = 10_000, 20
	d, err := db.Open(b.Context(), b.TempDir(), db.Options{Schema: schemas})
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	r := open(d)
	g, spent, n := r.NewGroup(), time.Duration(0), 0
	for b.Loop() {
		campaign := id.ID(100 + n)
		all := queued(campaign, many)
		if err := d.Do(b.Context(), by, func(tx *db.Tx) error { return r.Add(tx, all) }); err != nil {
			b.Fatal(err)
		}
		start := cpu()
		for from := 0; from < many; from += group {
			some := make([]outbox.Settled, group)
			for i := range some {
				m := &all[from+i]
				m.Attempt, m.HandedAt = 1, dbtest.Start.UnixMilli()
				some[i] = outbox.Settled{Message: m, Outcome: sent}
			}
			if err := d.Do(b.Context(), by, func(tx *db.Tx) error { return g.Settle(tx, campaign, some) }); err != nil {
				b.Fatal(err)
			}
		}
		spent, n = spent+cpu()-start, n+many
	}
	b.ReportMetric(float64(spent.Nanoseconds())/1000/float64(n), "µsCPU/message")
}
