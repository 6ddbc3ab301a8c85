package app

import (
	"context"
	"slices"
	"strings"

	"kartotek/internal/db"
	"kartotek/internal/dossier"
	"kartotek/internal/erasing"
	"kartotek/internal/erasure"
	"kartotek/internal/erasure/journal"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/noticedef"
	"kartotek/internal/outbox/past"
	"kartotek/internal/paper"
	"kartotek/internal/party"
	"kartotek/internal/party/times"
	"kartotek/internal/recipient"
	"kartotek/internal/retention"
)

// keptRooms are the rooms about how long data is kept, on what, and who else has it.
type keptRooms struct {
	Recipient *recipient.Room
	Paper     *paper.Room
	Retention *retention.Room
	Erasure   *erasure.Room
	Replayed  erasure.Replayed // what the journal brought back when the register was opened
	Was       int64            // entries the log had before a backup was put back, when this opening was the first
}

var keptSchemas = []db.Schema{recipient.Schema, paper.Schema, retention.Schema, erasure.Schema}

// Keepers are all rooms with personal data, in the order they are asked.
func (h *House) Keepers() dossier.Keepers {
	return dossier.Keepers{h.Party, h.Ledger, h.Outbox, h.Post, h.Series, h.Clicks, h.Returns, h.Rights, h.Scan, h.Courier, h.Subject, h.Recipient, h.Paper, h.Retention, h.Packet}
}

// keeping furnishes them, after all the others.
func (h *House) keeping() {
	h.Recipient = &recipient.Room{DB: h.DB, Keys: h.Keys, Notice: h.noticeAt, Identify: h.identify, Carried: h.carried}
	h.Paper = &paper.Room{DB: h.DB, Keys: h.Keys, Notice: h.noticeAt}
	h.Retention = &retention.Room{DB: h.DB, Party: h.Party, Ledger: h.Ledger, Notice: h.Notice, Carry: h.carryOut,
		Heard: []retention.Source{h.Ledger.LastSaid, times.Touched, past.LastServed, h.Clicks.LastFollowed}}
	h.Party.Movers = append(h.Party.Movers, h.Recipient, h.Paper, h.Retention)
	h.Retention.Expirers = []dossier.Expirer{past.Room{}, h.Post, h.Series, h.Clicks, h.Ledger, h.Recipient, h.Paper, h.Retention}
	h.Erasure = &erasure.Room{Before: h.tellOfErasure, DB: h.DB, Keepers: h.Keepers(), Party: h.Party, Ledger: h.Ledger, Outbox: h.Outbox, Notice: h.Notice, Holds: h.heldBack,
		Journal: &journal.Journal{Keys: h.Keys}, Rejects: h.Exchange.Folder}
	h.Ledger.Noted, h.Scan.Spend, h.Packet.Spend = h.Erasure.Said, h.Erasure.Spend, h.Erasure.Spend
	h.Rights.Spend, h.Paper.Spend, h.Recipient.Spend = h.Erasure.Spend, h.Erasure.Spend, h.Erasure.Spend
}

// identify says whom a recipient is told about.
func (h *House) identify(tx *db.Tx, who id.ID) (string, error) {
	p, found, err := h.Party.Get(tx, who)
	if err != nil || !found || p.Status == party.Erased {
		return "", err
	}
	return strings.Join(slices.DeleteFunc([]string{p.Name(), p.Email, p.Phone}, func(s string) bool { return s == "" }), ", "), nil
}

// carried tells who carried letters to a person: the processors whose relays were told
// whom a letter is for. law: GDPR 15(1)(c), 19
func (h *House) carried(tx *db.Tx, who id.ID) (out []recipient.Disclosure, err error) {
	all, err := past.Carried(tx, who)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	in, err := h.noticeAt(tx)
	if err != nil || in == nil {
		return nil, err
	}
	for _, c := range all {
		names, err := h.Relay.Carriers(tx, c.Carriers)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			i := slices.IndexFunc(out, func(d recipient.Disclosure) bool { return d.Recipient == name })
			if i < 0 {
				all := in.Given(name, func(noticedef.Category) bool { return true })
				i, out = len(out), append(out, recipient.Disclosure{Recipient: name, Categories: all, Ground: recipient.OnContract, Derived: true})
			}
			out[i].Times, out[i].At = out[i].Times+c.N, max(out[i].At, c.Last)
		}
	}
	return out, nil
}

// carryOut erases categories of a person whose time is over; nil means everything.
func (h *House) carryOut(ctx context.Context, by db.By, who id.ID, categories []string) error {
	var plan *erasing.Plan
	err := h.DB.View(ctx, by, func(tx *db.Tx) (err error) {
		plan, err = h.Erasure.Plan(tx, who, erasing.Ask{Ground: erasing.NotNeeded, Categories: categories})
		return err
	})
	if err == nil {
		_, err = h.Erasure.Erase(ctx, by, who, plan)
	}
	return err
}

// heldBack gives an erasure the holds on a person.
func (h *House) heldBack(tx *db.Tx, who id.ID) (out []erasing.Hold, err error) {
	held, err := h.Retention.Held(tx, who)
	for _, x := range held {
		one := erasing.Hold{ID: x.ID.String(), Code: erasing.LegalClaims, Until: noticedef.Date(x.Until)}
		switch x.Citation {
		case "GDPR 17(3)(b)":
			one.Code = erasing.LegallyRequired
		case "GDPR 18(1)(a)":
			one.Code = erasing.Contested
		}
		if len(x.Categories) == 0 {
			out = append(out, one)
		}
		for _, c := range x.Categories {
			one.Category = c
			out = append(out, one)
		}
	}
	return out, err
}

// tellOfErasure makes the tasks to tell recipients of an erasure somebody asked for,
// by whatever door it came, while it is still known who received something. Those a
// case has made already are not made twice. What goes at night because its time is
// over goes at the recipients by the notice's own terms. law: GDPR 19
func (h *House) tellOfErasure(tx *db.Tx, who id.ID, plan *erasing.Plan) error {
	if tx.By().Kind == "system" && plan.Case == "" {
		return nil
	}
	var gone []string
	for _, l := range plan.Lines {
		if l.Action == erasing.Erase && l.Count > 0 {
			gone = append(gone, l.Category)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	kase := id.ID(0)
	if c, err := h.Rights.ByRef(tx, plan.Case); err == nil {
		kase = c.ID
	} else if !fault.Is(err, fault.NotFound) {
		return err
	}
	_, err := h.Recipient.Notify(tx, who, recipient.Erasure, gone, kase)
	return err
}
