package e2e

import (
	"bytes"
	"context"
	"database/sql"
	"strings"
	"syscall"
	"testing"
	"time"

	"kartotek/internal/nordic"
)

// eventually asks a register again and again until a query answers 1.
func eventually(t *testing.T, d *sql.DB, query string) {
	t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		n := 0
		if err := d.QueryRow(query).Scan(&n); err != nil {
			t.Fatal(err)
		}
		if n == 1 {
			return
		}
		select {
		case <-again.C:
		case <-late.C:
			t.Fatalf("never: %s", query)
		}
	}
}

// TestServerGoesOn is a newsletter and an import whose processes died: the server
// finishes both by itself, though it dies on the way too.
func TestServerGoesOn(t *testing.T) {
	const people = 500
	s, mail := consenting(t, many(people)...), catch(t)
	until := func(n int) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		if err := mail.Wait(ctx, n); err != nil {
			t.Fatalf("waiting for mail %d: %v", n, err)
		}
	}
	p := start(t, s.with("campaign", "send", letter(t, "Letter", "newsletter", "marketing"), "--smtp", mail.URL())...)
	until(60)
	p.kill()
	var buf bytes.Buffer
	if err := nordic.Listmonk(&buf, 20_000, 400); err != nil {
		t.Fatal(err)
	}
	p = start(t, s.with("import", write(t, "subscribers.csv", buf.String()))...)
	p.warns(t, "rows")
	p.kill()
	first, _ := serve(t, append(s, "--smtp", mail.URL())...)
	until(max(150, mail.Count()+1))
	first.kill()
	second, _ := serve(t, append(s, "--smtp", mail.URL())...)
	d := s.open(t)
	eventually(t, d, `SELECT count(*) FROM campaigns WHERE state = 'done'`)
	eventually(t, d, `SELECT count(*) FROM imports WHERE state = 'done' AND import_id = (SELECT max(import_id) FROM imports)`)
	agrees(t, s.states(t, "Letter"), mail)
	if n := counts(t, d, `SELECT 'people', count(*) FROM persons`)["people"]; n != people+20_000 {
		t.Errorf("%d people", n)
	}
	if r := second.end(t, syscall.SIGTERM); r.code != 0 || strings.Contains(r.err, "panic") {
		t.Errorf("%+v", r)
	}
	done(t, s.with("verify")...)
}
