package ledger

import (
	"strings"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
)

// SaleFacts are what the existing-customer exception asks about a sale. The
// register has one controller, so the sale was its own. law: 2002/58 13(2)
type SaleFacts struct {
	On      int64    // ms, the day of the sale
	Goods   []string // product groups sold, as the notice names them
	Similar bool     // a person has judged what is advertised to be similar to what was sold
	Offered bool     // a free and easy objection was offered when the address was given, and is in each message
}

// RecordSale records the facts of a sale, asserted by staff, with what shows them.
// They never weigh against a prohibition.
func (r *Room) RecordSale(tx *db.Tx, who id.ID, s SaleFacts, evidence *Evidence) (Entry, error) {
	if s.On <= 0 || s.On > tx.Now() {
		return Entry{}, fault.New(fault.Invalid, "ledger.sale_day", "the day of the sale is a date that has come").In("sold")
	}
	if len(s.Goods) == 0 {
		return Entry{}, fault.New(fault.Invalid, "ledger.sale_goods", "name what was sold, as the notice names it").In("goods")
	}
	flags := "c"
	if s.Similar {
		flags += "p"
	}
	if s.Offered {
		flags += "o"
	}
	return r.one(tx, who, evidence, Entry{Kind: Sale, SaidBy: ByStaff, Method: "staff", Effective: s.On, Scope: flags, Goods: strings.Join(s.Goods, " ")})
}

// RecordRole records that the offers of a purpose concern the person's work, which
// the rule for companies demands of a contact person. A title alone is not
// enough, so it wants words. law: FI 917/2014 202
func (r *Room) RecordRole(tx *db.Tx, who id.ID, purpose string, evidence *Evidence) (Entry, error) {
	if purpose == "" {
		return Entry{}, fault.New(fault.Invalid, "ledger.role_purpose", "say which purpose concerns the person's work").In("purpose")
	}
	if evidence == nil || evidence.Text == "" {
		return Entry{}, fault.New(fault.Invalid, "form.missing", "say how it concerns their work").In("evidence")
	}
	return r.one(tx, who, evidence, Entry{Kind: Role, SaidBy: ByStaff, Method: "staff", Purpose: purpose})
}

func (r *Room) one(tx *db.Tx, who id.ID, evidence *Evidence, e Entry) (Entry, error) {
	made, err := r.Record(tx, who, evidence, e)
	if err != nil {
		return Entry{}, err
	}
	return made[0], nil
}
