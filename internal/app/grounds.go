package app

import (
	"context"
	"slices"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/ledger"
	"kartotek/internal/notice"
)

// RecordSale records a sale to the person an address belongs to. Goods are product
// groups that the notice in force names for a soft opt-in.
func (h *House) RecordSale(ctx context.Context, by db.By, address string, s ledger.SaleFacts, evidence string) (ledger.Entry, error) {
	return h.ground(ctx, by, address, "permission.sale", func(tx *db.Tx, in *notice.InForce, who id.ID) (ledger.Entry, error) {
		for _, g := range s.Goods {
			if !sells(in, g) {
				return ledger.Entry{}, fault.New(fault.Invalid, "ledger.sale_goods", "the notice names no product group %q", g).In("goods")
			}
		}
		return h.Ledger.RecordSale(tx, who, s, &ledger.Evidence{Text: evidence})
	})
}

func sells(in *notice.InForce, goods string) bool {
	for _, p := range in.Notice.PurposeList() {
		if p.SoftOptIn != nil && slices.Contains(p.SoftOptIn.Goods, goods) {
			return true
		}
	}
	return false
}

// RecordRole records that a purpose's offers concern the work of the person an address belongs to.
func (h *House) RecordRole(ctx context.Context, by db.By, address, purpose, evidence string) (ledger.Entry, error) {
	return h.ground(ctx, by, address, "permission.role", func(tx *db.Tx, in *notice.InForce, who id.ID) (ledger.Entry, error) {
		if _, ok := in.Purpose(purpose); !ok {
			return ledger.Entry{}, fault.New(fault.Invalid, "notice.no_purpose", "the register notice has no such purpose").In("purpose")
		}
		return h.Ledger.RecordRole(tx, who, purpose, &ledger.Evidence{Text: evidence})
	})
}

func (h *House) ground(ctx context.Context, by db.By, address, action string, record func(*db.Tx, *notice.InForce, id.ID) (ledger.Entry, error)) (e ledger.Entry, err error) {
	err = h.DB.Do(ctx, by, func(tx *db.Tx) error {
		who, err := h.find(tx, address)
		if err != nil {
			return err
		}
		in, err := h.version(tx, 0)
		if err != nil {
			return err
		}
		if e, err = record(tx, in, who); err != nil {
			return err
		}
		return audit.Write(tx, audit.Entry{Action: action, Kind: "person", Person: who})
	})
	return e, err
}
