package campaign

import (
	"context"

	"kartotek/internal/campaign/def"
	"kartotek/internal/campaign/letter"
	"kartotek/internal/outbox"
)

// transmit sends a group, message by message.
func (s *sender) transmit(ctx context.Context, next []*outbox.Ready) {
	s.next, s.seen, s.cut = next, s.seen[:0], false
	for range next {
		s.seen = append(s.seen, s.read)
	}
	start := s.room.DB.Now()
	defer func() { s.pace(s.room.DB.Now().Sub(start)) }()
	s.given = -1
	for i := 0; i < len(next); {
		one, after := settled{m: next[i], outcome: outbox.Outcome{State: outbox.Queued}}, i+1
		if !s.cut && s.ready(ctx) {
			if s.given != i && s.hold(i) {
				i++
				continue
			}
			s.given = -1
			after = s.following(i + 1)
			s.send(ctx, i, after, &one)
		} else {
			if s.told == i {
				s.close() // the server waits for a text that does not come
			}
			if s.given == i {
				s.release(i)
			}
		}
		s.group = append(s.group, one)
		i = after
	}
}

// hold asks the session whether a message may go; one that must wait is put back.
func (s *sender) hold(i int) bool {
	pacer, able := s.session.(outbox.Pacer)
	if !able {
		return false
	}
	until := pacer.Hold(s.next[i].To.Email)
	if until.IsZero() {
		return false
	}
	s.group = append(s.group, settled{m: s.next[i], outcome: outbox.Outcome{State: outbox.Retry, Until: until.UnixMilli()}})
	return true
}

// following finds the next message that may go now.
func (s *sender) following(i int) int {
	for ; i < len(s.next); i++ {
		if !s.hold(i) {
			s.given = i
			break
		}
	}
	return i
}

// release gives back what the session granted for a message that is not sent.
func (s *sender) release(i int) {
	s.given = -1
	if pacer, able := s.session.(outbox.Pacer); able {
		pacer.Release(s.next[i].To.Email)
	}
}

// ready makes sure of a living session.
func (s *sender) ready(ctx context.Context) bool {
	if ctx.Err() != nil || s.quiet != def.Never && s.quiet <= s.room.DB.Now().UnixMilli() {
		return false
	}
	if s.session != nil && s.session.Alive() {
		return true
	}
	s.close()
	session, err := s.room.channel(s.c).Open(ctx)
	if err != nil {
		return false // the next step opens again, and says why it cannot
	}
	s.session = session
	return true
}

func (s *sender) close() {
	if s.session != nil {
		if s.given >= 0 {
			s.release(s.given)
		}
		s.session.Close()
		s.session = nil
	}
	s.told, s.given = -1, -1
}

// send writes and transmits one message; after is the one that follows it.
func (s *sender) send(ctx context.Context, i, after int, one *settled) {
	letter, err := s.write(i)
	if err != nil {
		one.outcome = outbox.Outcome{State: outbox.Failed, Reply: outbox.Reply{Text: "the letter could not be made for this person"}}
		after := s.given
		s.release(i)
		s.given = after
		return
	}
	s.announce(ctx, after)
	one.outcome = s.session.Send(ctx, letter, func() error {
		err := s.ask(ctx, i)
		one.vetoed = err != nil && !s.cut
		return err
	})
	if one.outcome.State == outbox.Sent {
		s.room.Outbox.Taken(one.m)
	}
	s.observe(&one.outcome)
}

// announce tells the session of the message after the one about to be sent, which
// could be sent when the group was read. It is asked about again before its text goes.
func (s *sender) announce(ctx context.Context, i int) {
	s.told = -1
	session, able := s.session.(outbox.Announcer)
	if !able || i >= len(s.next) {
		return
	}
	if letter, err := s.write(i); err == nil {
		session.Next(letter)
		s.told = i
	}
}

// letterOf is the letter of a test that a message is, or the only one.
func (s *sender) letterOf(m *outbox.Ready) *letter.Letter {
	if m.Variant > 1 && m.Variant-2 < len(s.others) {
		return s.others[m.Variant-2]
	}
	return s.letter
}

// page is where a letter is, or is to be written: never over the one written last,
// which may not have been sent yet.
func (s *sender) page(m *outbox.Ready) *page {
	for i := range s.pages {
		if s.pages[i].of == m {
			return &s.pages[i]
		}
	}
	s.turn ^= 1
	return &s.pages[s.turn]
}

// write makes a letter of the group, once.
func (s *sender) write(i int) (outbox.Letter, error) {
	m := s.next[i]
	p := s.page(m)
	if p.of != m {
		data, err := s.room.press().Write(p.data[:0], s.letterOf(m), m)
		if p.of = nil; err != nil {
			return outbox.Letter{}, err
		}
		p.of, p.data = m, data
	}
	from := s.letter.From
	if s.room.ReturnDomain != "" {
		from = outbox.ReturnPath(s.room.Outbox.Keys, s.room.ReturnDomain, m.Person, m.ID)
	}
	return outbox.Letter{From: from, To: m.To.Email, Data: p.data, ID: m.ID}, nil
}
