package pace

import (
	"math"
	"sync"
	"time"
)

// Limits bound what one provider is sent. Zero fields do not limit.
type Limits struct {
	Rate        float64 `json:"rate,omitempty"`        // messages a second
	Connections int     `json:"connections,omitempty"` // at once
	Daily       int     `json:"daily,omitempty"`       // messages a day, in UTC
}

// Config are the settings of a pacer.
type Config struct {
	Usual   Limits            // for providers without their own
	Limits  map[string]Limits // by provider
	Started time.Time         // when the relay, or the address we send from, began: it is warmed up by Ramp. Zero: it is warm
}

// Ramp is how many messages one provider is sent on each of the first days of a
// new relay. Receivers trust an address by its history; twice as much as the day
// before is what they bear. After the last day there is no such cap.
var Ramp = []int{50, 100, 200, 400, 800, 1_500, 3_000, 6_000, 12_000, 25_000, 50_000, 100_000, 200_000, 400_000}

// What the pacer does with a lesson.
const (
	slowest    = 0.1 // messages a second: it never stands still for good
	firstPause = 30 * time.Second
	longest    = 30 * time.Minute
	raiseEvery = time.Minute
	raiseBy    = 1.1
	noLimit    = 1000.0 // a learnt rate over this is forgotten when none is set
	window     = 10 * time.Second
	day        = 24 * time.Hour
	mostLanes  = 10_000 // providers remembered
	few        = 10     // messages
	strain     = 8      // conversations that broke, and no success makes up for: more than one server process ending
)

// Pacer paces what goes through one relay. It is safe for concurrent use.
type Pacer struct {
	cfg   Config
	mu    sync.RWMutex
	lanes map[string]*lane // guarded by mu
}

// lane is what is known of one provider.
type lane struct {
	mu  sync.Mutex
	max Limits
	s   State // guarded by mu
}

// State is what has been learnt about one provider; times are ns since 1970.
type State struct {
	Rate        float64 `json:"rate,omitempty"`        // learnt; 0: none but the one set
	Connections int     `json:"connections,omitempty"` // learnt; 0: none but the one set
	Until       int64   `json:"until,omitempty"`       // pausing until
	Strikes     int     `json:"strikes,omitempty"`     // lessons in a row
	Raised      int64   `json:"raised,omitempty"`      // when the rate was last changed
	Good        int     `json:"good,omitempty"`        // taken since then
	Day         int64   `json:"day,omitempty"`         // of Sent, days since 1970
	Sent        int     `json:"sent,omitempty"`

	tokens float64 // may go out at once
	at     int64   // when tokens was right
	open   int     // connections
	begun  int64   // of the window that count counts
	count  int     // handed out in this window
	before int     // and in the one before
	broke  int     // conversations that broke, less the messages taken since
}

// NewPacer makes a pacer that has learnt nothing yet.
func NewPacer(c Config) *Pacer { return &Pacer{cfg: c, lanes: map[string]*lane{}} }

func (p *Pacer) lane(provider string) *lane {
	p.mu.RLock()
	l := p.lanes[provider]
	p.mu.RUnlock()
	if l != nil {
		return l
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if l = p.lanes[provider]; l == nil {
		p.makeRoom()
		max, own := p.cfg.Limits[provider]
		if !own {
			max = p.cfg.Usual
		}
		l = &lane{max: max}
		p.lanes[provider] = l
	}
	return l
}

// makeRoom forgets providers that nothing was learnt about and little was sent to,
// such as the thousands of domains that stand for themselves while DNS is down.
func (p *Pacer) makeRoom() {
	if len(p.lanes) < mostLanes {
		return
	}
	for name, l := range p.lanes {
		l.mu.Lock()
		idle := l.s.Rate == 0 && l.s.Connections == 0 && l.s.Strikes == 0 && l.s.open == 0 && l.s.Sent < few
		l.mu.Unlock()
		if idle {
			delete(p.lanes, name)
		}
	}
}

// Next asks to send one message. 0 grants it, and counts it; otherwise the answer
// is how long to wait before asking again. A granted message that is not sent
// after all is given back with Undo.
func (p *Pacer) Next(now time.Time, provider string) time.Duration {
	l := p.lane(provider)
	n := now.UnixNano()
	l.mu.Lock()
	defer l.mu.Unlock()
	s := &l.s
	if wait := s.Until - n; wait > 0 {
		if wait <= int64(longest) {
			return time.Duration(wait)
		}
		s.Until = n // the clock was set back
	}
	if wait := p.today(l, n); wait > 0 {
		return wait
	}
	if rate := l.rate(); rate > 0 {
		s.refill(n, rate)
		if s.tokens < 1 {
			return time.Duration(math.Ceil((1 - s.tokens) / rate * float64(time.Second)))
		}
		s.tokens--
	}
	s.counted(n)
	return 0
}

// today holds the day's cap; it gives the time to midnight when that is reached.
func (p *Pacer) today(l *lane, n int64) time.Duration {
	most := l.max.Daily
	today := n / int64(day)
	if !p.cfg.Started.IsZero() {
		nth := max(0, today-p.cfg.Started.UnixNano()/int64(day))
		if nth < int64(len(Ramp)) && (most == 0 || Ramp[nth] < most) {
			most = Ramp[nth]
		}
	}
	if today > l.s.Day {
		l.s.Sent = 0
	}
	l.s.Day = today // also after the clock was set back, with what was sent
	if most > 0 && l.s.Sent >= most {
		return time.Duration((today+1)*int64(day) - n)
	}
	return 0
}

// rate is the smaller of the one learnt and the one set, 0 for none.
func (l *lane) rate() float64 {
	if l.s.Rate > 0 && (l.max.Rate == 0 || l.s.Rate < l.max.Rate) {
		return l.s.Rate
	}
	return l.max.Rate
}

// refill adds what has come together since the last time: at most what flows in a
// second, so that a quiet hour is not made up for in a burst.
func (s *State) refill(n int64, rate float64) {
	if s.at == 0 {
		s.tokens = math.Max(1, rate)
	}
	if past := n - s.at; past > 0 && s.at != 0 {
		s.tokens = math.Min(math.Max(1, rate), s.tokens+float64(past)/float64(time.Second)*rate)
	}
	s.at = n
}

// counted remembers that a message was granted, to know the rate when none is set.
func (s *State) counted(n int64) {
	s.Sent++
	if past := n - s.begun; past >= int64(window) || past < 0 {
		s.before = 0
		if past >= 0 && past < 2*int64(window) {
			s.before = s.count
		}
		s.begun, s.count = n, 0
	}
	s.count++
}

// seen is the rate of late, in messages a second.
func (s *State) seen(n int64) float64 {
	past := math.Max(1, float64(n-s.begun)/float64(time.Second))
	return math.Max(float64(s.count)/past, float64(s.before)/window.Seconds())
}

// Undo gives a granted message back that was not handed over.
func (p *Pacer) Undo(provider string) {
	l := p.lane(provider)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.s.Sent = max(0, l.s.Sent-1)
	l.s.tokens++
}

// Result tells what became of a message. chance is a number from 0 to under 1,
// by which pauses differ between processes, so that not all come back at once.
func (p *Pacer) Result(now time.Time, provider string, c Class, chance float64) {
	if c == Later || c == Refused {
		return
	}
	l := p.lane(provider)
	n := now.UnixNano()
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case c == Taken:
		l.taken(n)
	case n < l.s.Until: // what comes during the pause belongs to the lesson it is for
	case (c == Broken || c == Closing) && l.s.bears():
	default:
		l.lesson(n, c, chance)
	}
}

// bears counts a conversation that broke off, and reports whether that may be a matter
// of the one message: a server that ends now and then is not to stop everybody's mail.
func (s *State) bears() bool {
	s.broke++
	return s.broke < strain
}

func (l *lane) taken(n int64) {
	s := &l.s
	s.broke = max(0, s.broke-1)
	if s.Rate == 0 && s.Connections == 0 && s.Strikes == 0 {
		return
	}
	s.Good++
	enough := max(10, int(l.rate()*raiseEvery.Seconds()/2)) // a rate not used teaches nothing
	if n-s.Raised < int64(raiseEvery) || s.Good < enough || n < s.Until {
		return
	}
	s.Raised, s.Good, s.Strikes = n, 0, 0
	if s.Rate *= raiseBy; l.max.Rate > 0 && s.Rate >= l.max.Rate || s.Rate > noLimit {
		s.Rate = 0
	}
	if s.Connections > 0 {
		if s.Connections++; l.max.Connections > 0 && s.Connections >= l.max.Connections {
			s.Connections = 0
		}
	}
}

func (l *lane) lesson(n int64, c Class, chance float64) {
	s := &l.s
	s.broke = 0
	switch s.Strikes++; {
	case c == Limited, c == Policy, c == Closing && s.Strikes > 2:
		rate := l.rate()
		if rate == 0 {
			rate = s.seen(n)
		}
		s.Rate = math.Max(slowest, rate/2)
	case c == Closing:
		s.Connections = max(1, max(s.open, 2)/2)
	}
	pause := min(longest, firstPause<<min(s.Strikes-1, 10))
	s.Until = n + int64(pause/2) + int64(float64(pause/2)*math.Min(math.Max(chance, 0), 1))
	s.Raised, s.Good = s.Until, 0
	s.tokens, s.at = 1, s.Until // what would have come together in the pause does not follow it as a burst
}

// Connect asks to open one more connection to a provider; Disconnect gives it
// back. Only those who send to providers directly need them.
func (p *Pacer) Connect(provider string) bool {
	l := p.lane(provider)
	l.mu.Lock()
	defer l.mu.Unlock()
	if most := l.connections(); most > 0 && l.s.open >= most {
		return false
	}
	l.s.open++
	return true
}

// Disconnect gives back what Connect granted.
func (p *Pacer) Disconnect(provider string) {
	l := p.lane(provider)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.s.open = max(0, l.s.open-1)
}

func (l *lane) connections() int {
	if l.s.Connections > 0 {
		return l.s.Connections
	}
	return l.max.Connections
}

// Speed is how fast a provider is sent to now: messages a second (0: no limit), and
// until when nothing is sent (zero: now).
func (p *Pacer) Speed(now time.Time, provider string) (rate float64, until time.Time) {
	l := p.lane(provider)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.s.Until > now.UnixNano() {
		until = time.Unix(0, l.s.Until).UTC()
	}
	return l.rate(), until
}

// Export gives what is worth keeping over a restart, by provider.
func (p *Pacer) Export() map[string]State {
	p.mu.RLock()
	defer p.mu.RUnlock()
	out := map[string]State{}
	for name, l := range p.lanes {
		l.mu.Lock()
		s := l.s
		l.mu.Unlock()
		if s.Sent > 0 || s.Rate > 0 || s.Connections > 0 || s.Strikes > 0 {
			s.tokens, s.at, s.open, s.begun, s.count, s.before, s.broke = 0, 0, 0, 0, 0, 0, 0
			out[name] = s
		}
	}
	return out
}

// Import takes what Export gave, of this process or of one before. Values that
// cannot be are left out.
func (p *Pacer) Import(all map[string]State) {
	for name, s := range all {
		if !(s.Rate >= 0 && s.Rate <= noLimit*raiseBy) || s.Connections < 0 || s.Strikes < 0 || s.Sent < 0 || s.Good < 0 {
			continue
		}
		l := p.lane(name)
		l.mu.Lock()
		open := l.s.open
		l.s = State{Rate: s.Rate, Connections: s.Connections, Until: s.Until, Strikes: s.Strikes, Raised: s.Raised, Good: s.Good, Day: s.Day, Sent: s.Sent, open: open}
		l.mu.Unlock()
	}
}
