package outreach

import (
	"kartotek/internal/audit"
	"kartotek/internal/campaign"
	"kartotek/internal/db"
	"kartotek/internal/fault"
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
		err = d.Act(func(tx *db.Tx) error {
			c, err := read(d, tx)
			if err != nil {
				return err
			}
			if !sends(d, c) {
				return fault.New(fault.Denied, "denied.act", "the access level does not send for this purpose")
			}
			if d.Campaign.Channel == nil && (name == "start" || name == "resume") {
				return fault.New(fault.Conflict, "outreach.no_mail_server", "this server has no mail server to send by; start it with --smtp")
			}
			if err := do(d.Campaign, tx, which); err != nil {
				return err
			}
			return audit.Write(tx, audit.Entry{Action: "campaign." + name, Kind: "campaign", Object: which.String(), Purpose: c.Purpose})
		})
		if err != nil {
			return d.Back(path(which), err)
		}
		return d.Done(path(which), d.T("outreach.done."+name))
	}
}
