package outreach

import (
	"kartotek/internal/audit"
	"kartotek/internal/campaign"
	"kartotek/internal/compose"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/outbox"
	"kartotek/internal/party"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/page"
)

// offered is how many people a preview offers to look at it as.
const offered = 25

// sample is a newsletter as one person gets it.
type sample struct {
	c        *campaign.Campaign
	terms    *campaign.Terms
	as       *party.Person
	others   []party.Person
	letter   compose.Message
	wrong    error // why the letter cannot be made
	verdict  page.MayCell
	warnings []string
}

// take reads what a preview needs. A level that does not see who people are gets
// the letter without anybody's values.
func take(d *desk.Desk) (s sample, err error) {
	err = d.Look(func(tx *db.Tx) error {
		if s.c, err = read(d, tx); err != nil {
			return err
		}
		if s.terms, err = d.Campaign.Terms(tx); err != nil {
			return err
		}
		if err := s.choose(d, tx); err != nil {
			return err
		}
		s.letter, s.wrong = d.Campaign.Preview(s.c, s.terms, d.Masked(s.as))
		s.warnings = advice(d, tx, s.c)
		if s.as.ID != 0 {
			s.verdict, err = verdict(d, tx, s.c, s.as)
		}
		return err
	})
	if err != nil {
		return s, err
	}
	if s.as.ID != 0 {
		err = d.Read("campaign.preview", s.as.ID)
	} else {
		err = d.Seen(audit.Entry{Action: "campaign.preview", Kind: "campaign", Object: s.c.ID.String(), Purpose: d.Purpose()})
	}
	return s, err
}

func (s *sample) choose(d *desk.Desk, tx *db.Tx) (err error) {
	s.as = &party.Person{}
	if d.NeedPeople() != nil {
		return nil
	}
	if err = s.offer(d, tx); err != nil {
		return err
	}
	if text := d.URL.Query().Get("as"); text != "" {
		return s.wanted(d, tx, text)
	}
	if len(s.others) > 0 {
		s.as = &s.others[0]
	}
	return nil
}

// offer lists people to look at the letter as, for those who may browse.
func (s *sample) offer(d *desk.Desk, tx *db.Tx) (err error) {
	if d.NeedSearch() != nil {
		return nil
	}
	if s.others, err = d.Party.List(tx, party.Query{Limit: offered, After: party.Cursor{Key: " ", ID: 1}}); err != nil {
		return err
	}
	if len(s.others) == 0 { // nobody has a name: show addresses
		if s.others, err = d.Party.List(tx, party.Query{Limit: offered}); err != nil {
			return err
		}
	}
	return nil
}

// wanted is the person the address of the page names.
func (s *sample) wanted(d *desk.Desk, tx *db.Tx, text string) error {
	who, err := id.Parse(text)
	if err != nil {
		return party.NotFound()
	}
	p, found, err := d.Party.Get(tx, who)
	if err == nil && !found {
		err = party.NotFound()
	}
	if err == nil {
		s.as = p
	}
	return err
}

// verdict says whether this person would get the letter.
func verdict(d *desk.Desk, tx *db.Tx, c *campaign.Campaign, p *party.Person) (page.MayCell, error) {
	q, err := d.InForce.PermitQuestion(c.Purpose, c.Channel, tx.Time())
	if fault.Is(err, fault.Denied) {
		return page.MayCell{Tone: page.No, Reason: d.Explain(err)}, nil
	}
	if err != nil {
		return page.MayCell{}, err
	}
	s, err := d.Outbox.DecideOne(tx, p.ID, q, nil)
	if err != nil {
		return page.MayCell{}, err
	}
	code, why := s.Verdict.Code, outbox.Why(s, c.Channel)
	if why != "" {
		code = why
	}
	return page.MayCell{Tone: desk.Tone(why == "", code), Reason: d.Code(code), Href: "/people/" + p.ID.String()}, nil
}

// preview shows the letter as one person gets it.
func preview(d *desk.Desk) error {
	s, err := take(d)
	if err != nil {
		return err
	}
	v := page.NewsletterPreviewView{Newsletter: page.Link{Text: s.c.Name, Href: path(s.c.ID)}, From: s.c.From, Subject: s.letter.Subject,
		FrameURL: path(s.c.ID) + "/body", Text: s.letter.Text, Warnings: s.warnings, Size: int64(len(s.letter.HTML) + len(s.letter.Text))}
	if s.wrong != nil {
		v.Subject, v.Warnings = s.c.Subject, []string{d.Explain(s.wrong)}
	}
	if s.as.ID != 0 {
		v.As, v.To, v.FrameURL = s.as.Name(), d.Masked(s.as).Email, v.FrameURL+"?as="+s.as.ID.String()
		v.Verdict = &s.verdict
	}
	listed := false
	for i := range s.others {
		on := s.others[i].ID == s.as.ID
		listed = listed || on
		v.People = append(v.People, page.Option{Value: s.others[i].ID.String(), Text: s.others[i].Name(), On: on})
	}
	if !listed && s.as.ID != 0 {
		v.People = append(v.People, page.Option{Value: s.as.ID.String(), Text: s.as.Name(), On: true})
	}
	v.Frame = d.Frame(s.c.Name, "outreach")
	return d.Render(200, page.NewsletterPreview(v))
}

// body is the letter alone, for a frame without rights.
func body(d *desk.Desk) error {
	s, err := take(d)
	if err != nil {
		return err
	}
	d.Framed()
	_, _ = d.W.Write([]byte(s.letter.HTML)) // the reader has gone
	return nil
}

// advice is what a sender should look at before a letter goes, in words.
func advice(d *desk.Desk, tx *db.Tx, c *campaign.Campaign) (out []string) {
	found, err := d.Campaign.Lint(tx, c)
	if err != nil {
		return []string{d.Explain(err)}
	}
	for _, f := range found {
		out = append(out, d.Printer.Or("lint."+f.Code, f.Code, "detail", f.Detail))
	}
	return out
}
