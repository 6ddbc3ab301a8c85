package twins_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/party"
	"kartotek/internal/party/twins"
)

// suspects walks all pages and writes each pair with what it shares.
func (b bench) suspects(limit int) (all []string, calls int) {
	b.Helper()
	var at twins.Cursor
	for !at.Done {
		b.do(func(tx *db.Tx) error {
			pairs, next, err := b.twins.Duplicates(tx, at, limit)
			for _, p := range pairs {
				all = append(all, fmt.Sprintf("%s/%s %s %d", p.A.Title, p.B.Title, strings.Join(p.Why, "+"), p.Score))
			}
			at = next
			return err
		})
		if calls++; calls > 500 {
			b.Fatal("the search does not end")
		}
	}
	slices.Sort(all)
	return slices.Compact(all), calls
}

func TestDuplicates(t *testing.T) {
	each(t, func(b bench) {
		add := func(title, words string) id.ID {
			return b.person(append([]string{"title", title}, strings.Split(words, "|")...)...)
		}
		add("a1", "first_name|Åsa|last_name|Åkesson|city|Åbo")
		add("a2", "first_name|asa|last_name|AKESSON|city|abo")
		add("a3", "first_name|Asa|last_name|Akesson|city|Vasa") // same name, nothing else
		o1 := add("o1", "first_name|Bo|last_name|Ek|organisation|Bageriet")
		o2 := add("o2", "first_name|Bo|last_name|Ek|organisation|bageriet")
		add("p1", "last_name|Al|phone|+358 00 000 0412|email|al@exempel.example")
		add("p2", "last_name|Berg|phone|+358000000412|email|berg@exempel.example")
		add("e1", "email|anna.ek@exempel.example")
		add("e2", "email|annaek+news@exempel.example")
		add("e3", "email|annaek@exempel.example")
		add("e4", "email|annaek@other.example")
		add("n1", "email|x@exempel.example")
		add("n2", "email|y@exempel.example")
		want := []string{
			"a1/a2 name+city 55", "e1/e3 email 50", "e2/e3 email 50", "o1/o2 name+organisation 65", "p1/p2 phone 40",
		}
		for _, limit := range []int{1, 2, 100} {
			got, _ := b.suspects(limit)
			if !slices.Equal(got, want) {
				b.Errorf("limit %d:\ngot  %v\nwant %v", limit, got, want)
			}
		}
		b.do(func(tx *db.Tx) error { return b.twins.Apart(tx, o2, o1) })
		got, _ := b.suspects(10)
		same(b.T, "told apart", slices.Contains(got, want[3]), false)
		b.refused("party.same_person", func(tx *db.Tx) error { return b.twins.Apart(tx, o1, o1) })
	})
}

// TestDuplicatesBounded: many people of one name in one city give one pair each, not one for every two.
func TestDuplicatesBounded(t *testing.T) {
	each(t, func(b bench) {
		const n = 300
		b.do(func(tx *db.Tx) error {
			for i := range n {
				_, err := b.Create(tx, party.New{Fields: pairs("title", fmt.Sprint(i), "first_name", "Matti", "last_name", "Virtanen", "city", "Åbo", "email", fmt.Sprintf("m%d@exempel.example", i))})
				if err != nil {
					return err
				}
			}
			return nil
		})
		got, calls := b.suspects(1000)
		same(b.T, "pairs", len(got), n-1)
		same(b.T, "calls", calls, 3)
	})
}
