package campaign

import (
	"context"
	"net/mail"
	"strings"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/bounce"
	"kartotek/internal/campaign/alarm"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/job"
	"kartotek/internal/outbox"
	"kartotek/internal/outbox/pace"
	"kartotek/internal/outbox/preflight"
	"kartotek/internal/permit"
)

// A campaign pauses by itself when going on would harm: too many say that it is
// spam, too many addresses are dead, nearly everybody's server refuses, or the look
// before a send found something that has to be mended first. Somebody then goes on
// with it, or does not; what was counted before is not held against it again.

// Alarm is what made a campaign pause by itself.
type Alarm = alarm.Alarm

// book is where alarms are kept.
func (r *Room) book() alarm.Book {
	return alarm.Book{Outbox: r.Outbox, Handed: func(tx *db.Tx, which id.ID) (accepted, failed int, err error) {
		out, err := r.Results(tx, which)
		return out.Sent, out.Failed, err
	}}
}

// Alarmed tells when and why a campaign last paused by itself; nil when it never did.
func (r *Room) Alarmed(tx *db.Tx, which id.ID) (*Alarm, error) { return alarm.Last(tx, which) }

// Counted gives what is known of how a campaign was received: since it last paused
// by itself, or in all.
func (r *Room) Counted(tx *db.Tx, which id.ID) (pace.Counts, error) { return r.book().Since(tx, which) }

// PausedBy gives the alarm that a campaign is paused by; nil when somebody paused
// it, or when it is not paused.
func (r *Room) PausedBy(tx *db.Tx, c *Campaign) (*Alarm, error) {
	if c.State != Paused {
		return nil, nil
	}
	a, err := r.Alarmed(tx, c.ID)
	if err != nil || a == nil || !a.Stands {
		return nil, err
	}
	return a, nil
}

// Judge pauses a campaign under way when what came back of it says so. Whoever
// records bounces and complaints calls it afterwards.
func (r *Room) Judge(ctx context.Context, by db.By, which id.ID) (pace.Decision, error) {
	var d pace.Decision
	err := r.DB.View(ctx, by, func(tx *db.Tx) error {
		c, err := r.Counted(tx, which)
		d = pace.Usual.Judge(c)
		return err
	})
	if err != nil || d.Act != pace.Pause {
		return d, err
	}
	return d, r.halt(ctx, by, which, d.Code)
}

// halt pauses a campaign by itself, and says why: in the table and in the log.
func (r *Room) halt(ctx context.Context, by db.By, which id.ID, code string) error {
	return r.DB.Do(ctx, by, func(tx *db.Tx) error {
		c, err := r.Get(tx, which)
		if err != nil || !c.State.Running() {
			return err
		}
		if err := r.book().Raise(tx, which, code); err != nil {
			return err
		}
		if err := r.turn(tx, c, c.State, Paused); err != nil {
			return err
		}
		return audit.Write(tx, audit.Entry{Action: "campaign.alarm", Kind: "campaign", Object: which.String(), Detail: map[string]string{"code": code}})
	})
}

// observe tells the watchman what became of a message; a campaign that has to stop
// begins no other message of the group.
func (s *sender) observe(o *outbox.Outcome) {
	e := pace.Passing
	switch {
	case o.State == outbox.Sent:
		e = pace.Accepted
	case o.State != outbox.Failed || o.Reply.Code == 0:
		return
	case alarm.Hard(o):
		e = pace.BouncedAtOnce
	default:
		e = pace.RefusedPolicy // refused, and not because the address is wrong: when that is nearly everybody, it is us
	}
	if d := s.room.alarms.Observe(s.c.ID, s.since, e); d.Act == pace.Pause {
		s.cut, s.stop = true, d.Code
	}
}

// dead reports whether some address of the group was found to be wrong.
func (s *sender) dead() bool {
	for i := range s.group {
		if alarm.Hard(&s.group[i].outcome) {
			return true
		}
	}
	return false
}

// bury marks the addresses that were found to be wrong.
func (s *sender) bury(tx *db.Tx) error {
	for i := range s.group {
		m, o := s.group[i].m, &s.group[i].outcome
		if !alarm.Hard(o) {
			continue
		}
		_, _, reason := bounce.ClassifyReply(o.Reply.Code, o.Reply.Enhanced, o.Reply.Text)
		back := outbox.Return{Kind: "bounce", Code: string(reason), Hard: true, Status: o.Reply.Enhanced}
		if _, _, err := s.room.Outbox.TakeReturn(tx, &m.Message, m.To.Email, back); err != nil {
			return err
		}
	}
	return nil
}

// judge pauses the campaign when something said that it must stop, and now and then
// asks the tables whether it must.
func (s *sender) judge(ctx context.Context) error {
	r, which := s.room, s.c.ID
	if s.stop == "" && !r.alarms.Due(which, r.DB.Now()) {
		return nil
	}
	s.recount = 0
	if err := s.flush(ctx); err != nil {
		return err
	}
	if s.stop != "" {
		r.alarms.Forget(which)
		s.halted = true
		return r.halt(ctx, s.job.By(), which, s.stop)
	}
	d, err := r.Judge(ctx, s.job.By(), which)
	if d.Act == pace.Pause {
		r.alarms.Forget(which)
		s.halted = true
	}
	return err
}

// gate asks whether the world is ready for this campaign. While that is not known
// the range waits; when it is not, the campaign is paused.
func (r *Room) gate(ctx context.Context, by db.By, c *Campaign) (halted bool, err error) {
	if r.Gate == nil || !c.State.Running() {
		return false, nil
	}
	verdict, err := r.Gate(ctx, DomainOf(c.From), c.Class != permit.Service)
	switch {
	case err != nil:
		return false, err
	case verdict == preflight.Pause:
		return false, job.Later(r.DB.Now().Add(gateAgain))
	case verdict == preflight.Stop:
		return true, r.halt(ctx, by, c.ID, alarm.CodePreflight)
	}
	return false, nil
}

// gateAgain is when a range asks again whether it may be sent.
const gateAgain = 2 * time.Minute

// Ready refuses to start a campaign that the gate would stop at once.
func (r *Room) Ready(ctx context.Context, c *Campaign) error {
	if r.Gate == nil {
		return nil
	}
	verdict, err := r.Gate(ctx, DomainOf(c.From), c.Class != permit.Service)
	if err == nil && verdict == preflight.Stop {
		err = fault.New(fault.Conflict, "campaign.not_ready", "the sender's domain or the relay has to be put right first: see the sender's health")
	}
	return err
}

// DomainOf is the domain of a sender; "" when it has none.
func DomainOf(from string) string {
	m, err := mail.ParseAddress(from)
	if err != nil {
		return ""
	}
	return m.Address[strings.LastIndexByte(m.Address, '@')+1:]
}
