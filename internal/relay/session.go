package relay

import (
	"bytes"
	"context"
	"encoding/binary"
	"strings"
	"time"

	"kartotek/internal/bounce"
	"kartotek/internal/id"
	"kartotek/internal/outbox"
	"kartotek/internal/outbox/dkim"
	"kartotek/internal/outbox/pace"
	"kartotek/internal/seal"
)

// session is a connection to one relay, that learns from what is answered.
type session struct {
	outbox.Session
	announcer outbox.Announcer // nil when it cannot
	pool      *Pool
	line      *line
	relays    *pace.Relays
	used      bool
	taken     map[string]int64 // by provider, not told to the pool yet
	told      int              // messages since the pool was told
	closed    bool

	ahead signed    // the letter announced
	buf   [2][]byte // of signed letters, by turns
	turn  int
}

// signed is a letter with its signature, and which one it was made of.
type signed struct {
	id   id.ID
	of   []byte
	data []byte
}

func newSession(p *Pool, l *line, relays *pace.Relays, c outbox.Session) *session {
	s := &session{Session: c, pool: p, line: l, relays: relays, taken: map[string]int64{}}
	s.announcer, _ = c.(outbox.Announcer)
	return s
}

// Alive implements outbox.Session. A session with a relay found slow ends, so that
// its worker goes on with another; when the relay has rested, one message tells more.
func (s *session) Alive() bool {
	if !s.Session.Alive() {
		return false
	}
	return !s.pool.servers.shunned(s.pool.room.DB.Now(), s.line.Name) || !s.pool.others(s.line)
}

// others reports whether another relay of the same pool could be used.
func (p *Pool) others(than *line) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range usable(p.lines) {
		if l.ID != than.ID && l.Pool == than.Pool && l.Priority == than.Priority {
			return true
		}
	}
	return false
}

// Close implements outbox.Session.
func (s *session) Close() error {
	if s.closed {
		return nil
	}
	s.closed = true
	s.tell()
	s.line.open.Add(-1)
	if !s.used { // a probe that found nothing to send has shown that the relay lives
		s.relays.Result(s.pool.room.DB.Now(), s.line.Name, pace.Taken, 0)
	}
	return s.Session.Close()
}

// Hold implements outbox.Pacer.
func (s *session) Hold(to string) time.Time {
	now := s.pool.room.DB.Now()
	provider := s.pool.provider(now, s.line, to)
	if wait := s.pool.receivers.wait(now, provider); wait > 0 {
		return s.pool.slot(now, provider, wait, crowd)
	}
	wait := s.line.pacer.Next(now, provider)
	if wait == 0 {
		return time.Time{}
	}
	rate, _ := s.line.pacer.Speed(now, provider)
	return s.pool.slot(now, provider, wait, rate)
}

// Release implements outbox.Pacer.
func (s *session) Release(to string) {
	s.line.pacer.Undo(s.pool.provider(s.pool.room.DB.Now(), s.line, to))
}

// crowd is how many messages a second come back of those that wait for no rate.
const crowd = 500.0

// slot is when a message that must wait is due again: those of one provider one
// after another, as fast as it takes them, so that not all come back at once to be
// put back again. It is on a whole second, because many are put back together.
func (p *Pool) slot(now time.Time, provider string, wait time.Duration, rate float64) time.Time {
	if rate <= 0 {
		rate = crowd
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	at, most := now.Add(wait).UnixNano(), now.Add(25*time.Hour).UnixNano()
	if next := p.slots[provider]; next > at && next < most {
		at = next
	}
	if len(p.slots) > mostBeats {
		clear(p.slots)
	}
	p.slots[provider] = at + int64(float64(time.Second)/rate)
	return time.Unix(0, at).Truncate(time.Second).Add(time.Second).UTC()
}

// Next implements outbox.Announcer.
func (s *session) Next(l outbox.Letter) {
	if s.announcer == nil {
		return
	}
	if ready, err := s.sign(l); err == nil {
		s.ahead = signed{l.ID, l.Data, ready.Data}
		s.announcer.Next(ready)
	}
}

// Send implements outbox.Session.
func (s *session) Send(ctx context.Context, l outbox.Letter, ask func() error) outbox.Outcome {
	ready, err := s.announced(l)
	if err != nil {
		return outbox.Outcome{State: outbox.Retry, Verb: "CHECK", Reply: outbox.Reply{Text: "the letter could not be signed"}}
	}
	p, clk := s.pool, s.pool.room.DB
	began := clk.Now()
	provider := p.provider(began, s.line, l.To)
	p.servers.begin(began, s.line.Name)
	p.receivers.begin(began, provider)
	out := s.Session.Send(ctx, ready, ask)
	if told(&out) {
		out.Carrier = s.line.carrier
	}
	now := clk.Now()
	p.servers.end(began, now, s.line.Name)
	p.receivers.end(began, now, provider)
	s.used = true
	s.learn(now, provider, &out)
	return out
}

// learn tells the parts of package pace what became of a message.
func (s *session) learn(now time.Time, provider string, out *outbox.Outcome) {
	if out.State == outbox.Queued {
		s.line.pacer.Undo(provider)
		return
	}
	c := ClassOf(out)
	luck := 0.0
	if c != pace.Taken {
		luck = chance()
	}
	if out.Verb != "CHECK" {
		if out.Verb != "MAIL" && out.Verb != "DATA" { // those are the relay's own words
			s.line.pacer.Result(now, provider, c, luck)
		}
		s.relays.Result(now, s.line.Name, c, luck)
	}
	switch {
	case c == pace.Taken:
		s.taken[provider]++
	case Hard(out):
		s.pool.days.add(s.line.ID, provider, whatAddress, 1)
	default:
		s.pool.days.add(s.line.ID, provider, c.String(), 1)
	}
	if s.told++; s.told >= tellAfter {
		s.tell()
	}
}

// tellAfter is after how many messages a session tells the pool what was taken.
const tellAfter = 200

func (s *session) tell() {
	for provider, n := range s.taken {
		s.pool.days.add(s.line.ID, provider, pace.Taken.String(), n)
	}
	clear(s.taken)
	s.told = 0
}

// ClassOf is what an outcome says about sending. A refusal of MAIL or DATA is about
// the sender, whatever its words.
func ClassOf(out *outbox.Outcome) pace.Class {
	switch {
	case out.State == outbox.Sent:
		return pace.Taken
	case out.State == outbox.Uncertain, out.Reply.Code == 0 && out.State == outbox.Retry && out.Verb != "CHECK":
		return pace.Broken
	case out.Reply.Code == 0:
		return pace.Refused // our own judgement of the address
	}
	c := pace.Classify(out.Reply.Code, out.Reply.Enhanced, out.Reply.Text)
	if c == pace.Refused && (out.Verb == "MAIL" || out.Verb == "DATA") {
		return pace.Policy
	}
	return c
}

// Hard reports whether an outcome says that the address itself is wrong. Only the
// answer to RCPT or to the text is about it.
func Hard(out *outbox.Outcome) bool {
	if out.State != outbox.Failed || out.Reply.Code == 0 || out.Verb == "MAIL" || out.Verb == "DATA" {
		return false
	}
	_, hard, _ := bounce.ClassifyReply(out.Reply.Code, out.Reply.Enhanced, out.Reply.Text)
	return hard
}

// announced gives a letter signed, from the announcement if it was announced.
func (s *session) announced(l outbox.Letter) (outbox.Letter, error) {
	a := s.ahead
	s.ahead = signed{}
	if a.data != nil && a.id == l.ID && len(a.of) == len(l.Data) && len(l.Data) > 0 && &a.of[0] == &l.Data[0] {
		l.Data = a.data
		return l, nil
	}
	return s.sign(l)
}

// sign puts signatures in front of a letter, when its domain has a key and the
// relay does not sign itself.
func (s *session) sign(l outbox.Letter) (outbox.Letter, error) {
	if s.line.Signs {
		return l, nil
	}
	k := s.pool.signer(l.Data)
	if k == nil {
		return l, nil
	}
	s.turn ^= 1
	out, err := k.AppendSigned(s.buf[s.turn][:0], l.Data, s.pool.room.DB.Now())
	s.buf[s.turn] = out
	l.Data = out
	return l, err
}

// signer gives the signer of the domain that a letter says it comes from.
func (p *Pool) signer(mail []byte) *dkim.Signer {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.signers) == 0 {
		return nil
	}
	return p.signers[string(fromDomain(mail))]
}

// fromDomain finds the domain of the From field.
func fromDomain(mail []byte) []byte {
	const field = "\r\nFrom:"
	at := 0
	if !bytes.HasPrefix(mail, []byte(field[2:])) {
		if at = bytes.Index(mail, []byte(field)); at < 0 {
			return nil
		}
		at += 2
	}
	value := mail[at:]
	for end := 0; ; end++ {
		n := bytes.Index(value[end:], []byte("\r\n"))
		if end += max(n, 0); n < 0 || end+2 >= len(value) || value[end+2] != ' ' && value[end+2] != '\t' {
			value = value[:end]
			break
		}
	}
	i := bytes.LastIndexByte(value, '@')
	if i < 0 {
		return nil
	}
	domain := value[i+1:]
	if i = bytes.IndexAny(domain, "> \t\r\n"); i >= 0 {
		domain = domain[:i]
	}
	return bytes.ToLower(domain)
}

// provider names who receives for an address, without waiting: when it is not
// known yet, the domain stands for itself while somebody asks.
func (p *Pool) provider(now time.Time, l *line, to string) string {
	domain := to[strings.LastIndexByte(to, '@')+1:]
	if p.directory == nil || l.local() {
		return domain
	}
	name, fresh := p.directory.Known(now, domain)
	if !fresh {
		select {
		case p.questions <- domain:
			p.lookUp()
		default: // enough is asked already
		}
	}
	return name
}

// Asking DNS.
const (
	mostAsking = 4
	askTime    = 20 * time.Second
)

// lookUp asks for what is in line, beside the sending.
func (p *Pool) lookUp() {
	if p.asking.Add(1) > mostAsking {
		p.asking.Add(-1)
		return
	}
	go func() {
		defer p.asking.Add(-1)
		for {
			select {
			case domain := <-p.questions:
				ctx, stop := context.WithTimeout(context.Background(), askTime)
				p.directory.Find(ctx, p.room.DB.Now(), domain)
				stop()
			default:
				return
			}
		}
	}()
}

// chance is a number from 0 to under 1.
func chance() float64 {
	return float64(binary.BigEndian.Uint32(seal.Random(4))) / (1 << 32)
}
