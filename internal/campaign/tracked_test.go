package campaign_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"kartotek/internal/campaign"
	"kartotek/internal/campaign/def"
	"kartotek/internal/catcher"
	"kartotek/internal/clicks"
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/ledger"
	"kartotek/internal/permit"
)

var clickAddress = regexp.MustCompile(`https://register\.example/c/([\w-]+)`)

// counts gives a house the room that counts clicks.
func (h *house) counts() *clicks.Room {
	h.Clicks = &clicks.Room{DB: h.DB, Keys: keys, Outbox: h.Outbox, Question: func(_ *db.Tx, purpose, channel string, at time.Time) (permit.Question, error) {
		return question(purpose, channel, at)
	}}
	h.Clicked = h.Clicks.ByLetter
	return h.Clicks
}

// tokens are the counted links in the mail to a person, in HTML, in order.
func (h *house) tokens(to string) (out []string) {
	h.t.Helper()
	for _, m := range h.catcher.List(catcher.MaxMails, 0) {
		if m.To != to {
			continue
		}
		full, _ := h.catcher.Get(m.ID)
		for _, part := range clickAddress.FindAllStringSubmatch(full.HTML, -1) {
			out = append(out, part[1])
		}
		if strings.Contains(full.Text, "/c/") {
			h.t.Error("the plain text does not tell where its links lead")
		}
	}
	return out
}

func tracked(name, purpose string) *campaign.Campaign {
	c := newsletter(name)
	c.Body = "[one](https://shop.example/1) [two](https://shop.example/2?a=1&b=2) [one again](https://shop.example/1) [mail](mailto:info@shop.example)"
	c.Options = campaign.Options{Clicks: true, ClicksFor: purpose}
	return c
}

// TestCountedLetters sends everybody the same addresses, which lead where the letter said.
func TestCountedLetters(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		room := h.counts()
		h.people(3 * sorts)
		if got := h.mustRun(tracked("June", "")); got.Sent != 6 {
			t.Fatalf("%+v", got)
		}
		first := h.tokens(addr(0))
		if len(first) != 3 || first[0] != first[2] || first[0] == first[1] || !slices.Equal(first, h.tokens(addr(sorts))) {
			t.Fatalf("%v and %v", first, h.tokens(addr(sorts)))
		}
		h.view(func(tx *db.Tx) error {
			for i, want := range []string{"https://shop.example/1", "https://shop.example/2?a=1&b=2"} {
				l, err := room.Open(tx, first[i])
				if err != nil || l.Address != want || l.Person != 0 {
					t.Errorf("%+v %v", l, err)
				}
			}
			return nil
		})
		plain := newsletter("July")
		plain.Body = tracked("", "").Body
		h.mustRun(plain)
		if len(h.tokens(addr(0))) != 3 {
			t.Error("a letter that counts nothing has counted links")
		}
	})
}

// TestOwnAddresses gives those alone addresses of their own who said yes to being
// noted, and only where that is a purpose with a consent of its own.
func TestOwnAddresses(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		room := h.counts()
		ids := h.people(3 * sorts)
		h.do(func(tx *db.Tx) error {
			_, err := h.Outbox.Ledger.Record(tx, ids[0], nil, ledger.Entry{Kind: ledger.Consent, Purpose: "following", Channel: "email", SaidBy: ledger.ByPerson, Method: "form"})
			return err
		})
		h.clock.move(time.Minute)
		for i, c := range []struct {
			purpose string
			own     bool
		}{{"following", true}, {"newsletter", false}, {"unknown", false}, {"relationship", false}} {
			name := string(rune('A' + i))
			h.mustRun(tracked(name, c.purpose))
			mine, others := h.tokens(addr(0))[:3], h.tokens(addr(sorts))[:3] // newest first
			if slices.Equal(mine, others) == c.own {
				t.Errorf("%s: %v and %v", c.purpose, mine, others)
			}
			h.view(func(tx *db.Tx) error {
				l, err := room.Open(tx, mine[0])
				want := id.ID(0)
				if c.own {
					want = ids[0]
				}
				if err != nil || l.Person != want || l.Address != "https://shop.example/1" {
					t.Errorf("%s: %+v %v", c.purpose, l, err)
				}
				if l, err := room.Open(tx, others[0]); err != nil || l.Person != 0 {
					t.Errorf("%s: %+v %v", c.purpose, l, err)
				}
				return nil
			})
		}
	})
}

// TestLettersOfATest counts the clicks of each letter apart.
func TestLettersOfATest(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		room := h.counts()
		h.people(8 * sorts)
		c := tracked("Test", "")
		c.Options.Split = &campaign.Split{Share: 100, Measure: def.Clicks, Hours: 1, Others: []campaign.Variant{{Body: "[other](https://shop.example/1)"}}}
		h.do(func(tx *db.Tx) error {
			saved, err := h.Save(tx, *c)
			if err == nil {
				c = saved
				err = h.Start(tx, c.ID)
			}
			return err
		})
		var first, second clicks.Link
		h.view(func(tx *db.Tx) (err error) {
			if first, err = room.Open(tx, clicks.Token(keys, clicks.LinkID(keys, c.ID, 1, "https://shop.example/1"))); err == nil {
				second, err = room.Open(tx, clicks.Token(keys, clicks.LinkID(keys, c.ID, 2, "https://shop.example/1")))
			}
			return err
		})
		h.clock.move(time.Minute)
		for i, l := range []clicks.Link{first, second, second} {
			room.Hit(clicks.Hit{Link: l, At: h.DB.Now(), Source: string(rune('a' + i)), Method: "GET", Agent: "Mozilla/5.0 Firefox/140.0", Language: "sv"})
		}
		if err := room.Flush(t.Context(), h.DB.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		h.view(func(tx *db.Tx) error {
			if n, err := room.ByLetter(tx, c.ID); err != nil || n[1] != 1 || n[2] != 2 {
				t.Errorf("%v %v", n, err)
			}
			return nil
		})
	})
}
