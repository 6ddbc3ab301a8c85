package keep

import (
	"math"
	"sort"
	"time"

	"kartotek/internal/law"
	"kartotek/internal/noticedef"
)

// Sieve finds, among very many people, those of whom some category may be over its
// time on one day. It answers as Reckon does, without making the steps: every period
// was turned into the moment before which its event must lie.
type Sieve struct {
	Categories []string
	rules      []rule
	first      []int // of each category, the place of its first rule
	purposes   map[string]int
	moments    moments
}

// moments begin days.
type moments struct{ today int64 }

type rule struct {
	while   string
	purpose int
	own     bool
	cutoff  int64 // due if the event lies before it
}

// Row is a person's events as the sieve reads them. Uses stand in the order of the
// purposes; see Purpose.
type Row struct {
	Events
	Uses []Use
}

// NewSieve makes the sieve of a notice for a day (ISO).
func NewSieve(n *noticedef.Notice, laws *law.Set, today string, zone *time.Location) *Sieve {
	s := &Sieve{purposes: map[string]int{}, moments: moments{begin(today, zone)}}
	for i, p := range n.Purposes {
		s.purposes[p.ID] = i
	}
	for i := range n.Categories {
		c := &n.Categories[i]
		s.Categories, s.first = append(s.Categories, c.ID), append(s.first, len(s.rules))
		for _, p := range n.UsedBy(c.ID) {
			k, _ := n.KeepOf(p.ID, c.ID)
			r := reckoning{keep: k, purpose: p, laws: laws, zone: zone}
			s.rules = append(s.rules, rule{while: k.While, purpose: s.purposes[p.ID], own: c.Keep != nil, cutoff: r.cutoff(today)})
		}
	}
	s.first = append(s.first, len(s.rules))
	return s
}

// begin is the first moment of a day.
func begin(day string, zone *time.Location) int64 {
	t, err := time.ParseInLocation(time.DateOnly, day, zone)
	if err != nil {
		return 0
	}
	return t.UnixMilli()
}

// cutoff is the first moment of the earliest day on which an event keeps data over today.
func (r *reckoning) cutoff(today string) int64 {
	epoch := time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)
	n := sort.Search(400*366, func(days int) bool {
		r.at = epoch.AddDate(0, 0, days)
		if r.keep.While == "financial year" {
			r.at = time.Date(r.at.Year(), 12, 31, 0, 0, 0, 0, time.UTC)
		}
		r.then()
		return r.Until >= today
	})
	return begin(epoch.AddDate(0, 0, n).Format(time.DateOnly), r.zone)
}

// Purpose is a purpose's place in Row.Uses; -1 for one the notice does not have.
func (s *Sieve) Purpose(id string) int {
	if i, ok := s.purposes[id]; ok {
		return i
	}
	return -1
}

// Purposes is how many there are.
func (s *Sieve) Purposes() int { return len(s.purposes) }

// Due marks the categories that no purpose keeps any longer, the first by bit 0. A
// notice has far fewer than 64; those beyond are left to Reckon, and never marked.
func (s *Sieve) Due(r *Row) (mask uint64) {
	for c := range min(len(s.Categories), 64) {
		from, to := s.first[c], s.first[c+1]
		due := to > from // what no purpose uses has no time either: publishing refuses it
		for i := from; i < to && due; i++ {
			due = s.rules[i].due(r, s.moments.today)
		}
		if due {
			mask |= 1 << c
		}
	}
	return mask
}

func (u *rule) due(r *Row, today int64) bool {
	use := r.Uses[u.purpose]
	switch u.while {
	case "relation":
		_, base := RelationBase(&r.Events)
		return base < u.cutoff || use.Objects > 0 && !u.own && use.Objects < today
	case "permission":
		return use.base(r) < u.cutoff
	case "prohibition":
		return !r.Forbids && !r.Permits && max(r.Said, r.Registered) < u.cutoff
	case "answer":
		return max(r.Answered, r.Registered) < u.cutoff
	case "choice":
		return max(r.Chose, r.Registered) < u.cutoff
	case "financial year":
		return max(r.Ordered, r.Registered) < u.cutoff
	}
	return r.Registered < u.cutoff
}

// base is the moment a permission's period runs from; the end of time while it stands.
func (u *Use) base(r *Row) int64 {
	switch {
	case u.Given == 0:
		return max(r.Registered, u.Objects)
	case u.stands() && u.Customer:
		_, base := RelationBase(&r.Events)
		return base
	case u.stands() && u.Until == 0:
		return math.MaxInt64
	case u.stands():
		return u.Until
	}
	return max(u.Ended, u.Objects)
}
