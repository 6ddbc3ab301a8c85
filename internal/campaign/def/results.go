package def

import (
	"time"

	"kartotek/internal/clock"
	"kartotek/internal/outbox"
)

// Results are the figures of a campaign: Audience = Allowed + the sum of Blocked.
type Results struct {
	Audience  int            `json:"audience"`
	Allowed   int            `json:"allowed"`
	Blocked   map[string]int `json:"blocked"` // by code
	Sent      int            `json:"sent"`
	Failed    int            `json:"failed"`
	Uncertain int            `json:"uncertain"`
	Waiting   int            `json:"waiting,omitempty"` // still to be sent: queued, or refused for now
	State     State          `json:"-"`
	AsOf      time.Time      `json:"-"`
}

// Add counts n messages in a state with a code.
func (o *Results) Add(s outbox.State, code string, n int) {
	o.Audience += n
	if s == outbox.Skipped {
		o.Blocked[code] += n
		return
	}
	o.Allowed += n
	switch s {
	case outbox.Sent:
		o.Sent += n
	case outbox.Failed:
		o.Failed += n
	case outbox.Uncertain:
		o.Uncertain += n
	default:
		o.Waiting += n
	}
}

// Progress is how far a run is.
type Progress struct {
	Done, Total int     // messages
	Rate        float64 // messages a second since the start
	Left        time.Duration
}

// Progress computes rate and time left from results.
func (o Results) Progress(c *Campaign) Progress {
	p := Progress{Total: o.Allowed, Done: o.Allowed - o.Waiting}
	if spent := o.AsOf.Sub(clock.FromMs(c.StartedAt)).Seconds(); spent > 0 && c.StartedAt != 0 {
		p.Rate = float64(p.Done) / spent
	}
	if p.Rate > 0 {
		p.Left = time.Duration(float64(o.Waiting) / p.Rate * float64(time.Second))
	}
	return p
}
