package app

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"kartotek/internal/audit"
	"kartotek/internal/bounce"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/outbox"
)

// Returned is what became of one outcome of a mail that came back.
type Returned string

// What may become of it.
const (
	ReturnNothing    Returned = "nothing"    // no bounce and no complaint: nobody's address or permission changes
	ReturnStranger   Returned = "stranger"   // about no message that left here
	ReturnAgain      Returned = "again"      // known already
	ReturnNoted      Returned = "noted"      // kept; the address may work
	ReturnSuppressed Returned = "suppressed" // the address does not exist: nothing goes to it again
	ReturnForbidden  Returned = "forbidden"  // the person's complaint forbids marketing
)

// Returns applies mails that came back, one after another. Begin with House.Returns, end with Finish.
type Returns struct {
	house     *House
	by        db.By
	Counts    map[Returned]int
	campaigns map[id.ID]bool
}

// Returns begins to apply mails that came back.
func (h *House) Returns(by db.By) *Returns {
	return &Returns{house: h, by: by, Counts: map[Returned]int{}, campaigns: map[id.ID]bool{}}
}

// Apply acts on one outcome of a mail. Only messages that left here count, and
// each outcome once for its message, person and reason; what is done is logged.
func (r *Returns) Apply(ctx context.Context, mail *bounce.Report, o *bounce.Outcome) (done Returned, err error) {
	defer func() {
		if err == nil {
			r.Counts[done]++
		}
	}()
	if o.Kind != bounce.Bounce && o.Kind != bounce.Complaint {
		return ReturnNothing, nil
	}
	var campaign id.ID
	err = r.house.DB.Do(ctx, r.by, func(tx *db.Tx) error {
		done, campaign, err = r.house.takeReturn(tx, mail, o)
		return err
	})
	if err == nil && campaign != 0 {
		r.campaigns[campaign] = true
	}
	return done, err
}

func (h *House) takeReturn(tx *db.Tx, mail *bounce.Report, o *bounce.Outcome) (Returned, id.ID, error) {
	back := outbox.Back{ListUnsubscribe: mail.Returned.ListUnsubscribe, MessageID: mail.Returned.MessageID, To: []string{o.Original, o.Recipient}}
	if o.Recipient == "" {
		back.To = mail.Returned.To
	}
	m, err := h.Outbox.Returned(tx, back)
	if err != nil || m == nil {
		return ReturnStranger, 0, err
	}
	addr := o.Recipient
	if o.Original != "" {
		addr = o.Original
	}
	fresh, acted, err := h.Outbox.TakeReturn(tx, m, addr, outbox.Return{Kind: string(o.Kind), Code: string(o.Reason), Hard: o.Hard, Status: o.Status})
	if err != nil || !fresh {
		return ReturnAgain, m.Campaign, err
	}
	done := ReturnNoted
	switch {
	case acted && o.Kind == bounce.Complaint:
		done = ReturnForbidden
	case acted:
		done = ReturnSuppressed
	}
	return done, m.Campaign, audit.Write(tx, audit.Entry{Action: "bounce.apply", Kind: "message", Object: m.ID.String(), Person: m.Person,
		Detail: map[string]string{"kind": string(o.Kind), "reason": string(o.Reason), "done": string(done)}})
}

// Shares of what was sent at which a newsletter is paused: complaints, as large
// providers count them, and addresses that do not exist.
const (
	mostComplaints = 0.0025
	mostHard       = 0.05
	fewest         = 200 // sent, before a share tells anything
)

// Finish logs the counts, and pauses newsletters still being sent of which too
// much came back. It gives the names of those it paused.
func (r *Returns) Finish(ctx context.Context) (paused []string, err error) {
	err = r.house.DB.Do(ctx, r.by, func(tx *db.Tx) error {
		paused = nil
		for which := range r.campaigns {
			name, err := r.house.pauseUnwanted(tx, which)
			if err != nil {
				return err
			}
			if name != "" {
				paused = append(paused, name)
			}
		}
		slices.Sort(paused)
		total, detail := 0, map[string]string{}
		for done, n := range r.Counts {
			total += n
			detail[string(done)] = strconv.Itoa(n)
		}
		return audit.Write(tx, audit.Entry{Action: "bounce.import", Kind: "mail", Count: total, Detail: detail})
	})
	return paused, err
}

// everywhere is all buckets.
var everywhere = outbox.Range{Lo: 0, Hi: id.Buckets - 1}

func (h *House) pauseUnwanted(tx *db.Tx, which id.ID) (string, error) {
	c, err := h.Campaign.Get(tx, which)
	if fault.Is(err, fault.NotFound) {
		return "", nil
	}
	if err != nil || !c.State.Running() {
		return "", err
	}
	back, err := h.Outbox.CountReturns(tx, which, everywhere)
	if err != nil {
		return "", err
	}
	all, err := h.Outbox.Count(tx, which, everywhere)
	sent := 0
	for _, t := range all {
		if t.State == outbox.Sent {
			sent += t.N
		}
	}
	if err != nil || sent < fewest || float64(back.Complaints) < mostComplaints*float64(sent) && float64(back.Hard) < mostHard*float64(sent) {
		return "", err
	}
	if err := h.Campaign.Pause(tx, which); err != nil {
		return "", err
	}
	return c.Name, audit.Write(tx, audit.Entry{Action: "campaign.pause", Kind: "campaign", Object: which.String(),
		Detail: map[string]string{"complaints": strconv.Itoa(back.Complaints), "hard": strconv.Itoa(back.Hard), "sent": strconv.Itoa(sent)}})
}

// String lists the counts, such as "noted 3, suppressed 1".
func (r *Returns) String() string {
	var out []string
	for _, done := range []Returned{ReturnSuppressed, ReturnForbidden, ReturnNoted, ReturnAgain, ReturnStranger, ReturnNothing} {
		if n := r.Counts[done]; n > 0 {
			out = append(out, string(done)+" "+strconv.Itoa(n))
		}
	}
	if out == nil {
		return "no mails"
	}
	return strings.Join(out, ", ")
}
