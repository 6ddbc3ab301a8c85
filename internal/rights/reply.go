package rights

import (
	"kartotek/internal/db"
	"kartotek/internal/rightsdef"
)

// Reply adds what the person wrote later to an open case. If the clock waits for an
// answer it runs on from today, whether or not the answer is enough: the desk may ask
// again. law: GDPR 12(3)
func (r *Room) Reply(tx *db.Tx, c *Case, text string) error {
	if c.State == rightsdef.RequiresAction {
		return r.Resume(tx, c, "", text)
	}
	item, err := r.add(tx, c, ItemReply, "", Content{Text: text})
	if err != nil {
		return err
	}
	return r.tell(tx, c, Event{Kind: "replied", Item: item})
}

// May refuses what somebody would do on their own case.
func (r *Room) May(tx *db.Tx, c *Case) error { return c.may(tx) }
