package app

import (
	"context"
	"io"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/exchange"
	"kartotek/internal/noticedef"
	"kartotek/internal/recipient"
)

// ExportPeople writes everybody for the company's own use (to nil), or what a recipient
// of the notice receives of everybody, which is recorded of each. That people leave the
// register is logged before the first of them does. law: GDPR 15(1)(c), 30(1)(d)
func (h *House) ExportPeople(ctx context.Context, by db.By, format string, to *recipient.Disclosure, w io.Writer) (int, error) {
	var given *exchange.Given
	err := h.DB.Do(ctx, by, func(tx *db.Tx) (err error) {
		n, err := h.Party.Count(tx)
		if err != nil {
			return err
		}
		detail := map[string]string{"format": format}
		if to != nil {
			detail["to"] = to.Recipient
			if given, err = h.giveTo(tx, *to); err != nil {
				return err
			}
		}
		return audit.Write(tx, audit.Entry{Action: "export.people", Kind: "people", Count: n, Detail: detail})
	})
	if err != nil {
		return 0, err
	}
	return h.Exchange.Export(ctx, by, format, given, w)
}

// giveTo begins a disclosure of many; without categories, of all that the recipient
// receives and an export can hold.
func (h *House) giveTo(tx *db.Tx, d recipient.Disclosure) (*exchange.Given, error) {
	gift, err := h.Recipient.Give(tx, d, func(c noticedef.Category) bool { return len(c.Fields) > 0 || c.Record == "ledger" })
	if err != nil {
		return nil, err
	}
	return &exchange.Given{Categories: gift.Categories, Join: gift.Join}, nil
}
