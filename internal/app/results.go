package app

import (
	"context"

	"kartotek/internal/audit"
	"kartotek/internal/campaign"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/results"
)

// resultRooms are the rooms that results are put together from.
func (h *House) resultRooms() results.Rooms {
	return results.Rooms{Campaign: h.Campaign, Outbox: h.Outbox, Clicks: h.Clicks}
}

// campaignOf finds a campaign by its name or its id.
func (h *House) campaignOf(tx *db.Tx, which string) (*campaign.Campaign, error) {
	c, err := h.Campaign.Named(tx, which)
	if !fault.Is(err, fault.NotFound) {
		return c, err
	}
	if n, bad := id.Parse(which); bad == nil {
		return h.Campaign.Get(tx, n)
	}
	return nil, err
}

// Report is what came of a campaign, named by its name or id.
func (h *House) Report(ctx context.Context, by db.By, which string) (rep *results.Report, err error) {
	err = h.DB.View(ctx, by, func(tx *db.Tx) error {
		c, err := h.campaignOf(tx, which)
		if err != nil {
			return err
		}
		smallest := 0
		if in, found, err := h.Notice.InForceAt(tx, tx.Time()); err == nil && found {
			if p, ok := in.Purpose(c.Purpose); ok {
				smallest = p.SmallestGroup
			}
		} else if err != nil {
			return err
		}
		rep, err = results.Of(tx, h.resultRooms(), c, smallest)
		return err
	})
	return rep, err
}

// Got tells whether the person of an address got a campaign's message, when and
// why. The question is logged. law: GDPR 15(1)
func (h *House) Got(ctx context.Context, by db.By, which, address string) (a results.Answer, err error) {
	err = h.DB.Do(ctx, by, func(tx *db.Tx) error {
		c, err := h.campaignOf(tx, which)
		if err != nil {
			return err
		}
		who, err := h.find(tx, address)
		if err != nil {
			return err
		}
		if a, err = results.ForPerson(tx, h.resultRooms(), c, who); err != nil {
			return err
		}
		return audit.Write(tx, audit.Entry{Action: "campaign.person", Kind: "person", Object: who.String(), Person: who, Purpose: c.Purpose})
	})
	return a, err
}
