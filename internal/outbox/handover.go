package outbox

import (
	"time"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/law"
	"kartotek/internal/party"
	"kartotek/internal/permit"
)

// Codes of messages that ended or were skipped for another reason than a verdict.
const (
	CodeNoAddress = "NO-ADDRESS" // the person has no address on the channel
	CodeStopped   = "STOPPED"    // the run was stopped before this message
	CodeGone      = "GONE"       // the person is no longer in the register
	CodeMerged    = "MERGED"     // the person was merged into another while it waited
)

// Ready is a message marked as handed over, with what is needed to send it.
type Ready struct {
	Message
	To     party.Person
	packed string
}

// HandOver asks again for a message that is due, on what holds in this
// transaction, and marks it handed or skipped. When the result is nil the
// message is not to be sent. The caller commits before transmitting a byte.
func (r *Room) HandOver(tx *db.Tx, m Message, d Draft, laws *law.Set) (*Ready, error) {
	s, err := r.DecideOne(tx, m.Person, d.Question, laws)
	if fault.Is(err, fault.NotFound) {
		m.State, m.Code, m.Done = Skipped, CodeGone, tx.Now()
		return nil, mark(tx, &m)
	}
	if err != nil {
		return nil, err
	}
	m.decided(tx, &d, s)
	if _, addr := AddressOf(s.Person, m.Channel); s.Verdict.Allowed && addr == "" {
		m.State, m.Code, m.Done = Skipped, CodeNoAddress, tx.Now()
	}
	if m.State == Skipped {
		return nil, mark(tx, &m)
	}
	m.State, m.HandedAt, m.Attempt = Handed, tx.Now(), m.Attempt+1
	return &Ready{Message: m, To: *s.Person, packed: s.Packed}, mark(tx, &m)
}

// Reconsider decides a handed message again that was stopped just before
// transmission: it is skipped with the reason, or queued when all is well again.
func (r *Room) Reconsider(tx *db.Tx, m Message, d Draft, laws *law.Set) error {
	s, err := r.DecideOne(tx, m.Person, d.Question, laws)
	if fault.Is(err, fault.NotFound) {
		m.State, m.Code, m.Done = Skipped, CodeGone, tx.Now()
		return mark(tx, &m)
	}
	if err != nil {
		return err
	}
	m.decided(tx, &d, s)
	return mark(tx, &m)
}

func mark(tx *db.Tx, m *Message) error {
	_, err := tx.Exec(updDecided, m.Person.Bucket(), int64(m.Person), int64(m.ID), string(m.State), m.Code, int64(m.Notice), m.Pack, m.Decided,
		m.Facts, m.Evidence, int64(m.Attempt), m.HandedAt, m.Done)
	return err
}

// Fresh asks immediately before transmission whether what the message rests on
// still stands. Nearly always nothing has changed and two look-ups tell so; when
// something has, the rules are asked again. law: GDPR 21(3)
func (r *Room) Fresh(tx *db.Tx, m *Ready, q permit.Question, laws *law.Set) (permit.Verdict, error) {
	packed, err := r.Ledger.Standing(tx, m.Person)
	if err != nil {
		return permit.Verdict{}, err
	}
	p, found, err := r.Party.Get(tx, m.Person)
	if err != nil || !found {
		return permit.Verdict{Code: CodeGone}, err
	}
	if packed == m.packed && p.Status == m.To.Status && p.Reach == m.To.Reach && p.Email == m.To.Email && p.Phone == m.To.Phone {
		return permit.Verdict{Allowed: true, Code: m.Code}, nil
	}
	s, err := r.DecideOne(tx, m.Person, q, laws)
	if err != nil {
		return permit.Verdict{}, err
	}
	if s.Verdict.Allowed && (p.Email != m.To.Email || p.Phone != m.To.Phone) {
		return permit.Verdict{Code: CodeNoAddress}, nil // the address it was made for is no longer theirs
	}
	return s.Verdict, nil
}

// MaxAttempts is how often a message refused for the time being is handed over
// before it fails: over about three days.
const MaxAttempts = 10

// Backoff is the wait after the nth refusal for the time being: 1, 4, 16 minutes
// … at most 12 hours, spread by the message's id so that not all come back at once.
func (m *Message) Backoff() time.Duration {
	wait := min(time.Minute<<(2*min(max(m.Attempt-1, 0), 8)), 12*time.Hour)
	return wait + wait/4*time.Duration(m.ID&1023)/1024
}

// Outcome is what became of a message handed over.
type Outcome struct {
	State State // Sent, Failed, Retry, Uncertain, Skipped (Code says why) or Queued (not begun)
	Code  string
	Reply Reply
}

// Settle records an outcome. A message that was taken over meanwhile, or that
// another attempt has settled, is left as it is. It gives the state stored.
func (r *Room) Settle(tx *db.Tx, m *Message, o Outcome) (State, error) {
	code, next, done := m.Code, int64(0), tx.Now()
	switch o.State {
	case Retry:
		if m.Attempt >= MaxAttempts {
			o.State = Failed
			break
		}
		next, done = tx.Now()+m.Backoff().Milliseconds(), 0
	case Queued:
		done = 0
	case Skipped:
		code = o.Code
	}
	n, err := tx.Exec(updOutcome, m.Person.Bucket(), int64(m.Person), int64(m.ID), string(o.State), code, next, done,
		int64(o.Reply.Code), cut(o.Reply.Enhanced, 20), cut(o.Reply.Text, 200), int64(m.Attempt))
	if err == nil && n == 0 {
		return "", nil
	}
	return o.State, err
}

func cut(s string, n int) string {
	if len(s) > n {
		return s[:n]
	}
	return s
}

// Orphans settles up to limit handed messages of a range whose sender is gone:
// marketing and surveys become uncertain and are never sent again, duty mail is
// queued to be sent again under the same Message-ID. Only the holder of the
// range's lease may call it, before handing over anything. It gives the number settled.
func (r *Room) Orphans(tx *db.Tx, d Draft, part Range, limit int) (n int, err error) {
	at := Begin(part.Lo)
	all, err := r.InState(tx, d.Campaign, Handed, "", &at, part.Hi, limit)
	if err != nil {
		return 0, err
	}
	o := Outcome{State: Uncertain}
	if d.Question.Class == permit.Service {
		o.State = Queued
	}
	for i := range all {
		if _, err := r.Settle(tx, &all[i], o); err != nil {
			return 0, err
		}
	}
	return len(all), nil
}
