package outbox_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"kartotek/internal/db"
	"kartotek/internal/outbox"
	"kartotek/internal/outbox/suppress"
	"kartotek/internal/party"
	"kartotek/internal/permit"
)

func (w *world) readList(name, kind, text string) (suppress.List, int64) {
	w.t.Helper()
	l, wrong, err := w.Holds().ReplaceList(w.t.Context(), by, suppress.List{Name: name, Kind: kind, Class: outbox.HoldMarketing, Source: "file", Country: "SE"}, suppress.ReadAddresses(strings.NewReader(text), ""), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return l, wrong
}

func (w *world) held(kind, value string) (h outbox.Held) {
	w.t.Helper()
	w.do(func(tx *db.Tx) error {
		all, err := w.Check(tx, kind, []string{value})
		h = all[value]
		return err
	})
	return h
}

// TestListsAreReplaced holds that a list holds what was read last and nothing else, that
// taking it away releases nobody held for themselves, and that a failed reading changes nothing.
func TestListsAreReplaced(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		const a, b, c = "a@x.example", "b@x.example", "c@x.example"
		w.do(func(tx *db.Tx) error {
			return w.Suppress(tx, c, outbox.Suppression{Kind: "email", Class: outbox.HoldMarketing, Reason: outbox.ReasonAsked})
		})
		l, wrong := w.readList("robinson", "email", "E-post\n A@X.example \nb@x.example\nb@x.example\n\nno address\n"+c)
		if l.Addresses != 3 || wrong != 1 {
			t.Errorf("%d addresses, %d wrong", l.Addresses, wrong)
		}
		if h := w.held("email", a); !h.Marketing || h.All || h.Itself {
			t.Errorf("on the list: %+v", h)
		}
		again, _ := w.readList("robinson", "email", b+"\n")
		if again.ID != l.ID || again.Addresses != 1 {
			t.Errorf("read again: %+v", again)
		}
		for value, want := range map[string]outbox.Held{a: {}, b: {Marketing: true}, c: {Marketing: true, Itself: true}} {
			if got := w.held("email", value); got != want {
				t.Errorf("%s: %+v", value, got)
			}
		}
		broken := io.MultiReader(strings.NewReader(a+"\n"), errReader{})
		if _, _, err := w.Holds().ReplaceList(t.Context(), by, again, suppress.ReadAddresses(broken, ""), nil); err == nil || w.held("email", a) != (outbox.Held{}) || !w.held("email", b).Marketing {
			t.Error("a reading that failed changed the list", err)
		}
		if _, _, err := w.Holds().ReplaceList(t.Context(), by, suppress.List{Name: "broken", Kind: "email", Class: outbox.HoldAll}, suppress.ReadAddresses(errReader{}, ""), nil); err == nil {
			t.Error("no error")
		}
		w.do(func(tx *db.Tx) error {
			all, err := w.Holds().Lists(tx)
			if err == nil && (len(all) != 2 || all[0].Name != "broken" || all[0].Addresses != 0 || all[1].Addresses != 1) {
				t.Errorf("lists %+v", all)
			}
			return err
		})
		if err := w.Holds().DropList(t.Context(), by, "robinson"); err != nil || w.held("email", b) != (outbox.Held{}) || !w.held("email", c).Marketing {
			t.Error("taken away", err)
		}
	})
}

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, errors.New("unplugged") }

// TestListHoldsMarketing holds that a person on a list gets no marketing but what they need.
func TestListHoldsMarketing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		who := w.person(1, party.Natural)
		w.say(who, yes("newsletter", "email"))
		w.readList("robinson", "email", "Person1@People.example\n")
		if v := w.verdict(who, ask("newsletter", "email", w.clock.Now())); v.Allowed || v.Code != permit.CodeProhibitedChannel {
			t.Error("newsletter:", v.Code)
		}
		if v := w.verdict(who, ask("relationship", "email", w.clock.Now())); !v.Allowed {
			t.Error("service:", v.Code)
		}
	})
}

// TestHeldAddressesStayHeld holds that an address that bounced is marked on whoever
// comes to have it, and until when it is.
func TestHeldAddressesStayHeld(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.Party.Held = w.Holds().Unusable
		w.do(func(tx *db.Tx) error {
			return w.Suppress(tx, "person1@people.example", outbox.Suppression{Kind: "email", Class: outbox.HoldAll, Reason: outbox.ReasonBounce})
		})
		who := w.person(1, party.Natural)
		bad := func() (is bool) {
			w.do(func(tx *db.Tx) error {
				p, _, err := w.Party.Get(tx, who)
				is = p.Reach.Has(party.BadEmail)
				return err
			})
			return is
		}
		revive := func(before int64) (lifted bool) {
			w.do(func(tx *db.Tx) (err error) { lifted, err = w.Holds().Revive(tx, who, before); return err })
			return lifted
		}
		edit := func(value string) {
			w.do(func(tx *db.Tx) error {
				_, err := w.Party.Edit(tx, who, 0, []party.Pair{{Name: "email", Value: value}})
				return err
			})
		}
		if !bad() {
			t.Error("a new person with the address is written to")
		}
		if edit("new@people.example"); bad() {
			t.Error("another address is held")
		}
		if edit("Person1@people.example"); !bad() {
			t.Error("the address came back")
		}
		early := w.clock.Now().AddDate(0, 0, -1).UnixMilli()
		if revive(early) || !bad() {
			t.Error("lifted too early")
		}
		if !revive(w.clock.Now().UnixMilli()) || bad() {
			t.Error("not lifted")
		}
		w.do(func(tx *db.Tx) error {
			for _, reason := range []string{outbox.ReasonBounce, outbox.ReasonStaff, outbox.ReasonBounce} {
				if err := w.Suppress(tx, "person1@people.example", outbox.Suppression{Kind: "email", Class: outbox.HoldAll, Reason: reason}); err != nil {
					return err
				}
			}
			return nil
		})
		if revive(w.clock.Now().UnixMilli()+1000) || !bad() {
			t.Error("what staff held was lifted as if it had bounced")
		}
	})
}

// TestReadAddresses finds the address on a line.
func TestReadAddresses(t *testing.T) {
	for name, c := range map[string]struct{ kind, column, text, want string }{
		"lines":          {"email", "", "a@x.example\r\n\r\n# a note\nb@x.example", "a@x.example b@x.example"},
		"with a mark":    {"email", "", "\ufeffa@x.example\n", "a@x.example"},
		"a table":        {"email", "", "namn;e-post\n\"Asp; Åsa\";a@x.example\n", "- a@x.example"},
		"a named column": {"email", "Private", "work,private\nw@x.example,p@x.example\nw2@x.example\n", "p@x.example -"},
		"numbers":        {"phone", "", "namn\tnr\nÅsa\t+358 00 000 0412\n", "- +358 00 000 0412"},
	} {
		in, got := suppress.ReadAddresses(strings.NewReader(c.text), c.column), []string(nil)
		for {
			v, err := in.Next(c.kind)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if v == "" {
				v = "-"
			}
			got = append(got, v)
		}
		if strings.Join(got, " ") != c.want || in.Bytes != int64(len(c.text)) {
			t.Errorf("%s: %q, %d bytes", name, got, in.Bytes)
		}
	}
	if _, err := suppress.ReadAddresses(strings.NewReader("a,b\n"), "c").Next("email"); err == nil {
		t.Error("a column that is not there")
	}
	if _, err := suppress.ReadAddresses(strings.NewReader(strings.Repeat("x", 1<<17)), "").Next("email"); err == nil {
		t.Error("a line without end")
	}
}

func FuzzReadAddresses(f *testing.F) {
	f.Add("a@x.example\n\"b;c\";d@x.example", "")
	f.Add("work,private\nw@x.example,p@x.example", "private")
	f.Fuzz(func(t *testing.T, text, column string) {
		in := suppress.ReadAddresses(strings.NewReader(text), column)
		for range strings.Count(text, "\n") + 2 {
			if _, err := in.Next("email"); err != nil {
				return
			}
		}
		t.Error("more lines than there are")
	})
}

// BenchmarkReadList reads a list of 100,000 addresses.
func BenchmarkReadList(b *testing.B) {
	d, err := db.Open(b.Context(), b.TempDir(), db.Options{Schema: schemas})
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	r := open(d)
	var text strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&text, "person%d@people.example\n", i)
	}
	for b.Loop() {
		if l, _, err := r.Holds().ReplaceList(b.Context(), by, suppress.List{Name: "x", Kind: "email", Class: outbox.HoldMarketing}, suppress.ReadAddresses(strings.NewReader(text.String()), ""), nil); err != nil || l.Addresses != 100_000 {
			b.Fatal(l, err)
		}
	}
}
