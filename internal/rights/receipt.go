package rights

import (
	"strconv"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/receipt"
	"kartotek/internal/rightsdef"
)

// witness logs what came of a request, so that the person can be given a receipt of it,
// and puts the log's entry beside the event of the answer. law: GDPR 12(3), 12(4)
func (r *Room) witness(tx *db.Tx, c *Case, made Made, e *Event) error {
	a := receipt.Answered{Asked: string(c.Kind), Scope: c.Scope, Channel: c.Channel, Received: string(c.Received), Due: string(c.Clock.Due), Extended: string(c.Clock.Extended),
		Closed: string(rightsdef.DayIn(c.Country, c.Closed)), State: string(c.State), Outcome: c.Outcome, Code: c.Code, Manifest: made.Manifest, Certificate: made.Certificate, Notice: c.Notice}
	entry, err := audit.Witness(tx, audit.Entry{Action: receipt.CaseAction, Kind: "case", Object: c.Ref, Person: c.Person, Detail: a.Detail()})
	if e.Detail == nil {
		e.Detail = map[string]string{}
	}
	e.Detail["receipt"] = strconv.FormatInt(int64(entry), 10)
	return err
}

// Receipt gives the entry of the log that says how a case was answered; the fault
// rights.no_receipt while it is open, was closed without an answer, or is forgotten.
func (r *Room) Receipt(tx *db.Tx, c *Case) (id.ID, error) {
	all, err := r.Timeline(tx, c)
	for i := len(all) - 1; i >= 0 && c.Person != 0 && (c.State == rightsdef.Fulfilled || c.State == rightsdef.Rejected); i-- {
		if n, _ := strconv.ParseInt(all[i].Detail["receipt"], 10, 64); n != 0 {
			return id.ID(n), err
		}
	}
	if err == nil {
		err = fault.New(fault.NotFound, "rights.no_receipt", "a receipt is made once a request has been answered")
	}
	return 0, err
}
