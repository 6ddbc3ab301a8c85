// Package keep is the rule book of retention: when is what we hold of a person to
// be gone, and why? law: GDPR 5(1)(e)
//
// The notice says for every category and purpose how long: while something lasts
// (a relation, a permission, a prohibition, a choice, a financial year), and then a
// while. A person's events say when that something ended. From both this package
// reckons a day, as a chain of steps that each name what they rest on:
//
//	Reckon(notice, laws, events) ──► []Date   a category × purpose each, with its steps
//	Apply(dates, holds)          ──► []Date   the same, none earlier
//	Last(dates)                  ──► per category the last of its purposes: when it goes
//
// # How it is reckoned
//
//   - What is missing counts as the strictest that can be computed: a relation
//     whose end nobody recorded ended when the person was last heard of; a consent
//     never given keeps nothing.
//   - A period ends with the day of the same number, or the last of a shorter month,
//     and what it kept goes on the day after. law: Reg 1182/71 3(2)
//   - Nothing is kept for ever. What has no day yet says what it waits for (Open):
//     a consent or a prohibition that stands, a hold.
//   - A statute may be longer than the notice; then the statute counts, and is
//     named. law: GDPR 17(3)(b)
//   - A later event of a kind never gives an earlier day; a hold never shortens.
//
// sieve.go asks the same of a million people at once, with whole numbers only; a
// property holds that it never passes over anybody whom Reckon would name.
//
// Types: Events, Date, Step, Hold. The package is pure: zone and laws are arguments.
package keep

import (
	"slices"
	"time"

	"kartotek/internal/law"
	"kartotek/internal/noticedef"
)

// Events are what happened with a person, as far as it decides how long data is
// kept. Times are ms since 1970; 0 is never, or not known.
type Events struct {
	Registered int64 // first collected
	Heard      int64 // last heard of: they said, ordered or followed something, or were served
	Ordered    int64 // last order
	Ended      int64 // the relation was recorded as ended, or as running until
	Answered   int64 // last answer to a survey
	Chose      int64 // last choice about cookies
	Said       int64 // last word about what is allowed and forbidden
	Forbids    bool  // some prohibition stands
	Permits    bool  // some consent stands
	Uses       map[string]Use
}

// Use is what a person said about one purpose.
type Use struct {
	Given   int64 // the consent, or the sale that stands for one. law: 2002/58 13(2)
	Until   int64 // it expires
	Ended   int64 // it was withdrawn or expired, and nothing else of the purpose stands
	Objects int64 // a prohibition of this purpose stands since. law: GDPR 21(3)
	// Customer: what stands is not a consent but a sale, which counts as long as the
	// relation is counted. law: 2002/58 13(2)
	Customer bool
}

// stands reports whether the permission holds.
func (u Use) stands() bool { return u.Given > 0 && u.Ended == 0 && u.Objects == 0 }

// What a date may wait for.
const (
	WaitsPermission  = "permission"  // a consent that stands
	WaitsProhibition = "prohibition" // a prohibition that stands
	WaitsHold        = "hold"        // a hold without a last day
)

// Date is when a category of a person's data goes as far as one purpose is concerned.
type Date struct {
	Category string
	Purpose  string
	Until    string // ISO: the last day it is kept; "" while Open
	Open     string // what it waits for
	Floor    string // the statute that fixes the time, such as "FI 1336/1997 2:10"
	Steps    []Step
}

// Due reports whether the data is to be gone on a day (ISO).
func (d *Date) Due(today string) bool { return d.Open == "" && d.Until < today }

// Later reports whether d keeps longer than e.
func (d *Date) Later(e *Date) bool {
	if (d.Open == "") != (e.Open == "") {
		return d.Open != ""
	}
	return d.Until > e.Until
}

// Step is one step of a reckoning. Key is the sentence's name behind "keep.step.";
// Arg is what the sentence speaks of: a period ("24 months") or a statute.
type Step struct {
	Key      string
	Day      string // ISO, after this step; "" for none
	Arg      string
	Citation string
}

// Reckon gives a date for every category and purpose of the notice, in its order.
// Days are those of the zone, the controller's.
func Reckon(n *noticedef.Notice, laws *law.Set, ev Events, zone *time.Location) (out []Date) {
	for i := range n.Categories {
		c := &n.Categories[i]
		for _, p := range n.UsedBy(c.ID) {
			k, _ := n.KeepOf(p.ID, c.ID)
			r := reckoning{Date: Date{Category: c.ID, Purpose: p.ID}, keep: k, purpose: p, ev: ev, zone: zone, laws: laws, own: c.Keep != nil}
			r.run()
			out = append(out, r.Date)
		}
	}
	return out
}

// reckoning is one date under way.
type reckoning struct {
	Date
	keep    noticedef.Keep
	purpose noticedef.Purpose
	ev      Events
	zone    *time.Location
	laws    *law.Set
	own     bool // the category has a time of its own
	at      time.Time
}

func (r *reckoning) run() {
	switch r.keep.While {
	case "relation":
		r.relation()
	case "permission":
		r.permission()
	case "prohibition":
		r.prohibition()
	case "answer":
		r.start("answer", r.ev.Answered)
	case "choice":
		r.start("choice", r.ev.Chose)
	case "financial year":
		r.year()
	default:
		r.start("session", r.ev.Registered)
	}
	if r.Open == "" {
		r.then()
		r.objected()
	}
}

// from sets where the period begins.
func (r *reckoning) from(key string, ms int64, citation string) {
	t := time.UnixMilli(ms).In(r.zone)
	r.at = time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	r.step(key, "", citation)
}

// start is from an event, or from registration while it has not come.
func (r *reckoning) start(key string, ms int64) {
	if ms < r.ev.Registered {
		key, ms = "registered", r.ev.Registered
	}
	r.from(key, ms, "GDPR 5(1)(e)")
}

func (r *reckoning) step(key, arg, citation string) {
	s := Step{Key: key, Arg: arg, Citation: citation}
	if !r.at.IsZero() {
		s.Day = r.at.Format(time.DateOnly)
	}
	r.Steps = append(r.Steps, s)
}

// relation begins at the recorded end, or a later order; while no end is recorded,
// when the person was last heard of.
func (r *reckoning) relation() {
	key, base := RelationBase(&r.ev)
	r.from(key, base, "GDPR 5(1)(e)")
}

// RelationBase is the moment a relation counts as ended from, and the key that says why.
func RelationBase(ev *Events) (key string, base int64) {
	if ev.Ended > 0 {
		if ev.Ordered > ev.Ended {
			return "ordered", ev.Ordered
		}
		return "ended", ev.Ended
	}
	base = max(ev.Heard, ev.Ordered)
	if base <= ev.Registered {
		return "registered", ev.Registered
	}
	return "heard", base
}

// permission waits while a consent stands; one with a last day has a date already.
func (r *reckoning) permission() {
	u := r.ev.Uses[r.purpose.ID]
	switch {
	case u.Given == 0:
		r.from("never_given", max(r.ev.Registered, u.Objects), "GDPR 6(1)(a)")
	case u.stands() && u.Customer:
		_, base := RelationBase(&r.ev)
		r.from("customer", base, "2002/58 13(2)")
	case u.stands() && u.Until == 0:
		r.Open = WaitsPermission
		r.step("stands", "", "GDPR 7(3)")
	case u.stands():
		r.from("expires", u.Until, "GDPR 7")
	default:
		r.from("withdrawn", max(u.Ended, u.Objects), "GDPR 7(3)")
	}
}

// prohibition waits while there is something to obey or to prove. law: GDPR 21(3), 7(1)
func (r *reckoning) prohibition() {
	switch {
	case r.ev.Forbids:
		r.Open = WaitsProhibition
		r.step("forbids", "", "GDPR 21(3)")
	case r.ev.Permits:
		r.Open = WaitsPermission
		r.step("proves", "", "GDPR 7(1)")
	default:
		r.start("said", r.ev.Said)
	}
}

// year begins with the end of the financial year of the last order. Which day that is
// the notice does not say; it is taken to be the calendar year's.
func (r *reckoning) year() {
	r.start("ordered", r.ev.Ordered)
	r.at = time.Date(r.at.Year(), 12, 31, 0, 0, 0, 0, time.UTC)
	r.step("year_end", "", r.statute())
}

// then adds the period, or the statute's where that is longer.
func (r *reckoning) then() {
	end, key, arg, cite := r.keep.Then.AddTo(r.at), "then", r.keep.Then.String(), "GDPR 13(2)(a)"
	if r.keep.Law != "" {
		r.Floor, cite = r.statute(), r.statute()
	}
	if floor, least := r.floor(); r.keep.While == "financial year" && least.Set() && least.AddTo(r.at).After(end) {
		end, key, arg, cite, r.Floor = least.AddTo(r.at), "floor", least.String(), floor, floor
	}
	r.at = end
	r.step(key, arg, cite)
	r.Until = r.at.Format(time.DateOnly)
}

// floor is the least time for which the law has accounts kept.
func (r *reckoning) floor() (citation string, least noticedef.Duration) {
	if r.laws == nil {
		return "", least
	}
	for _, x := range r.laws.Retention() {
		if x.ID == "invoice" {
			least, _ = noticedef.ParseDuration(x.Then)
			return x.Citation, least
		}
	}
	return "", least
}

// statute names the act that fixes the time, as the index of law does.
func (r *reckoning) statute() string {
	if r.keep.Law == "" {
		return ""
	}
	if c, least := r.floor(); least.Set() && slices.Contains(numbers(c), r.keep.Law) {
		return c
	}
	return r.keep.Law
}

// objected ends a purpose of marketing, or one that is objected to by name, on the day
// the person said so: its data is no longer kept for it. law: GDPR 17(1)(c), 21(3)
func (r *reckoning) objected() {
	u := r.ev.Uses[r.purpose.ID]
	if u.Objects == 0 || r.own || r.keep.While != "relation" {
		return
	}
	t := time.UnixMilli(u.Objects).In(r.zone)
	if day := t.Format(time.DateOnly); day < r.Until {
		r.at = time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
		r.step("objected", "", "GDPR 17(1)(c)")
		r.Until = day
	}
}

// Last gives for each category the date of the purpose that keeps it longest, in the
// order of the dates.
func Last(dates []Date) (out []Date) {
	for i := range dates {
		d := &dates[i]
		at := slices.IndexFunc(out, func(o Date) bool { return o.Category == d.Category })
		switch {
		case at < 0:
			out = append(out, *d)
		case d.Later(&out[at]):
			out[at] = *d
		}
	}
	return out
}
