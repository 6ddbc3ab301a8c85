package outbox

import (
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/ledger"
	"kartotek/internal/outbox/wish"
	"kartotek/internal/permit"
)

// Preferences tells how each box stands for a person: ticked when a message
// would be allowed now. law: GDPR 7(3)
func (r *Room) Preferences(tx *db.Tx, who id.ID, offers []permit.Question) ([]Choice, error) {
	p, err := r.wishes(tx, who)
	if err != nil {
		return nil, err
	}
	return p.Choices(offers), nil
}

// SavePreferences records what a person ticked, so that afterwards each choice
// is decided as ticked. offers are all purposes and channels of the notice that
// send marketing or surveys; those without a choice stay as they are. It gives
// the entries made, none when nothing changed.
//
// A tick that changes a no to a yes lifts the prohibitions in its way, and is a
// consent unless something else then allows the message. A box emptied is a
// withdrawal and a prohibition of just that purpose by that channel. Lifting a
// broad prohibition for one purpose does not open the others: those that were
// closed by it get a prohibition of their own. law: GDPR 7(1), 7(3), 21(2)
//
// What no permission can change stays as it is: an address that does not work, a
// restricted person.
func (r *Room) SavePreferences(tx *db.Tx, who id.ID, offers []permit.Question, ticks []Choice, said Said) ([]ledger.Entry, error) {
	p, err := r.wishes(tx, who)
	if err != nil {
		return nil, err
	}
	made := p.Make(offers, ticks, said)
	if len(made) == 0 {
		return nil, nil
	}
	return r.Ledger.Record(tx, who, said.Evidence, made...)
}

// wishes reads what a person's wishes are worked out from.
func (r *Room) wishes(tx *db.Tx, who id.ID) (*wish.Plan, error) {
	s, err := r.DecideOne(tx, who, permit.Question{}, nil)
	if err != nil {
		return nil, err
	}
	entries, err := r.Ledger.Entries(tx, who)
	return wish.New(entries, s.Facts, tx.Now()), err
}

// StopAll forbids all marketing, surveys included. law: GDPR 21(3)
func (r *Room) StopAll(tx *db.Tx, who id.ID, said Said) (changed bool, err error) {
	return r.Object(tx, who, said, ScopeAll)
}
