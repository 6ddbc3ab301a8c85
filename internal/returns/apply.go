package returns

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"kartotek/internal/audit"
	"kartotek/internal/bounce"
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/outbox"
)

// Mail is one mail that came in.
type Mail struct {
	bounce.Report
	Path []string // addresses it was sent to, as the sending server named them; may be empty
}

// Done is what became of one outcome of a mail.
type Done string

// What may become of it.
const (
	Nothing    Done = "nothing"    // no bounce and no complaint: nobody's address or permission changes
	Stranger   Done = "stranger"   // about no message that left here
	Again      Done = "again"      // known already
	Noted      Done = "noted"      // kept; the address may work
	Suppressed Done = "suppressed" // the address does not exist: nothing goes to it for now
	Forbidden  Done = "forbidden"  // the person's complaint forbids marketing
)

// Result is what became of a mail: one Done for each of its outcomes.
type Result struct {
	Done      []Done
	Campaigns []id.ID // those it was about, when anything new was kept
	guessed   bool    // it named a message of ours by Message-ID alone, and wrongly
}

// Apply acts on a mail: on messages that left here, and on each outcome once for its
// message, person and reason. What is done is logged.
func (r *Room) Apply(tx *db.Tx, m *Mail) (res Result, err error) {
	for i := range m.Outcomes {
		done, campaign, err := r.applyOne(tx, m, &m.Outcomes[i], &res)
		if err != nil {
			return res, err
		}
		res.Done = append(res.Done, done)
		if campaign != 0 && !slices.Contains(res.Campaigns, campaign) {
			res.Campaigns = append(res.Campaigns, campaign)
		}
	}
	return res, nil
}

// known finds the message of an outcome.
func (r *Room) known(tx *db.Tx, m *Mail, o *bounce.Outcome, res *Result) (*outbox.Message, error) {
	t := trace{path: append(m.Path[:len(m.Path):len(m.Path)], m.To...), listUnsubscribe: m.Returned.ListUnsubscribe,
		messageID: m.Returned.MessageID, to: []string{o.Original, o.Recipient}}
	if o.Recipient == "" {
		t.to = m.Returned.To
	}
	if !r.guard.mayGuess(tx.Time()) {
		t.messageID = ""
	}
	found, err := r.find(tx, t)
	res.guessed = res.guessed || err == nil && found == nil && t.messageID != "" && !t.signed()
	return found, err
}

func (r *Room) applyOne(tx *db.Tx, mail *Mail, o *bounce.Outcome, res *Result) (Done, id.ID, error) {
	acts := o.Kind == bounce.Bounce || o.Kind == bounce.Complaint
	if !acts && mail.NewAddress == "" {
		return Nothing, 0, nil
	}
	m, err := r.known(tx, mail, o, res)
	if err != nil || m == nil {
		return Stranger, 0, err
	}
	if mail.NewAddress != "" {
		if err := r.note(tx, mail, m); err != nil || !acts {
			return Nothing, 0, err
		}
	}
	addr := o.Recipient
	if o.Original != "" {
		addr = o.Original
	}
	fresh, acted, err := r.Outbox.TakeReturn(tx, m, addr, outbox.Return{Kind: string(o.Kind), Code: string(o.Reason), Hard: o.Hard, Status: o.Status})
	if err != nil || !fresh {
		return Again, 0, err
	}
	done := Noted
	switch {
	case acted && o.Kind == bounce.Complaint:
		done = Forbidden
	case acted:
		done = Suppressed
	}
	return done, m.Campaign, audit.Write(tx, audit.Entry{Action: "bounce.apply", Kind: "message", Object: m.ID.String(), Person: m.Person,
		Detail: map[string]string{"kind": string(o.Kind), "reason": string(o.Reason), "done": string(done)}})
}

// Counts sums up the outcomes of several mails.
type Counts map[Done]int

// Add counts a result.
func (c Counts) Add(res Result) {
	for _, d := range res.Done {
		c[d]++
	}
}

// String lists the counts, such as "suppressed 1, noted 3".
func (c Counts) String() string {
	var out []string
	for _, done := range []Done{Suppressed, Forbidden, Noted, Again, Stranger, Nothing} {
		if n := c[done]; n > 0 {
			out = append(out, string(done)+" "+strconv.Itoa(n))
		}
	}
	if out == nil {
		return "no mails"
	}
	return strings.Join(out, ", ")
}

// Take applies mails, those together that are given together, which must not be many
// hundreds. Afterwards Settle looks at their campaigns.
func (r *Room) Take(ctx context.Context, by db.By, mails []Mail) (all []Result, err error) {
	run := r.DB.Do
	if len(mails) == 1 {
		run = r.DB.Together // others may be coming in at the same time
	}
	err = run(ctx, by, func(tx *db.Tx) error {
		all = all[:0]
		for i := range mails {
			res, err := r.Apply(tx, &mails[i])
			if err != nil {
				return err
			}
			all = append(all, res)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	now := r.DB.Now()
	for _, res := range all {
		r.watch.add(res.Campaigns)
		if res.guessed {
			r.guard.guess(now)
		}
	}
	return all, nil
}

// Record logs that a number of mails was read at once, with what became of them.
func (r *Room) Record(ctx context.Context, by db.By, c Counts) error {
	total, detail := 0, map[string]string{}
	for done, n := range maps.All(c) {
		total += n
		detail[string(done)] = strconv.Itoa(n)
	}
	return r.DB.Do(ctx, by, func(tx *db.Tx) error {
		return audit.Write(tx, audit.Entry{Action: "bounce.import", Kind: "mail", Count: total, Detail: detail})
	})
}
