package outreach

import (
	"kartotek/internal/campaign"
	"kartotek/internal/db"
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
	which, form, err := formOf(d)
	if err != nil {
		return err
	}
	public := form.Get("on") == "yes"
	name, said := "unarchive", "archive.done_off"
	if public {
		name, said = "archive", "archive.done_on"
	}
	err = on(d, name, func(tx *db.Tx, c *campaign.Campaign) error { return d.Campaign.Publish(tx, c.ID, public) })
	if err != nil {
		return d.Back(path(which)+"/results", err)
	}
	return d.Done(path(which)+"/results", d.T(said))
}
