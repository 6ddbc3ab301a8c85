package intake

import (
	"context"
	"time"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/returns"
)

// names are the local parts of addresses that the listener takes requests for.
var names = []string{"privacy", "dpo", "gdpr", "dataskydd", "integritet", "tietosuoja", "rekisteri"}

// Mailbox makes the mailbox that requests are read from. What the register keeps whole
// leaves it.
func (r *Room) Mailbox() *returns.Room {
	return &returns.Room{DB: r.DB, Keys: r.Keys, Hand: func(ctx context.Context, by db.By, raw []byte, at time.Time) (returns.Handed, error) {
		res, err := r.Take(ctx, by, Mail{Raw: raw, Taken: at})
		switch {
		case err != nil || res.Outcome == Machine || res.Outcome == Bulk || res.Outcome == Later:
			return returns.Left, err
		case res.Whole:
			return returns.Taken, nil
		}
		return returns.Partly, nil
	}}
}

// Listen has the listener for returning mail take requests too.
func (r *Room) Listen(at *returns.Room) {
	at.AskNames, at.Ask = names, func(ctx context.Context, by db.By, raw []byte) error {
		res, err := r.Take(ctx, by, Mail{Raw: raw})
		switch {
		case err == nil && res.Outcome == Bulk:
			return returns.ErrBulk
		case err == nil && res.Outcome == Later:
			return fault.New(fault.TooMany, "intake.later", "too many mails of one sender; the sending server tries again")
		}
		return err
	}
}
