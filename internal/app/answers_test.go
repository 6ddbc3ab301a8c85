package app

import (
	"testing"

	"kartotek/internal/audit"
	"kartotek/internal/config"
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/party"
	"kartotek/internal/rights"
	"kartotek/internal/rightsdef"
)

// TestWhereAnswersGo: the letters of a request by mail whose sender was unknown, and who
// is then matched, go to the address the register has of the person, or are printed when
// it has none, until it is sure enough who asks; then to the address the request came
// from. A request that came from an address of the person's is answered as theirs are.
func TestWhereAnswersGo(t *testing.T) {
	registers(t, func(t *testing.T, h *House, _ config.Store) {
		h.Rights.Able = nil
		for name, x := range map[string]struct {
			has, from string
			sure      rightsdef.Certainty
			want      string
		}{
			"not sure":               {"asa1@kund.example", "new1@people.example", rightsdef.Claimed, "known"},
			"told by the address":    {"asa2@kund.example", "new2@people.example", rightsdef.Control, "known"},
			"not sure, no address":   {"", "new3@people.example", rightsdef.Claimed, "print"},
			"sure":                   {"asa4@kund.example", "new4@people.example", rightsdef.Facts, "new"},
			"sure, no address":       {"", "new5@people.example", rightsdef.Facts, "new"},
			"from a known address":   {"asa6@kund.example", "asa6@kund.example", rightsdef.Claimed, "known"},
			"known address and sure": {"asa7@kund.example", "Asa7@kund.example", rightsdef.Facts, "known"},
		} {
			if got := h.answered(t, x.has, x.from, x.sure); got != x.want {
				t.Errorf("%s: %s, want %s", name, got, x.want)
			}
		}
	})
}

// answered has a request matched and a letter written, and says where that goes.
func (h *House) answered(t *testing.T, has, from string, sure rightsdef.Certainty) (where string) {
	t.Helper()
	h.try(t, func(tx *db.Tx) error {
		fields := []party.Pair{{Name: "first_name", Value: "Åsa"}, {Name: "last_name", Value: "Exempel"}}
		if has != "" {
			fields = append(fields, party.Pair{Name: "email", Value: has})
		}
		p, err := h.Party.Create(tx, party.New{Fields: fields})
		if err != nil {
			return err
		}
		c, err := h.Rights.Open(tx, rights.Intake{Kind: rightsdef.Access, Channel: "email", Text: "What do you hold?", Unmatched: true, Delivery: rightsdef.ToNew,
			Requester: rights.Requester{Name: "Åsa Exempel", Email: from}})
		if err == nil {
			err = h.Rights.Match(tx, c, p.ID)
		}
		if err == nil && sure > rightsdef.Claimed {
			err = h.Rights.VerifyIdentity(tx, c, rights.Verification{Method: sure, Matches: true})
		}
		if err == nil {
			err = h.Rights.Refuse(tx, c, rights.Refusal{Code: "A12IdentityFailure", Reasons: "It could not be made sure who asks."})
		}
		if err != nil {
			return err
		}
		where, err = h.wentBy(tx, c)
		return err
	})
	return where
}

// wentBy says by what the last letter of a case goes.
func (h *House) wentBy(tx *db.Tx, c *rights.Case) (string, error) {
	items, err := h.Rights.Items(tx, c)
	var message id.ID
	state := ""
	for _, x := range items {
		if x.Content.Letter != nil {
			message, state = x.Message, x.State
		}
	}
	if err != nil || state != rights.LetterQueued || message == 0 {
		return state, err
	}
	carried, err := audit.Read(tx, audit.Filter{Action: "courier.carry", Person: c.Person, Limit: 5})
	if len(carried) > 0 {
		return "new", err
	}
	return "known", err
}
