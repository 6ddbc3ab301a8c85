package retention

import (
	"cmp"
	"slices"
	"time"

	"kartotek/internal/db"
	"kartotek/internal/dossier"
	"kartotek/internal/id"
	"kartotek/internal/keep"
	"kartotek/internal/ledger"
	"kartotek/internal/noticedef"
	"kartotek/internal/party"
	"kartotek/internal/party/times"
)

// Find is somebody of whom something is to go.
type Find struct {
	Person     id.ID
	Categories []string // with something in them, whose last date has come
	Whole      bool     // nothing of what identifies the person is kept any longer
	reasons    []Line
}

// thing is a kind of single things.
type thing struct {
	dossier.Expirer
	dossier.Expiry
	before int64 // what ended earlier goes by its age; 0 for none
	bit    uint64
}

// sifter finds what is due on a day. It is used by one transaction at a time.
type sifter struct {
	room   *Room
	terms  *terms
	sieve  *keep.Sieve
	folder *folder
	fields uint64 // categories that are fields of a person's row
	things []thing
	stands []ledger.Stand
	row    keep.Row
	over   map[int]map[id.ID]bool // of the last range: whose things go whole, their category being over
}

func (r *Room) sifter(tx *db.Tx) (*sifter, error) {
	t, err := r.terms(tx)
	if err != nil {
		return nil, err
	}
	n := t.in.Notice
	s := &sifter{room: r, terms: t, sieve: keep.NewSieve(n, t.in.Laws, t.day, t.zone), folder: newFolder(n)}
	s.row.Uses = make([]keep.Use, s.sieve.Purposes())
	records := map[string]uint64{}
	for i, c := range n.Categories[:min(len(n.Categories), 64)] {
		if c.Record == "" {
			s.fields |= 1 << i
		} else {
			records[c.Record] |= 1 << i
		}
	}
	for _, e := range r.Expirers {
		for _, x := range e.Expires() {
			one := thing{Expirer: e, Expiry: x, before: s.age(x.Rule)}
			if x.Record != "" {
				one.bit = records[x.Record]
			}
			s.things = append(s.things, one)
		}
	}
	return s, nil
}

// age is the first moment of the earliest day whose things a rule of the packs still keeps.
func (s *sifter) age(rule string) int64 {
	for _, x := range s.terms.in.Laws.Retention() {
		if x.ID != rule || rule == "" {
			continue
		}
		d, err := noticedef.ParseDuration(x.Then)
		today, err2 := time.ParseInLocation(time.DateOnly, s.terms.day, s.terms.zone)
		if err != nil || err2 != nil {
			return 0
		}
		d.N = -d.N
		return d.AddTo(today).UnixMilli()
	}
	return 0
}

// found is what a range holds that is due.
type found struct {
	people int
	finds  []Find
	things map[int]map[id.ID]int // by place in sifter.things
}

// sift looks through one range of buckets. It reads narrow rows of everybody, and more
// only of those whom the strictest reckoning names.
func (s *sifter) sift(tx *db.Tx, lo, hi int) (*found, error) {
	out := &found{things: map[int]map[id.ID]int{}}
	s.over = map[int]map[id.ID]bool{}
	mine, err := s.byRecord(tx, lo, hi)
	if err == nil {
		err = s.byAge(tx, lo, hi, out)
	}
	if err != nil {
		return nil, err
	}
	maybe, err := s.candidates(tx, lo, hi, mine, out)
	if err != nil || len(maybe) == 0 {
		return out, err
	}
	return out, s.settle(tx, lo, hi, maybe, mine, out)
}

// byRecord counts the things of each person that go with a category.
func (s *sifter) byRecord(tx *db.Tx, lo, hi int) (map[id.ID]map[int]int, error) {
	mine := map[id.ID]map[int]int{}
	for i := range s.things {
		if s.things[i].bit == 0 {
			continue
		}
		err := s.things[i].Overdue(tx, s.things[i].Kind, lo, hi, tx.Now(), func(who id.ID, n int) error {
			if mine[who] == nil {
				mine[who] = map[int]int{}
			}
			mine[who][i] = n
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return mine, nil
}

// byAge finds the things that are over their age.
func (s *sifter) byAge(tx *db.Tx, lo, hi int, out *found) error {
	for i := range s.things {
		if s.things[i].before == 0 {
			continue
		}
		err := s.things[i].Overdue(tx, s.things[i].Kind, lo, hi, s.things[i].before, func(who id.ID, n int) error {
			out.put(i, who, n)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (f *found) put(i int, who id.ID, n int) {
	if f.things[i] == nil {
		f.things[i] = map[id.ID]int{}
	}
	f.things[i][who] = max(f.things[i][who], n)
}

// maybe is somebody whom the strictest reckoning names, with what stands for them.
type maybe struct {
	registered int64
	packed     string
}

func (s *sifter) candidates(tx *db.Tx, lo, hi int, mine map[id.ID]map[int]int, out *found) (map[id.ID]maybe, error) {
	var err error
	if s.stands, err = s.room.Ledger.Range(tx, lo, hi, s.stands[:0]); err != nil {
		return nil, err
	}
	at, some := 0, map[id.ID]maybe{}
	err = times.Scan(tx, lo, hi, func(who id.ID, status party.Status, registered int64) error {
		for at < len(s.stands) && before(s.stands[at].Person, who) {
			at++
		}
		if status == party.Erased {
			return nil
		}
		out.people++
		m := maybe{registered: registered}
		if at < len(s.stands) && s.stands[at].Person == who {
			m.packed = s.stands[at].Packed
		}
		if s.due(m, nil, who)&s.concern(mine[who]) != 0 {
			some[who] = m
		}
		return nil
	})
	return some, err
}

// before orders people as the tables do: by bucket, then by id.
func before(a, b id.ID) bool {
	return cmp.Or(cmp.Compare(a.Bucket(), b.Bucket()), cmp.Compare(a, b)) < 0
}

// concern are the categories of which a person may hold something.
func (s *sifter) concern(mine map[int]int) uint64 {
	bits := s.fields
	for i := range mine {
		bits |= s.things[i].bit
	}
	return bits
}

// due asks the sieve about a person, with what was gathered of them when that was read.
func (s *sifter) due(m maybe, more *gathered, who id.ID) uint64 {
	s.row.Events = keep.Events{Registered: m.registered}
	if more != nil {
		more.fill(&s.row.Events, who)
	}
	s.folder.fold(m.packed, &s.row.Events, s.row.Uses)
	return s.sieve.Due(&s.row)
}

// settle reads the rest of those who may be due, and reckons them whole.
func (s *sifter) settle(tx *db.Tx, lo, hi int, some map[id.ID]maybe, mine map[id.ID]map[int]int, out *found) error {
	more, err := s.room.gather(tx, lo, hi)
	if err != nil {
		return err
	}
	for who, m := range some {
		if s.due(m, more, who)&s.concern(mine[who]) == 0 {
			delete(some, who)
		}
	}
	if len(some) == 0 {
		return nil
	}
	return s.room.Party.Scan(tx, lo, hi, func(p *party.Person) error {
		m, named := some[p.ID]
		if !named {
			return nil
		}
		s.due(m, more, p.ID)
		f := s.find(p, more.holds[p.ID], mine[p.ID], out)
		if len(f.Categories) > 0 {
			out.finds = append(out.finds, f)
		}
		return nil
	})
}

// records whose later date keeps more than a row without a name.
var anchored = []string{"order", "message", "note", "answer"}

// find reckons one person whose events stand in s.row.
func (s *sifter) find(p *party.Person, holds []keep.Hold, mine map[int]int, out *found) (f Find) {
	n := s.terms.in.Notice
	ev := s.row.Events
	ev.Uses = make(map[string]keep.Use, len(s.row.Uses))
	for i, u := range s.row.Uses {
		ev.Uses[n.Purposes[i].ID] = u
	}
	f.Person, f.Whole = p.ID, true
	filled := map[string]bool{}
	p.Each(func(field, value string) {
		if x, listed := n.Field(field); listed {
			filled[x.Category] = true
		}
	})
	for _, d := range keep.Last(keep.Apply(keep.Reckon(n, s.terms.in.Laws, ev, s.terms.zone), holds)) {
		c, _ := n.Category(d.Category)
		due := d.Due(s.terms.day)
		switch {
		case c.Record == "" && filled[c.ID] && due:
			f.Categories = append(f.Categories, c.ID)
			f.reasons = append(f.reasons, Line{Category: c.ID, Purpose: d.Purpose, Why: reason(&d), People: 1})
		case c.Record == "" && filled[c.ID], c.Record != "" && !due && d.Floor == "" && slices.Contains(anchored, c.Record):
			f.Whole = false
		case c.Record != "" && due:
			for i, count := range mine {
				if s.things[i].Record == c.Record {
					out.put(i, p.ID, count)
					if s.over[i] == nil {
						s.over[i] = map[id.ID]bool{}
					}
					s.over[i][p.ID] = true
				}
			}
		}
	}
	f.Whole = f.Whole && len(f.Categories) > 0
	return f
}

// reason is the event a date rests on.
func reason(d *keep.Date) string {
	if last := d.Steps[len(d.Steps)-1].Key; last == "objected" {
		return last
	}
	return d.Steps[0].Key
}
