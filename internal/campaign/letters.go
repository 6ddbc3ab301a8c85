package campaign

import (
	"kartotek/internal/campaign/letter"
	"kartotek/internal/compose"
	"kartotek/internal/compose/lint"
	"kartotek/internal/db"
	"kartotek/internal/party"
)

// press makes this room's letters.
func (r *Room) press() letter.Press {
	return letter.Press{Outbox: r.Outbox, Clicks: r.Clicks, BaseURL: r.BaseURL}
}

// Preview renders a campaign's letter as one person would get it, without links
// that work.
func (r *Room) Preview(c *Campaign, t *Terms, p *party.Person) (compose.Message, error) {
	return r.press().Preview(c, t, p)
}

// Read makes a campaign's letters, and refuses (Invalid) what can never be made; see
// letter.Read. Doors ask it before they store what somebody wrote.
func (r *Room) Read(tx *db.Tx, c *Campaign) error {
	t, err := r.Terms(tx)
	if err == nil {
		err = letter.Read(c, t)
	}
	return err
}

// Lint looks a campaign's letter over: what it says, and a mail made of it for nobody
// in particular. Its error is why no letter can be made.
func (r *Room) Lint(tx *db.Tx, c *Campaign) ([]lint.Finding, error) {
	t, err := r.Terms(tx)
	if err != nil {
		return nil, err
	}
	return r.press().Lint(c, t, tx.Time())
}

// register stores the links of a campaign that is about to start, of all its letters.
func (r *Room) register(tx *db.Tx, c *Campaign) error {
	t, err := r.Terms(tx)
	if err == nil {
		err = r.press().Register(tx, c, t)
	}
	return err
}
