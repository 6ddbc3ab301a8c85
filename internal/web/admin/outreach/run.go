package outreach

import (
	"kartotek/internal/campaign"
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/web/admin/desk"
)

// act starts, pauses, resumes or stops a newsletter.
func act(name string, do func(*campaign.Room, *db.Tx, id.ID) error) desk.Handler {
	return func(d *desk.Desk) error {
		which, err := d.ID("id")
		if err != nil {
			return err
		}
		f, err := d.Form(0)
		if err != nil {
			return err
		}
		err = on(d, name, func(tx *db.Tx, c *campaign.Campaign) error {
			if d.Campaign.Channel == nil && (name == "start" || name == "resume") {
				return noServer()
			}
			if name == "start" {
				if err := sameAsSeen(f, c); err != nil {
					return err
				}
			}
			return do(d.Campaign, tx, which)
		})
		if err != nil {
			return d.Back(path(which), err)
		}
		return d.Done(path(which), d.T("outreach.done."+name))
	}
}
