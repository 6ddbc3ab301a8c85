package courier

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"mime/quotedprintable"
	"strings"
	"time"

	"kartotek/internal/compose/header"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/job"
	"kartotek/internal/outbox"
	"kartotek/internal/rights/matter"
)

// Kinds of job.
const (
	KindSend = "courier.send" // hands a letter over; the key is its id
	KindTidy = "courier.tidy" // forgets what was handed over; runs again by itself
)

// Tries of a letter that the server puts off, and how long one waits for the next.
const (
	mostTries = 6
	tryAgain  = 20 * time.Minute
	kept      = 48 * time.Hour // of a letter that came to its end: the bounds need it
)

// Text is a mail of text alone.
type Text struct {
	To, From, FromName, ReplyTo string
	Lang, Subject, Body         string
	Auto                        bool // the program wrote it because something came in (RFC 3834)
}

// raw writes the mail. Whatever its texts hold, a header stays one header.
func (t *Text) raw(key id.ID, at time.Time) ([]byte, error) {
	_, domain, _ := strings.Cut(t.From, "@")
	b := header.AppendMailbox(nil, "From", t.FromName, t.From)
	b = header.AppendMailbox(b, "To", "", t.To)
	if t.ReplyTo != "" {
		b = header.AppendMailbox(b, "Reply-To", "", t.ReplyTo)
	}
	b = header.Append(b, "Subject", t.Subject)
	b = append(b, "Date: "+at.UTC().Format(time.RFC1123Z)+"\r\nMessage-ID: <"+key.String()+".letter@"+domain+">\r\nMIME-Version: 1.0\r\nContent-Language: "+t.Lang+
		"\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n"...)
	if t.Auto {
		b = append(b, "Auto-Submitted: auto-replied\r\nX-Auto-Response-Suppress: All\r\n"...)
	}
	var body bytes.Buffer
	w := quotedprintable.NewWriter(&body)
	_, err := w.Write([]byte(t.Body))
	err = errors.Join(err, w.Close())
	return append(append(b, "\r\n"...), body.Bytes()...), err
}

// Deliver hands one mail over and keeps nothing of it: for mail to the staff. The key
// makes its Message-ID. A mail put off is the caller's to repeat.
func (r *Room) Deliver(ctx context.Context, key id.ID, t Text) (outbox.Outcome, error) {
	for _, a := range []*string{&t.To, &t.From} {
		m, err := header.Mailbox(*a)
		if err != nil {
			return outbox.Outcome{State: outbox.Failed}, nil
		}
		*a = m
	}
	raw, err := t.raw(key, r.DB.Now())
	if err != nil {
		return outbox.Outcome{}, err
	}
	if r.Channel == nil || r.Channel() == nil {
		return outbox.Outcome{}, fault.New(fault.Unavailable, "outreach.no_mail_server", "this server has no mail server to send by; start it with --smtp")
	}
	session, err := r.Channel().Open(ctx)
	if err != nil {
		return outbox.Outcome{}, err
	}
	defer session.Close()
	return session.Send(ctx, outbox.Letter{From: t.From, To: t.To, Data: raw, ID: key}, func() error { return nil }), nil
}

// Handle gives the room's handlers to a runner.
func (r *Room) Handle(run *job.Runner) {
	run.Handle(KindSend, r.handOver)
	run.Handle(KindTidy, job.Every(r.DB, 24*time.Hour, r.Tidy))
}

// Begin puts the work into the queue that a running register always has.
func (r *Room) Begin(tx *db.Tx) error {
	_, _, err := job.Enqueue(tx, KindTidy, "all", nil, job.Opt{})
	return err
}

// Tidy forgets letters that came to their end.
func (r *Room) Tidy(tx *db.Tx) error {
	_, err := tx.Exec(delOld, 0, 1<<12-1, tx.Time().Add(-kept).UnixMilli())
	return err
}

var delOld = db.SQL(db.Set, `DELETE FROM courier_mails WHERE bucket BETWEEN $1 AND $2 AND done_at > 0 AND done_at < $3`)

// handOver hands a letter over, once. One found handed over already was when the
// process died: nobody knows whether it arrived, and it is printed.
func (r *Room) handOver(ctx context.Context, j *job.Job) error {
	which, err := id.Parse(j.Key)
	if err != nil {
		return job.Permanent(err)
	}
	var t *Text
	err = r.DB.Do(ctx, j.By(), func(tx *db.Tx) (err error) {
		if err = j.Hold(tx); err == nil {
			t, err = r.begin(tx, which)
		}
		return err
	})
	if err != nil || t == nil {
		return err
	}
	o, err := r.Deliver(ctx, which, *t)
	if err != nil {
		o = outbox.Outcome{State: outbox.Queued} // not begun
	}
	again := false
	err = r.DB.Do(ctx, j.By(), func(tx *db.Tx) (err error) { again, err = r.settle(tx, which, o); return err })
	if err != nil || !again {
		return err
	}
	return job.Later(r.DB.Now().Add(tryAgain))
}

// begin marks a letter as handed over and gives it; nil when there is nothing to do.
func (r *Room) begin(tx *db.Tx, which id.ID) (*Text, error) {
	m, err := read(tx, which)
	if err != nil || m == nil || m.state.Ended() {
		return nil, err
	}
	if m.state == outbox.Handed {
		return nil, r.lost(tx, m, outbox.Uncertain, "")
	}
	raw, err := matter.Open(r.Keys, matter.Letter, m.of, m.id, sealing(m.id), m.sealed)
	if matter.Erased(err) {
		return nil, m.put(tx, outbox.Skipped, "")
	}
	if err != nil {
		return nil, err
	}
	var t Text
	if err := json.Unmarshal(raw, &t); err != nil {
		return nil, err
	}
	if held, err := r.held(tx, t.To); err != nil || held {
		if held {
			err = r.lost(tx, m, outbox.Skipped, "SUPPRESSED")
		}
		return nil, err
	}
	m.attempts++
	return &t, m.put(tx, outbox.Handed, "")
}

// settle stores what became of a letter, and tells whether it is tried again.
func (r *Room) settle(tx *db.Tx, which id.ID, o outbox.Outcome) (again bool, err error) {
	m, err := read(tx, which)
	if err == nil && m == nil {
		err = gone()
	}
	if err != nil {
		return false, job.Permanent(err)
	}
	switch {
	case o.State == outbox.Sent:
		return false, m.put(tx, outbox.Sent, "")
	case (o.State == outbox.Retry || o.State == outbox.Queued) && m.attempts < mostTries:
		return true, m.put(tx, outbox.Queued, "")
	case o.State == outbox.Uncertain:
		return false, r.lost(tx, m, outbox.Uncertain, o.Reply.Enhanced)
	}
	return false, r.lost(tx, m, outbox.Failed, o.Reply.Enhanced)
}

// lost ends a letter that did not arrive for sure.
func (r *Room) lost(tx *db.Tx, m *mail, state outbox.State, code string) error {
	if err := m.put(tx, state, code); err != nil || r.Back == nil {
		return err
	}
	return r.Back(tx, m.of, m.item)
}
