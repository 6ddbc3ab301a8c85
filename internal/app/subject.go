package app

import (
	"slices"

	"kartotek/internal/db"
	"kartotek/internal/dossier"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/permit"
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
	return door.Mine{Holdings: func(tx *db.Tx, who id.ID) ([]dossier.Holding, error) {
		all := dossier.Keepers{h.Party}
		for _, m := range h.Party.Movers {
			if k, ok := m.(dossier.Keeper); ok {
				all = append(all, k)
			}
		}
		return all.Holdings(tx, who)
	}}
}
