package shelf

import (
	"strings"

	"kartotek/internal/campaign/def"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
)

// Keep stores the options of a campaign under way.
func (s Shelf) Keep(tx *db.Tx, c *def.Campaign) error {
	options, err := c.Options.Text()
	if err == nil {
		_, err = tx.Exec(updOptions, int64(c.ID), options)
	}
	return err
}

// Plan stores a schedule with the state it brings.
func (s Shelf) Plan(tx *db.Tx, c *def.Campaign, to def.State, when *def.Schedule) error {
	c.Options.Schedule = when
	options, err := c.Options.Text()
	if err != nil {
		return err
	}
	n, err := tx.Exec(updPlan, int64(c.ID), string(c.State), string(to), options)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "campaign.state", "the newsletter is not %s any more", c.State)
	}
	return err
}

// Turn changes the state, if it is still the one expected.
func (s Shelf) Turn(tx *db.Tx, c *def.Campaign, from, to def.State) error {
	started, done := c.StartedAt, int64(0)
	if from == def.Draft || from == def.Scheduled {
		started = tx.Now()
	}
	if to == def.Done || to == def.Stopped {
		done = tx.Now()
	}
	n, err := tx.Exec(updState, int64(c.ID), string(from), string(to), started, done)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "campaign.state", "the newsletter is not %s any more", from)
	}
	return err
}

// Publish puts a letter into the archive or takes it out, at any time: before it
// is sent, it is there once it has gone out.
func (s Shelf) Publish(tx *db.Tx, which id.ID, on bool) error {
	c, err := s.Get(tx, which)
	if err != nil {
		return err
	}
	if on && c.Channel != "email" {
		return fault.New(fault.Conflict, "campaign.archive_channel", "only letters by e-mail can be read in the archive")
	}
	c.Options.Archive = on
	return s.Keep(tx, c)
}

var selTexts = db.SQL(db.Reference, `SELECT body, options FROM campaigns`)

// Holding counts the campaigns whose letters hold each of some texts, such as the
// addresses of pictures.
func (s Shelf) Holding(tx *db.Tx, texts []string) (map[string]int, error) {
	out := map[string]int{}
	var body, options string
	err := tx.Each(selTexts, func(scan db.Scan) error {
		if err := scan(&body, &options); err != nil {
			return err
		}
		for _, t := range texts {
			if strings.Contains(body, t) || strings.Contains(options, t) {
				out[t]++
			}
		}
		return nil
	})
	return out, err
}
