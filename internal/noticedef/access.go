package noticedef

import (
	"slices"
	"time"

	"kartotek/internal/law"
	"kartotek/internal/noticedef/facts"
)

// channelOrder is how channels are always listed.
var channelOrder = []string{"email", "sms", "call", "post"}

// Purpose gives a purpose by id.
func (n *Notice) Purpose(id string) (Purpose, bool) {
	i := slices.IndexFunc(n.Purposes, func(p Purpose) bool { return p.ID == id })
	if i < 0 {
		return Purpose{}, false
	}
	return n.Purposes[i], true
}

// PurposeList gives the purposes in the file's order.
func (n *Notice) PurposeList() []Purpose { return slices.Clone(n.Purposes) }

// Category gives a category by id.
func (n *Notice) Category(id string) (Category, bool) {
	i := slices.IndexFunc(n.Categories, func(c Category) bool { return c.ID == id })
	if i < 0 {
		return Category{}, false
	}
	return n.Categories[i], true
}

// Recipient gives a recipient by id.
func (n *Notice) Recipient(id string) (Recipient, bool) {
	i := slices.IndexFunc(n.Recipients, func(r Recipient) bool { return r.ID == id })
	if i < 0 {
		return Recipient{}, false
	}
	return n.Recipients[i], true
}

// UnderContract reports whether a recipient is a processor of the notice whose
// contract holds on a day. law: GDPR 28(3)
func (n *Notice) UnderContract(processor string, day time.Time) bool {
	r, ok := n.Recipient(processor)
	return ok && r.Role == "processor" && r.Contract != nil && r.Contract.Until != "" && !r.Contract.Until.Before(day.UTC())
}

// Fields is the field catalogue in the file's order, each with its category
// and a title in every language.
func (n *Notice) Fields() []Field {
	var out []Field
	for _, c := range n.Categories {
		for _, f := range c.Fields {
			out = append(out, Field{Name: f.Name, Category: c.ID, Title: titleOf(f)})
		}
	}
	return out
}

// Field finds one field of the catalogue by name.
func (n *Notice) Field(name string) (Field, bool) {
	for i := range n.Categories {
		c := &n.Categories[i]
		for k := range c.Fields {
			if c.Fields[k].Name == name {
				return Field{Name: name, Category: c.ID, Title: titleOf(c.Fields[k])}, true
			}
		}
	}
	return Field{}, false
}

// Channels is every channel some purpose uses, in the order email, sms, call,
// post.
func (n *Notice) Channels() []string {
	var out []string
	for _, c := range channelOrder {
		if slices.ContainsFunc(n.Purposes, func(p Purpose) bool { return slices.Contains(p.Channels, c) }) {
			out = append(out, c)
		}
	}
	return out
}

// KeepOf says how long a category is kept for a purpose: the category's own
// time when it has one, else the purpose's.
func (n *Notice) KeepOf(purpose, category string) (Keep, bool) {
	p, ok := n.Purpose(purpose)
	c, ok2 := n.Category(category)
	if !ok || !ok2 || !slices.Contains(p.Uses, category) {
		return Keep{}, false
	}
	if c.Keep != nil {
		return *c.Keep, true
	}
	return p.Keep, true
}

// UsedBy lists the purposes that use a category, in order.
func (n *Notice) UsedBy(category string) []Purpose {
	var out []Purpose
	for _, p := range n.Purposes {
		if slices.Contains(p.Uses, category) {
			out = append(out, p)
		}
	}
	return out
}

func titleOf(f Field) Text {
	if len(f.Title) > 0 {
		return f.Title
	}
	return fieldTitles[f.Name]
}

// EachFact visits every fact of the notice: its field path, its value as the
// file writes it, and whether it is a text of one language, which is then the
// path's last part.
func (n *Notice) EachFact(visit func(path, value string, text bool)) { facts.Of(n).Walk("", visit) }

// Why a recipient may not be given something; "" when it may.
const (
	NotListed  = "not_listed"  // the notice does not know it
	NotGiven   = "not_given"   // nor that it receives these categories
	NotPurpose = "not_purpose" // nor for this purpose
	NoContract = "no_contract" // a processor without a contract that holds
	NoTransfer = "no_transfer" // outside the EEA, without a tool that holds
)

// MayReceive asks whether a recipient may be given categories for a purpose ("" for
// whichever) at a moment, and says why not. law: GDPR 5(1)(b), GDPR 28(3), GDPR 44
func (n *Notice) MayReceive(recipient string, categories []string, purpose string, now time.Time) (why string) {
	p, ok := n.Recipient(recipient)
	if !ok {
		return NotListed
	}
	for _, c := range categories {
		if _, known := n.Category(c); !known || !slices.Contains(p.Receives, c) && !slices.Contains(p.Receives, All) {
			return NotGiven
		}
	}
	today := DateOf(now.UTC())
	switch {
	case purpose != "" && len(p.Purposes) > 0 && !slices.Contains(p.Purposes, purpose):
		return NotPurpose
	case p.Role == "processor" && (p.Contract == nil || p.Contract.Signed == "" || p.Contract.Signed > today || !n.UnderContract(recipient, now)):
		return NoContract
	case !law.IsEEA(p.Country) && !p.Transferable(now):
		return NoTransfer
	}
	return ""
}

// Given lists those categories of a recipient that a file can hold.
func (n *Notice) Given(recipient string, holds func(Category) bool) (out []string) {
	p, _ := n.Recipient(recipient)
	for _, c := range n.Categories {
		if (slices.Contains(p.Receives, c.ID) || slices.Contains(p.Receives, All)) && holds(c) {
			out = append(out, c.ID)
		}
	}
	return out
}

// Holds gives the fields and the records of some categories.
func (n *Notice) Holds(categories []string) (fields, records map[string]bool) {
	fields, records = map[string]bool{}, map[string]bool{}
	for _, c := range n.Categories {
		if !slices.Contains(categories, c.ID) {
			continue
		}
		for _, f := range c.Fields {
			fields[f.Name] = true
		}
		if c.Record != "" {
			records[c.Record] = true
		}
	}
	return fields, records
}

// Transferable tells whether the tool named for a transfer holds on a day.
// A derogation is for occasions, never for what is done by program. law: GDPR 46, GDPR 49
func (r *Recipient) Transferable(now time.Time) bool {
	t := r.Transfer
	if t == nil || t.Until != "" && t.Until.Before(now) {
		return false
	}
	switch t.Tool {
	case "adequacy":
		rules, err := law.For(nil, now)
		if err != nil {
			return false
		}
		decision, adequate := rules.Adequacy(r.Country, now)
		return adequate && (decision.Only == "" || t.Listed != "")
	case "scc":
		return t.Module >= 1 && t.Module <= 4 && t.Assessed != ""
	case "bcr":
		return t.Assessed != ""
	}
	return false
}
