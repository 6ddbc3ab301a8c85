package def

import (
	"kartotek/internal/id"
)

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

// Winner is the letter chosen, from 1; 0 while none is.
func (c *Campaign) Winner() int {
	if c.Options.Split == nil {
		return 0
	}
	return c.Options.Split.Winner
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
