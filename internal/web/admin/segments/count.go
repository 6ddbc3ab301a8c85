package segments

import (
	"slices"
	"sync"
	"time"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/segdef"
	"kartotek/internal/segment"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/page"
)

// counts remembers for a moment what expressions come to, because counting walks
// the register.
type counts struct {
	mu   sync.Mutex
	made map[string]segment.Audience // guarded by mu
}

// fresh is how long a count is shown before it is made again.
const fresh = 30 * time.Second

// shown is of for a page whose reader did not ask for figures: in a large register
// they are given when they are known, and else nil.
func (c *counts) shown(d *desk.Desk, text string) (*page.Reach, error) {
	large, err := d.Large()
	if err != nil {
		return nil, err
	}
	if !large || c.known(d, text) {
		return c.of(d, text)
	}
	return nil, nil
}

func (c *counts) known(d *desk.Desk, text string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	a, ok := c.made[text]
	return ok && d.DB.Now().Sub(a.AsOf) < fresh
}

// of counts the people an expression names; nil when the notice in force no longer
// lets it be asked.
func (c *counts) of(d *desk.Desk, text string) (*page.Reach, error) {
	var e *segdef.Expr
	err := d.Look(func(tx *db.Tx) (err error) { e, err = d.Segment.Read(tx, text); return err })
	if fault.Is(err, fault.Invalid) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if d.MaySelect(e) != nil {
		return nil, nil
	}
	a, err := c.audience(d, e)
	if err != nil {
		return nil, err
	}
	return reach(d, a), nil
}

func (c *counts) audience(d *desk.Desk, e *segdef.Expr) (segment.Audience, error) {
	key := e.String()
	c.mu.Lock()
	a, ok := c.made[key]
	c.mu.Unlock()
	if ok && d.DB.Now().Sub(a.AsOf) < fresh {
		return a, nil
	}
	a, err := d.Segment.Count(d.Context(), d.By(d.Purpose()), e, question(d))
	if err != nil {
		return a, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.made == nil || len(c.made) > 200 {
		c.made = map[string]segment.Audience{}
	}
	c.made[key] = a
	return a, nil
}

func reach(d *desk.Desk, a segment.Audience) *page.Reach {
	out := &page.Reach{In: a.In, May: a.Reachable, Out: a.In - a.Reachable, AsOf: a.AsOf}
	for code, n := range a.LeftOut {
		out.Reasons = append(out.Reasons, page.Reasons{Text: d.Code(code), Count: n, Tone: desk.Tone(false, code)})
	}
	slices.SortFunc(out.Reasons, func(a, b page.Reasons) int {
		if a.Count != b.Count {
			return b.Count - a.Count
		}
		return slices.Compare([]byte(a.Text), []byte(b.Text))
	})
	return out
}

// count answers with the figures alone, while one builds.
func (a *area) count(d *desk.Desk) error {
	f, err := d.Form(0)
	if err != nil {
		return err
	}
	text, err := expression(f)
	if err != nil {
		return d.Render(200, page.SegmentReach(page.Frame{P: d.Printer}, nil))
	}
	reach, err := a.counts.of(d, text)
	if err != nil {
		return err
	}
	return d.Render(200, page.SegmentReach(page.Frame{P: d.Printer}, reach))
}
