package returns

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/fault"
	"kartotek/internal/seal"
)

// A mailbox of another use is read beside that of returning mail: each mail is handed
// on whole with the time the mailbox took it; what is kept elsewhere leaves.
func TestHandBox(t *testing.T) {
	for _, security := range []string{SecurityNone, SecurityTLS} {
		c := clock.At(dbtest.Start)
		m := serveMailbox(t, security)
		var got []string
		r := &Room{DB: dbtest.SQLite(t, schemas, dbtest.At(c)), Keys: seal.Fixed([32]byte{9}), TLS: m.trust}
		r.Hand = func(_ context.Context, _ db.By, raw []byte, at time.Time) (Handed, error) {
			subject, _, _ := strings.Cut(string(raw), "\r\n")
			got = append(got, fmt.Sprint(subject, " ", len(raw), " ", at.UTC().Format(time.DateOnly)))
			switch {
			case bytes.Contains(raw, []byte("Subject: whole")):
				return Taken, nil
			case bytes.Contains(raw, []byte("Subject: part")):
				return Partly, nil
			}
			return Left, nil
		}
		w := &world{Room: r, t: t, clock: c}
		at := func(folder, mail string, when time.Time) {
			t.Helper()
			if _, err := m.user.Append(folder, literal{strings.NewReader(mail)}, &imap.AppendOptions{Time: when}); err != nil {
				t.Fatal(err)
			}
		}
		day := time.Date(2026, 11, 20, 22, 0, 0, 0, time.UTC)
		if err := m.user.Create("Handled", nil); err != nil {
			t.Fatal(err)
		}
		at("Handled", "Subject: long ago\r\n\r\nx", dbtest.Start.AddDate(0, -2, 0))
		big := "Subject: whole\r\n\r\n" + strings.Repeat("x", 3<<20)
		at("INBOX", big, day)
		at("INBOX", "Subject: part\r\n\r\nx", day)
		at("INBOX", "Subject: newsletter\r\n\r\nx", day)
		w.do(func(tx *db.Tx) error { return w.SaveBox(tx, m.BoxSettings) })
		w.run()
		want := []string{fmt.Sprint("Subject: whole ", len(big), " 2026-11-20"), "Subject: part 18 2026-11-20", "Subject: newsletter 24 2026-11-20"}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%s: handed %q, want %q", security, got, want)
		}
		if b := w.box(); b.Error != "" || b.Handled != 2 {
			t.Errorf("%+v", b)
		}
		if in, moved := m.count(t, "INBOX"), m.count(t, "Handled"); in != 1 || moved != 1 {
			t.Errorf("%s: %d mails are left, %d moved; what was moved two months ago should be gone", security, in, moved)
		}
		w.clock.Move(pollEvery)
		w.run()
		if len(got) != 3 {
			t.Errorf("handed again: %q", got[3:])
		}
		bounces := &Room{DB: r.DB, Keys: r.Keys}
		w.do(func(tx *db.Tx) error {
			if _, found, err := bounces.Box(tx); found || err != nil {
				t.Error("the mailbox of requests is taken for that of returning mail", err)
			}
			return nil
		})
	}
}

// The listener hands on what comes for the addresses of requests; a mail sent to many
// is refused so that its sender knows, and what cannot be taken now is tried again.
func TestListenAsks(t *testing.T) {
	for _, place := range []string{"smtp://127.0.0.1:0", "lmtp://127.0.0.1:0"} {
		w, l := listening(t, place, 1)
		var got int
		w.AskNames = []string{"privacy"}
		w.Ask = func(_ context.Context, _ db.By, raw []byte) error {
			switch {
			case bytes.Contains(raw, []byte("List-Id")):
				return ErrBulk
			case bytes.Contains(raw, []byte("flood")):
				return fault.New(fault.TooMany, "x", "later")
			}
			got = len(raw)
			return nil
		}
		c := client(t, l)
		for _, x := range []struct {
			mail, to string
			want     int
		}{
			{"Subject: x\n\n" + strings.Repeat("word \n", 400_000), "Privacy@" + host, 250},
			{"List-Id: <x>\n\nx", "privacy@" + host, 550},
			{"Subject: flood\n\nx", "privacy@" + host, 451},
			{"Subject: x\n\nx", "privacy@elsewhere.example", 550},
			{"Subject: x\n\nx", "tietosuoja@" + host, 550},
		} {
			if code := hand(c, x.mail, x.to); code != x.want {
				t.Errorf("%s to %s: %d, want %d", place, x.to, code, x.want)
			}
		}
		if got < 2_000_000 {
			t.Errorf("%d bytes were handed on", got)
		}
	}
}
