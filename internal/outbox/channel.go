package outbox

import (
	"context"
	"time"

	"kartotek/internal/id"
	"kartotek/internal/outbox/channel/email"
)

// Channel is a way to reach people. A channel describes itself; settings pages
// and checks are made from the description.
type Channel interface {
	// Name is the channel's name in notices: email, sms, call, post.
	Name() string
	// Open begins a session, such as a connection; errors are faults, Unavailable
	// when another time may work.
	Open(ctx context.Context) (Session, error)
}

// Session sends one message after another. It is used by one goroutine.
type Session interface {
	// Send transmits a message. ask is called when nothing but the message itself
	// remains to be transmitted, and perhaps before; its error stops it there. The outcome is Sent,
	// Failed, Retry, Uncertain, or Queued when ask or the context stopped it.
	Send(ctx context.Context, l Letter, ask func() error) Outcome
	// Alive reports whether the session can send another.
	Alive() bool
	Close() error
}

// Announcer is a session that can send faster when it knows what comes next. Next
// tells the letter after the one about to be sent; the next Send is of that one,
// or the session is closed.
type Announcer interface{ Next(l Letter) }

// Pacer is a session that knows how much the receivers of mail bear.
type Pacer interface {
	// Hold asks to send one message to an address. The zero time grants it;
	// otherwise it is when to ask again.
	Hold(to string) time.Time
	// Release gives back what Hold granted and is not sent after all.
	Release(to string)
}

// Pools is a channel that has several groups of servers; In gives one by its name.
type Pools interface{ In(pool string) Channel }

// Letter is a message in the form its channel transmits. A channel may add to it
// what belongs to the way it goes, such as a signature.
type Letter struct {
	From, To string
	Data     []byte // email: RFC 5322 with CRLF
	ID       id.ID  // of the message; 0 when it has none
}

// Email is the channel of e-mail through one mail server.
type Email struct {
	URL     string // smtp://host:port, smtps://…, with user:password@ if needed
	Options email.Options
}

// Name implements Channel.
func (Email) Name() string { return "email" }

// Open implements Channel.
func (e Email) Open(ctx context.Context) (Session, error) {
	c, err := email.Dial(ctx, e.URL, e.Options)
	if err != nil {
		return nil, err
	}
	return &smtp{c}, nil
}

type smtp struct{ *email.Conn }

var states = map[email.State]State{email.Sent: Sent, email.Failed: Failed, email.Retry: Retry, email.Uncertain: Uncertain, email.Vetoed: Queued}

func (s *smtp) Send(ctx context.Context, l Letter, ask func() error) Outcome {
	o := s.Conn.Send(ctx, l.From, l.To, l.Data, ask)
	out := Outcome{State: states[o.State], Verb: o.Verb, Reply: Reply{o.SMTPCode, o.Enhanced, o.Reply}}
	if out.State == Retry && ctx.Err() != nil {
		out.State = Queued // we stopped it, not the server
	}
	return out
}

// Next implements Announcer.
func (s *smtp) Next(l Letter) { s.Conn.Next(l.From, l.To, len(l.Data)) }

func (s *smtp) Alive() bool { return !s.Conn.Dead() }
