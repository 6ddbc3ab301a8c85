package alarm

import (
	"sync"
	"time"

	"kartotek/internal/bounce"
	"kartotek/internal/id"
	"kartotek/internal/outbox"
	"kartotek/internal/outbox/pace"
)

// Watch watches the campaigns that this process sends.
type Watch struct {
	mu  sync.Mutex
	all map[id.ID]*watched // guarded by mu
}

type watched struct {
	pace.Breaker
	since int64     // of which alarm on it counts (ms), 0 from the beginning
	asked time.Time // when the tables were last asked
}

// judgeEvery is how often what came back of a campaign under way is looked at.
const judgeEvery = 10 * time.Second

// Observe counts an event and says what follows. since is when the alarm was raised that
// somebody has gone on from, 0 for none (ms): what others still wind up from before it
// is not held against the campaign again.
func (w *Watch) Observe(which id.ID, since int64, e pace.Event) pace.Decision {
	w.mu.Lock()
	defer w.mu.Unlock()
	b := w.all[which]
	if b != nil && b.since > since {
		return pace.Decision{Act: pace.Continue}
	}
	if b == nil || b.since < since {
		if w.all == nil {
			w.all = map[id.ID]*watched{}
		}
		b = &watched{Breaker: pace.Breaker{Bounds: pace.Usual}, since: since}
		w.all[which] = b
	}
	return b.Observe(e)
}

// Forget begins anew with a campaign.
func (w *Watch) Forget(which id.ID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.all, which)
}

// Due reports whether the tables are to be asked about a campaign, once for all who ask.
func (w *Watch) Due(which id.ID, now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	b := w.all[which]
	if b == nil || now.Sub(b.asked) < judgeEvery && !now.Before(b.asked) {
		return false
	}
	b.asked = now
	return true
}

// Hard reports whether a refusal says that the address itself is wrong. Refusals of
// MAIL and DATA are about the sender, whatever they say.
func Hard(o *outbox.Outcome) bool {
	if o.State != outbox.Failed || o.Reply.Code == 0 || o.Verb == "MAIL" || o.Verb == "DATA" {
		return false
	}
	_, hard, _ := bounce.ClassifyReply(o.Reply.Code, o.Reply.Enhanced, o.Reply.Text)
	return hard
}
