package warn

import (
	"context"
	"slices"
	"strings"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/i18n"
	"kartotek/internal/id"
	"kartotek/internal/job"
	"kartotek/internal/law"
	"kartotek/internal/outbox"
	"kartotek/internal/rights"
	"kartotek/internal/rights/courier"
)

const (
	most    = 200 // warnings of one mail
	mostTry = 6   // of a mail that the server puts off
)

// noted is a warning as it stands in the table.
type noted struct {
	of    id.ID
	level string
	due   law.Date
}

// mail says to one account what waits to be said.
func (r *Room) mail(ctx context.Context, j *job.Job) error {
	account, err := id.Parse(j.Key)
	if err != nil {
		return job.Permanent(err)
	}
	var all []noted
	var text *courier.Text
	err = r.DB.Do(ctx, j.By(), func(tx *db.Tx) (err error) {
		if err = j.Hold(tx); err == nil {
			all, text, err = r.begin(tx, account)
		}
		return err
	})
	if err != nil || text == nil {
		return err
	}
	o, err := r.Courier.Deliver(ctx, j.ID, *text)
	state := said
	if err != nil || o.State == outbox.Retry || o.State == outbox.Queued {
		state = queued
	} else if o.State == outbox.Failed {
		state = unsaid
	}
	if state == queued && j.Attempt >= mostTry {
		state = unsaid
	}
	err = r.DB.Do(ctx, j.By(), func(tx *db.Tx) error {
		if err := r.set(tx, account, all, state); err != nil || state != said {
			return err
		}
		return audit.Write(tx, logged(account, len(all)))
	})
	if err != nil || state != queued {
		return err
	}
	return fault.New(fault.Unavailable, "outreach.no_mail_server", "the mail server asked to come back later")
}

func (r *Room) set(tx *db.Tx, account id.ID, all []noted, state string) error {
	for _, n := range all {
		if _, err := tx.Exec(updWarning, int64(n.of), n.level, string(n.due), int64(account), state); err != nil {
			return err
		}
	}
	return nil
}

// begin marks what is said now and writes it; nil when there is nothing to say any more.
func (r *Room) begin(tx *db.Tx, account id.ID) (all []noted, t *courier.Text, err error) {
	err = tx.Each(selQueued, func(scan db.Scan) error {
		var n noted
		err := scan(&n.of, &n.level, &n.due)
		all = append(all, n)
		return err
	}, int64(account), queued, most)
	if err != nil || len(all) == 0 {
		return nil, nil, err
	}
	staff, err := r.Staff(tx)
	if err != nil {
		return nil, nil, err
	}
	i := slices.IndexFunc(staff, func(a Account) bool { return a.ID == account })
	if i < 0 {
		return nil, nil, r.set(tx, account, all, unsaid) // the account is closed
	}
	t, all, err = r.text(tx, &staff[i], all)
	if err != nil || t == nil {
		return nil, nil, err
	}
	return all, t, r.set(tx, account, all, handed)
}

// text writes the mail: references and addresses of pages. What is settled meanwhile is
// not said.
func (r *Room) text(tx *db.Tx, a *Account, all []noted) (*courier.Text, []noted, error) {
	terms, err := r.Rights.Terms(tx)
	if err != nil {
		return nil, nil, err
	}
	p := i18n.For(terms.Language)
	var lines []string
	var live []noted
	for _, n := range all {
		c, err := r.Rights.Get(tx, n.of)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return nil, nil, err
		}
		if err != nil || !c.Open() || n.level == Free && c.HandlerID != 0 {
			if err := r.set(tx, a.ID, []noted{n}, unsaid); err != nil {
				return nil, nil, err
			}
			continue
		}
		lines, live = append(lines, line(p, terms, c, n.level)), append(live, n)
	}
	if len(live) == 0 {
		return nil, nil, nil
	}
	o := terms.Controller
	return &courier.Text{To: a.Email, From: o.Email, FromName: o.Name, ReplyTo: terms.Contact, Lang: p.Lang(), Auto: true,
		Subject: p.N("warn.subject", len(live)), Body: p.T("warn.intro") + "\n\n" + strings.Join(lines, "\n") + "\n"}, live, nil
}

func line(p *i18n.Printer, t *rights.Terms, c *rights.Case, level string) string {
	s := p.T("warn."+level, "ref", c.Ref, "day", p.Date(c.Clock.Due.Time()))
	if t.Base != "" {
		s += "\n" + strings.TrimSuffix(t.Base, "/") + "/requests/" + c.ID.String()
	}
	return s
}
