package campaign

import (
	"context"

	"kartotek/internal/compose/lint"
	"kartotek/internal/db"
	"kartotek/internal/fault"
)

// Grade is how much a finding matters.
type Grade string

// The grades.
const (
	Fine  Grade = "fine"
	Look  Grade = "look"  // a person should look at it
	Block Grade = "block" // the campaign cannot be sent like this
)

// Finding is one line of the list that is looked through before a campaign is
// sent. What is said to the reader is found by its names, in the reader's language.
type Finding struct {
	Check  string // what was looked at, such as "letter" or "sender"
	Grade  Grade
	Code   string         // what was found; "" when all is well
	Values map[string]any // put into the words
	Fault  error          // why, when a fault says it
}

// Checker looks at a campaign. Rooms above or beside give theirs to Room.Checkers.
type Checker func(ctx context.Context, c *Campaign) []Finding

// Findings looks at a campaign: first the room itself, then every checker.
func (r *Room) Findings(ctx context.Context, by db.By, c *Campaign) ([]Finding, error) {
	out, err := r.own(ctx, by, c)
	if err != nil {
		return nil, err
	}
	for _, look := range r.Checkers {
		out = append(out, look(ctx, c)...)
	}
	return out, nil
}

func (r *Room) own(ctx context.Context, by db.By, c *Campaign) (out []Finding, err error) {
	err = r.DB.View(ctx, by, func(tx *db.Tx) error {
		copied := *c
		t, err := r.Terms(tx)
		if err != nil {
			return err
		}
		_, wrong := r.question(tx, t, &copied)
		out = append(out, graded("promise", wrong))
		_, wrong = r.Segments.Read(tx, c.Audience)
		out = append(out, graded("audience", wrong))
		wrong = letterFault(&copied, t)
		out = append(out, graded("letter", wrong))
		if wrong == nil {
			out = append(out, r.looked(tx, &copied)...)
		}
		return nil
	})
	if fault.Is(err, fault.Internal) {
		return nil, err
	}
	if err != nil {
		out = append(out, graded("promise", err))
	}
	return append(out, timing(c)...), nil
}

// looked is what the letter itself gives to look at; what would stop it is a fault
// of the letter already.
func (r *Room) looked(tx *db.Tx, c *Campaign) (out []Finding) {
	seen := map[lint.Finding]bool{}
	for n := range c.Letters() {
		found, err := r.Lint(tx, c.Letter(n+1))
		if err != nil {
			return []Finding{graded("lint", err)}
		}
		for _, f := range found {
			if f.Grade != lint.Warn || seen[f] {
				continue // the letters of a test share much
			}
			seen[f] = true
			out = append(out, Finding{Check: "lint", Grade: Look, Code: f.Code, Values: map[string]any{"detail": f.Detail}})
		}
	}
	if len(out) == 0 {
		out = append(out, graded("lint", nil))
	}
	return out
}

// letterFault is what keeps a campaign's letters from being made.
func letterFault(c *Campaign, t *Terms) error {
	for n := range c.Letters() {
		if _, err := prepare(c.Letter(n+1), t, nil); err != nil {
			return err
		}
	}
	return nil
}

func graded(check string, wrong error) Finding {
	if wrong != nil {
		return Finding{Check: check, Grade: Block, Fault: wrong}
	}
	return Finding{Check: check, Grade: Fine}
}

// timing looks at the time planned: whether it lies in quiet hours, and whether
// the clock shows it once.
func timing(c *Campaign) []Finding {
	s := c.Options.Schedule
	if s == nil || c.State != Scheduled {
		return nil
	}
	at, odd, err := s.When()
	f := graded("schedule", err)
	switch {
	case err != nil:
	case odd != "":
		f = Finding{Check: "schedule", Grade: Look, Code: string(odd), Values: map[string]any{"time": s.Time, "at": at}}
	case !c.QuietUntil(at).IsZero():
		f = Finding{Check: "schedule", Grade: Look, Code: "quiet", Values: map[string]any{"until": c.QuietUntil(at)}}
	}
	return []Finding{f}
}
