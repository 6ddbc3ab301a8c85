package gauge_test

import (
	"testing"

	"kartotek/internal/config"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/gauge"
	"kartotek/internal/packet"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// engines runs a test on a new register of either engine.
func engines(t *testing.T, test func(t *testing.T, h gauge.House, store config.Store)) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			store := config.Store{Data: t.TempDir()}
			if engine == "postgres" {
				store = config.Store{DSN: dbtest.Empty(t), Keys: t.TempDir() + "/keys"}
			}
			h, err := gauge.OpenBench(t.Context(), store)
			if err != nil {
				t.Fatal(err)
			}
			defer h.Close()
			test(t, h, store)
		})
	}
}

// TestAskedInSets: the statements a package takes do not grow with what there is of the
// person, but for the pages of the log.
func TestAskedInSets(t *testing.T) {
	engines(t, func(t *testing.T, h gauge.House, _ config.Store) {
		var asked [2]int
		for i, events := range []int{20, 1000} {
			who, err := h.BenchHeavy(t.Context(), events)
			if err != nil {
				t.Fatal(err)
			}
			p, err := h.Packet.Build(t.Context(), db.System("test"), who, packet.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if asked[i] = p.Asked; p.Records() < events*9/10 {
				t.Errorf("%d records of %d events", p.Records(), events)
			}
		}
		if asked[0] != asked[1] || asked[0] > 50 {
			t.Errorf("%d statements for 20 events, %d for 1,000", asked[0], asked[1])
		}
	})
}
