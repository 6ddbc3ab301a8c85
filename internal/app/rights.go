package app

import (
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/notice"
	"kartotek/internal/permit"
	"kartotek/internal/rights"
	"kartotek/internal/staff"
)

// rightsDesk furnishes the desk for people's requests.
func (h *House) rightsDesk(opt Options) *rights.Room {
	return &rights.Room{DB: h.DB, Keys: h.Keys, Party: h.Party, Outbox: h.Outbox, Post: h.Post, StaffOf: staffOf,
		Terms: func(tx *db.Tx) (*rights.Terms, error) {
			in, err := h.version(tx, 0)
			if err != nil {
				return nil, err
			}
			return rightsTerms(in, opt.BaseURL), nil
		}}
}

// rightsTerms is what the notice says to the desk.
func rightsTerms(in *notice.InForce, base string) *rights.Terms {
	n := in.Notice
	c := n.Controller
	t := &rights.Terms{Version: in.Number, Authority: n.Authority, Country: c.Address.Country, Language: n.Languages[0], Base: base,
		Contact: n.Contact.Email, Controller: rights.Controller{Name: c.Name, Street: c.Address.Street, Postcode: c.Address.Postcode, City: c.Address.City,
			Country: c.Address.Country, Email: c.Email, Phone: c.Phone, BusinessID: c.BusinessID}}
	if t.Contact == "" {
		t.Contact = c.Email
	}
	for _, p := range n.PurposeList() {
		if p.Class == string(permit.Service) && t.Service == "" {
			for _, ch := range p.Channels {
				if ch == "email" {
					t.Service = p.ID
				}
			}
		}
	}
	return t
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
