package app

import (
	"context"
	"slices"

	"kartotek/internal/db"
	"kartotek/internal/erasing"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/permit"
	"kartotek/internal/rightsdef"
	"kartotek/internal/web/door"
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

// mine are the acts that people do with their own data, of the rooms there are.
func (h *House) mine() door.Mine {
	return door.Mine{Holdings: h.Keepers().Holdings, Received: h.received, Until: h.Retention.Dates, Plan: h.planErasure, Erase: h.eraseSelf}
}

// received lists who was given data of a person.
func (h *House) received(tx *db.Tx, who id.ID) (out []door.Received, err error) {
	in, err := h.version(tx, 0)
	if err != nil {
		return nil, err
	}
	all, err := h.Recipient.Of(tx, who)
	for _, d := range all {
		x := door.Received{Name: d.Recipient, Categories: d.Categories, At: d.At}
		if p, listed := in.Notice.Recipient(d.Recipient); listed {
			x.Name, x.Country = p.Name, p.Country
		}
		out = append(out, x)
	}
	return out, err
}

// planErasure works out what erasing all of a person on their own word would do.
func (h *House) planErasure(tx *db.Tx, who id.ID) (*erasing.Plan, error) {
	return h.Erasure.Plan(tx, who, erasing.Ask{Ground: erasing.NotNeeded})
}

// eraseSelf erases a person who confirmed it themselves, and closes the case it answers:
// what was done is told on the spot, because afterwards there is nobody to write to.
// law: GDPR 17(1), 12(3)
func (h *House) eraseSelf(ctx context.Context, by db.By, who id.ID, ref string) error {
	var plan *erasing.Plan
	err := h.DB.View(ctx, by, func(tx *db.Tx) (err error) {
		plan, err = h.Erasure.Plan(tx, who, erasing.Ask{Ground: erasing.NotNeeded, Case: ref})
		return err
	})
	if err == nil {
		_, err = h.Erasure.Erase(ctx, by, who, plan)
	}
	if err != nil || ref == "" {
		return err
	}
	return h.DB.Do(ctx, by, func(tx *db.Tx) error {
		c, err := h.Rights.ByRef(tx, ref)
		if err != nil {
			return err
		}
		return h.Rights.Close(tx, c, rightsdef.OutcomeAnswered)
	})
}
