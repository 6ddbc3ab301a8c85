package intake

import (
	"time"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/law"
	"kartotek/internal/party"
	"kartotek/internal/rights"
	"kartotek/internal/rightsdef"
)

// day is the day a mail arrived: when a server of ours took it, by the topmost field
// Received or by the mailbox, whichever is earlier. A field from the future is not
// believed, nor one that is a month older than the mailbox says. law: GDPR 12(3)
func (r *Room) day(tx *db.Tx, l *letter) (law.Date, error) {
	at := tx.Time()
	if !l.arrived.IsZero() && l.arrived.Before(at) {
		at = l.arrived
	}
	if f := l.Letter.Arrived; !f.IsZero() && f.Before(at) && at.Sub(f) < 31*24*time.Hour {
		at = f
	}
	terms, err := r.Rights.Terms(tx)
	if err != nil {
		return "", err
	}
	return rightsdef.DayIn(terms.Country, at.UnixMilli()), nil
}

// Proposed names whom of the register the addresses given with a request belong to, for
// the desk to decide; 0 when it is nobody, or the case is matched. law: GDPR 11(2)
func (r *Room) Proposed(tx *db.Tx, c *rights.Case) (id.ID, error) {
	if c.Matched {
		return 0, nil
	}
	asked, err := r.Rights.Request(tx, c)
	if err != nil || asked.Requester == nil {
		return 0, err
	}
	for _, address := range []string{asked.Requester.Email, asked.Requester.Phone} {
		if address == "" {
			continue
		}
		who, found, err := r.Party.ByAddress(tx, address)
		if err != nil && !fault.Is(err, fault.Invalid) {
			return 0, err
		}
		if err != nil || !found {
			continue
		}
		p, there, err := r.Party.Get(tx, who)
		if err != nil || there && p.Status != party.Erased {
			return who, err
		}
	}
	return 0, nil
}
