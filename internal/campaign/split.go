package campaign

import (
	"context"
	"slices"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/campaign/def"
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

// deal gives a decided message its letter; who is not in the test waits.
func deal(c *Campaign, m *outbox.Message) {
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

// await puts a campaign whose test is out into the queue of those to be chosen for.
func (r *Room) await(tx *db.Tx, c *Campaign) error {
	s := c.Options.Split
	if s.Due == 0 {
		s.Due = tx.Now() + (time.Duration(s.Hours) * time.Hour).Milliseconds()
		if err := r.Keep(tx, c); err != nil {
			return err
		}
	}
	_, _, err := job.Enqueue(tx, KindChoose, c.ID.String(), piece{Campaign: c.ID}, job.Opt{RunAt: clock.FromMs(s.Due)})
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
	if err := r.Keep(tx, c); err != nil {
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
		if err != nil || c.State != Choosing || c.Winner() > 0 {
			return err
		}
		n := def.Best(tried, c.Options.Split.Measure)
		if err := r.Choose(tx, c.ID, n, tried); err != nil {
			return err
		}
		return audit.Write(tx, audit.Entry{Action: "campaign.choose", Kind: "campaign", Object: c.ID.String(), Detail: map[string]string{"letter": string(rune('0' + n)), "measure": c.Options.Split.Measure}})
	})
}
