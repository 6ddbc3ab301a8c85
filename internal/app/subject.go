package app

import (
	"slices"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/permit"
	"kartotek/internal/rightsdef"
	"kartotek/internal/web/door"
	"kartotek/internal/web/public/mine"
)

// dutyPurpose is the purpose of the notice in force for which people are written to
// about what they asked for: the first of service that goes by e-mail.
func (h *House) dutyPurpose(tx *db.Tx) (string, error) {
	in, err := h.version(tx, 0)
	if err != nil {
		return "", err
	}
	for _, p := range in.Notice.PurposeList() {
		if permit.Class(p.Class) == permit.Service && slices.Contains(p.Channels, "email") {
			return p.ID, nil
		}
	}
	return "", fault.New(fault.Denied, "subject.no_purpose", "the notice has no purpose of service that goes by e-mail, so no link to sign in with can be sent")
}

// sure tells how sure the desk has made itself who somebody is, in a case that is open,
// and whether misuse of their name or address was reported to it. law: GDPR 12(6)
func (h *House) sure(tx *db.Tx, who id.ID) (have rightsdef.Certainty, misuse bool, err error) {
	all, err := h.Rights.Of(tx, who)
	for _, c := range all {
		if !c.Open() {
			continue
		}
		have = max(have, c.Certainty)
		for _, p := range c.Pauses {
			misuse = misuse || p.Doubt == rightsdef.Misused
		}
	}
	return have, misuse, err
}

// mine are the acts that people do with their own data.
func (h *House) mine() door.Mine {
	return mine.Acts{DB: h.DB, Notice: h.Notice, Recipient: h.Recipient, Erasure: h.Erasure, Rights: h.Rights, Packet: h.Packet}.With(h.Keepers(), h.Retention)
}
