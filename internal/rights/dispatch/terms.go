package dispatch

import (
	"kartotek/internal/notice"
	"kartotek/internal/permit"
	"kartotek/internal/rights/matter"
)

// TermsOf is what the notice says to the desk; base is the public address.
func TermsOf(in *notice.InForce, base string) *matter.Terms {
	n := in.Notice
	c := n.Controller
	t := &matter.Terms{Version: in.Number, Authority: n.Authority, Country: c.Address.Country, Language: n.Languages[0], Base: base,
		Contact: n.Contact.Email, Controller: matter.Controller{Name: c.Name, Street: c.Address.Street, Postcode: c.Address.Postcode, City: c.Address.City,
			Country: c.Address.Country, Email: c.Email, Phone: c.Phone, BusinessID: c.BusinessID}}
	if t.Contact == "" {
		t.Contact = c.Email
	}
	t.Purposes = map[string]func(string) string{}
	for _, p := range n.PurposeList() {
		t.Purposes[p.ID] = p.Title.In
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
