package campaign

import (
	"context"
	"strings"

	"kartotek/internal/address"
	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/outbox"
	"kartotek/internal/party"
)

// Test sends a campaign's letters, each letter of a test in turn, to one address,
// marked in the subject. as is the person whose values they show; nil shows them
// without any. No message is stored or counted, and the links for those who no
// longer want the letters do not work. An address that the rules would not let
// the campaign reach is refused: a test is no way round a no. law: GDPR 21(3)
func (r *Room) Test(ctx context.Context, by db.By, c *Campaign, to string, as *party.Person) error {
	if !r.Sends() {
		return fault.New(fault.Conflict, "outreach.no_mail_server", "this server has no mail server to send by; start it with --smtp")
	}
	norm, err := address.Email(to)
	if err != nil {
		return fault.New(fault.Invalid, "campaign.test_address", "the test goes to one e-mail address").In("to")
	}
	if as == nil {
		as = &party.Person{}
	}
	var mails []outbox.Letter
	err = r.DB.Do(ctx, by, func(tx *db.Tx) (err error) {
		if err := r.mayTest(tx, c, norm); err != nil {
			return err
		}
		if mails, err = r.trials(tx, c, strings.TrimSpace(to), as); err != nil {
			return err
		}
		return audit.Write(tx, audit.Entry{Action: "campaign.test", Kind: "campaign", Object: c.ID.String(), Person: as.ID})
	})
	if err != nil {
		return err
	}
	return post(ctx, r.channel(c), mails)
}

// mayTest refuses an address of somebody who said no, and one kept as not to be
// written to.
func (r *Room) mayTest(tx *db.Tx, c *Campaign, norm string) error {
	refused := fault.New(fault.Denied, "campaign.test_not_allowed", "this address may not be sent the newsletter, and so no test of it")
	held, err := r.Outbox.Check(tx, "email", []string{norm})
	if err != nil {
		return err
	}
	if h, found := held[norm]; found && (h.All || h.Marketing && c.Reserved()) {
		return refused
	}
	who, found, err := r.Outbox.Party.ByAddress(tx, norm)
	if err != nil || !found {
		return err
	}
	t, err := r.Terms(tx)
	if err != nil {
		return err
	}
	copied := *c
	q, err := r.question(tx, t, &copied)
	if err != nil {
		return err
	}
	s, err := r.Outbox.DecideOne(tx, who, q, nil)
	if err == nil && !s.Verdict.Allowed {
		err = refused
	}
	return err
}

func (r *Room) trials(tx *db.Tx, c *Campaign, to string, as *party.Person) ([]outbox.Letter, error) {
	t, err := r.Terms(tx)
	if err != nil {
		return nil, err
	}
	return r.press().Trials(tx, c, t, to, as)
}

// post transmits letters that are not of the register.
func post(ctx context.Context, by outbox.Channel, mails []outbox.Letter) error {
	session, err := by.Open(ctx)
	if err != nil {
		return err
	}
	defer session.Close()
	for _, m := range mails {
		o := session.Send(ctx, m, func() error { return nil })
		if o.State != outbox.Sent {
			return fault.New(fault.Unavailable, "campaign.test_refused", "the mail server did not take the test (%d %s)", o.Reply.Code, o.Reply.Enhanced)
		}
	}
	return nil
}
