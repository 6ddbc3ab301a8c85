package pace

import "math/bits"

// Event is something that happened to a message of a campaign. Each message
// counts once for each kind; whoever tells keeps the doubles out.
type Event int

// The events.
const (
	Accepted      Event = iota // the receiving server took it
	BouncedAtOnce              // refused for good at hand-over, because of the person's address
	BouncedLater               // taken, and returned for good because of the address
	Complained                 // the person called it spam
	RefusedPolicy              // refused because of the sender: see Classify
	Passing                    // refused for now
)

// Bounds are when a campaign is warned about and stopped. Ratios are parts of one.
type Bounds struct {
	ComplaintWarn, ComplaintStop float64
	BounceWarn, BounceStop       float64
	MinMessages                  int // before this many, ratios say nothing
	MinComplaints, MinBounces    int // nor with fewer of these
}

// Usual are the bounds of receivers: Gmail and Yahoo want under 0.1 % complaints
// and never 0.3 %. We stop before that, because relief comes only after a week below it.
// Lists in order have under 2 % dead addresses.
var Usual = Bounds{ComplaintWarn: 0.0008, ComplaintStop: 0.0025, BounceWarn: 0.02, BounceStop: 0.05, MinMessages: 100, MinComplaints: 3, MinBounces: 10}

// Decision is what follows.
type Decision struct {
	Act  Act    `json:"act"`
	Code string `json:"code,omitempty"` // "complaints", "bounces" or "policy"; "" when all is well
}

// Act is what to do with a campaign.
type Act string

// The acts. A paused campaign is gone on with by a person only.
const (
	Continue Act = "continue"
	Warn     Act = "warn"
	Pause    Act = "pause"
)

// Counts are what a decision rests on. Counts of several campaigns, such as those
// of the last seven days, may be added up and judged alike.
type Counts struct {
	Accepted   int `json:"accepted"`
	Bounced    int `json:"bounced"`
	AtOnce     int `json:"at_once"` // of Bounced: those never accepted
	Policy     int `json:"policy"`
	Complaints int `json:"complaints"`

	Recent uint64 `json:"recent"` // the last 64 answers, the newest lowest; a one is a refusal as policy
	Seen   int    `json:"seen"`   // how many of them there are
}

// Add sums two counts; the recent answers are those of the second.
func (c Counts) Add(d Counts) Counts {
	return Counts{c.Accepted + d.Accepted, c.Bounced + d.Bounced, c.AtOnce + d.AtOnce, c.Policy + d.Policy, c.Complaints + d.Complaints, d.Recent, d.Seen}
}

// The refusals as policy that stop: nearly all of the last answers.
const (
	recentLeast = 20
	nearlyAll   = 0.9
)

// Judge decides on counts.
func (b Bounds) Judge(c Counts) Decision {
	tried := c.Accepted + c.AtOnce
	ratio := func(part, least, whole int) float64 {
		if whole < b.MinMessages || whole == 0 || part < least {
			return 0
		}
		return float64(part) / float64(whole)
	}
	complaints, bounces := ratio(c.Complaints, b.MinComplaints, c.Accepted), ratio(c.Bounced, b.MinBounces, tried)
	switch {
	case c.Seen >= recentLeast && float64(bits.OnesCount64(c.Recent)) >= nearlyAll*float64(c.Seen):
		return Decision{Pause, "policy"}
	case complaints >= b.ComplaintStop && complaints > 0:
		return Decision{Pause, "complaints"}
	case bounces >= b.BounceStop && bounces > 0:
		return Decision{Pause, "bounces"}
	case complaints >= b.ComplaintWarn && complaints > 0:
		return Decision{Warn, "complaints"}
	case bounces >= b.BounceWarn && bounces > 0:
		return Decision{Warn, "bounces"}
	}
	return Decision{Act: Continue}
}

// Breaker watches one campaign. It is for one goroutine at a time; Counts is its
// whole state.
type Breaker struct {
	Bounds Bounds
	Counts Counts
}

// Observe counts an event and says what follows. It costs nanoseconds.
func (b *Breaker) Observe(e Event) Decision {
	c := &b.Counts
	policy := uint64(0)
	switch e {
	case Accepted:
		c.Accepted++
	case BouncedAtOnce:
		c.Bounced, c.AtOnce = c.Bounced+1, c.AtOnce+1
	case BouncedLater:
		c.Bounced++
	case Complained:
		c.Complaints++
	case RefusedPolicy:
		c.Policy++
		policy = 1
	}
	if e == Accepted || e == BouncedAtOnce || e == RefusedPolicy {
		c.Recent, c.Seen = c.Recent<<1|policy, min(c.Seen+1, 64)
	}
	return b.Bounds.Judge(*c)
}
