package relay

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"

	"kartotek/internal/catcher"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/outbox"
	ours "kartotek/internal/outbox/dkim"
	"kartotek/internal/outbox/preflight"
)

// TestProcessors holds that a relay is used only while the notice lists who runs it
// as a processor, under contract, and with a tool for the transfer.
func TestProcessors(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := server(t, nil)
		for processor, want := range map[string]string{"mail-relay": "", "all": "", "far-listed": "", "far-clauses": "",
			"nobody": "relay.not_listed", "bank": "relay.not_listed", "unsigned": "relay.no_contract", "over": "relay.no_contract", "to-come": "relay.no_contract",
			"blind": "relay.not_given", "far": "relay.no_transfer", "far-unlisted": "relay.no_transfer", "far-unassessed": "relay.no_transfer",
			"far-now-and-then": "relay.no_transfer", "far-over": "relay.no_transfer"} {
			err := w.DB.Do(t.Context(), by, func(tx *db.Tx) error {
				_, err := w.Add(tx, Relay{Name: processor, URL: s.URL(), Recipient: processor})
				return err
			})
			if got := keyOf(err); got != want {
				t.Errorf("%s: %q, want %q", processor, got, want)
			}
		}
		w.do(func(tx *db.Tx) error {
			for _, name := range []string{"all", "far-listed", "far-clauses"} {
				if err := w.Disable(tx, name); err != nil {
					return err
				}
			}
			return nil
		})
		w.clock.move(rereadAfter)
		if out := w.send("", "asta@people.example"); out.State != outbox.Sent {
			t.Errorf("%+v", out)
		}
		w.notice.Recipients[0].Contract = nil // it ends while the relay is in use
		w.clock.move(rereadAfter)
		if out := w.send("", "asta@people.example"); out.State != outbox.Queued || !strings.Contains(out.Reply.Text, "contract") {
			t.Errorf("%+v", out)
		}
		if n := len(s.Taken()); n != 1 {
			t.Errorf("%d mails", n)
		}
	})
}

func keyOf(err error) string {
	if err == nil {
		return ""
	}
	return fault.KeyOf(err)
}

func TestRelaysAreChecked(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		good := Relay{Name: "post", URL: "smtps://user:secret@relay.example:465", Recipient: "mail-relay"}
		w.add(good)
		for want, change := range map[string]func(*Relay){
			"relay.taken": func(*Relay) {}, "relay.name": func(a *Relay) { a.Name = "Ö" }, "relay.pool": func(a *Relay) { a.Name, a.Pool = "b", "x y" },
			"relay.url": func(a *Relay) { a.Name, a.URL = "b", "https://relay.example" }, "relay.order": func(a *Relay) { a.Name, a.Weight = "b", 1000 },
			"relay.limits": func(a *Relay) { a.Name, a.Rate = "b", -1 },
		} {
			a := good
			change(&a)
			if err := w.DB.Do(t.Context(), by, func(tx *db.Tx) error { _, err := w.Add(tx, a); return err }); keyOf(err) != want {
				t.Errorf("%s: %v", want, err)
			}
		}
		w.do(func(tx *db.Tx) error {
			all, err := w.List(tx)
			if err != nil {
				return err
			}
			if len(all) != 1 || all[0].URL != good.URL || all[0].Host != "relay.example:465" || all[0].State != Active {
				t.Errorf("%+v", all[0])
			}
			return nil
		})
	})
}

// TestFailover holds that mail goes on when relays die, by priority, and comes back
// to them when they are well.
func TestFailover(t *testing.T) {
	w := small(t)
	good, spare := server(t, nil), server(t, nil)
	dead := server(t, nil)
	dead.Close()
	w.add(Relay{Name: "dead", URL: dead.URL()})
	w.add(Relay{Name: "good", URL: good.URL()})
	w.add(Relay{Name: "spare", URL: spare.URL(), Priority: 5})
	for range 40 {
		if out := w.send("", "asta@people.example"); out.State != outbox.Sent {
			t.Fatalf("%+v", out)
		}
	}
	if len(good.Taken()) != 40 {
		t.Errorf("%d through the good one", len(good.Taken()))
	}
	good.Close()
	for range 10 {
		if out := w.send("", "asta@people.example"); out.State != outbox.Sent {
			t.Fatalf("%+v", out)
		}
	}
	if len(spare.Taken()) != 10 {
		t.Errorf("%d through the spare one", len(spare.Taken()))
	}
	spare.Close()
	if out := w.send("", "asta@people.example"); out.State != outbox.Queued {
		t.Errorf("with none alive: %+v", out)
	}
}

func TestPools(t *testing.T) {
	w := small(t)
	common, bulk := server(t, nil), server(t, nil)
	w.add(Relay{Name: "common", URL: common.URL()})
	w.add(Relay{Name: "bulk", URL: bulk.URL(), Pool: "bulk"})
	for range 3 {
		w.send("", "asta@people.example")
		w.send("bulk", "asta@people.example")
	}
	if len(common.Taken()) != 3 || len(bulk.Taken()) != 3 {
		t.Errorf("%d and %d", len(common.Taken()), len(bulk.Taken()))
	}
	if out := w.send("other", "asta@people.example"); out.State != outbox.Queued {
		t.Errorf("a pool without relays: %+v", out)
	}
}

// TestCarriers holds that an outcome names the processor whose relay was told of the
// address: by a number that stays when the relay is another's or disabled.
func TestCarriers(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		one, away := server(t, nil), server(t, nil)
		away.Close()
		w.add(Relay{Name: "one", URL: one.URL()})
		first := w.send("", "asta@people.example").Carrier
		w.do(func(tx *db.Tx) error { _, err := w.Change(tx, Relay{Name: "one", Recipient: "all"}); return err })
		w.clock.move(rereadAfter)
		second := w.send("", "asta@people.example").Carrier
		w.do(func(tx *db.Tx) error { return w.Disable(tx, "one") })
		w.add(Relay{Name: "gone", URL: away.URL()})
		if none := w.send("", "asta@people.example").Carrier; none != 0 {
			t.Errorf("a relay that was not reached: %d", none)
		}
		for bits, want := range map[int64]string{first: "[mail-relay]", second: "[all]", first | second: "[all mail-relay]", outbox.SomeCarrier: "[all mail-relay]", 0: "[]"} {
			w.do(func(tx *db.Tx) error {
				got, err := w.Carriers(tx, bits)
				if slices.Sort(got); fmt.Sprint(got) != want {
					t.Errorf("%b: %v, want %s", bits, got, want)
				}
				return err
			})
		}
	})
}

// TestSilentRelay holds that a relay that answers nothing does not hold up the next.
func TestSilentRelay(t *testing.T) {
	w := small(t)
	hang := server(t, func(string, string) catcher.Act { return catcher.Act{Wait: time.Hour} })
	good := server(t, nil)
	w.add(Relay{Name: "a-hangs", URL: hang.URL()})
	w.add(Relay{Name: "good", URL: good.URL()})
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	start := time.Now()
	for range 20 {
		s, err := w.Pool().Open(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if out := s.Send(ctx, letter("asta@people.example", 1), yes); out.State != outbox.Sent {
			t.Fatalf("%+v", out)
		}
		s.Close()
	}
	if took := time.Since(start); took > 3*hedgeAfter {
		t.Errorf("twenty letters took %v", took)
	}
}

// TestPacing holds that a receiver that says it is too much is left alone, with its
// messages due one after another, and that other receivers go on.
func TestPacing(t *testing.T) {
	w := small(t)
	busy := true
	s := server(t, func(verb, to string) catcher.Act {
		if verb == "RCPT" && strings.HasSuffix(to, "@busy.example") && busy {
			return catcher.Act{Reply: "421 4.7.28 unusual rate of mail"}
		}
		return catcher.Act{}
	})
	w.add(Relay{Name: "post", URL: s.URL()})
	open := func() *session {
		c, err := w.Pool().Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return c.(*session)
	}
	c := open()
	if until := c.Hold("a@busy.example"); !until.IsZero() {
		t.Fatalf("held until %v before anything is known", until)
	}
	if out := c.Send(t.Context(), letter("a@busy.example", 1), yes); out.State != outbox.Retry {
		t.Fatalf("%+v", out)
	}
	c.Close()
	c = open()
	defer func() { c.Close() }()
	var last time.Time
	for range 3 {
		until := c.Hold("b@busy.example")
		if until.Before(w.clock.Now().Add(10*time.Second)) || until.Before(last) {
			t.Errorf("held until %v", until)
		}
		last = until
	}
	if until := c.Hold("c@calm.example"); !until.IsZero() {
		t.Errorf("another receiver waits until %v", until)
	}
	if out := c.Send(t.Context(), letter("c@calm.example", 2), yes); out.State != outbox.Sent {
		t.Errorf("%+v", out)
	}
	busy = false
	w.clock.move(31 * time.Second)
	if until := c.Hold("d@busy.example"); !until.IsZero() {
		t.Errorf("still held until %v", until)
	}
}

// TestMemory holds that what was learnt and counted is there after a restart.
func TestMemory(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := server(t, func(verb, to string) catcher.Act {
			switch {
			case verb == "RCPT" && strings.HasPrefix(to, "limited"):
				return catcher.Act{Reply: "450 4.7.1 too many messages"}
			case verb == "RCPT" && strings.HasPrefix(to, "gone"):
				return catcher.Act{Reply: "550 5.1.1 user unknown"}
			case verb == "DOT" && strings.HasPrefix(to, "spam"):
				return catcher.Act{Reply: "554 5.7.1 message refused by policy"}
			}
			return catcher.Act{}
		})
		w.add(Relay{Name: "post", URL: s.URL()})
		for _, to := range []string{"a@x.example", "b@x.example", "gone@x.example", "spam@y.example", "limited@z.example"} {
			w.send("", to)
		}
		if err := w.Pool().Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		next := newWorld(t, w.DB, w.clock)
		c, err := next.Pool().Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if until := c.(*session).Hold("somebody@z.example"); until.IsZero() {
			t.Error("the pause is forgotten")
		}
		var h *Health
		out := &outbox.Room{DB: w.DB, Keys: w.Keys}
		w.do(func(tx *db.Tx) (err error) { h, err = next.Health(tx, out, 7); return err })
		if n := h.Relays[0].Counts; n != (Counts{Taken: 2, Limited: 1, Address: 1, Policy: 1}) || len(h.Days) != 7 || h.Days[6].Counts != n || h.Days[0].Answered() != 0 {
			t.Errorf("%+v", h)
		}
		i := slices.IndexFunc(h.Providers, func(p Provider) bool { return p.Name == "z.example" })
		if i < 0 || h.Providers[0].Name != "x.example" || h.Providers[i].Until.IsZero() || h.Providers[i].Strikes != 1 {
			t.Errorf("%+v", h.Providers)
		}
	})
}

// TestSigned has our mail verified by another's code, with each kind of key, and
// also when it was announced.
func TestSigned(t *testing.T) {
	w := small(t)
	s := server(t, nil)
	dns := &names{text: map[string][]string{}}
	w.Resolver = dns
	w.add(Relay{Name: "post", URL: s.URL()})
	w.do(func(tx *db.Tx) error {
		for _, kind := range []ours.Kind{ours.Ed25519, ours.RSA} {
			k, err := w.MakeKey(tx, "nordanvind.example", kind)
			if err != nil {
				return err
			}
			dns.set("TXT "+k.Name(), k.Record)
			if err := w.Use(tx, k.Domain, k.Selector); err != nil {
				return err
			}
		}
		return nil
	})
	w.clock.move(rereadAfter)
	c, err := w.Pool().Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for i := range 4 {
		l, next := letter("asta@people.example", 1), letter("olle@people.example", 2)
		if i%2 == 1 {
			l = next
		} else if i < 2 {
			c.(*session).Next(next)
		}
		if i < 2 || i == 3 {
			if out := c.Send(t.Context(), l, yes); out.State != outbox.Sent {
				t.Fatalf("%d: %+v", i, out)
			}
		}
	}
	if len(s.Mails()) != 3 {
		t.Fatalf("%d mails", len(s.Mails()))
	}
	for i, mail := range s.Mails() {
		all, err := dkim.VerifyWithOptions(bytes.NewReader([]byte(mail)), &dkim.VerifyOptions{LookupTXT: func(name string) ([]string, error) { return dns.LookupTXT(t.Context(), name) }})
		if err != nil || len(all) != 2 || all[0].Err != nil || all[1].Err != nil {
			t.Errorf("mail %d: %v %+v\n%s", i, err, all, mail)
		}
	}
	w.do(func(tx *db.Tx) error {
		a, err := w.Named(tx, "post")
		if err != nil {
			return err
		}
		a.Signs = true
		_, err = w.Change(tx, *a)
		return err
	})
	w.clock.move(rereadAfter)
	if w.send("", "asta@people.example"); strings.Contains(s.Mails()[3], "DKIM-Signature") {
		t.Error("a relay that signs is given a signed mail")
	}
}

// TestKeyLife follows a key from making to removal without anybody's doing but the
// two entries in DNS.
func TestKeyLife(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		dns := &names{text: map[string][]string{}}
		w.Resolver = dns
		var first *Key
		w.do(func(tx *db.Tx) (err error) {
			first, err = w.MakeKey(tx, "Nordanvind.example", ours.Ed25519)
			return err
		})
		day := func(n int) []*Key {
			t.Helper()
			w.clock.move(time.Duration(n) * 24 * time.Hour)
			if err := w.Upkeep(t.Context()); err != nil {
				t.Fatal(err)
			}
			var all []*Key
			w.do(func(tx *db.Tx) (err error) { all, err = w.DKIM(tx); return err })
			return all
		}
		if all := day(3); all[0].State != KeyNew || !all[0].Seen.IsZero() {
			t.Errorf("not in DNS: %+v", all[0])
		}
		dns.set("TXT "+first.Name(), first.Record)
		if all := day(1); all[0].State != KeyNew || all[0].Seen.IsZero() {
			t.Errorf("just seen: %+v", all[0])
		}
		if all := day(2); all[0].State != KeyActive {
			t.Errorf("seen for long: %+v", all[0])
		}
		all := day(181)
		if len(all) != 2 || all[1].State != KeyNew || all[0].State != KeyActive {
			t.Fatalf("half a year later: %d keys", len(all))
		}
		dns.set("TXT "+all[1].Name(), all[1].Record)
		day(1)
		if all = day(2); all[0].State != KeyRetired || all[1].State != KeyActive {
			t.Errorf("changed: %+v %+v", all[0], all[1])
		}
		if all = day(9); len(all[0].sealed) != 0 || len(all[1].sealed) == 0 {
			t.Error("a key long retired is still kept")
		}
	})
}

// TestReady holds that what is not known makes a send wait and what is wrong stops it.
func TestReady(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		dns := &names{text: map[string][]string{"TXT nordanvind.example": {"v=spf1 mx -all"}, "TXT _dmarc.nordanvind.example": {"v=DMARC1; p=none; rua=mailto:d@nordanvind.example"},
			"MX nordanvind.example": {"mx.nordanvind.example"}, "A mx.nordanvind.example": {"192.0.2.1"}, "A relay.example": {"192.0.2.1"}}}
		w.Resolver = dns
		w.add(Relay{Name: "post", URL: "smtp://relay.example"})
		ready := func(want preflight.Verdict, after time.Duration) *Look {
			t.Helper()
			w.clock.move(after)
			v, l, err := w.Ready(t.Context(), "nordanvind.example", true)
			if err != nil || v != want {
				t.Errorf("%s: %v, %+v", v, err, l)
			}
			return l
		}
		if l := ready(preflight.Stop, 0); !slices.ContainsFunc(l.Findings, func(f preflight.Finding) bool { return f.Code == "dkim.none" }) {
			t.Errorf("%+v", l.Findings)
		}
		var k *Key
		w.do(func(tx *db.Tx) (err error) { k, err = w.MakeKey(tx, "nordanvind.example", ours.RSA); return err })
		dns.set("TXT "+k.Name(), k.Record)
		ready(preflight.Stop, time.Minute) // the answer is kept a while
		ready(preflight.Go, stopFor)
		dns.set("TXT nordanvind.example", "!")
		ready(preflight.Go, time.Hour)
		ready(preflight.Pause, goodFor)
		dns.set("TXT nordanvind.example", "v=spf1 mx -all")
		ready(preflight.Go, unknownFor)
		w.Local = true
		dns.set("TXT nordanvind.example")
		if v, l, err := w.Ready(t.Context(), "nordanvind.example", true); v != preflight.Go || l != nil || err != nil {
			t.Errorf("at home: %v %v %v", v, l, err)
		}
	})
}

func TestFromDomain(t *testing.T) {
	for mail, want := range map[string]string{
		"From: a@b.example\r\n\r\n": "b.example", "To: x@y\r\nFrom: N <a@B.example>\r\nX: z@w\r\n\r\n": "b.example", "From: \"x@y\"\r\n <a@b.example>\r\n\r\n": "b.example",
		"To: x@y\r\n\r\n": "", "From:": "", "From: nobody\r\n\r\n": "", "": "",
	} {
		if got := string(fromDomain([]byte(mail))); got != want {
			t.Errorf("%q: %q", mail, got)
		}
	}
}
