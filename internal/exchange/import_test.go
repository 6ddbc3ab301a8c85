package exchange

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/ledger"
	"kartotek/internal/nordic"
	"kartotek/internal/noticedef"
	"kartotek/internal/party"
	"kartotek/internal/seal"
)

var testSchemas = []db.Schema{audit.Schema, party.Schema, ledger.Schema, Schema}

func testRoom(tb testing.TB, d *db.DB) *Room {
	n, findings := noticedef.Parse("nordanvind.yaml", noticedef.DemoNotice())
	if n == nil {
		tb.Fatal(findings)
	}
	p := &party.Room{DB: d, Catalogue: func() party.Catalogue { return listed{n} }}
	return &Room{DB: d, Party: p, Ledger: &ledger.Room{DB: d, Keys: seal.Fixed([32]byte{7})}, Folder: tb.TempDir(),
		Notice: func() (*noticedef.Notice, int, error) { return n, 1, nil }}
}

type listed struct{ n *noticedef.Notice }

func (l listed) HasField(name string) bool { _, ok := l.n.Field(name); return ok }

// BenchmarkImport is the whole import of a listmonk export, eleven attributes a
// person, into an empty register: read, map, decide, store, build indexes.
func BenchmarkImport(b *testing.B) {
	file := filepath.Join(b.TempDir(), "listmonk.csv")
	f, err := os.Create(file)
	if err != nil {
		b.Fatal(err)
	}
	if err := nordic.Listmonk(f, b.N, 20000); err != nil {
		b.Fatal(err)
	}
	f.Close()
	d, err := db.Open(b.Context(), b.TempDir(), db.Options{Schema: testSchemas})
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	r := testRoom(b, d)
	b.ResetTimer()
	m, err := r.Begin(b.Context(), db.System("bench"), []string{file}, Options{})
	if err != nil {
		b.Fatal(err)
	}
	m, err = r.Run(b.Context(), m.ID, nil, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.StopTimer()
	var ms runtime.MemStats
	runtime.ReadMemStats(&ms)
	out, _ := json.Marshal(m.Counts)
	b.Logf("%s sys %d MB", out, ms.Sys>>20)
	if m.Counts.PeopleCreated != b.N {
		b.Fatalf("created %d of %d", m.Counts.PeopleCreated, b.N)
	}
}
