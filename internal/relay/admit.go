package relay

import (
	"slices"
	"time"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/noticedef"
)

// admit refuses a relay that may not be given personal data now: its processor is
// not in the notice, has no contract that holds, is not said to receive addresses,
// or is outside the EEA without a tool. law: GDPR 28(3), GDPR 44
func (r *Room) admit(tx *db.Tx, a *Relay) error {
	var n *noticedef.Notice
	var err error
	if r.Notice != nil {
		n, err = r.Notice(tx)
	}
	if err != nil {
		return err
	}
	if n == nil {
		return fault.New(fault.Conflict, "relay.no_notice", "no notice is in force, so nobody may be given personal data")
	}
	return admitted(n, a.Recipient, tx.Time())
}

// admitted asks a notice about a processor on a day.
func admitted(n *noticedef.Notice, processor string, now time.Time) error {
	p, ok := n.Recipient(processor)
	why := n.MayReceive(processor, nil, "", now)
	switch {
	case !ok || p.Role != "processor":
		return fault.New(fault.Conflict, "relay.not_listed", "the notice in force lists no processor %q; add whoever runs the relay under recipients", processor).In("recipient")
	case why == noticedef.NoContract:
		return fault.New(fault.Conflict, "relay.no_contract", "the contract with processor %q does not hold today", processor).In("recipient")
	case !given(n, p):
		return fault.New(fault.Conflict, "relay.not_given", "the notice does not say that processor %q is given e-mail addresses; add their category under receives", processor).In("recipient")
	case why == noticedef.NoTransfer:
		return fault.New(fault.Conflict, "relay.no_transfer", "processor %q is outside the EEA, and no tool for the transfer holds today", processor).In("recipient")
	}
	return nil
}

// given tells whether people were told that a recipient gets their e-mail addresses.
func given(n *noticedef.Notice, p noticedef.Recipient) bool {
	return slices.Contains(p.Receives, noticedef.All) || slices.ContainsFunc(n.Fields(), func(f noticedef.Field) bool {
		return f.Name == "email" && slices.Contains(p.Receives, f.Category)
	})
}
