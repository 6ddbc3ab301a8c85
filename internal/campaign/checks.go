package campaign

import (
	"context"

	"kartotek/internal/campaign/def"
	"kartotek/internal/campaign/letter"
	"kartotek/internal/compose/lint"
	"kartotek/internal/db"
	"kartotek/internal/fault"
)

// What was found, and how much it matters; see package def.
type (
	Grade   = def.Grade
	Finding = def.Finding
)

// The grades.
const (
	Fine  = def.Fine
	Look  = def.Look
	Block = def.Block
)

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
		out = append(out, def.Graded("promise", wrong))
		_, wrong = r.Segments.Read(tx, c.Audience)
		out = append(out, def.Graded("audience", wrong))
		wrong = letter.Check(&copied, t)
		out = append(out, def.Graded("letter", wrong))
		if wrong == nil {
			out = append(out, r.looked(tx, &copied)...)
		}
		return nil
	})
	if fault.Is(err, fault.Internal) {
		return nil, err
	}
	if err != nil {
		out = append(out, def.Graded("promise", err))
	}
	return append(out, c.Timing()...), nil
}

// looked is what the letter itself gives to look at; what would stop it is a fault
// of the letter already.
func (r *Room) looked(tx *db.Tx, c *Campaign) (out []Finding) {
	seen := map[lint.Finding]bool{}
	for n := range c.Letters() {
		found, err := r.Lint(tx, c.Letter(n+1))
		if err != nil {
			return []Finding{def.Graded("lint", err)}
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
		out = append(out, def.Graded("lint", nil))
	}
	return out
}
