package people

import (
	"slices"
	"strings"

	"kartotek/internal/fault"
	"kartotek/internal/keep"
	"kartotek/internal/noticedef"
	"kartotek/internal/party"
	"kartotek/internal/web/admin/keeping"
	"kartotek/internal/web/page"
)

// addresses are the ways of reaching the person, each with what is known of it.
func (c *card) addresses(v *page.PersonView) error {
	points, err := c.Party.Addresses(c.tx, c.p.ID)
	if err != nil {
		return err
	}
	for _, pt := range points {
		if !c.seesPoint(pt) {
			continue
		}
		src, err := c.sources.Say(pt.Source, pt.At)
		if err != nil {
			return err
		}
		kind := c.T("address." + pt.Kind)
		if pt.Label != "" {
			kind += " · " + c.Printer.Or("address_label."+pt.Label, pt.Label)
		}
		v.Addresses = append(v.Addresses, page.Address{Kind: kind, Value: strings.ReplaceAll(pt.Value, "\n", ", "), State: c.pointState(pt.State), Src: src})
	}
	return nil
}

// pointFields are the fields of the catalogue that allow a kind of address.
var pointFields = map[string]string{party.KindEmail: "email", party.KindPhone: "phone", party.KindPost: "street"}

func (c *card) seesPoint(pt party.Point) bool {
	if pt.Label == "billing" {
		return c.Sees("billing_address") || c.Sees("billing_street")
	}
	return c.Sees(pointFields[pt.Kind])
}

func (c *card) pointState(s party.AddressState) page.Chip {
	tone := map[party.AddressState]page.Tone{party.Verified: page.Yes, party.Bad: page.No, party.Former: page.Wait}[s]
	if tone == "" {
		return page.Chip{}
	}
	return page.Chip{Text: c.Printer.Or("address_state."+s.String(), s.String()), Tone: tone}
}

// shownElsewhere are fields that stand among the addresses; they are changed by
// giving them another value.
var shownElsewhere = []string{"email", "phone", "street", "postcode"}

// facts are the values of the catalogue, each with where it comes from and when.
func (c *card) facts(v *page.PersonView) error {
	for _, f := range c.Facts.Fields() {
		value := c.p.Get(f.Name)
		elsewhere := slices.Contains(shownElsewhere, f.Name)
		switch {
		case !c.Sees(f.Name):
		case (value == "" || elsewhere) && c.Edits(f.Name):
			v.NewFields = append(v.NewFields, page.Option{Value: f.Name, Text: f.Title.In(c.Lang())})
		case value != "" && !elsewhere:
			x, err := c.fact(f, value)
			if err != nil {
				return err
			}
			v.Facts = append(v.Facts, x)
		}
	}
	return nil
}

func (c *card) fact(f noticedef.Field, value string) (page.Fact, error) {
	origin := c.p.OriginOf(f.Name)
	src, err := c.sources.Say(origin.Source, max(origin.First, origin.Changed))
	x := page.Fact{Field: f.Name, Label: f.Title.In(c.Lang()), Value: value, Src: src, CanEdit: c.Edits(f.Name)}
	switch f.Name {
	case "country":
		x.Value, x.Raw = c.Printer.Country(value), value
	case "language":
		x.Value, x.Raw = c.Printer.LangName(value), value
		for _, l := range c.Facts.Languages {
			x.Options = append(x.Options, page.Option{Value: l, Text: c.Printer.LangName(l), On: l == value})
		}
	}
	return x, err
}

// kept says until when the data are kept, by purpose.
func (c *card) kept(v *page.PersonView) error {
	if c.Retention == nil {
		return nil
	}
	all, err := c.Retention.Dates(c.tx, c.p.ID)
	if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Denied) || fault.Is(err, fault.Conflict) {
		return nil // no notice is in force
	}
	for _, x := range keep.Last(all) {
		if cat, ok := c.Facts.Category(x.Category); ok && c.Actor.May("", cat.ID, "see") {
			v.Kept = append(v.Kept, page.Kept{What: cat.Title.In(c.Lang()), Until: keeping.Until(c.Desk, &x), Why: strings.Join(keeping.Steps(c.Desk, &x), " → ")})
		}
	}
	if c.Can("rights") {
		v.KeptAll = path(c.p.ID) + "/keeping"
	}
	return err
}
