package page

import (
	"time"

	"kartotek/internal/web/page/bars"
)

// SenderView is the sender's health: how the relays fare, what receivers bear, what
// came back, and what has to stand in DNS.
//
// POST /sender/look (domain); /sender/relay (name, url, recipient, pool, priority,
// weight, rate, daily, signs, new); /sender/relay/state (name, to = active or
// disabled); /sender/key (domain, kind…); /sender/key/use (domain, selector).
type SenderView struct {
	Frame
	MaySet    bool
	Note      string // why the relays listed are not those in use; "" when they are
	Relays    []SenderRelay
	Providers []SenderProvider
	Weeks     []SenderRatio // the last 7 and 30 days
	Days      []SenderDay   // the oldest first
	Keys      []SenderKey
	Looks     []SenderLook
	Domain    Field   // of the look
	New       []Field // of a new relay
	Key       []Field // of new keys
	Error     string  // of the form of a new relay
	AsOf      time.Time
}

// SenderRelay is one server that takes our mail.
type SenderRelay struct {
	Name, Host string
	Processor  string
	Use        string // priority, weight, pool, in words
	State      Chip
	Why        string // it may not be used, or rests
	Taken      int
	Broken     int
	Turn       string // what a press makes of it: active or disabled; "" when it cannot be pressed
}

// SenderProvider is one receiver.
type SenderProvider struct {
	Name                       string
	Taken, Later, Policy, Gone int
	Pace                       string // in words
	State                      Chip
}

// SenderRatio is a share of what was sent that came back, over some days.
type SenderRatio struct {
	Title               string
	Sent                int
	Bounced, Complaints int
	BounceShare         string // in percent, as the reader writes it
	ComplaintShare      string
	Bounce, Complaint   Chip
}

// SenderDay is one day of the plot.
type SenderDay struct {
	Day                                time.Time
	Sent, Refused, Bounced, Complaints int
}

// SenderKey is a DKIM key with the record to publish.
type SenderKey struct {
	Domain, Selector, Kind string
	Name, Record           string
	State                  Chip
	Do                     string // what is to be done with it, in words
	MayUse                 bool
}

// SenderLook is the last look at a domain before a send.
type SenderLook struct {
	Domain string
	At     time.Time
	State  Chip
	Lines  []SenderFinding
}

// SenderFinding is one thing seen.
type SenderFinding struct {
	State Chip
	Text  string
}

// plotted scales what was sent against what was refused or came back.
func (v SenderView) plotted() bars.Plot {
	up, down := v.counts()
	step := 720 / max(1, len(v.Days))
	return bars.Shape{Step: step, Wide: max(2, min(40, step-3)), Room: 120, Top: 20}.Scale(up, down)
}

func (v SenderView) counts() (sent, back []int) {
	for _, d := range v.Days {
		sent, back = append(sent, d.Sent), append(back, d.Refused+d.Bounced+d.Complaints)
	}
	return sent, back
}

func (v SenderView) sums() (sent, back int) {
	up, down := v.counts()
	return bars.Sum(up), bars.Sum(down)
}

// labelled reports whether a day is written below its bar: a few, evenly.
func (v SenderView) labelled(i int) bool { return i%max(1, (len(v.Days)+3)/4) == 0 }
