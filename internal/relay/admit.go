package relay

import (
	"slices"
	"strings"
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

// Appoint settles whose the server at Simple is, before it is told of anybody. One on
// this machine is the controller's own. Whoever runs any other is a processor of the
// notice in force: the one named, or the only one that is said to be given e-mail
// addresses as such. Messages then name it as their carrier. law: GDPR 28(3), 15(1)(c)
func (r *Room) Appoint(tx *db.Tx, processor string) error {
	if r.Simple == "" {
		if processor != "" {
			return fault.New(fault.Invalid, "relay.processor_alone", "a processor is named together with a mail server; relays of the register have theirs").In("processor")
		}
		return nil
	}
	host, err := hostOf(r.Simple)
	if err != nil {
		return err
	}
	a := Relay{Host: host, Recipient: processor}
	if processor == "" && a.local() {
		return nil
	}
	if processor == "" {
		if a.Recipient, err = r.only(tx); err != nil {
			return err
		}
	}
	if err := r.admit(tx, &a); err != nil {
		return err
	}
	r.Processor = a.Recipient
	return number(tx, a.Recipient)
}

// only is the one processor of the notice that delivers mail: it is told e-mail
// addresses, and not simply everything as whoever runs the servers is.
func (r *Room) only(tx *db.Tx) (string, error) {
	var fit []string
	if r.Notice != nil {
		n, err := r.Notice(tx)
		if err != nil {
			return "", err
		}
		if n != nil {
			for _, p := range n.Recipients {
				if !slices.Contains(p.Receives, noticedef.All) && admitted(n, p.ID, tx.Time()) == nil {
					fit = append(fit, p.ID)
				}
			}
		}
	}
	if len(fit) == 1 {
		return fit[0], nil
	}
	return "", fault.New(fault.Conflict, "relay.whose", "the mail server is not on this machine, so a processor runs it: name its key in the notice with --processor; %d of the notice can deliver mail (%s)",
		len(fit), strings.Join(fit, ", ")).In("processor")
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
