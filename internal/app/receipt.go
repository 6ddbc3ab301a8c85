package app

import (
	"context"
	"strings"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/ledger"
	"kartotek/internal/receipt"
	"kartotek/internal/rights"
	"kartotek/internal/web/door"
)

// Receipt makes the receipt of an entry, titles in a language ("" is the
// person's), with the evidence when it is asked for. The reading is logged first.
func (h *House) Receipt(ctx context.Context, by db.By, entry id.ID, lang string, evidence bool) ([]byte, error) {
	var who id.ID
	err := h.DB.Do(ctx, by, func(tx *db.Tx) error {
		found := false
		var err error
		if who, found, err = h.Ledger.Whose(tx, entry); err != nil || !found {
			return orNotFound(err)
		}
		if p, known, err := h.Party.Get(tx, who); err != nil {
			return err
		} else if known && lang == "" {
			lang = p.Language
		}
		return audit.Write(tx, audit.Entry{Action: "receipt.make", Kind: "entry", Object: entry.String(), Person: who})
	})
	if err != nil {
		return nil, err
	}
	return h.receipts().Of(ctx, by, who, entry, lang, func(*ledger.Entry, *ledger.Evidence) bool { return evidence })
}

// CaseReceipt makes the receipt of a request that was answered, by its reference. The
// reading is logged first.
func (h *House) CaseReceipt(ctx context.Context, by db.By, ref, lang string) ([]byte, error) {
	var c *rights.Case
	err := h.DB.Do(ctx, by, func(tx *db.Tx) (err error) {
		if c, err = h.Rights.ByRef(tx, ref); err == nil {
			err = audit.Write(tx, audit.Entry{Action: "receipt.make", Kind: "case", Object: c.Ref, Person: c.Person})
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return h.receipts().OfCase(ctx, by, c.Person, c.ID, lang)
}

func (h *House) receipts() door.Receipts {
	return door.Receipts{DB: h.DB, Keys: h.Keys, Notice: h.Notice, Ledger: h.Ledger, Rights: h.Rights}
}

// Receipted is an entry of which a receipt is made.
type Receipted struct {
	Entry     id.ID  `json:"entry"`
	Kind      string `json:"kind"`
	About     string `json:"about"`
	Effective string `json:"effective"`
	Method    string `json:"method"`
}

// Receipted lists the entries of the person an address belongs to of which
// receipts are made, oldest first. The reading is logged.
func (h *House) Receipted(ctx context.Context, by db.By, address string) (out []Receipted, err error) {
	err = h.DB.Do(ctx, by, func(tx *db.Tx) error {
		out = []Receipted{}
		who, err := h.find(tx, strings.TrimSpace(address))
		if err != nil {
			return err
		}
		entries, err := h.Ledger.Entries(tx, who)
		if err != nil {
			return err
		}
		for i := range entries {
			if e := &entries[i]; receipt.Makes(string(e.Kind)) {
				out = append(out, Receipted{e.ID, string(e.Kind), About(e), stamp(e.Effective), e.Method})
			}
		}
		return audit.Write(tx, audit.Entry{Action: "receipt.list", Kind: "person", Person: who, Count: len(out)})
	})
	return out, err
}
