package rights

import (
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/rightsdef"
)

// Letter is what the desk wrote to a person.
type Letter struct {
	Kind     string `json:"kind"` // receipt, identity, clarification, extension, refusal, fulfilment, lifting
	Language string `json:"language"`
	Subject  string `json:"subject"`
	Text     string `json:"text"`
}

// The states of a letter.
const (
	LetterQueued  = "queued"  // goes by mail
	LetterToPrint = "print"   // waits to be printed, or handed over
	LetterPrinted = "printed" // went by post, or was handed over
)

func (r *Room) writeAsk(tx *db.Tx, c *Case, a Asking) (id.ID, error) { return 0, nil }

func (r *Room) writeExtension(tx *db.Tx, c *Case, why rightsdef.Reason, reasons string) (id.ID, error) {
	return 0, nil
}

func (r *Room) writeRefusal(tx *db.Tx, c *Case, why rightsdef.Reason, f Refusal) (id.ID, error) {
	return 0, nil
}

func (r *Room) writeFulfilment(tx *db.Tx, c *Case, f Fulfilment) (id.ID, error) { return 0, nil }
