// Package results tells what came of a campaign: who got it, who did not and why,
// what came back, what was followed, and who said no by it.
//
// It has no tables. The figures come from the rollups of the rooms that know them
// (campaign, outbox, clicks), so reading them costs the same for a hundred people
// and a million. They are as old as the rollups: about a second while a campaign runs.
//
//	Of(tx, rooms, campaign)      -> Report     one campaign
//	Report.Table                 -> []Line     the same as rows, for a file
//	Answer                                     did this person get it, when, why
//
// # Small groups
//
// A count of clicks is of nobody, but among three people it tells too much of each.
// Where fewer got the letter than the purpose's smallest group, what was followed is
// not told (Report.Few). Who said no is told: the sender has to act on it. law: GDPR 25(2)
package results

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"kartotek/internal/campaign"
	"kartotek/internal/clicks"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/outbox"
)

// SmallestGroup is the least number of people of whom figures are told when the
// notice names none.
const SmallestGroup = 5

// Rooms are those whose figures are put together. Clicks may be nil.
type Rooms struct {
	Campaign *campaign.Room
	Outbox   *outbox.Room
	Clicks   *clicks.Room
}

// Report is what came of a campaign.
type Report struct {
	Campaign   *campaign.Campaign
	Results    campaign.Results
	Delivered  int // taken by the receiving server and not come back
	Back       []Back
	Bounced    int // messages that came back undelivered
	Complaints int
	Clicks     clicks.Figures
	Few        bool // too few people got it to tell what they followed
	Left       []Way
	Gone       int // people who said no, of all ways
	Hours      []clicks.Hour
}

// Back is how many messages came back for a reason.
type Back struct {
	Complaint bool
	Reason    string // a bounce.Reason
	Hard      bool   // the address does not exist
	N         int
}

// Way is how many people said no in a way: those of package clicks, or one of these.
type Way struct {
	Way string
	N   int
}

// Ways to say no that come back by mail.
const (
	ByComplaint = "complaint" // "this is spam", through the mail provider
	ByMail      = "mail"      // asked by mail to be taken off
)

// everywhere is all buckets.
var everywhere = outbox.Range{Lo: 0, Hi: id.Buckets - 1}

// Of reads the report of a campaign. smallest is the smallest group of its purpose;
// 0 for SmallestGroup.
func Of(tx *db.Tx, r Rooms, c *campaign.Campaign, smallest int) (*Report, error) {
	rep := &Report{Campaign: c}
	var err error
	if rep.Results, err = r.Campaign.Results(tx, c.ID); err != nil {
		return nil, err
	}
	back, err := r.Outbox.CountReturns(tx, c.ID, everywhere)
	if err != nil {
		return nil, err
	}
	rep.came(back)
	if r.Clicks == nil {
		return rep, nil
	}
	if rep.Clicks, err = r.Clicks.Of(tx, c.ID); err != nil {
		return nil, err
	}
	if rep.Hours, err = r.Clicks.Hours(tx, c.ID); err != nil {
		return nil, err
	}
	rep.left()
	if smallest == 0 {
		smallest = SmallestGroup
	}
	if rep.Few = rep.Results.Sent < smallest; rep.Few {
		rep.hide()
	}
	return rep, nil
}

// came sorts what came back, most first.
func (r *Report) came(all []outbox.ReturnTally) {
	for _, t := range all {
		b := Back{Complaint: t.Kind == "complaint", Reason: t.Code, Hard: t.Hard, N: t.N}
		r.Back = append(r.Back, b)
		if b.Complaint {
			r.Complaints += b.N
		} else {
			r.Bounced += b.N
		}
	}
	slices.SortFunc(r.Back, func(a, b Back) int { return cmp.Or(b.N-a.N, cmp.Compare(a.Reason, b.Reason)) })
	r.Delivered = max(0, r.Results.Sent-r.Bounced)
}

// left gathers who said no, most first.
func (r *Report) left() {
	ways := map[string]int{}
	for way, n := range r.Clicks.Left {
		ways[way] += n
	}
	for _, b := range r.Back {
		switch {
		case b.Complaint && b.Reason == "opt_out":
			ways[ByMail] += b.N
		case b.Complaint:
			ways[ByComplaint] += b.N
		}
	}
	for way, n := range ways {
		r.Left = append(r.Left, Way{way, n})
		r.Gone += n
	}
	slices.SortFunc(r.Left, func(a, b Way) int { return cmp.Or(b.N-a.N, cmp.Compare(a.Way, b.Way)) })
}

// hide takes out what was followed.
func (r *Report) hide() {
	r.Clicks.Human, r.Clicks.Machines = 0, nil
	for i := range r.Clicks.Links {
		r.Clicks.Links[i].Human, r.Clicks.Links[i].Machine = 0, 0
	}
	for i := range r.Hours {
		r.Hours[i].Human, r.Hours[i].Machine = 0, 0
	}
}

// Machines is how many clicks were no person's.
func (r *Report) Machines() (n int) {
	for _, k := range r.Clicks.Machines {
		n += k
	}
	return n
}

// Share is a part of the messages sent; 0 when none were.
func (r *Report) Share(n int) float64 {
	if r.Results.Sent == 0 {
		return 0
	}
	return float64(n) / float64(r.Results.Sent)
}

// Line is one figure of a report, for a file.
type Line struct{ Part, What, Count string }

// Table writes a report as lines: part is audience, allowed, sent, failed,
// uncertain, waiting, delivered, left-out (what: a code), bounce and complaint (a
// reason), click (an address), machine (what gave it away), said-no (a way), and
// clicks-at and said-no-at (an hour, RFC 3339).
func (r *Report) Table() (out []Line) {
	add := func(part, what string, n int) { out = append(out, Line{part, what, strconv.Itoa(n)}) }
	add("audience", "", r.Results.Audience)
	add("allowed", "", r.Results.Allowed)
	add("sent", "", r.Results.Sent)
	add("delivered", "", r.Delivered)
	add("failed", "", r.Results.Failed)
	add("uncertain", "", r.Results.Uncertain)
	add("waiting", "", r.Results.Waiting)
	for _, code := range sorted(r.Results.Blocked) {
		add("left-out", code, r.Results.Blocked[code])
	}
	for _, b := range r.Back {
		part := "bounce"
		if b.Complaint {
			part = "complaint"
		}
		add(part, b.Reason, b.N)
	}
	for _, w := range r.Left {
		add("said-no", w.Way, w.N)
	}
	if !r.Few {
		r.followed(add)
	}
	for _, h := range r.Hours {
		if h.Left > 0 {
			add("said-no-at", h.At.UTC().Format(time.RFC3339), h.Left)
		}
	}
	return out
}

func (r *Report) followed(add func(part, what string, n int)) {
	for _, l := range r.Clicks.Links {
		add("click", l.Address, l.Human)
	}
	for _, kind := range sorted(r.Clicks.Machines) {
		add("machine", kind, r.Clicks.Machines[kind])
	}
	for _, h := range r.Hours {
		if h.Human > 0 {
			add("clicks-at", h.At.UTC().Format(time.RFC3339), h.Human)
		}
	}
}

// sorted lists the keys of counts, the most first.
func sorted(m map[string]int) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.SortFunc(out, func(a, b string) int { return cmp.Or(m[b]-m[a], cmp.Compare(a, b)) })
	return out
}

// Answer is whether one person got a campaign's message, when and why.
type Answer struct {
	Found   bool // the person was in the audience
	Message outbox.Message
	Got     bool // the receiving server took it
	At      time.Time
}

// ForPerson answers for one person, from one row.
func ForPerson(tx *db.Tx, r Rooms, c *campaign.Campaign, who id.ID) (a Answer, err error) {
	m, found, err := r.Outbox.For(tx, who, c.ID)
	if err != nil || !found {
		return a, err
	}
	a = Answer{Found: true, Message: *m, Got: m.State == outbox.Sent, At: clock.FromMs(max(m.Decided, m.HandedAt, m.Done))}
	if a.Got && m.HandedAt != 0 {
		a.At = clock.FromMs(m.HandedAt)
	}
	return a, nil
}
