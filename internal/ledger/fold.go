package ledger

import (
	"slices"
	"sort"
)

// Standing is what a person's entries come to, at any moment after the last.
type Standing struct {
	Consents     []Granted
	Prohibitions []Forbidden
	Sale         *Entry  // the latest recorded sale
	Roles        []Entry // recorded links between purposes and the person's work

	ended []*Entry // withdrawals of more than one consent, which nobody else revives
}

// Granted is a consent as it stands. Times are ms; Withdrawn and Expires are 0 when not so.
type Granted struct {
	Purpose, Channel          string
	Given, Withdrawn, Expires int64
	SaidBy                    SaidBy
	Entry                     string // id of the entry that gave it
	Ended                     string // id of the entry that withdrew it
}

// Forbidden is a prohibition in force.
type Forbidden struct {
	Scope string
	Since int64
	Entry string
}

// Fold computes the standing. The order of entries does not matter: they are
// taken by the time they took effect, then by their ids. On a tie what forbids
// comes last, so that it wins.
func Fold(entries []Entry) Standing {
	sorted := append([]Entry(nil), entries...)
	sort.SliceStable(sorted, func(a, b int) bool { return before(&sorted[a], &sorted[b]) })
	retracted := map[int64]bool{}
	for i := range sorted {
		if sorted[i].Kind == Retraction {
			retracted[int64(sorted[i].Source)] = true
		}
	}
	var s Standing
	for i := range sorted {
		e := &sorted[i]
		if retracted[int64(e.Source)] && e.SaidBy == ByImport && (e.Kind == Consent || e.Kind == Sale || e.Kind == Role) {
			continue // an undone import takes back its yes, never its no
		}
		s.apply(e)
	}
	return s
}

func before(a, b *Entry) bool {
	if a.Effective != b.Effective {
		return a.Effective < b.Effective
	}
	if fa, fb := forbids(a.Kind), forbids(b.Kind); fa != fb {
		return fb
	}
	return a.ID < b.ID
}

func forbids(k Kind) bool { return k == Withdrawal || k == Prohibition || k == Erasure }

func (s *Standing) apply(e *Entry) {
	switch e.Kind {
	case Consent:
		s.consent(e)
	case Withdrawal:
		s.withdraw(e)
	case Prohibition:
		s.forbid(e)
	case Lift:
		s.lift(e)
	case Sale:
		c := *e
		s.Sale = &c
	case Role:
		s.Roles = append(s.Roles, *e)
	case Erasure:
		s.Consents, s.Sale, s.Roles = nil, nil, nil
	}
}

// consent grants, unless the person withdrew before and this is not their own act.
func (s *Standing) consent(e *Entry) {
	for _, old := range s.Consents {
		if old.covers(e) && (old.Withdrawn != 0 || old.SaidBy == ByPerson) && e.SaidBy != ByPerson {
			return
		}
	}
	if w := s.endedFor(e); w != nil && e.SaidBy != ByPerson { // show what ended it, beforehand
		s.Consents = append(s.Consents, Granted{Purpose: e.Purpose, Channel: e.Channel, Given: w.Effective, Withdrawn: w.Effective,
			SaidBy: e.SaidBy, Ended: w.ID.String()})
		return
	}
	s.replace(e, Granted{Purpose: e.Purpose, Channel: e.Channel, Given: e.Effective, Expires: e.Expires, SaidBy: e.SaidBy, Entry: e.ID.String()})
}

func (g *Granted) covers(e *Entry) bool { return g.Purpose == e.Purpose && g.Channel == e.Channel }

// replace puts a consent in the place of what stood. Before one that will expire
// the last withdrawal stays: when the new yes has run out, the old no counts again.
func (s *Standing) replace(e *Entry, g Granted) {
	var no *Granted
	kept := make([]Granted, 0, len(s.Consents)+1)
	for i := range s.Consents {
		old := &s.Consents[i]
		switch {
		case !old.covers(e):
			kept = append(kept, *old)
		case old.Withdrawn != 0 && e.Expires != 0:
			no = old
		}
	}
	if no != nil {
		kept = append(kept, *no)
	}
	s.Consents = append(kept, g)
}

// withdraw ends matching consents; an empty purpose or channel matches all. With
// none to end it still stands, so that nobody but the person grants it later.
func (s *Standing) withdraw(e *Entry) {
	if e.Purpose == "" || e.Channel == "" {
		s.ended = append(s.ended, e)
	}
	hit := false
	for i := range s.Consents {
		c := &s.Consents[i]
		if (e.Purpose == "" || c.Purpose == e.Purpose) && (e.Channel == "" || c.Channel == e.Channel) {
			hit = true
			if c.Withdrawn == 0 {
				c.Withdrawn, c.Ended = e.Effective, e.ID.String()
			}
		}
	}
	if !hit && e.Purpose != "" && e.Channel != "" {
		s.Consents = append(s.Consents, Granted{Purpose: e.Purpose, Channel: e.Channel, Given: e.Effective, Withdrawn: e.Effective,
			SaidBy: e.SaidBy, Ended: e.ID.String()})
	}
}

// endedFor gives the last withdrawal of many that covers a consent which comes after it.
func (s *Standing) endedFor(e *Entry) *Entry {
	for _, w := range slices.Backward(s.ended) {
		if (w.Purpose == "" || w.Purpose == e.Purpose) && (w.Channel == "" || w.Channel == e.Channel) {
			return w
		}
	}
	return nil
}

func (s *Standing) forbid(e *Entry) {
	for i := range s.Prohibitions {
		if s.Prohibitions[i].Scope == e.Scope {
			return // it stands already, since then
		}
	}
	s.Prohibitions = append(s.Prohibitions, Forbidden{Scope: e.Scope, Since: e.Effective, Entry: e.ID.String()})
}

// lift takes a prohibition back. Only the person can.
func (s *Standing) lift(e *Entry) {
	if e.SaidBy != ByPerson {
		return
	}
	kept := s.Prohibitions[:0]
	for _, p := range s.Prohibitions {
		if p.Scope != e.Scope {
			kept = append(kept, p)
		}
	}
	s.Prohibitions = kept
}

// At gives the standing as the entries recorded up to a moment made it, for
// replaying an old decision with what was known then.
func At(entries []Entry, recordedBy int64) Standing {
	var then []Entry
	for _, e := range entries {
		if e.At <= recordedBy {
			then = append(then, e)
		}
	}
	return Fold(then)
}
