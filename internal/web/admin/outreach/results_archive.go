package outreach

import (
	"kartotek/internal/audit"
	"kartotek/internal/campaign"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/page"
)

// archiveOf says whether everybody may read a letter, and offers to change it.
func archiveOf(d *desk.Desk, c *campaign.Campaign) page.ArchiveState {
	s := page.ArchiveState{Text: d.T("archive.state_off"), Effect: d.T("archive.effect"), Value: "yes", Button: d.T("archive.publish")}
	if c.Options.Archive {
		s.Text, s.Effect, s.Value, s.Button = d.T("archive.state_on"), "", "no", d.T("archive.unpublish")
	}
	if c.Public() {
		s.Read = page.Link{Text: d.T("archive.read"), Href: "/archive/" + c.ID.String() + "/letter"}
	}
	if sends(d, c) && c.Channel == "email" {
		s.Action = path(c.ID) + "/archive"
	}
	return s
}

// publish puts a letter into the archive or takes it out.
func publish(d *desk.Desk) error {
	which, err := d.ID("id")
	if err != nil {
		return err
	}
	form, err := d.Form(0)
	if err != nil {
		return err
	}
	on := form.Get("on") == "yes"
	action, said := "campaign.unarchive", "archive.done_off"
	if on {
		action, said = "campaign.archive", "archive.done_on"
	}
	err = d.Act(func(tx *db.Tx) error {
		c, err := read(d, tx)
		if err != nil {
			return err
		}
		if !sends(d, c) {
			return fault.New(fault.Denied, "denied.act", "the access level does not send for this purpose")
		}
		if err := d.Campaign.Publish(tx, which, on); err != nil {
			return err
		}
		return audit.Write(tx, audit.Entry{Action: action, Kind: "campaign", Object: which.String(), Purpose: c.Purpose})
	})
	if err != nil {
		return d.Back(path(which)+"/results", err)
	}
	return d.Done(path(which)+"/results", d.T(said))
}
