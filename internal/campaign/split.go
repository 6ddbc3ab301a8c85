package campaign

import (
	"context"
	"slices"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/job"
	"kartotek/internal/outbox"
	"kartotek/internal/permit"
)

// KindChoose is the job that chooses the letter of a test that did best.
const KindChoose = "campaign.choose"

// The measures of a test. More clicks are better, fewer of the others.
const (
	Clicks       = "clicks"
	Unsubscribes = "unsubscribes"
	Complaints   = "complaints"
)

// Measures lists them.
var Measures = []string{Clicks, Unsubscribes, Complaints}

// MaxLetters is the most letters of a test.
const MaxLetters = 4

// Letters is how many letters compete; 1 when there is no test.
func (c *Campaign) Letters() int {
	if c.Options.Split == nil {
		return 1
	}
	return 1 + len(c.Options.Split.Others)
}

// Letter is the campaign with the nth letter's subject and body, from 1.
func (c *Campaign) Letter(n int) *Campaign {
	out := *c
	if c.Options.Split == nil {
		return &out
	}
	out.Variant = n
	if n > 1 && n <= c.Letters() {
		v := c.Options.Split.Others[n-2]
		if v.Subject != "" {
			out.Subject = v.Subject
		}
		if v.Body != "" {
			out.Body = v.Body
		}
	}
	return &out
}

// VariantOf is which letter of a test a person gets, from 1; 0 for who waits for
// the choice, and for everybody when there is no test. It follows from the keys
// of person and campaign alone, so it is the same whenever it is asked.
func (c *Campaign) VariantOf(person id.ID) int {
	s := c.Options.Split
	if s == nil {
		return 0
	}
	h := mix(uint64(person) ^ mix(uint64(c.ID)))
	if h%10_000 >= uint64(s.Share)*100 {
		return 0
	}
	return 1 + int(h>>32%uint64(c.Letters()))
}

// mix spreads a number over all its bits (the finaliser of SplitMix64).
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// deal gives a decided message its letter; who is not in the test waits.
func (c *Campaign) deal(m *outbox.Message) {
	s := c.Options.Split
	if s == nil || m.State != outbox.Queued {
		return
	}
	switch m.Variant = c.VariantOf(m.Person); {
	case m.Variant > 0:
	case s.Winner > 0:
		m.Variant = s.Winner
	default:
		m.Await()
	}
}

// winner is the letter chosen, from 1; 0 while none is.
func (c *Campaign) winner() int {
	if c.Options.Split == nil {
		return 0
	}
	return c.Options.Split.Winner
}

// await puts a campaign whose test is out into the queue of those to be chosen for.
func (r *Room) await(tx *db.Tx, c *Campaign) error {
	s := c.Options.Split
	if s.Due == 0 {
		s.Due = tx.Now() + (time.Duration(s.Hours) * time.Hour).Milliseconds()
		if err := r.keep(tx, c); err != nil {
			return err
		}
	}
	_, _, err := job.Enqueue(tx, KindChoose, c.ID.String(), piece{Campaign: c.ID}, job.Opt{RunAt: clock.FromMs(s.Due)})
	return err
}

// keep stores the options of a campaign under way.
func (r *Room) keep(tx *db.Tx, c *Campaign) error {
	options, err := c.Options.text()
	if err == nil {
		_, err = tx.Exec(updOptions, int64(c.ID), options)
	}
	return err
}

// Choose ends a test: everybody who waits gets the nth letter, from 1. tried are
// the figures it rests on, nil when a person chose without them.
func (r *Room) Choose(tx *db.Tx, which id.ID, n int, tried []Trial) error {
	c, err := r.Get(tx, which)
	if err != nil {
		return err
	}
	s := c.Options.Split
	switch {
	case s == nil || n < 1 || n > c.Letters():
		return fault.New(fault.Invalid, "campaign.no_letter", "the newsletter has no such letter").In("winner")
	case s.Winner > 0:
		return fault.New(fault.Conflict, "campaign.chosen", "the letter was chosen already")
	case !c.State.Running() && c.State != Paused:
		return fault.New(fault.Conflict, "campaign.not_running", "the newsletter is not being sent")
	}
	s.Winner, s.ChosenAt, s.By, s.Tried = n, tx.Now(), tx.By().Name, tried
	if err := r.keep(tx, c); err != nil {
		return err
	}
	if _, err := tx.Exec(updFreed, int64(c.ID)); err != nil {
		return err
	}
	if c.State == Choosing {
		if err := r.turn(tx, c, Choosing, Sending); err != nil {
			return err
		}
	}
	if c.State == Paused {
		return nil // Resume gives the work back
	}
	return r.enqueueAll(tx, c.ID)
}

// Trial is what came of one letter of a test so far.
type Trial struct {
	Letter     int `json:"letter"`
	Sent       int `json:"sent"`
	Clicks     int `json:"clicks"`
	Noes       int `json:"noes"` // people who can no longer be sent it because they said no since
	Complaints int `json:"complaints"`
}

// by gives the count of a measure.
func (t Trial) by(measure string) int {
	switch measure {
	case Clicks:
		return t.Clicks
	case Complaints:
		return t.Complaints
	}
	return t.Noes
}

// Best is the letter that did best by a measure: the highest share of clicks, or
// the lowest of the others, among those that were sent to anybody. The first wins
// a tie.
func Best(tried []Trial, measure string) int {
	best := Trial{}
	for _, t := range tried {
		if t.Sent == 0 {
			continue
		}
		mine, other := t.by(measure)*best.Sent, best.by(measure)*t.Sent // shares compared without dividing
		if best.Sent == 0 || measure == Clicks && mine > other || measure != Clicks && mine < other {
			best = t
		}
	}
	return max(1, best.Letter)
}

// Trials counts what came of the letters of a test, a range at a time. Somebody
// said no when the rules do not allow the message any more because of an objection
// or a consent withdrawn, however it was said.
func (r *Room) Trials(ctx context.Context, by db.By, which id.ID) ([]Trial, error) {
	var c *Campaign
	var parts []span
	var q permit.Question
	out := []Trial{}
	err := r.DB.View(ctx, by, func(tx *db.Tx) (err error) {
		if c, err = r.Get(tx, which); err != nil {
			return err
		}
		for n := range c.Letters() {
			out = append(out, Trial{Letter: n + 1})
		}
		t, err := r.Terms(tx)
		if err != nil {
			return err
		}
		if q, err = r.question(tx, t, c); err != nil {
			return err
		}
		if r.Clicked != nil && c.Options.Clicks {
			err = r.countClicks(tx, c, out)
		}
		if err == nil {
			parts, err = ranges(tx, which)
		}
		return err
	})
	for _, s := range parts {
		if err != nil {
			break
		}
		err = r.DB.View(ctx, by, func(tx *db.Tx) error { return r.tried(tx, c, s.part(), q, out) })
	}
	return out, err
}

func (r *Room) countClicks(tx *db.Tx, c *Campaign, out []Trial) error {
	counts, err := r.Clicked(tx, c.ID)
	for i := range out {
		out[i].Clicks = counts[out[i].Letter]
	}
	return err
}

// no are the codes of those who said no.
var no = []string{permit.CodeProhibitedAll, permit.CodeProhibitedChannel, permit.CodeProhibitedPurpose, permit.CodeProhibitedResearch, permit.CodeConsentWithdrawn}

func (r *Room) tried(tx *db.Tx, c *Campaign, part outbox.Range, q permit.Question, out []Trial) error {
	all, err := r.Outbox.Tried(tx, c.ID, part)
	if err != nil || len(all) == 0 {
		return err
	}
	letters := map[id.ID]*Trial{}
	for _, one := range all {
		if one.Variant > len(out) || c.VariantOf(one.Person) == 0 {
			continue // not of the test: the rest was sent the winner
		}
		t := &out[one.Variant-1]
		letters[one.Person] = t
		t.Sent++
		if one.Complained {
			t.Complaints++
		}
	}
	return r.Outbox.WalkBrief(tx, part.Lo, part.Hi, q, func(s *outbox.Subject) error {
		if t := letters[s.Person.ID]; t != nil && !s.Verdict.Allowed && slices.Contains(no, s.Verdict.Code) {
			t.Noes++
		}
		return nil
	})
}

// choose is the handler of KindChoose.
func (r *Room) choose(ctx context.Context, j *job.Job) error {
	var p piece
	if err := j.Decode(&p); err != nil {
		return job.Permanent(err)
	}
	tried, err := r.Trials(ctx, j.By(), p.Campaign)
	if err != nil {
		return err
	}
	return r.DB.Do(ctx, j.By(), func(tx *db.Tx) error {
		if err := j.Hold(tx); err != nil {
			return err
		}
		c, err := r.Get(tx, p.Campaign)
		if err != nil || c.State != Choosing || c.winner() > 0 {
			return err
		}
		n := Best(tried, c.Options.Split.Measure)
		if err := r.Choose(tx, c.ID, n, tried); err != nil {
			return err
		}
		return audit.Write(tx, audit.Entry{Action: "campaign.choose", Kind: "campaign", Object: c.ID.String(), Detail: map[string]string{"letter": string(rune('0' + n)), "measure": c.Options.Split.Measure}})
	})
}
