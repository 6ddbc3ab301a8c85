package noticedef

import (
	"fmt"
	"slices"
	"strings"

	"kartotek/internal/law"
)

// articles is the letter of Article 6(1) that each basis stands for.
// law: GDPR 6(1)
var articles = map[string]string{
	"consent": "6(1)(a)", "contract": "6(1)(b)", "legal obligation": "6(1)(c)",
	"vital interests": "6(1)(d)", "public task": "6(1)(e)", "legitimate interest": "6(1)(f)",
}

func (c *checker) purposes() {
	if len(c.n.Purposes) == 0 {
		c.err("N04", "purposes", "say what the data is used for")
	}
	for _, p := range c.n.Purposes {
		path := "purposes." + p.ID
		if len(p.Title) == 0 {
			c.err("N04", path, "purpose %q has no title", p.ID)
		}
		c.basis(path, p)
		c.uses(path, p)
		c.keep(path+".keep", p.Keep)
		c.class(path, p)
	}
}

// basis: each purpose rests on exactly one, known, rightly cited basis.
func (c *checker) basis(path string, p Purpose) {
	b := p.Basis
	switch {
	case b.Kind == "" || !c.known(b.Kind):
		c.err("N04", path+".basis", "purpose %q has no legal basis; choose one of consent, contract, legal obligation, legitimate interest", p.ID)
		return
	case b.Article != articles[b.Kind]:
		c.err("N04", path+".basis.article", "%s is Article %s", b.Kind, articles[b.Kind])
	}
	if b.Kind == "legitimate interest" {
		if len(b.Interest) == 0 {
			c.err("N05", path+".basis.interest", "name the interest that purpose %q serves", p.ID)
		}
		if b.BalancingTest == "" {
			c.err("L8", path+".basis.balancing_test", "say where the written weighing of interests for purpose %q is kept", p.ID)
		}
	}
}

func (c *checker) known(basis string) bool {
	_, ok := c.law.Basis(basis)
	return ok
}

func (c *checker) uses(path string, p Purpose) {
	if len(p.Uses) == 0 {
		c.err("N14", path+".uses", "say which categories purpose %q uses", p.ID)
	}
	for i, u := range p.Uses {
		if _, ok := c.n.Category(u); !ok {
			c.err("Y10", fmt.Sprintf("%s.uses[%d]", path, i), "there is no category %q", u)
		}
	}
}

// class: what kind of message a purpose sends must fit the rest of it.
func (c *checker) class(path string, p Purpose) {
	switch {
	case p.Class == "internal" && len(p.Channels) > 0:
		c.err("R13", path+".channels", "an internal purpose sends no messages; take the channels away")
	case p.Class != "internal" && p.Class != "" && len(p.Channels) == 0:
		c.warn("R13", path, "purpose %q has no channel, so nothing can ever be sent for it", p.ID)
	}
	if p.Class == "marketing" {
		c.marketing(path, p)
	} else if p.SoftOptIn != nil {
		c.err("L61", path+".soft_opt_in", "the exception for existing customers is about marketing; purpose %q is of class %s", p.ID, p.Class)
	}
	if p.Prohibition == "none" && p.Class != "service" {
		c.err("N26", path+".prohibition", "people can always stop this; take \"none\" away")
	}
	if !p.Rows && p.SmallestGroup < 2 {
		c.err("R13", path, "figures about groups need a smallest group; write smallest_group: 5")
	}
}

// marketing: direct marketing rests on consent or a weighed interest, and can
// always be stopped, inside a customer relationship too.
func (c *checker) marketing(path string, p Purpose) {
	switch p.Basis.Kind {
	case "consent", "legitimate interest", "":
	default:
		c.err("N26", path+".basis.kind", "direct marketing cannot rest on %s: the right to say no would have no effect", p.Basis.Kind)
	}
	if p.SoftOptIn == nil {
		return
	}
	if len(p.SoftOptIn.Goods) == 0 {
		c.err("L61", path+".soft_opt_in.goods", "name the groups of goods that were sold and may be written about")
	}
	if !slices.Contains(p.Channels, "email") && !slices.Contains(p.Channels, "sms") {
		c.err("L61", path+".soft_opt_in", "the exception is about e-mail and text messages; purpose %q uses neither", p.ID)
	}
}

func (c *checker) recipients() {
	n := c.n
	if len(n.Recipients) == 0 && len(n.NoRecipients) == 0 {
		c.err("N06", "recipients", "list everyone who receives data, the hosting provider too; or say in no_recipients why there is none")
	}
	if len(n.Recipients) > 0 && len(n.NoRecipients) > 0 {
		c.err("N06", "no_recipients", "there are recipients, so this sentence is not true")
	}
	outside := false
	for _, r := range n.Recipients {
		path := "recipients." + r.ID
		c.recipient(path, r)
		c.contract(path, r)
		if r.Country != "" && !law.IsEEA(r.Country) {
			outside = true
			c.transfer(path, r)
		}
	}
	if outside && len(n.TransferCopy.Text) == 0 {
		c.err("N07", "transfer_copy", "say how people get a copy of the safeguards: transfer_copy: {text: {sv: ..., fi: ..., en: ...}}")
	}
}

func (c *checker) recipient(path string, r Recipient) {
	if len(r.Does) == 0 {
		c.err("N06", path, "say what %q does with the data: does: {sv: ..., fi: ..., en: ...}", r.ID)
	}
	if len(r.Receives) == 0 {
		c.err("N06", path, "say which categories %q receives: receives: [contact], or all", r.ID)
	}
	for i, k := range r.Receives {
		if _, ok := c.n.Category(k); !ok && k != All {
			c.err("Y10", fmt.Sprintf("%s.receives[%d]", path, i), "there is no category %q", k)
		}
	}
	for i, id := range r.Purposes {
		if _, ok := c.n.Purpose(id); !ok {
			c.err("Y10", fmt.Sprintf("%s.purposes[%d]", path, i), "there is no purpose %q", id)
		}
	}
	if r.Role != "processor" && r.On == "" {
		c.err("N06", path, "data goes to another controller only on contract, consent or law: on: ...")
	}
	if len(r.Country) != 2 || strings.ToUpper(r.Country) != r.Country {
		c.err("N07", path+".country", "write the country as two capital letters, such as FI")
	}
}

// contract: a processor without a valid contract gets nothing.
func (c *checker) contract(path string, r Recipient) {
	if r.Role != "processor" {
		return
	}
	switch k := r.Contract; {
	case k == nil || k.Signed == "" || k.Until == "":
		c.err("R22", path+".contract", "processor %q needs a contract: {signed: 2026-01-01, until: 2027-12-31}, or until: open", r.ID)
	case DateOf(c.today) < k.Signed:
		c.err("R22", path+".contract.signed", "the contract with %q is signed on %s, which is still to come", r.ID, k.Signed)
	default:
		c.passed("R22", path+".contract.until", "the last day of the contract with "+r.ID, k.Until)
	}
}

// transfer: outside the EEA there must be a tool, complete and not expired.
func (c *checker) transfer(path string, r Recipient) {
	t := r.Transfer
	if t == nil || t.Tool == "" {
		c.err("N07", path+".transfer", "%q is in %s, outside the EEA; name the tool: adequacy, scc, bcr or derogation", r.ID, r.Country)
		return
	}
	path += ".transfer"
	decision, adequate := c.law.Adequacy(r.Country, c.today)
	switch {
	case t.Tool == "adequacy" && !adequate:
		c.err("L54", path+".tool", "no adequacy decision covers %s today", r.Country)
	case t.Tool == "adequacy" && decision.Only != "" && t.Listed == "":
		c.err("N07", path, "%s is adequate only for %s; say when you saw that this recipient is one: listed: 2026-02-01", r.Country, decision.Only)
	case t.Tool == "scc" && (t.Module < 1 || t.Module > 4):
		c.err("N07", path, "standard clauses come in modules 1 to 4; say which: module: 2")
	case (t.Tool == "scc" || t.Tool == "bcr") && t.Assessed == "":
		c.err("N07", path, "say when the transfer was assessed: assessed: 2026-02-01")
	case t.Tool == "derogation" && (t.Ground == "" || !t.Occasional):
		c.err("N07", path, "a derogation needs its ground and is only occasional: {ground: 49(1)(c), occasional: yes}")
	}
	if t.Review == "" && t.Tool != "derogation" {
		c.err("N07", path, "say when the tool is looked at next: review: 2027-02-01")
	}
	c.passed("L54", path+".review", "the review of the transfer tool", t.Review)
	c.passed("L54", path+".until", "the last day of the transfer tool", t.Until)
}
