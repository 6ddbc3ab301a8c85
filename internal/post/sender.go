package post

import (
	"context"
	"errors"
	"time"

	"kartotek/internal/bounce"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/job"
	"kartotek/internal/outbox"
	"kartotek/internal/permit"
)

// Sizes of the send. A group is what one transaction hands over: after a crash at
// most a group of each job is uncertain.
const (
	groupFirst = 10
	groupMost  = 50
	groupTime  = time.Second // a group that takes longer makes the next one smaller
)

// sender works for one job.
type sender struct {
	room    *Room
	job     *job.Job
	session outbox.Session
	group   *outbox.Group
	read    db.Version // before next was read and asked about
	next    []*piece   // the group being transmitted
	done    []*piece   // what became of the last one
	size    int        // of the next group
}

// piece is a message on its way.
type piece struct {
	*outbox.Ready
	question permit.Question
	draft    outbox.Draft
	letter   *letter
	content  *content
	outcome  outbox.Outcome
	vetoed   bool
}

// step is one transaction: outcomes of the last group, then the next one asked about
// and marked. Without an open session it only tells whether there is more to do.
func (s *sender) step(ctx context.Context) (more bool, err error) {
	if s.read, err = s.room.DB.Version(ctx); err != nil {
		return false, err
	}
	err = s.insist(ctx, func(tx *db.Tx) (err error) {
		s.next = s.next[:0]
		if err := s.record(tx); err != nil {
			return err
		}
		more, err = s.take(tx)
		return err
	})
	if err == nil {
		s.done = s.done[:0]
	}
	return more, err
}

// work is a message that is due.
type work struct {
	who, message, text id.ID
	sealed             []byte
}

func readWork(tx *db.Tx, s *db.Stmt, args ...any) (all []work, err error) {
	err = tx.Each(s, func(scan db.Scan) error {
		var w work
		err := scan(&w.who, &w.message, &w.text, &w.sealed)
		all = append(all, w)
		return err
	}, args...)
	return all, err
}

// take marks the next messages as handed over.
func (s *sender) take(tx *db.Tx) (more bool, err error) {
	if s.session == nil {
		due, err := readWork(tx, selDue, tx.Now(), 1)
		return len(due) > 0, err
	}
	due, err := readWork(tx, selDue, tx.Now(), s.size)
	if err != nil || len(due) == 0 {
		return false, err
	}
	var group []*outbox.Ready
	for _, w := range due {
		p, err := s.handOver(tx, w)
		if err != nil {
			return false, err
		}
		if p != nil {
			s.next, group = append(s.next, p), append(group, p.Ready)
		}
	}
	_ = s.room.Outbox.Noted(group) // without the note they are uncertain after a crash, no worse
	return true, nil
}

// handOver asks again about one message; nil when it is not to be sent.
func (s *sender) handOver(tx *db.Tx, w work) (*piece, error) {
	m, found, err := s.room.Outbox.Get(tx, w.who, w.message)
	if err != nil {
		return nil, err
	}
	if !found || m.State != outbox.Queued && m.State != outbox.Retry {
		state := outbox.Skipped
		if found {
			state = m.State
		}
		return nil, release(tx, w.who, w.message, state, 0)
	}
	p, err := s.prepare(tx, m, w)
	if err != nil {
		return nil, s.refuse(tx, m, err)
	}
	ready, err := s.group.HandOver(tx, []outbox.Message{*m}, p.draft, nil)
	if err != nil {
		return nil, err
	}
	if len(ready) == 0 {
		return nil, release(tx, w.who, w.message, outbox.Skipped, 0)
	}
	p.Ready = ready[0]
	_, err = tx.Exec(updTaken, w.who.Bucket(), int64(w.who), int64(w.message), int64(s.job.ID), s.job.Fence)
	return p, err
}

// prepare gathers what a message is made with.
func (s *sender) prepare(tx *db.Tx, m *outbox.Message, w work) (*piece, error) {
	terms, q, err := s.room.ask(tx, m.Purpose)
	if err != nil {
		return nil, err
	}
	p := &piece{question: q, draft: outbox.Draft{Question: q, Notice: terms.Version}}
	if p.content, err = s.room.open(w.who, w.message, w.sealed); err != nil {
		return nil, err
	}
	p.draft.Asked = outbox.Asked{Email: p.content.To, ByPerson: p.content.Asked}
	x := &Text{Language: p.content.Language, Subject: p.content.Subject, Body: p.content.Body, Format: p.content.Format}
	if w.text != 0 {
		all, err := readTexts(tx, selText, int64(w.text))
		if err != nil {
			return nil, err
		}
		if len(all) == 0 {
			return nil, noTemplate()
		}
		x = &all[0]
	}
	p.letter, err = s.room.compiled.get(terms, q, p.content, x)
	return p, err
}

// refuse ends a message that can no longer be made or is no longer promised. Other
// errors are the machine's.
func (s *sender) refuse(tx *db.Tx, m *outbox.Message, why error) error {
	o := outbox.Outcome{State: outbox.Failed, Reply: outbox.Reply{Text: "the letter could not be made"}}
	switch fault.CodeOf(why) {
	case fault.Denied:
		o = outbox.Outcome{State: outbox.Skipped, Code: CodeNotPromised}
	case fault.Invalid, fault.NotFound, fault.TooLarge:
	default:
		return why
	}
	state, err := s.room.Outbox.Settle(tx, m, o)
	if err != nil {
		return err
	}
	return release(tx, m.Person, m.ID, state, 0)
}

// transmit sends a group, message by message.
func (s *sender) transmit(ctx context.Context) {
	start := s.room.DB.Now()
	for _, p := range s.next {
		p.outcome = outbox.Outcome{State: outbox.Queued}
		if s.ready(ctx) && !s.held(p) {
			s.send(ctx, p)
		}
		s.done = append(s.done, p)
	}
	switch took := s.room.DB.Now().Sub(start); {
	case took > groupTime:
		s.size = max(1, s.size/2)
	case took < groupTime/2:
		s.size = min(2*s.size, groupMost)
	}
}

// held asks the session whether a message may go; one that must wait is put back.
func (s *sender) held(p *piece) bool {
	pacer, able := s.session.(outbox.Pacer)
	if !able {
		return false
	}
	until := pacer.Hold(p.To.Email)
	if until.IsZero() {
		return false
	}
	p.outcome = outbox.Outcome{State: outbox.Retry, Until: until.UnixMilli()}
	return true
}

// ready makes sure of a living session.
func (s *sender) ready(ctx context.Context) bool {
	if ctx.Err() != nil {
		return false
	}
	if s.session != nil && s.session.Alive() {
		return true
	}
	s.close()
	session, err := s.room.Channel.Open(ctx)
	if err != nil {
		return false // the next step opens again, and says why it cannot
	}
	s.session = session
	return true
}

func (s *sender) close() {
	if s.session != nil {
		s.session.Close()
		s.session = nil
	}
}

func (s *sender) send(ctx context.Context, p *piece) {
	data, err := s.room.write(p.letter, p.Ready, p.content)
	if err != nil {
		p.outcome = outbox.Outcome{State: outbox.Failed, Reply: outbox.Reply{Text: "the letter could not be made for this person"}}
		if pacer, able := s.session.(outbox.Pacer); able {
			pacer.Release(p.To.Email)
		}
		return
	}
	p.outcome = s.session.Send(ctx, outbox.Letter{From: p.letter.from, To: p.To.Email, Data: data, ID: p.ID}, func() error {
		err := s.ask(ctx, p)
		p.vetoed = err != nil
		return err
	})
	if p.outcome.State == outbox.Sent {
		s.room.Outbox.Taken(p.Ready)
	}
}

// errVeto stops a message whose reasons no longer hold.
var errVeto = errors.New("the message may no longer be sent")

// ask is the last question before a message's text is transmitted: is the job still
// ours, and does what the message rests on still stand? law: GDPR 21(3)
func (s *sender) ask(ctx context.Context, p *piece) error {
	now, err := s.room.DB.Version(ctx)
	if err == nil && !now.Same(s.read) {
		err = s.room.DB.View(ctx, s.job.By(), func(tx *db.Tx) error {
			cur, err := job.Get(tx, s.job.ID)
			if err != nil || cur.Fence != s.job.Fence || cur.State != job.Running {
				return errors.Join(errVeto, err)
			}
			q := p.question
			q.At = tx.Time()
			v, err := s.room.Outbox.Fresh(tx, p.Ready, q, nil)
			if err == nil && !v.Allowed {
				err = errVeto
			}
			return err
		})
	}
	if err == nil {
		err = s.room.Outbox.Begun(p.Ready)
	}
	if err != nil {
		return errors.Join(errVeto, err)
	}
	return nil
}

// record stores the outcomes of the last group, while the lease is still held.
func (s *sender) record(tx *db.Tx) error {
	if err := s.job.Hold(tx); err != nil {
		return err
	}
	quiet := true
	for _, p := range s.done {
		loud, err := s.settle(tx, p)
		if err != nil {
			return err
		}
		quiet = quiet && !loud
	}
	if quiet {
		tx.Quiet() // messages and leases: nothing a verdict rests on
	}
	return nil
}

// settle records one outcome; a vetoed message is decided again. loud tells that an
// address was found to be wrong.
func (s *sender) settle(tx *db.Tx, p *piece) (loud bool, err error) {
	m := &p.Message
	if p.vetoed {
		d := p.draft
		d.Question.At = tx.Time()
		if err := s.room.Outbox.Reconsider(tx, *m, d, nil); err != nil {
			return false, err
		}
		again, found, err := s.room.Outbox.Get(tx, m.Person, m.ID)
		if err != nil || !found {
			return false, err
		}
		return false, s.room.settled(tx, again, again.State)
	}
	state, err := s.room.Outbox.Settle(tx, m, p.outcome)
	if err != nil || state == "" {
		return false, err
	}
	if err := s.room.settled(tx, m, state); err != nil {
		return false, err
	}
	return s.bury(tx, p)
}

// bury marks an address that was found to be wrong. Refusals of MAIL and DATA are
// about the sender, whatever they say.
func (s *sender) bury(tx *db.Tx, p *piece) (bool, error) {
	o := &p.outcome
	if o.State != outbox.Failed || o.Reply.Code == 0 || o.Verb == "MAIL" || o.Verb == "DATA" {
		return false, nil
	}
	_, hard, reason := bounce.ClassifyReply(o.Reply.Code, o.Reply.Enhanced, o.Reply.Text)
	if !hard {
		return false, nil
	}
	back := outbox.Return{Kind: "bounce", Code: string(reason), Hard: true, Status: o.Reply.Enhanced}
	_, _, err := s.room.Outbox.TakeReturn(tx, &p.Message, p.To.Email, back)
	return true, err
}
