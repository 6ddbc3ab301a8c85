package retention

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/keep"
	"kartotek/internal/noticedef"
)

// gathered are the events of the people of a range that do not stand in their row.
type gathered struct {
	heard map[id.ID]int64
	ended map[id.ID]int64
	holds map[id.ID][]keep.Hold
}

// gather reads them.
func (r *Room) gather(tx *db.Tx, lo, hi int) (*gathered, error) {
	g := &gathered{heard: map[id.ID]int64{}, ended: map[id.ID]int64{}}
	for _, s := range r.Heard {
		err := s(tx, lo, hi, func(who id.ID, at int64) error {
			g.heard[who] = max(g.heard[who], at)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	err := tx.Each(selEnded, func(scan db.Scan) error {
		var who id.ID
		var at int64
		err := scan(&who, &at)
		g.ended[who] = at
		return err
	}, lo, hi)
	if err != nil {
		return nil, err
	}
	g.holds, err = r.holding(tx, lo, hi)
	return g, err
}

func (g *gathered) fill(ev *keep.Events, who id.ID) {
	ev.Heard, ev.Ended = g.heard[who], g.ended[who]
}

// folder turns a packed standing into what is said about each purpose.
type folder struct {
	purposes []noticedef.Purpose
	place    map[string]int
}

func newFolder(n *noticedef.Notice) *folder {
	f := &folder{purposes: n.Purposes, place: map[string]int{}}
	for i, p := range n.Purposes {
		f.place[p.ID] = i
	}
	return f
}

// fold reads a standing as package ledger packs it: a line each,
//
//	c purpose channel given withdrawn expires …
//	p scope since …
//	s sale-date flags goods …
func (f *folder) fold(packed string, ev *keep.Events, uses []keep.Use) {
	clear(uses)
	for rest := packed; rest != ""; {
		var item string
		item, rest, _ = strings.Cut(rest, "\n")
		if len(item) < 3 {
			continue
		}
		var part [5]string
		words := item[2:]
		for i := range part {
			part[i], words, _ = strings.Cut(words, " ")
		}
		switch item[0] {
		case 'c':
			f.consent(part, ev, uses)
		case 'p':
			f.forbid(part[0], number(part[1]), ev, uses)
		case 's':
			f.sale(part, ev, uses)
		}
	}
}

func number(s string) int64 {
	n, _ := strconv.ParseInt(s, 10, 64)
	return n
}

// consent takes one channel's consent into its purpose: one that stands wins over one
// that ended, one without a last day over one with.
func (f *folder) consent(part [5]string, ev *keep.Events, uses []keep.Use) {
	given, withdrawn, expires := number(part[2]), number(part[3]), number(part[4])
	ev.Said = max(ev.Said, given, withdrawn)
	i, ok := f.place[part[0]]
	if !ok {
		return
	}
	u := &uses[i]
	switch standing := u.Given > 0 && u.Ended == 0; {
	case withdrawn > 0 && standing:
	case withdrawn > 0:
		u.Given, u.Ended = max(u.Given, given), max(u.Ended, withdrawn)
	case !standing:
		u.Given, u.Until, u.Ended = given, expires, 0
	case expires == 0 || u.Until == 0:
		u.Given, u.Until = max(u.Given, given), 0
	default:
		u.Given, u.Until = max(u.Given, given), max(u.Until, expires)
	}
	if withdrawn == 0 {
		ev.Permits = true
	}
}

// forbid ends the purposes a prohibition covers as a whole. One by channel leaves the
// others; a scope nobody recognises covers all marketing, as in every decision.
// law: GDPR 21(2), 21(3)
func (f *folder) forbid(scope string, since int64, ev *keep.Events, uses []keep.Use) {
	ev.Forbids, ev.Said = true, max(ev.Said, since)
	kind, rest, _ := strings.Cut(scope, ":")
	for i := range f.purposes {
		p := &f.purposes[i]
		covers := false
		switch kind {
		case "channel":
			covers = p.Class == "marketing" && len(p.Channels) == 1 && p.Channels[0] == rest
		case "purpose":
			name, channel, _ := strings.Cut(rest, ":")
			covers = name == p.ID && (channel == "" || len(p.Channels) == 1 && p.Channels[0] == channel)
		case "research", "profiling":
			covers = p.Prohibition == kind
		default:
			covers = p.Class == "marketing"
		}
		if covers {
			uses[i].Objects = max(uses[i].Objects, since)
		}
	}
}

// sale stands for a consent while the person is a customer: as long as the relation is
// counted, no longer. law: 2002/58 13(2)
func (f *folder) sale(part [5]string, ev *keep.Events, uses []keep.Use) {
	day, err := time.Parse(time.DateOnly, part[0])
	if err != nil || len(part[1]) < 3 {
		return
	}
	at := clock.Ms(day)
	ev.Ordered = max(ev.Ordered, at)
	for i := range f.purposes {
		s := f.purposes[i].SoftOptIn
		if s == nil || uses[i].Given > 0 {
			continue
		}
		for goods := range strings.SplitSeq(part[2], ",") {
			if slices.Contains(s.Goods, goods) {
				uses[i].Given, uses[i].Customer = at, true
			}
		}
	}
}
