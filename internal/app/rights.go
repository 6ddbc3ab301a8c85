package app

import (
	"context"
	"slices"
	"strings"

	"kartotek/internal/db"
	"kartotek/internal/erasing"
	"kartotek/internal/fault"
	"kartotek/internal/i18n"
	"kartotek/internal/id"
	"kartotek/internal/outbox"
	"kartotek/internal/packet"
	"kartotek/internal/party"
	"kartotek/internal/rights"
	"kartotek/internal/rights/courier"
	"kartotek/internal/rights/dispatch"
	"kartotek/internal/rights/said"
	"kartotek/internal/rights/warn"
	"kartotek/internal/rightsdef"
	"kartotek/internal/staff"
)

// rightsDesk furnishes the desk for people's requests.
func (h *House) rightsDesk(opt Options) *rights.Room {
	h.Courier = &courier.Room{DB: h.DB, Keys: h.Keys, Outbox: h.Outbox, Channel: func() outbox.Channel { return h.Post.Channel }, Back: func(tx *db.Tx, of, item id.ID) error { return h.Rights.Back(tx, of, item) }}
	return &rights.Room{DB: h.DB, Keys: h.Keys, Party: h.Party, Outbox: h.Outbox, Post: h.Post, StaffOf: staffOf, Files: h.Scan, Courier: h.Courier,
		Able:  h.Campaign.Sends,
		Needs: rights.Needs{Package: h.packageFor, Restrict: func(tx *db.Tx, who id.ID, on bool) error { return h.Keepers().Restrict(tx, who, on) }, Object: said.Object(h.Ledger), Withdraw: said.Withdraw(h.Ledger), PlanErasure: h.planErasure, Erase: h.eraseFor, Tell: h.tellRecipients},
		Terms: func(tx *db.Tx) (*rights.Terms, error) {
			in, err := h.version(tx, 0)
			if err != nil {
				return nil, err
			}
			return dispatch.TermsOf(in, opt.BaseURL), nil
		}}
}

// erasurePlan plans what a case of erasure asks for.
func (h *House) erasurePlan(tx *db.Tx, c *rights.Case, e rights.Erasing) (*erasing.Plan, error) {
	reason, _ := rightsdef.ReasonOf(e.Ground)
	return h.Erasure.Plan(tx, c.Person, erasing.Ask{Ground: erasing.Ground(strings.TrimPrefix(reason.Citation, "GDPR ")), Categories: e.Categories, Case: c.Ref})
}

// warnings furnishes the room that writes to the staff about cases that come due.
func (h *House) warnings() *warn.Room {
	return &warn.Room{DB: h.DB, Rights: h.Rights, Courier: h.Courier, Able: h.Campaign.Sends, Staff: func(tx *db.Tx) ([]warn.Account, error) {
		in, err := h.version(tx, 0)
		if err != nil {
			return nil, err
		}
		all, err := staff.List(tx)
		return warn.Accounts(all, in.Notice, func(a *staff.Account) bool { return a.Active(tx.Time()) && h.Staff.UnderContract(a, tx.Time()) }), err
	}}
}

// planErasure says in the person's language what an erasure will do.
func (h *House) planErasure(tx *db.Tx, c *rights.Case, e rights.Erasing) (lines []string, err error) {
	plan, err := h.erasurePlan(tx, c, e)
	if err != nil {
		return nil, err
	}
	p := i18n.For(c.Language)
	for _, l := range plan.Lines {
		lines = append(lines, l.Sentence(p))
	}
	return lines, nil
}

// eraseFor carries the erasure of a case out. law: GDPR 17(1)
func (h *House) eraseFor(ctx context.Context, by db.By, c *rights.Case, e rights.Erasing) (made rights.Made, err error) {
	var plan *erasing.Plan
	err = h.DB.View(ctx, by, func(tx *db.Tx) error {
		plan, err = h.erasurePlan(tx, c, e)
		return err
	})
	if err != nil {
		return made, err
	}
	done, err := h.Erasure.Erase(ctx, by, c.Person, plan)
	if done != nil {
		made.Certificate = done.ID.String()
	}
	return made, err
}

// packageFor puts a person's package together and keeps it for them to fetch, once
// for each case. law: GDPR 15(3), 20(1)
func (h *House) packageFor(ctx context.Context, by db.By, c *rights.Case, portable bool) (made rights.Made, err error) {
	p, err := h.Packet.Build(ctx, by, c.Person, packet.Options{Lang: c.Language, Portable: portable, Case: c.ID, Reference: c.Ref})
	if err != nil {
		return made, err
	}
	err = h.DB.Do(ctx, by, func(tx *db.Tx) error {
		if made.Fetch, err = h.fetchedAt(tx, c.Person); err != nil {
			return err
		}
		kept, err := h.Packet.Of(tx, c.Person)
		if i := slices.IndexFunc(kept, func(x packet.Parcel) bool { return x.Case == c.ID }); err != nil || i >= 0 {
			if i >= 0 {
				made.Manifest = kept[i].Digest
			}
			return err
		}
		made.Manifest = p.Digest()
		_, err = h.Packet.Keep(tx, p, c.ID, "")
		return err
	})
	return made, err
}

// fetchedAt is where somebody can fetch what was put together for them: behind their
// own sign-in, when there is an address a link for it can be sent to.
func (h *House) fetchedAt(tx *db.Tx, who id.ID) (string, error) {
	p, found, err := h.Party.Get(tx, who)
	if err != nil || !found || !p.Reach.Has(party.HasEmail) || p.Reach.Has(party.BadEmail) {
		return "", err
	}
	return h.Campaign.BaseURL + "/me", nil
}

// tellRecipients makes a task for each recipient who got something of the person, and
// says how many there are. law: GDPR 19
func (h *House) tellRecipients(tx *db.Tx, c *rights.Case, reason string, categories []string) (int, error) {
	made, err := h.Recipient.Notify(tx, c.Person, reason, categories, c.ID)
	return len(made), err
}

// staffOf finds the account of an address; 0 when it is nobody's.
func staffOf(tx *db.Tx, email string) (id.ID, error) {
	a, err := staff.Find(tx, email)
	if fault.Is(err, fault.NotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return a.ID, nil
}
