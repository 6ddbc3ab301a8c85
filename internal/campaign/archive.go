package campaign

import (
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
)

// Publish puts a letter into the archive or takes it out, at any time: before it
// is sent, it is there once it has gone out.
func (r *Room) Publish(tx *db.Tx, which id.ID, on bool) error {
	c, err := r.Get(tx, which)
	if err != nil {
		return err
	}
	if on && c.Channel != "email" {
		return fault.New(fault.Conflict, "campaign.archive_channel", "only letters by e-mail can be read in the archive")
	}
	c.Options.Archive = on
	return r.keep(tx, c)
}
