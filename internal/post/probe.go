package post

import (
	"context"
	"strings"

	"kartotek/internal/address"
	"kartotek/internal/audit"
	"kartotek/internal/clock"
	"kartotek/internal/compose"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/outbox"
	"kartotek/internal/permit"
)

// testMark stands before the subject of a letter sent as a test.
const testMark = "[Test] "

// Test sends a template's text to one address with example data, marked in the
// subject. No message is stored or counted. An address that the rules would not let
// the letter reach is refused: a test is no way round a no. law: GDPR 21(3)
func (r *Room) Test(ctx context.Context, by db.By, t *Template, lang, to string) error {
	if r.Channel == nil {
		return fault.New(fault.Conflict, "outreach.no_mail_server", "this server has no mail server to send by; start it with --smtp")
	}
	to = strings.TrimSpace(to)
	norm, err := address.Email(to)
	if err != nil {
		return fault.New(fault.Invalid, "campaign.test_address", "the test goes to one e-mail address").In("to")
	}
	var mail outbox.Letter
	err = r.DB.Do(ctx, by, func(tx *db.Tx) (err error) {
		terms, q, err := r.ask(tx, t.Purpose)
		if err != nil {
			return err
		}
		if err := r.mayTest(tx, q, norm); err != nil {
			return err
		}
		if mail, err = r.testMail(tx, terms, q, t, lang, to); err != nil {
			return err
		}
		return audit.Write(tx, audit.Entry{Action: "letter.test", Kind: "letter", Object: t.ID.String(), Purpose: t.Purpose})
	})
	if err != nil {
		return err
	}
	session, err := r.Channel.Open(ctx)
	if err != nil {
		return err
	}
	defer session.Close()
	if o := session.Send(ctx, mail, func() error { return nil }); o.State != outbox.Sent {
		return fault.New(fault.Unavailable, "campaign.test_refused", "the mail server did not take the test (%d %s)", o.Reply.Code, o.Reply.Enhanced)
	}
	return nil
}

// mayTest refuses an address of somebody who said no, and one kept as not to be
// written to.
func (r *Room) mayTest(tx *db.Tx, q permit.Question, norm string) error {
	refused := fault.New(fault.Denied, "campaign.test_not_allowed", "this address may not be sent the letter, and so no test of it")
	held, err := r.Outbox.Check(tx, "email", []string{norm})
	if err != nil {
		return err
	}
	if h, found := held[norm]; found && (h.All || h.Marketing && q.Class != permit.Service) {
		return refused
	}
	who, found, err := r.Outbox.Party.ByAddress(tx, norm)
	if err != nil || !found {
		return err
	}
	s, err := r.Outbox.DecideOne(tx, who, q, nil)
	if err == nil && !s.Verdict.Allowed {
		err = refused
	}
	return err
}

func (r *Room) testMail(tx *db.Tx, terms *Terms, q permit.Question, t *Template, lang, to string) (l outbox.Letter, err error) {
	x, ok := t.In(lang, terms.Language)
	if !ok {
		return l, noTemplate()
	}
	marked := *x
	marked.ID, marked.Subject = 0, testMark+x.Subject
	made, err := prepare(terms, q, &content{From: t.From, ReplyTo: t.ReplyTo}, &marked)
	if err != nil {
		return l, err
	}
	data, err := Data(Example(x.Subject, x.Body))
	if err != nil {
		return l, err
	}
	base, key := strings.TrimSuffix(r.BaseURL, "/"), tx.NewID()
	raw, err := made.AppendTo(nil, compose.Personal{To: to, Vars: compose.Vars{Person: compose.Fields{}, Controller: made.sender, Lang: x.Language, Data: data,
		Links: compose.Links{Unsubscribe: base + "/u/", Preferences: base + "/p/", Why: base + "/w/"}},
		MessageID: key.String() + ".test@" + domainOf(made.from), Date: clock.FromMs(tx.Now()), UnsubscribeURL: base + "/u/"})
	return outbox.Letter{From: made.from, To: to, Data: raw, ID: key}, err
}
