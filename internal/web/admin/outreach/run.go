package outreach

import (
	"kartotek/internal/campaign"
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/web/admin/desk"
)

// ready refuses what would be stopped at once, because the sender is not in order.
func ready(d *desk.Desk, which id.ID) error {
	var c *campaign.Campaign
	if err := d.Look(func(tx *db.Tx) (err error) { c, err = d.Campaign.Get(tx, which); return err }); err != nil {
		return err
	}
	return d.Campaign.Ready(d.Context(), c)
}

// act starts, pauses, resumes or stops a newsletter.
func act(name string, do func(*campaign.Room, *db.Tx, id.ID) error) desk.Handler {
	return func(d *desk.Desk) error {
		which, f, err := formOf(d)
		if err != nil {
			return err
		}
		if name == "start" || name == "resume" {
			if err := ready(d, which); err != nil {
				return d.Back(path(which), err)
			}
		}
		err = on(d, name, func(tx *db.Tx, c *campaign.Campaign) error {
			if !d.Campaign.Sends() && (name == "start" || name == "resume") {
				return noServer()
			}
			if name == "start" {
				if err := sameAsSeen(f, c); err != nil {
					return err
				}
			}
			return do(d.Campaign, tx, which)
		})
		return after(d, which, name, err)
	}
}
