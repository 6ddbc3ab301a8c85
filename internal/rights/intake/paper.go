package intake

import (
	"strings"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/law"
	"kartotek/internal/rights"
	"kartotek/internal/rightsdef"
	"kartotek/internal/scan"
)

// Paper is a request that a clerk takes down: a letter, a telephone call, a visit, a mail
// to a colleague.
type Paper struct {
	rights.Intake              // Arrived, Channel, Kind, Text, Requester, Agent …
	Signed        law.Date     // the day the letter was signed; "" when it is not
	Authority     law.Date     // the day the agent's authority was signed; "" when nobody asks in another's name
	Until         law.Date     // the last day of that authority; "" when it says none
	Envelope      string       // what the envelope says: postmark, sender
	Scans         []scan.Found // with what the clerk says of identity documents
}

// nobody stands for a sender who gave no name.
const nobody = "?"

// maxNote is the longest note on an envelope, in bytes.
const maxNote = 1000

// Record opens a case of a request that a clerk took down. Who entered it is who acts.
// A day that cannot be is pointed out; what is wrong with an authority, or with what was
// scanned, is noted in the case, whose clock runs from the arrival all the same.
// law: GDPR 12(2), GDPR 12(3)
func (r *Room) Record(tx *db.Tx, p Paper) (*rights.Case, error) {
	if err := r.check(tx, &p); err != nil {
		return nil, err
	}
	p.Paper, p.Doubt = p.facts(), p.doubt()
	if p.Person == 0 && p.Requester == (rights.Requester{}) && (strings.TrimSpace(p.Text) != "" || len(p.Scans) > 0) {
		p.Requester.Name = nobody // a letter that nobody signed is a request too
	}
	c, err := r.Rights.Open(tx, p.Intake)
	if err != nil {
		return nil, err
	}
	for _, s := range p.Scans {
		if _, err := r.Scan.Arrive(tx, scan.Arrival{Person: c.Person, Case: c.ID, Via: scan.ByClerk, Found: s}); err != nil {
			return nil, err
		}
	}
	return c, audit.Write(tx, audit.Entry{Action: "intake.paper", Kind: "case", Object: c.ID.String(), Person: c.Person, Detail: map[string]string{"channel": p.Channel, "signed": string(p.Signed)}})
}

func (r *Room) check(tx *db.Tx, p *Paper) error {
	terms, err := r.Rights.Terms(tx)
	if err != nil {
		return err
	}
	if p.Arrived == "" {
		p.Arrived = rightsdef.DayIn(terms.Country, tx.Now())
	}
	for _, d := range []struct {
		field string
		day   law.Date
	}{{"arrived", p.Arrived}, {"signed", p.Signed}, {"authority_on", p.Authority}, {"authority_until", p.Until}} {
		if _, err := law.ParseDate(string(d.day)); d.day != "" && err != nil {
			return fault.New(fault.Invalid, "intake.date", "write the day as year-month-day").In(d.field)
		}
	}
	switch {
	case p.Signed > p.Arrived:
		return fault.New(fault.Invalid, "intake.signed_later", "the letter cannot have been signed after it arrived: look at both days again").In("signed")
	case p.Channel == "agent" && p.Agent == nil:
		return fault.New(fault.Invalid, "intake.no_agent", "say who asks in the person's name").In("agent_name")
	case len(p.Envelope) > maxNote:
		return fault.New(fault.TooLarge, "intake.envelope", "the note on the envelope is too long").In("envelope")
	}
	return nil
}

// What may be wrong with an authority.
const (
	authorityNone  = "authority-none"  // it was not shown
	authorityLater = "authority-later" // it was signed after the request arrived
	authorityPast  = "authority-past"  // it had ended when the request arrived
)

// doubt says what speaks against the authority of whoever asks in the person's name.
func (p *Paper) doubt() string {
	switch {
	case p.Agent == nil:
		return ""
	case p.Authority > p.Arrived:
		return authorityLater
	case p.Until != "" && p.Until < p.Arrived:
		return authorityPast
	case p.Authority == "" && strings.TrimSpace(p.Agent.Authority) == "":
		return authorityNone
	}
	return ""
}

// facts are what the file says of the paper besides its content.
func (p *Paper) facts() map[string]string {
	out := map[string]string{}
	for _, x := range [][2]string{{"signed", string(p.Signed)}, {"authority_on", string(p.Authority)}, {"authority_until", string(p.Until)}, {"envelope", strings.TrimSpace(p.Envelope)}} {
		if x[1] != "" {
			out[x[0]] = x[1]
		}
	}
	return out
}
