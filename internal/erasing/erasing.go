// Package erasing plans an erasure: of everything that is held of a person, what
// goes, what is only locked away, and what stays, why and until when.
//
// A person asks, or the time has come, on one of the grounds of GDPR 17(1). Against
// it stand the exceptions of 17(3), and the plan weighs them for each category of
// the notice by itself: an invoice that the bookkeeping act wants kept for six years
// is no reason to keep a telephone number. For each category there is one line:
//
//	erase     the data goes, all of it
//	restrict  it is locked away and used for nothing else, because it is contested or
//	          needed for a claim. law: GDPR 18(1)
//	keep      a law says so; with the law and the day it ends. law: GDPR 17(3)(b)
//
// Codes are those of the vocabulary eu-gdpr of DPV, without the word Justification,
// such as A17LegallyRequired. Nothing is kept without one.
//
// # Shape
//
// Make(Ask, Facts) gives a Plan; it is pure, so that a plan of last year can be made
// again. Facts are the notice in force, what each room holds, and what is held for
// claims. kinds.go says which category a kind of holding belongs to. Words (words.go)
// says a line to a reader. Rooms carry a plan out by Plan.Kept and Plan.Fields.
package erasing

import (
	"slices"
	"time"

	"kartotek/internal/fault"
	"kartotek/internal/law"
	"kartotek/internal/noticedef"
)

// Ground is why data is erased, a point of GDPR 17(1).
type Ground string

// The grounds. law: GDPR 17(1)
const (
	NotNeeded Ground = "17(1)(a)" // no longer needed for what it was collected for
	Withdrawn Ground = "17(1)(b)" // consent was withdrawn, and there is no other basis
	Objected  Ground = "17(1)(c)" // an objection, and nothing outweighs it
	Unlawful  Ground = "17(1)(d)" // it was processed without right
	Ordered   Ground = "17(1)(e)" // a law orders the erasure
	Child     Ground = "17(1)(f)" // collected from a child by an online service
)

// Grounds lists them in the order of the law.
var Grounds = []Ground{NotNeeded, Withdrawn, Objected, Unlawful, Ordered, Child}

// Code is the ground in the vocabulary of DPV.
func (g Ground) Code() string {
	return map[Ground]string{NotNeeded: "A17NonNecessity", Withdrawn: "A17NoLegalBasis", Objected: "A17ObjectA21",
		Unlawful: "A17UnlawfulProcessing", Ordered: "A17LegalErasure", Child: "A17ChildData"}[g]
}

// Code is why a category is not erased.
type Code string

// The exceptions of GDPR 17(3), and contested data. law: GDPR 17(3), 18(1)(a)
const (
	LegallyRequired   Code = "A17LegallyRequired"
	LegalClaims       Code = "A17LegalClaims"
	Expression        Code = "A17FreedomOfExpression"
	PublicInterest    Code = "A17PublicInterest"
	PublicHealth      Code = "A17PublicHealth"
	OfficialAuthority Code = "A17OfficialAuthority"
	Archiving         Code = "A17Archiving"
	Contested         Code = "A18Contested"
)

// Codes lists them, those of 17(3) first and in the order of the law.
var Codes = []Code{Expression, LegallyRequired, OfficialAuthority, PublicInterest, PublicHealth, Archiving, LegalClaims, Contested}

var articles = map[Code]string{Expression: "GDPR 17(3)(a)", LegallyRequired: "GDPR 17(3)(b)", OfficialAuthority: "GDPR 17(3)(b)",
	PublicInterest: "GDPR 17(3)(b)", PublicHealth: "GDPR 17(3)(c)", Archiving: "GDPR 17(3)(d)", LegalClaims: "GDPR 17(3)(e)", Contested: "GDPR 18(1)(a)"}

// Article is the provision a code rests on.
func (c Code) Article() string { return articles[c] }

// Action is what becomes of a category.
type Action string

// The actions.
const (
	Erase    Action = "erase"
	Restrict Action = "restrict"
	Keep     Action = "keep"
)

// Ask is what is asked for.
type Ask struct {
	Ground     Ground
	Categories []string // of the notice; empty is everything
	Contested  []string // categories whose accuracy or lawfulness is under dispute; "all" is every one
	Case       string   // reference of the request, such as R-2026-0042; may be empty
}

// Held is one kind of thing that a room holds of the person.
type Held struct {
	Keeper, Kind string
	Fields       []string // of the field catalogue, for a person's own row
	Count        int
	First, Last  int64 // ms, of the oldest and newest
}

// Name is how rooms and plans call it, such as "outbox.messages".
func (h Held) Name() string { return h.Keeper + "." + h.Kind }

// Hold is data that must stay for a while, such as for a claim in court.
type Hold struct {
	ID       string         // of whoever ordered it
	Category string         // of the notice; "" is every one
	Code     Code           // LegalClaims when empty
	Until    noticedef.Date // "" while it is not known
}

// Facts are what a plan is made from.
type Facts struct {
	Notice *noticedef.Notice
	Held   []Held
	Holds  []Hold
	Law    *law.Set  // the packs in force; nil for none
	Today  time.Time // in the register's time zone
}

// Line is what becomes of one category.
type Line struct {
	Category string         `json:"category"`          // of the notice, or "kartotek.<kind>" for what the program itself keeps
	Title    noticedef.Text `json:"title,omitempty"`   // the notice's
	Kinds    []string       `json:"kinds"`             // "keeper.kind"
	Fields   []string       `json:"fields,omitempty"`  // of a person's own row
	Count    int            `json:"count"`             // things held
	Action   Action         `json:"action"`            //
	Code     Code           `json:"code,omitempty"`    // why it is not erased
	Article  string         `json:"article,omitempty"` // the provision of Code
	Law      string         `json:"law,omitempty"`     // the act that fixes the time
	Until    noticedef.Date `json:"until,omitempty"`   // last day it is kept; "" when that is not known yet
	Hold     string         `json:"hold,omitempty"`
}

// Plan is an erasure before it is carried out.
type Plan struct {
	Ground Ground `json:"ground"`
	Case   string `json:"case,omitempty"`
	Made   string `json:"made"` // ISO date
	Notice int    `json:"notice,omitempty"`
	Lines  []Line `json:"lines"`
}

// Make makes the plan. Lines come in the notice's order, what the program itself
// keeps after them. law: GDPR 17(1), 17(3)
func Make(ask Ask, f Facts) (*Plan, error) {
	if ask.Ground.Code() == "" {
		return nil, fault.New(fault.Invalid, "erasing.ground", "the ground of an erasure is one of 17(1)(a) to (f)").In("ground")
	}
	for _, c := range slices.Concat(ask.Categories, ask.Contested) {
		if _, known := f.Notice.Category(c); !known && c != "all" {
			return nil, fault.New(fault.Invalid, "erasing.category", "the register notice has no category %q", c).In("category")
		}
	}
	p := &Plan{Ground: ask.Ground, Case: ask.Case, Made: f.Today.Format(time.DateOnly)}
	for _, l := range sorted(f) {
		p.decide(&l, ask, f)
		p.Lines = append(p.Lines, l)
	}
	return p, nil
}

// decide says what becomes of a category. A law that fixes a time comes first, then a
// claim, then a dispute; what is not asked for stays as it is.
func (p *Plan) decide(l *Line, ask Ask, f Facts) {
	hold, held := claim(l.Category, f)
	asked := len(ask.Categories) == 0 || slices.Contains(ask.Categories, "all") || slices.Contains(ask.Categories, l.Category)
	l.Action = Erase
	switch {
	case lawSays(l, f):
		l.Action, l.Code = Keep, LegallyRequired
	case !asked:
		l.Action, l.Code = Keep, NotAsked
	case held:
		l.Action, l.Code, l.Until, l.Hold = Restrict, hold.Code, hold.Until, hold.ID
	case slices.Contains(ask.Contested, l.Category) || slices.Contains(ask.Contested, "all"):
		l.Action, l.Code = Restrict, Contested
	}
	l.Article = l.Code.Article()
}

// NotAsked is the code of a category that the person did not ask to have erased.
const NotAsked Code = "NotAsked"

// claim finds the hold on a category that lasts longest; one without a last day does.
func claim(category string, f Facts) (longest Hold, found bool) {
	for _, h := range f.Holds {
		if h.Category != "" && h.Category != category && category != own("retention") || h.Until.Before(f.Today) {
			continue
		}
		if !found || longest.Until != "" && (h.Until == "" || h.Until > longest.Until) {
			longest, found = h, true
		}
	}
	if longest.Code == "" {
		longest.Code = LegalClaims
	}
	return longest, found
}

// lawSays tells whether a law fixes how long the category is kept, and that time is
// not over. It runs from the newest thing held.
func lawSays(l *Line, f Facts) bool {
	keep, found := floor(l.Category, f)
	if !found {
		return false
	}
	l.Law = keep.Law
	if !keep.Then.Set() {
		return true // as long as the register itself
	}
	var last int64
	for _, h := range f.Held {
		if slices.Contains(l.Kinds, h.Name()) {
			last = max(last, h.Last)
		}
	}
	l.Until = noticedef.DateOf(Floor(keep, time.UnixMilli(last).In(f.Today.Location())))
	if l.Until.Before(f.Today) {
		l.Law, l.Until = "", ""
		return false
	}
	return true
}

// floor is the statutory time of a category: its own, the longest of the purposes
// that use it, or for orders that of the bookkeeping act of the pack.
func floor(category string, f Facts) (longest noticedef.Keep, found bool) {
	if keep, ok := proofs[category]; ok {
		return keep, true
	}
	c, known := f.Notice.Category(category)
	if !known {
		return longest, false
	}
	if c.Keep != nil && c.Keep.Law != "" {
		return *c.Keep, true
	}
	for _, p := range f.Notice.UsedBy(category) {
		if p.Keep.Law != "" && (!found || p.Keep.Then.Longer(longest.Then)) {
			longest, found = p.Keep, true
		}
	}
	if !found && c.Record == "order" {
		return packFloor(f.Law, "invoice")
	}
	return longest, found
}

// packFloor is a period of the rule packs that a law fixes.
func packFloor(set *law.Set, id string) (noticedef.Keep, bool) {
	if set == nil {
		return noticedef.Keep{}, false
	}
	for _, r := range set.Retention() {
		if d, err := noticedef.ParseDuration(r.Then); r.ID == id && err == nil {
			return noticedef.Keep{While: "financial year", Then: d, Law: r.Citation}, true
		}
	}
	return noticedef.Keep{}, false
}

// Floor is the last day that a statutory time keeps something that came about on a
// day: reckoned from the end of that calendar year when the time runs from the
// financial year.
func Floor(k noticedef.Keep, from time.Time) time.Time {
	if k.While == "financial year" {
		from = time.Date(from.Year(), 12, 31, 0, 0, 0, 0, from.Location())
	}
	return k.Then.AddTo(from)
}

// Erases reports whether the plan leaves nothing behind.
func (p *Plan) Erases() bool {
	return !slices.ContainsFunc(p.Lines, func(l Line) bool { return l.Action != Erase })
}

// Kept gives the kinds of holding that stay, "keeper.kind" to code. Of a person's row
// single fields stay, see Fields; its history, which tells of all of them, stays only
// when they all do.
func (p *Plan) Kept() map[string]string {
	out := map[string]string{}
	all := true
	for _, l := range p.Lines {
		all = all && (l.Action != Erase || len(l.Fields) == 0)
		for _, kind := range l.Kinds {
			if l.Action != Erase && kind != "party.person" {
				out[kind] = string(l.Code)
			}
		}
	}
	if !all {
		delete(out, "party.history")
	}
	return out
}

// Fields gives the fields of a person's own row that stay, name to code.
func (p *Plan) Fields() map[string]string {
	out := map[string]string{}
	for _, l := range p.Lines {
		for _, f := range l.Fields {
			if l.Action != Erase {
				out[f] = string(l.Code)
			}
		}
	}
	return out
}
