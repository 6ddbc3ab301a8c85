package rights

import (
	"encoding/json"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/rightsdef"
)

// Event is a line of a case's timeline, in codes.
type Event struct {
	ID     id.ID             `json:"id"`
	At     int64             `json:"at"`   // ms
	Kind   string            `json:"kind"` // opened, acknowledged, matched, verified, asked, resumed, extended, refused, fulfilled, ...
	State  rightsdef.State   `json:"state"`
	Code   string            `json:"code,omitempty"`
	Item   id.ID             `json:"item,omitempty"`
	ByKind string            `json:"by_kind"`
	ByID   id.ID             `json:"by_id,omitempty"`
	By     string            `json:"by"`
	Detail map[string]string `json:"detail,omitempty"` // codes, days and counts; never personal text
}

// tell writes an event of a case and its line in the log.
func (r *Room) tell(tx *db.Tx, c *Case, e Event) error {
	detail := "{}"
	if len(e.Detail) > 0 {
		raw, err := json.Marshal(e.Detail)
		if err != nil {
			return err
		}
		detail = string(raw)
	}
	by := tx.By()
	_, err := tx.Exec(insEvent, int64(c.ID), int64(tx.NewID()), tx.Now(), e.Kind, string(c.State), e.Code, int64(e.Item), by.Kind, int64(by.ID), signed(by), detail)
	if err != nil {
		return err
	}
	said := map[string]string{"kind": string(c.Kind), "state": string(c.State)}
	if e.Code != "" {
		said["code"] = e.Code
	}
	return audit.Write(tx, audit.Entry{Action: "rights." + e.Kind, Kind: "case", Object: c.Ref, Person: c.Person, Detail: said})
}

// Timeline lists what happened to a case, oldest first.
func (r *Room) Timeline(tx *db.Tx, c *Case) (all []Event, err error) {
	err = tx.Each(selEvents, func(scan db.Scan) error {
		var e Event
		var detail string
		if err := scan(&e.ID, &e.At, &e.Kind, &e.State, &e.Code, &e.Item, &e.ByKind, &e.ByID, &e.By, &detail); err != nil {
			return err
		}
		all = append(all, e)
		return json.Unmarshal([]byte(detail), &all[len(all)-1].Detail)
	}, int64(c.ID))
	return all, err
}

// may refuses an act on one's own case. law: GDPR 24(1)
func (c *Case) may(tx *db.Tx) error {
	if by := tx.By(); by.Kind == "staff" && c.Staff != 0 && by.ID == c.Staff {
		return fault.New(fault.Denied, "rights.own_case", "nobody deals with their own request; let somebody else take it")
	}
	return nil
}

// step does what every act on a case begins with: nobody's own case, and the state
// allows the act.
func (c *Case) step(tx *db.Tx, act rightsdef.Act) error {
	if err := c.may(tx); err != nil {
		return err
	}
	next, err := rightsdef.Next(c.State, act)
	if err == nil {
		c.State = next
	}
	return err
}

// end closes the case.
func (c *Case) end(tx *db.Tx, outcome string) {
	c.Outcome, c.Closed = outcome, tx.Now()
}

// save winds the clock, stores the case and tells what happened.
func (r *Room) save(tx *db.Tx, c *Case, e Event) error {
	if err := c.wind(c.today(tx)); err != nil {
		return err
	}
	if err := c.store(tx); err != nil {
		return err
	}
	return r.tell(tx, c, e)
}
