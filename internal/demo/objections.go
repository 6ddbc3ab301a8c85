package demo

import (
	"time"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/ledger"
	"kartotek/internal/outbox"
	"kartotek/internal/party"
	"kartotek/internal/permit"
)

// planObjections lists what people said no to before the first newsletter, and one
// who said yes again.
func (s *story) planObjections() {
	c := s.cast
	for i, at := range []int{30, 61, 92, 123, 154} {
		s.scene(410-i*53, 10, 5+i, s.desk["Elsa"], s.letter(c.subscribed[at], 410-i*53, outbox.ScopeChannel("email")))
	}
	s.scene(333, 10, 20, s.desk["Elsa"], s.letter(c.customers[7], 333, outbox.ScopeAll))
	s.scene(177, 10, 25, s.desk["Elsa"], s.letter(c.subscribed[75], 177, outbox.ScopeAll, outbox.ScopeResearch))
	for i, at := range []int{12, 57, 101, 166} {
		s.scene(380-i*61, 9, 40, s.desk["Elsa"], s.call(c.subscribed[at], outbox.ScopeChannel("call"), outbox.ScopeChannel("email")))
	}
	for i, at := range []int{3, 20, 44} {
		s.scene(300-i*71, 13, 5, s.desk["Elsa"], s.call(c.customers[at], outbox.ScopeAll))
	}
	for i, at := range []int{9, 33, 58, 70} {
		s.scene(250-i*43, 20, 10+i, citizen, s.unticks(c.signed[at], "newsletter"))
		s.scene(240-i*43, 19, 10+i, citizen, s.objects(c.signed[at+1], outbox.ScopeResearch))
	}
	for i, at := range []int{14, 40, 63, 81, 130} {
		s.scene(280-i*37, 18, 30+i, citizen, s.withdraws(c.subscribed[at]))
	}
	for i, at := range []int{22, 87, 112} {
		s.scene(200-i*29, 17, 45, citizen, s.objects(c.subscribed[at], outbox.ScopeProfiling))
	}
	s.scene(150, 21, 15, citizen, s.objects(c.subscribed[99], outbox.ScopeAll))
	s.scene(90, 20, 20, citizen, s.ticks(c.subscribed[99], "newsletter"))
	s.scene(71, 14, 0, s.desk["Kaisa"], s.restrict(c.subscribed[107]))
}

// said is how somebody spoke, under the notice in force.
func (s *story) said(tx *db.Tx, method, text, language string) (outbox.Said, error) {
	n, err := s.version(tx)
	return outbox.Said{Method: method, Notice: n, Evidence: &ledger.Evidence{Text: text, Language: language}}, err
}

// letter is a letter that a clerk enters on the day it arrived; it was signed three days before.
func (s *story) letter(f *figure, daysAgo int, scopes ...string) func(tx *db.Tx) error {
	return func(tx *db.Tx) error {
		arrived, words := clockAt(s.now, daysAgo, 8, 0), noEmailWords
		if scopes[0] == outbox.ScopeAll {
			words = noMarketingWords
		}
		said, err := s.said(tx, "letter", words[f.language], f.language)
		if err != nil {
			return err
		}
		said.Said = clock.Ms(arrived)
		said.Evidence.Signed, said.Evidence.Received = arrived.AddDate(0, 0, -3).Format(time.DateOnly), arrived.Format(time.DateOnly)
		return s.object(tx, f, said, scopes)
	}
}

// call is somebody ringing customer service.
func (s *story) call(f *figure, scopes ...string) func(tx *db.Tx) error {
	return func(tx *db.Tx) error {
		text := "Ringde kundtjänst och bad att vi varken ringer eller mejlar om erbjudanden."
		if scopes[0] == outbox.ScopeAll {
			text = "Ringde kundtjänst och vill inte ha någon marknadsföring alls."
		}
		said, err := s.said(tx, "phone", text, "sv")
		if err != nil {
			return err
		}
		return s.object(tx, f, said, scopes)
	}
}

// objects is somebody using a switch of the preference page.
func (s *story) objects(f *figure, scopes ...string) func(tx *db.Tx) error {
	return func(tx *db.Tx) error {
		said, err := s.said(tx, "preferences", pageWords[f.language], f.language)
		if err != nil {
			return err
		}
		return s.object(tx, f, said, scopes)
	}
}

func (s *story) object(tx *db.Tx, f *figure, said outbox.Said, scopes []string) error {
	if _, err := s.Outbox.Object(tx, f.id, said, scopes...); err != nil {
		return err
	}
	return s.log(tx, "permission.prohibit", f)
}

// withdraws is somebody taking the consent to the newsletter back.
func (s *story) withdraws(f *figure) func(tx *db.Tx) error {
	return func(tx *db.Tx) error {
		no := ledger.Entry{Kind: ledger.Withdrawal, Purpose: "newsletter", Channel: "email", SaidBy: ledger.ByPerson, Method: "preferences", Strength: "single"}
		if err := s.record(tx, f, &ledger.Evidence{Text: pageWords[f.language], Language: f.language}, no); err != nil {
			return err
		}
		return s.log(tx, "permission.withdraw", f)
	}
}

// unticks and ticks are somebody changing one box of the preference page.
func (s *story) unticks(f *figure, purpose string) func(tx *db.Tx) error {
	return s.box(f, purpose, false)
}

func (s *story) ticks(f *figure, purpose string) func(tx *db.Tx) error {
	return s.box(f, purpose, true)
}

func (s *story) box(f *figure, purpose string, on bool) func(tx *db.Tx) error {
	return func(tx *db.Tx) error {
		offers, err := s.offers(tx)
		if err != nil {
			return err
		}
		said, err := s.said(tx, "preferences", pageWords[f.language], f.language)
		if err != nil {
			return err
		}
		var change []outbox.Choice
		for _, q := range offers {
			if q.Purpose == purpose {
				change = append(change, outbox.Choice{Question: q, On: on})
			}
		}
		if _, err := s.Outbox.SavePreferences(tx, f.id, offers, change, said); err != nil {
			return err
		}
		return s.log(tx, "permission.preferences", f)
	}
}

// offers are the boxes of the preference page: all marketing and surveys of the notice in force.
func (s *story) offers(tx *db.Tx) (out []permit.Question, err error) {
	in, _, err := s.Notice.InForceAt(tx, tx.Time())
	if err != nil {
		return nil, err
	}
	for _, p := range in.Notice.PurposeList() {
		for _, channel := range p.Channels {
			q, err := in.PermitQuestion(p.ID, channel, tx.Time())
			if err != nil {
				return nil, err
			}
			if q.Class == permit.Marketing || q.Class == permit.Survey {
				out = append(out, q)
			}
		}
	}
	return out, nil
}

// restrict stops all use while it is looked into whether what is held is right. law: GDPR 18(1)(a)
func (s *story) restrict(f *figure) func(tx *db.Tx) error {
	return func(tx *db.Tx) error {
		if err := s.Party.SetStatus(tx, f.id, party.Restricted); err != nil {
			return err
		}
		return s.log(tx, "person.restrict", f)
	}
}
