package letter

import (
	"strings"

	"kartotek/internal/campaign/def"
	"kartotek/internal/clicks"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/outbox"
	"kartotek/internal/permit"
)

// tracked is how the links of a letter are counted; nil when they are not.
type tracked struct {
	base  string           // of the addresses
	links map[string]id.ID // by the address that everybody gets; complete once the letter is made
	// ask is the question whose yes gives a recipient addresses of their own; nil when
	// nobody gets any.
	ask *permit.Question
}

// place is where counted links lead, below the public address.
const place = "/c/"

// tracking prepares the counting of a campaign's links, when it asks for it.
func (r Press) tracking(c *def.Campaign, ask *permit.Question) *tracked {
	if r.Clicks == nil || !c.Options.Clicks || c.Channel != "email" {
		return nil
	}
	return &tracked{base: strings.TrimSuffix(r.BaseURL, "/") + place, links: map[string]id.ID{}, ask: ask}
}

// link gives compose what asks for the address to write in place of another.
func (r Press) link(c *def.Campaign, t *tracked) func(string) (string, bool) {
	if t == nil {
		return nil
	}
	return func(address string) (string, bool) {
		if !clicks.Follows(address) {
			return address, false
		}
		link := clicks.LinkID(r.Clicks.Keys, c.ID, max(1, c.Variant), address)
		to := t.base + clicks.Token(r.Clicks.Keys, link)
		t.links[to] = link
		return to, t.ask != nil
	}
}

// click gives the addresses of one recipient: their own when they consented to
// being noted, else nil for those of everybody.
func (r Press) click(t *tracked, m *outbox.Ready) func(string) string {
	if t == nil || t.ask == nil {
		return nil
	}
	q := *t.ask
	q.At = clock.FromMs(m.HandedAt)
	if !clicks.Consented(m.Ask(q)) {
		return nil
	}
	return func(to string) string {
		link, known := t.links[to]
		if !known {
			return to
		}
		return t.base + clicks.TokenOf(r.Clicks.Keys, link, m.Person, m.ID)
	}
}

// Register stores the links of a campaign that is about to start, of all its letters.
func (r Press) Register(tx *db.Tx, c *def.Campaign, t *Terms) error {
	if r.tracking(c, nil) == nil {
		return nil
	}
	for n := 1; n <= c.Letters(); n++ {
		var addresses []string
		note := func(address string) (string, bool) { addresses = append(addresses, address); return address, false }
		if _, err := compile(c.Letter(n), t, note); err != nil {
			return err
		}
		if err := r.Clicks.Register(tx, c.ID, n, c.Options.ClicksFor, addresses); err != nil {
			return err
		}
	}
	return nil
}
