package twins_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/party"
	"kartotek/internal/party/twins"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var schemas = []db.Schema{party.Schema}

// listed is a catalogue of some fields.
type listed []string

func (l listed) HasField(name string) bool { return slices.Contains(l, name) }

var catalogue = listed{"first_name", "last_name", "title", "organisation", "email", "phone", "street", "postcode", "city", "country", "industry", "language"}

func open(d *db.DB) *party.Room {
	return &party.Room{DB: d, Catalogue: func() party.Catalogue { return catalogue }}
}

// bench is a room with the shortest words a test needs.
type bench struct {
	*testing.T
	*party.Room
	twins twins.Room
	d     *db.DB
}

func each(t *testing.T, fn func(b bench)) {
	t.Helper()
	dbtest.Each(t, schemas, func(t *testing.T, d *db.DB) {
		room := open(d)
		fn(bench{t, room, twins.Room{Party: room}, d})
	})
}

var clerk = db.By{Kind: "staff", Name: "clerk"}

func (b bench) do(fn func(tx *db.Tx) error) {
	b.Helper()
	if err := b.d.Do(b.Context(), clerk, fn); err != nil {
		b.Fatal(err)
	}
}

// refused runs fn and wants the fault with a key; nothing may stay behind.
func (b bench) refused(key string, fn func(tx *db.Tx) error) {
	b.Helper()
	err := b.d.Do(b.Context(), clerk, fn)
	var f *fault.Error
	if !errors.As(err, &f) || f.Key != key {
		b.Fatalf("got %v, want the fault %s", err, key)
	}
}

// person adds somebody; words are field, value, field, value.
func (b bench) person(words ...string) id.ID {
	b.Helper()
	var who id.ID
	b.do(func(tx *db.Tx) error {
		p, err := b.Create(tx, party.New{Fields: pairs(words...)})
		if err == nil {
			who = p.ID
		}
		return err
	})
	return who
}

func pairs(words ...string) (out []party.Pair) {
	for i := 0; i < len(words); i += 2 {
		out = append(out, party.Pair{Name: words[i], Value: words[i+1]})
	}
	return out
}

func (b bench) edit(who id.ID, words ...string) {
	b.Helper()
	b.do(func(tx *db.Tx) error {
		_, err := b.Edit(tx, who, 0, pairs(words...))
		return err
	})
}

func (b bench) get(who id.ID) (p *party.Person) {
	b.Helper()
	b.do(func(tx *db.Tx) (err error) {
		p, _, err = b.Get(tx, who)
		return err
	})
	if p == nil {
		b.Fatal("the person is not there")
	}
	return p
}

// found gives the ids a search finds, in order.
func (b bench) found(text string) (ids []id.ID) {
	b.Helper()
	b.do(func(tx *db.Tx) error {
		people, err := b.Search(tx, text, 20)
		ids = nil
		for _, p := range people {
			ids = append(ids, p.ID)
		}
		return err
	})
	return ids
}

func (b bench) history(who id.ID) (all []party.Change) {
	b.Helper()
	b.do(func(tx *db.Tx) (err error) {
		all, err = b.History(tx, who)
		return err
	})
	return all
}

func (b bench) owner(addr string) (who id.ID) {
	b.Helper()
	b.do(func(tx *db.Tx) (err error) {
		var ok bool
		if who, ok, err = b.ByAddress(tx, addr); !ok {
			who = 0
		}
		return err
	})
	return who
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if g, ok := got.([]id.ID); ok {
		if !slices.Equal(g, want.([]id.ID)) {
			t.Errorf("%s: got %v, want %v", what, got, want)
		}
		return
	}
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func (b bench) add(who id.ID, kind, label, value string) (pt party.Point) {
	b.Helper()
	b.do(func(tx *db.Tx) (err error) {
		pt, err = b.AddAddress(tx, who, kind, label, value, 0)
		return err
	})
	return pt
}

// addresses writes a person's addresses on one line each.
func (b bench) addresses(who id.ID) string {
	b.Helper()
	var out []string
	b.do(func(tx *db.Tx) error {
		all, err := b.Addresses(tx, who)
		out = nil
		for _, a := range all {
			line := a.Kind + " " + a.Label + " " + strings.ReplaceAll(a.Value, "\n", ",") + " " + a.State.String()
			if a.Primary {
				line += " primary"
			}
			out = append(out, line)
		}
		return err
	})
	return strings.Join(out, "\n")
}
