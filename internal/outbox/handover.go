package outbox

import (
	"encoding/binary"
	"slices"
	"time"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/law"
	"kartotek/internal/outbox/journal"
	"kartotek/internal/party"
	"kartotek/internal/permit"
)

// Codes of messages that ended or were skipped for another reason than a verdict.
const (
	CodeNoAddress = "NO-ADDRESS" // the person has no address on the channel
	CodeStopped   = "STOPPED"    // the run was stopped before this message
	CodeGone      = "GONE"       // the person is no longer in the register
	CodeMerged    = "MERGED"     // the person was merged into another while it waited
	CodeCap       = "HOUSE-CAP"  // the person has had as many messages lately as the sender allows
)

// Ready is a message marked as handed over, with what is needed to send it.
type Ready struct {
	Message
	To     party.Person
	packed string
	asked  Asked
}

// Reconsider decides a handed message again that was stopped just before
// transmission: it is skipped with the reason, or queued when all is well again.
func (r *Room) Reconsider(tx *db.Tx, m Message, d Draft, laws *law.Set) error {
	s, err := r.decideOne(tx, &decider{q: d.Question, laws: laws, asked: d.Asked}, m.Person)
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
	Verb  string // where it was decided, as package email names it; not stored
	// Carrier is the bit of the processor whose relay was told whom it is for
	// (Message.Carriers); 0 for none.
	Carrier int64
	// Until is set with Retry when the message was not begun because its receiver is
	// given no more for now: it is due again then (ms), and no try is counted.
	Until int64
}

func (o *Outcome) held() bool { return o.State == Retry && o.Until != 0 }

// Settle records an outcome. A message that was taken over meanwhile, or that
// another attempt has settled, is left as it is. It gives the state stored.
func (r *Room) Settle(tx *db.Tx, m *Message, o Outcome) (State, error) {
	if o.held() {
		_, err := tx.Exec(updHeldOne, m.Person.Bucket(), int64(m.Person), int64(m.ID), o.Until, int64(m.Attempt)-1)
		return Retry, err
	}
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
	store := func(who id.ID) (int64, error) {
		return tx.Exec(updOutcome, who.Bucket(), int64(who), int64(m.ID), string(o.State), code, next, done,
			int64(o.Reply.Code), cut(o.Reply.Enhanced, 20), cut(o.Reply.Text, 200), int64(m.Attempt), m.HandedAt, o.Carrier)
	}
	n, err := store(m.Person)
	if err == nil && n == 0 {
		var now id.ID
		if now, err = follow(tx, m.Person); err == nil && now != m.Person {
			n, err = store(now) // merged into another while it was under way
		}
	}
	if err != nil || n == 0 {
		return "", err
	}
	return o.State, nil
}

// SettleByHand ends an uncertain message as sent or failed, because somebody knows what
// became of it. It tells whether the message still was uncertain; the verdict it rests
// on, its time and what the server said stay.
func (r *Room) SettleByHand(tx *db.Tx, m *Message, as State) (bool, error) {
	n, err := tx.Exec(updByHand, m.Person.Bucket(), int64(m.Person), int64(m.ID), string(as), tx.Now())
	return n > 0, err
}

func cut(s string, n int) string {
	if len(s) > n {
		return s[:n]
	}
	return s
}

// handLen is the length of one message in Hands.
const handLen = 12

// Hands writes down a group that is handed over: whom it is for, and which try it
// is. Its caller stores the text, instead of a mark in every row, in the
// transaction that hands over, and gives it to Resume if the group was never settled.
func Hands(group []*Ready) []byte {
	b := make([]byte, 0, handLen*len(group))
	for _, m := range group {
		b = binary.BigEndian.AppendUint64(b, uint64(m.Person))
		b = binary.BigEndian.AppendUint32(b, uint32(m.Attempt))
	}
	return b
}

// Resume marks the messages of Hands that have no outcome as handed at a time, so
// that Orphans finds them.
func (r *Room) Resume(tx *db.Tx, campaign id.ID, hands []byte, at int64) error {
	tries := map[uint32][]id.ID{}
	for ; len(hands) >= handLen; hands = hands[handLen:] {
		n := binary.BigEndian.Uint32(hands[8:])
		tries[n] = append(tries[n], id.ID(binary.BigEndian.Uint64(hands)))
	}
	for n, who := range tries {
		for part := range slices.Chunk(who, maxAsked) {
			if _, err := tx.Exec(updHanded, at, part, int64(campaign), int64(n)-1); err != nil {
				return err
			}
		}
	}
	return nil
}

// Orphans settles up to limit handed messages of a range whose sender is gone:
// what its journal shows was taken is sent, what was not begun is queued again; of the rest, marketing and
// surveys become uncertain and are never sent again, and duty mail is
// queued to be sent again under the same Message-ID. Only the holder of the
// range's lease may call it, before handing over anything. It gives the number settled.
func (r *Room) Orphans(tx *db.Tx, d Draft, part Range, limit int) (n int, err error) {
	at := Begin(part.Lo)
	all, err := r.InState(tx, d.Campaign, Handed, "", &at, part.Hi, limit)
	if err != nil {
		return 0, err
	}
	_, err = r.Orphaned(tx, all)
	return len(all), err
}

// Orphaned is Orphans for handed messages named one by one, as those of no campaign
// are. It gives the state of each.
func (r *Room) Orphaned(tx *db.Tx, all []Message) ([]State, error) {
	if len(all) == 0 {
		return nil, nil
	}
	told, states := r.Journal.Told(), make([]State, len(all))
	for i := range all {
		o := Outcome{State: Uncertain, Carrier: SomeCarrier}
		switch far := told[all[i].try()]; {
		case far == journal.Taken:
			o.State = Sent
		case far == journal.Handed || all[i].Class == permit.Service:
			o.State = Queued
		}
		var err error
		if states[i], err = r.Settle(tx, &all[i], o); err != nil {
			return nil, err
		}
	}
	return states, nil
}

// try is a message as the journal knows it.
func (m *Message) try() journal.Try { return journal.Try{Message: m.ID, Attempt: m.Attempt} }

// Noted tells the journal of a group just before its hand-over is committed.
func (r *Room) Noted(group []*Ready) error {
	all := make([]journal.Try, len(group))
	for i, m := range group {
		all[i] = m.try()
	}
	return r.Journal.Handed(all)
}

// Begun tells the journal that a message's text is about to be transmitted. An error
// must stop it.
func (r *Room) Begun(m *Ready) error { return r.Journal.Begun(m.try()) }

// Taken tells the journal that the receiving server took a message.
func (r *Room) Taken(m *Ready) { r.Journal.Taken(m.try()) }
