package people

import (
	"kartotek/internal/id"
	"kartotek/internal/outbox/back"
	"kartotek/internal/web/page"
)

// returnEvents are the letters that came back, with why. Complaints stand among what
// the person forbade.
func (c *card) returnEvents() (out []moment, err error) {
	all, err := back.Of(c.tx, c.p.ID)
	if err != nil {
		return nil, err
	}
	shown := map[id.ID]bool{}
	for i := range c.messages {
		shown[c.messages[i].ID] = c.SeesMessages(c.messages[i].Purpose)
	}
	for _, r := range all {
		if r.Kind != back.Bounce || !shown[r.Message] {
			continue
		}
		name, err := c.letter(r.Campaign)
		if err != nil {
			return nil, err
		}
		e := page.Event{Text: c.T("person.came_back"), Thing: page.Link{Text: name}, Src: c.Printer.Or("came_back."+r.Code, c.T("came_back.unknown")),
			Chip: page.Chip{Text: c.T("person.bounced"), Tone: page.Wait}}
		if r.Campaign != 0 {
			e.Thing.Href = "/outreach/" + r.Campaign.String()
		}
		if r.Hard {
			e.Chip.Tone = page.No
		}
		out = append(out, moment{r.At, e})
	}
	return out, nil
}
