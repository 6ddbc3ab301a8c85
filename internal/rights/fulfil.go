package rights

import (
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/party"
	"kartotek/internal/rightsdef"
)

// Needs are what the desk needs of other rooms. Each is set by the roof where the room
// is in the house; a nil one means that the desk does this by hand and says so.
type Needs struct {
	// Package has the access package built and made ready for the person.
	Package func(tx *db.Tx, c *Case, portable bool) error
	// Erase has the erasure planned and carried out; what it keeps it says with codes.
	Erase func(tx *db.Tx, c *Case) error
	// Restrict stops the use of a person's data in every room, or allows it again.
	Restrict func(tx *db.Tx, who id.ID, on bool) error
	// Object records an objection in the ledger, in the scopes of the ledger.
	Object func(tx *db.Tx, c *Case, scopes []string) error
	// Withdraw records the withdrawal of consents: purposes, or all when none is named.
	Withdraw func(tx *db.Tx, c *Case, purposes []string) error
	// Tell tells the recipients. law: GDPR 19
	Tell func(tx *db.Tx, c *Case, reason string, categories []string) error
}

// Fulfilment is how a request is carried out.
type Fulfilment struct {
	Values []party.Pair // rectification: fields and their new values
	Text   string       // what the letter says besides, in the person's language
	ByHand bool         // it was done outside the program; Text says what
}

// Fulfil carries a request out and writes the answer. It is refused while it is not
// sure enough who asks. law: GDPR 12(3)
func (r *Room) Fulfil(tx *db.Tx, c *Case, f Fulfilment) error {
	if err := rightsdef.Allows(c.Kind, c.Certainty, c.Delivery); err != nil {
		return err
	}
	if err := c.step(tx, rightsdef.Fulfil); err != nil {
		return err
	}
	item, err := r.writeFulfilment(tx, c, f)
	if err != nil {
		return err
	}
	outcome := rightsdef.OutcomeFulfilled
	if c.Code != "" {
		outcome = rightsdef.OutcomePart
	}
	if err := r.decided(tx, c, outcome); err != nil {
		return err
	}
	return r.save(tx, c, Event{Kind: "fulfilled", Code: outcome, Item: item})
}
