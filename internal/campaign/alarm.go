package campaign

import (
	"context"
	"encoding/json"
	"net/mail"
	"strings"
	"sync"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/bounce"
	"kartotek/internal/clock"
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

// The codes of why a campaign paused by itself, beside those of pace.Decision:
// complaints, bounces and policy.
const CodePreflight = "preflight"

// Alarm is what made a campaign pause by itself.
type Alarm struct {
	At     time.Time
	Code   string // complaints, bounces, policy or preflight
	Counts pace.Counts

	stands bool // nobody has gone on with the campaign since
}

var alarmsTable = db.Table{
	Name: "campaign_alarms", Kind: db.LocalTable, Key: "campaign_id, at", Cols: db.Cols("campaign_id big, at big, code text, counts text, stands int"),
}

var (
	insAlarm  = db.SQL(db.Local, `INSERT INTO campaign_alarms (campaign_id, at, code, counts, stands) VALUES ($1, $2, $3, $4, 1) ON CONFLICT (campaign_id, at) DO NOTHING`)
	selAlarm  = db.SQL(db.Local, `SELECT at, code, counts, stands FROM campaign_alarms WHERE campaign_id = $1 ORDER BY at DESC LIMIT 1`)
	updStands = db.SQL(db.Local, `UPDATE campaign_alarms SET stands = 0 WHERE campaign_id = $1 AND stands = 1`)
	sumCount  = db.SQL(db.Local, `SELECT state, sum(n) FROM campaign_counts WHERE campaign_id = $1 GROUP BY state`)
)

// Alarmed tells when and why a campaign last paused by itself; nil when it never did.
func (r *Room) Alarmed(tx *db.Tx, which id.ID) (*Alarm, error) {
	var at int64
	var h Alarm
	var text string
	var stands int
	found, err := tx.One(selAlarm, []any{&at, &h.Code, &text, &stands}, int64(which))
	if err != nil || !found {
		return nil, err
	}
	h.At, h.stands = clock.FromMs(at), stands == 1
	return &h, json.Unmarshal([]byte(text), &h.Counts)
}

// PausedBy gives the alarm that a campaign is paused by; nil when somebody paused
// it, or when it is not paused.
func (r *Room) PausedBy(tx *db.Tx, c *Campaign) (*Alarm, error) {
	if c.State != Paused {
		return nil, nil
	}
	a, err := r.Alarmed(tx, c.ID)
	if err != nil || a == nil || !a.stands {
		return nil, err
	}
	return a, nil
}

// Counted gives what is known of how a campaign was received: since it last paused
// by itself, or in all.
func (r *Room) Counted(tx *db.Tx, which id.ID) (pace.Counts, error) {
	c, err := r.counted(tx, which)
	if err != nil {
		return c, err
	}
	h, err := r.Alarmed(tx, which)
	if err != nil || h == nil {
		return c, err
	}
	return pace.Counts{Accepted: c.Accepted - h.Counts.Accepted, Bounced: c.Bounced - h.Counts.Bounced, AtOnce: c.AtOnce - h.Counts.AtOnce,
		Complaints: c.Complaints - h.Counts.Complaints}, nil
}

// counted counts from the beginning.
func (r *Room) counted(tx *db.Tx, which id.ID) (c pace.Counts, err error) {
	failed := 0
	err = tx.Each(sumCount, func(scan db.Scan) error {
		var state outbox.State
		var n int
		err := scan(&state, &n)
		switch state {
		case outbox.Sent:
			c.Accepted = n
		case outbox.Failed:
			failed = n
		}
		return err
	}, int64(which))
	if err != nil {
		return c, err
	}
	back, err := r.Outbox.CountReturns(tx, which, outbox.Range{Lo: 0, Hi: id.Buckets - 1})
	for _, t := range back {
		switch {
		case t.Kind == outbox.ReturnComplaint:
			c.Complaints += t.N
		case t.Hard:
			c.Bounced += t.N
		}
	}
	c.AtOnce = min(failed, c.Bounced)
	return c, err
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
		counts, err := r.counted(tx, which)
		if err != nil {
			return err
		}
		text, err := json.Marshal(counts)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(insAlarm, int64(which), tx.Now(), code, string(text)); err != nil {
			return err
		}
		if err := r.turn(tx, c, c.State, Paused); err != nil {
			return err
		}
		return audit.Write(tx, audit.Entry{Action: "campaign.alarm", Kind: "campaign", Object: which.String(), Detail: map[string]string{"code": code}})
	})
}

// watchman watches the campaigns that this process sends.
type watchman struct {
	mu  sync.Mutex
	all map[id.ID]*watched // guarded by mu
}

type watched struct {
	pace.Breaker
	asked time.Time // when the tables were last asked
}

// judgeEvery is how often what came back of a campaign under way is looked at.
const judgeEvery = 10 * time.Second

// observe counts an event and says what follows.
func (w *watchman) observe(which id.ID, e pace.Event) pace.Decision {
	w.mu.Lock()
	defer w.mu.Unlock()
	b := w.all[which]
	if b == nil {
		if w.all == nil {
			w.all = map[id.ID]*watched{}
		}
		b = &watched{Breaker: pace.Breaker{Bounds: pace.Usual}}
		w.all[which] = b
	}
	return b.Observe(e)
}

// forget begins anew with a campaign.
func (w *watchman) forget(which id.ID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.all, which)
}

// due reports whether the tables are to be asked about a campaign, once for all who ask.
func (w *watchman) due(which id.ID, now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	b := w.all[which]
	if b == nil || now.Sub(b.asked) < judgeEvery && !now.Before(b.asked) {
		return false
	}
	b.asked = now
	return true
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
	case hard(o):
		e = pace.BouncedAtOnce
	default:
		e = pace.RefusedPolicy // refused, and not because the address is wrong: when that is nearly everybody, it is us
	}
	if d := s.room.alarms.observe(s.c.ID, e); d.Act == pace.Pause {
		s.cut, s.stop = true, d.Code
	}
}

// hard reports whether a refusal says that the address itself is wrong. Refusals of
// MAIL and DATA are about the sender, whatever they say.
func hard(o *outbox.Outcome) bool {
	if o.State != outbox.Failed || o.Reply.Code == 0 || o.Verb == "MAIL" || o.Verb == "DATA" {
		return false
	}
	_, hard, _ := bounce.ClassifyReply(o.Reply.Code, o.Reply.Enhanced, o.Reply.Text)
	return hard
}

// dead reports whether some address of the group was found to be wrong.
func (s *sender) dead() bool {
	for i := range s.group {
		if hard(&s.group[i].outcome) {
			return true
		}
	}
	return false
}

// bury marks the addresses that were found to be wrong.
func (s *sender) bury(tx *db.Tx) error {
	for i := range s.group {
		m, o := s.group[i].m, &s.group[i].outcome
		if !hard(o) {
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
	if s.stop == "" && !r.alarms.due(which, r.DB.Now()) {
		return nil
	}
	s.recount = 0
	if err := s.flush(ctx); err != nil {
		return err
	}
	if s.stop != "" {
		r.alarms.forget(which)
		s.halted = true
		return r.halt(ctx, s.job.By(), which, s.stop)
	}
	d, err := r.Judge(ctx, s.job.By(), which)
	if d.Act == pace.Pause {
		r.alarms.forget(which)
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
		return true, r.halt(ctx, by, c.ID, CodePreflight)
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
