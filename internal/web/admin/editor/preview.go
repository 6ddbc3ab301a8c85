package editor

import (
	"strings"

	"kartotek/internal/audit"
	"kartotek/internal/campaign"
	"kartotek/internal/campaign/letter"
	"kartotek/internal/compose"
	"kartotek/internal/compose/lint"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/outbox"
	"kartotek/internal/party"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/admin/outreach"
	"kartotek/internal/web/page"
)

// offered is how many people a preview offers to look at it as.
const offered = 25

// nobody asks for a letter without anybody's values.
const nobody = "nobody"

// sample is a newsletter as one person gets it.
type sample struct {
	c       *campaign.Campaign
	nth     int // which letter of a test, from 1
	as      *party.Person
	others  []party.Person
	search  string // whom was looked for
	letter  compose.Message
	fields  []string // that the letter shows
	wrong   error    // why the letter cannot be made
	verdict page.MayCell
	found   []lint.Finding
}

// take reads what a preview needs. A level that does not see who people are gets
// the letter without anybody's values.
func take(d *desk.Desk) (s sample, err error) {
	err = d.Look(func(tx *db.Tx) error {
		if s.c, err = outreach.Open(d, tx); err != nil {
			return err
		}
		e := &editor{Desk: d, c: s.c}
		e.which()
		s.nth = e.nth
		if err := s.choose(d, tx); err != nil {
			return err
		}
		if err := s.make(d, tx); err != nil || s.as.ID == 0 {
			return err
		}
		s.verdict, err = verdict(d, tx, s.c, s.as)
		return err
	})
	if err != nil {
		return s, err
	}
	return s, s.log(d)
}

// make makes the letter with the values this reader may see of the person.
func (s *sample) make(d *desk.Desk, tx *db.Tx) error {
	t, err := d.Campaign.Terms(tx)
	if err != nil {
		return err
	}
	one := s.c.Letter(s.nth)
	if s.letter, s.wrong = d.Campaign.Preview(one, t, d.Masked(s.as)); s.wrong != nil {
		return nil
	}
	if s.letter.HTML, err = withPictures(d, tx, s.letter.HTML); err != nil {
		return err
	}
	if s.fields, err = letter.Shows(one, t); err != nil {
		return err
	}
	s.found, s.wrong = d.Campaign.Lint(tx, one)
	return nil
}

// log notes whose letter is looked at, and that people were looked for.
func (s *sample) log(d *desk.Desk) error {
	if s.search != "" {
		if err := d.Seen(audit.Entry{Action: "person.search", Kind: "person", Count: len(s.others), Purpose: d.Purpose()}); err != nil {
			return err
		}
	}
	if s.search == "" && len(s.others) > 0 {
		if err := d.ReadMany("campaign.preview", len(s.others), nil); err != nil {
			return err
		}
	}
	if s.as.ID != 0 {
		return d.Read("campaign.preview", s.as.ID)
	}
	return d.Seen(audit.Entry{Action: "campaign.preview", Kind: "campaign", Object: s.c.ID.String(), Purpose: d.Purpose()})
}

func (s *sample) choose(d *desk.Desk, tx *db.Tx) (err error) {
	s.as = &party.Person{}
	q, err := d.Query()
	if err != nil || d.NeedPeople() != nil || q.Get("as") == nobody {
		return err
	}
	if s.search, err = q.Line("q", 200); err != nil {
		return err
	}
	if err = s.offer(d, tx); err != nil {
		return err
	}
	if text := q.Get("as"); text != "" {
		return s.wanted(d, tx, text)
	}
	if len(s.others) > 0 {
		s.as = &s.others[0]
	}
	return nil
}

// offer lists people to look at the letter as, for those who may look for people:
// those who were searched for, or some.
func (s *sample) offer(d *desk.Desk, tx *db.Tx) (err error) {
	switch {
	case d.NeedSearch() != nil:
		return nil
	case s.search != "":
		s.others, err = d.FindPeople(tx, s.search, offered)
		return err
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
	e := &editor{Desk: d, c: s.c, nth: s.nth}
	v := page.LetterPreviewView{Newsletter: page.Link{Text: s.c.Name, Href: outreach.Path(s.c.ID)}, From: s.c.From, Subject: s.letter.Subject, Action: outreach.Path(s.c.ID) + "/preview",
		FrameURL: outreach.Path(s.c.ID) + "/body" + e.suffix(), Text: s.letter.Text, Size: int64(len(s.letter.HTML) + len(s.letter.Text)), Search: s.search, MaySearch: d.NeedSearch() == nil}
	v.Findings, v.Score = findings(d, s.found)
	if s.wrong != nil {
		v.Subject, v.Wrong = s.c.Letter(s.nth).Subject, explain(d, s.wrong)
	}
	if s.c.State == campaign.Draft && outreach.Sends(d, s.c) {
		v.EditURL = outreach.Path(s.c.ID) + "/compose" + e.suffix()
	}
	if s.as.ID != 0 {
		s.person(d, &v)
	}
	s.letters(d, &v)
	s.test(d, &v)
	v.Frame = d.Frame(s.c.Name, "outreach")
	return d.Render(200, page.LetterPreview(v))
}

// person fills in whose letter it is, and with which of their values.
func (s *sample) person(d *desk.Desk, v *page.LetterPreviewView) {
	shown := d.Masked(s.as)
	v.As, v.AsID, v.To, v.Verdict = s.as.Name(), s.as.ID.String(), shown.Email, &s.verdict
	join := "?"
	if strings.Contains(v.FrameURL, "?") {
		join = "&"
	}
	v.FrameURL += join + "as=" + v.AsID
	for _, name := range s.fields {
		p := page.Pair{Label: d.Field(name), Value: shown.Get(name)}
		if !d.Sees(name) {
			p.Value = d.T("preview.hidden")
		}
		v.Values = append(v.Values, p)
	}
	listed := false
	for i := range s.others {
		on := s.others[i].ID == s.as.ID
		listed = listed || on
		v.People = append(v.People, page.Option{Value: s.others[i].ID.String(), Text: s.others[i].Name(), On: on})
	}
	if !listed {
		v.People = append(v.People, page.Option{Value: v.AsID, Text: v.As, On: true})
	}
}

// letters are the letters of a test, to look at each.
func (s *sample) letters(d *desk.Desk, v *page.LetterPreviewView) {
	for n := 1; n <= s.c.Letters() && s.c.Letters() > 1; n++ {
		one := &editor{c: s.c, nth: n}
		v.Letters = append(v.Letters, page.Option{Value: v.Action + one.suffix(), Text: d.T("editor.letter_n", "n", n), On: n == s.nth})
	}
}

// test offers to send the letter to one address.
func (s *sample) test(d *desk.Desk, v *page.LetterPreviewView) {
	if !outreach.Sends(d, s.c) || !d.Campaign.Sends() {
		return
	}
	v.TestURL = outreach.Path(s.c.ID) + "/preview"
	v.TestTo = page.Field{ID: "to", Label: d.T("preview.test_to"), Type: "email", Value: d.Actor.Account.Email, Required: true, Max: 254, Auto: "email"}
}

// sendTest sends the letter to one address, with the values of the person it is
// looked at as, as far as the reader may see them.
func sendTest(d *desk.Desk) error {
	f, err := d.Form(0)
	if err != nil {
		return err
	}
	to, err := f.Need("to", 254)
	if err != nil {
		return err
	}
	s := sample{as: &party.Person{}}
	err = d.Look(func(tx *db.Tx) (err error) {
		if s.c, err = outreach.Open(d, tx); err != nil {
			return err
		}
		if as := f.Get("as"); as != "" && d.NeedPeople() == nil {
			err = s.wanted(d, tx, as)
		}
		return err
	})
	if err != nil {
		return err
	}
	back := outreach.Path(s.c.ID) + "/preview"
	if err := d.MaySend(s.c.Purpose); err != nil {
		return err
	}
	if s.as.ID != 0 {
		back += "?as=" + s.as.ID.String()
	}
	err = d.Campaign.Test(d.Context(), d.By(d.Purpose()), s.c, to, d.Masked(s.as))
	if fault.Is(err, fault.Denied) || fault.Is(err, fault.Unavailable) {
		err = fault.New(fault.Conflict, fault.KeyOf(err), "the test was not sent").Because(err)
	}
	if err != nil {
		return d.Back(back, err)
	}
	return d.Done(back, d.T("preview.test_sent"))
}

// body is the letter alone, for a frame without rights.
func body(d *desk.Desk) error {
	s, err := take(d)
	if err != nil {
		return err
	}
	text := s.letter.HTML
	if s.wrong != nil && text == "" {
		text = sorry(d.Lang(), explain(d, s.wrong))
	}
	d.Framed()
	_, _ = d.W.Write([]byte(text)) // the reader has gone
	return nil
}
