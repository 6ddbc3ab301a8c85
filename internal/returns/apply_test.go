package returns

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kartotek/internal/bounce"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/dossier"
	"kartotek/internal/id"
	"kartotek/internal/party"
)

// TestApply takes mails from their text to what follows.
func TestApply(t *testing.T) {
	each(t, 10, func(t *testing.T, w *world) {
		unknown, full := "550 5.1.1 User unknown", "552 5.2.2 Mailbox full"
		named := func(i int) string {
			return "Message-ID: <" + w.sent[i].ID.String() + "." + w.sent[i].Campaign.String() + "@" + host + ">"
		}
		link := func(i int) string { return "List-Unsubscribe: <" + w.link(i) + ">" }
		for i, c := range []struct {
			what, mail string
			path       []string
			want       Done
			bad, no    bool // afterwards: the address is bad, marketing is forbidden
		}{
			0: {"hard, by the return path", dsn(addr(0), unknown), []string{w.path(0)}, Suppressed, true, false},
			1: {"hard, by the link", dsn(addr(1), unknown, link(1)), nil, Suppressed, true, false},
			2: {"full", dsn(addr(2), full), []string{strings.ToUpper(w.path(2))}, Noted, false, false},
			3: {"forwarded elsewhere", dsn("else@where.example", unknown), []string{w.path(3)}, Noted, false, false},
			4: {"forged link", dsn(addr(4), unknown, strings.ReplaceAll(link(4), "/u/", "/u/A")), nil, Stranger, false, false},
			5: {"forged return path", dsn(addr(5), unknown, link(5)), []string{"b-" + strings.Repeat("a", 26) + "-aaaaaaaaaa@" + host}, Stranger, false, false},
			6: {"somebody's letter", "From: a@b.example\nSubject: Hej\n\nHej", []string{w.path(6)}, Nothing, false, false},
			7: {"complaint by its link", arf(link(7)), nil, Forbidden, false, true},
			8: {"complaint by name and address", arf(named(8), "To: "+addr(8)), nil, Forbidden, false, true},
			9: {"complaint for somebody else's", arf(named(8), "To: "+addr(9)), nil, Stranger, false, false},
		} {
			if got := w.take(c.mail, c.path...); !slices.Equal(got, []Done{c.want}) {
				t.Errorf("%s: %v, want %s", c.what, got, c.want)
			}
			if got := w.reach(i).Has(party.BadEmail); got != c.bad {
				t.Errorf("%s: address bad %v", c.what, got)
			}
			if got := strings.Contains(w.standing(i), "all-marketing"); got != c.no {
				t.Errorf("%s: marketing forbidden %v", c.what, got)
			}
			if c.want == Suppressed || c.want == Noted || c.want == Forbidden {
				if got := w.take(c.mail, c.path...); !slices.Equal(got, []Done{Again}) {
					t.Errorf("%s, again: %v", c.what, got)
				}
			}
		}
		w.do(func(tx *db.Tx) error {
			n, err := w.Counts(tx, w.campaign)
			if err == nil && (n.Hard != 3 || n.Soft != 1 || n.Complaints != 2 || n.Bounced[bounce.Full] != 1 || n.ByClass()[bounce.OfAddress] != 3) {
				t.Errorf("counted %+v", n)
			}
			return err
		})
		if paused, err := w.Settle(t.Context(), tester); err != nil || len(paused) != 1 || !slices.Equal(w.judged, []id.ID{w.campaign}) {
			t.Error("judged", w.judged, paused, err)
		}
		if _, err := w.Settle(t.Context(), tester); err != nil || len(w.judged) != 1 {
			t.Error("judged again without a reason")
		}
	})
}

// TestGuesses holds that guessing Message-IDs ends in nothing: after some hundred wrong
// ones even a right one is not believed for a while, and then again.
func TestGuesses(t *testing.T) {
	c := clock.At(dbtest.Start)
	w := letters(t, dbtest.SQLite(t, schemas, dbtest.At(c)), c, 2)
	named := func(message id.ID, i int) string {
		return arf("Message-ID: <"+message.String()+"."+w.campaign.String()+"@"+host+">", "To: "+addr(i))
	}
	var wrong []Mail
	for n := range id.ID(guessesAnHour) {
		wrong = append(wrong, read(t, named(w.sent[0].ID+5+n, 0)))
	}
	if _, err := w.Take(t.Context(), tester, wrong); err != nil {
		t.Fatal(err)
	}
	right := named(w.sent[0].ID, 0)
	if got := w.take(right); got[0] != Stranger {
		t.Errorf("after %d guesses: %v", len(wrong), got)
	}
	if got := w.take(arf("List-Unsubscribe: <" + w.link(1) + ">")); got[0] != Forbidden {
		t.Errorf("a mail with a MAC meanwhile: %v", got)
	}
	w.clock.Move(time.Hour)
	if got := w.take(right); got[0] != Forbidden {
		t.Errorf("an hour later: %v", got)
	}
}

// TestStorm applies many mails about few messages, several at once: what follows does so once.
func TestStorm(t *testing.T) {
	each(t, 40, func(t *testing.T, w *world) {
		var mails []Mail
		for i := range 2000 {
			k := i % len(w.sent)
			mails = append(mails, read(t, dsn(addr(k), "550 5.1.1 User unknown"), w.path(k)))
		}
		counts := Counts{}
		for part := range slices.Chunk(mails, 100) {
			all, err := w.Take(t.Context(), tester, part)
			if err != nil {
				t.Fatal(err)
			}
			for _, res := range all {
				counts.Add(res)
			}
		}
		if got := counts.String(); got != "suppressed 40, again 1960" {
			t.Error(got)
		}
	})
}

// BenchmarkStorm is a bounce storm: 1 in 10 mails is new, the others came before.
func BenchmarkStorm(b *testing.B) {
	c := clock.At(dbtest.Start)
	d, err := db.Open(b.Context(), b.TempDir(), db.Options{Clock: c, Schema: schemas})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { d.Close() })
	w := letters(b, d, c, 5000)
	var raw []string
	for i := range w.sent {
		raw = append(raw, dsn(addr(i), fmt.Sprintf("550 5.1.1 User unknown %d", i)))
	}
	var mails []Mail
	b.ResetTimer()
	for i := range b.N {
		k := i / 10 % len(w.sent)
		mails = append(mails, read(b, raw[k], w.path(k)))
		if len(mails) == 100 || i == b.N-1 {
			if _, err := w.Take(b.Context(), tester, mails); err != nil {
				b.Fatal(err)
			}
			mails = mails[:0]
		}
	}
}

// TestNotes keeps a new address for somebody to judge, once, and changes nothing by itself.
func TestNotes(t *testing.T) {
	each(t, 3, func(t *testing.T, w *world) {
		reply := "From: <" + addr(0) + ">\nSubject: Autosvar\nAuto-Submitted: auto-replied\n\nMin nya e-postadress är ny@kund.example\n"
		for range 2 {
			if got := w.take(reply, w.path(0)); got[0] != Nothing {
				t.Error("done:", got)
			}
		}
		if got := w.take(reply, "b-a"+w.path(0)[3:]); got[0] != Stranger {
			t.Error("without a proof:", got)
		}
		w.take("From: <"+addr(1)+">\nSubject: Autosvar\nAuto-Submitted: auto-replied\n\nMin e-postadress är nu "+addr(1)+"\n", w.path(1))
		var waiting []Note
		list := func(tx *db.Tx) (err error) {
			n := 0
			if waiting, n, err = w.Waiting(tx, 10); err == nil && n != len(waiting) {
				t.Error("counted", n)
			}
			return err
		}
		if w.do(list); len(waiting) != 1 || waiting[0].Person != w.sent[0].Person || waiting[0].Address != "ny@kund.example" {
			t.Fatalf("waiting: %+v", waiting)
		}
		kept := func(who id.ID) (n int) {
			w.do(func(tx *db.Tx) error {
				n = 0
				return w.Export(tx, who, func(dossier.Record) error { n++; return nil })
			})
			return n
		}
		w.do(func(tx *db.Tx) error {
			p, _, err := w.Outbox.Party.Get(tx, w.sent[0].Person)
			if p.Email != addr(0) {
				t.Error("applied by itself")
			}
			return err
		})
		w.do(func(tx *db.Tx) error { return w.Move(tx, w.sent[0].Person, w.sent[2].Person) })
		if kept(w.sent[0].Person) != 0 || kept(w.sent[2].Person) != 1 {
			t.Error("not moved")
		}
		w.do(func(tx *db.Tx) error { return w.Judged(tx, w.sent[2].Person, waiting[0].ID) })
		if w.do(list); len(waiting) != 0 {
			t.Error("still waiting")
		}
		w.do(func(tx *db.Tx) error {
			held, err := w.Erase(tx, w.sent[2].Person, dossier.Plan{})
			if len(held) != 1 {
				t.Error("erased", held)
			}
			return err
		})
		if kept(w.sent[2].Person) != 0 {
			t.Error("not forgotten")
		}
	})
}
