package intake

import (
	"slices"
	"strings"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/law"
	"kartotek/internal/rights"
	"kartotek/internal/rightsdef"
	"kartotek/internal/scan"
)

// Paper is a request that a clerk takes down: a letter, a telephone call, a visit.
type Paper struct {
	rights.Intake          // Arrived, Channel (post, phone, in_person, agent), Kind, Text, Requester, Agent …
	Signed        law.Date // the day the letter was signed; "" when it is not
	Authority     law.Date // the day the agent's authority was signed; "" when nobody asks in another's name
	Until         law.Date // the last day of that authority; "" when it says none
	Envelope      string   // what the envelope says: postmark, sender
	Scans         []Scan
}

// Scan is a page that was scanned.
type Scan struct {
	Found    scan.Found
	Identity bool // the clerk says that it shows an identity document
}

// maxNote is the longest note on an envelope, in bytes.
const maxNote = 1000

// channels are those a clerk takes requests down from.
var channels = []string{"post", "phone", "in_person", "agent"}

// Record opens a case of a request that a clerk took down. Who entered it is who acts.
// law: GDPR 12(2), GDPR 12(3)
func (r *Room) Record(tx *db.Tx, p Paper) (*rights.Case, error) {
	if err := r.check(tx, &p); err != nil {
		return nil, err
	}
	c, err := r.Rights.Open(tx, p.Intake)
	if err != nil {
		return nil, err
	}
	if note := p.note(); note != "" {
		if err := r.Rights.Note(tx, c, note); err != nil {
			return nil, err
		}
	}
	for _, s := range p.Scans {
		if _, err := r.Scan.Arrive(tx, scan.Arrival{Person: c.Person, Case: c.ID, Via: scan.ByClerk, Found: s.Found, Identity: s.Identity}); err != nil {
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
	if !slices.Contains(channels, p.Channel) {
		return fault.New(fault.Invalid, "intake.channel", "say how the request came: by post, telephone, in person or through an agent").In("channel")
	}
	for _, d := range []struct {
		field string
		day   law.Date
	}{{"arrived", p.Arrived}, {"signed", p.Signed}, {"authority", p.Authority}, {"until", p.Until}} {
		if _, err := law.ParseDate(string(d.day)); d.day != "" && err != nil {
			return fault.New(fault.Invalid, "intake.date", "write the day as year-month-day").In(d.field)
		}
	}
	switch {
	case p.Signed > p.Arrived:
		return fault.New(fault.Invalid, "intake.signed_later", "the letter cannot have been signed after it arrived: look at both days again").In("signed")
	case p.Authority > p.Arrived:
		return fault.New(fault.Invalid, "intake.authority_later", "the authority was signed after the request arrived: ask the agent for one that covers it, or look at the day again").In("authority")
	case p.Until != "" && p.Until < p.Arrived:
		return fault.New(fault.Invalid, "intake.authority_past", "the authority had ended when the request arrived: ask the agent for a new one").In("until")
	case p.Channel == "agent" && p.Agent == nil:
		return fault.New(fault.Invalid, "intake.no_agent", "say who asks in the person's name").In("agent")
	case len(p.Envelope) > maxNote:
		return fault.New(fault.TooLarge, "intake.envelope", "the note on the envelope is too long").In("envelope")
	}
	if p.Certainty == 0 {
		p.Certainty = rightsdef.Claimed
	}
	return nil
}

// note is what the file says of the paper besides its content.
func (p *Paper) note() string {
	var out []string
	for _, x := range [][2]string{{"signed", string(p.Signed)}, {"authority signed", string(p.Authority)}, {"authority until", string(p.Until)}, {"envelope", strings.TrimSpace(p.Envelope)}} {
		if x[1] != "" {
			out = append(out, x[0]+": "+x[1])
		}
	}
	return strings.Join(out, "\n")
}
