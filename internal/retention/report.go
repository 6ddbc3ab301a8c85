package retention

import (
	"cmp"
	"slices"

	"kartotek/internal/id"
)

// Line counts the people of whom a category goes, by the purpose that kept it longest
// and the event its time ran from (the key of keep.Step).
type Line struct {
	Category string `json:"category"`
	Purpose  string `json:"purpose"`
	Why      string `json:"why"`
	People   int    `json:"people"`
}

// Things counts single things of a room that go.
type Things struct {
	Keeper string `json:"keeper"`
	Kind   string `json:"kind"`
	People int    `json:"people"`
	Count  int    `json:"count"`
}

// Report is what a run found, or did. It holds counts, and while it is a preview the
// keys of a few people to look at; those are not kept.
type Report struct {
	People int      `json:"people"` // in the register
	Due    int      `json:"due"`    // of them, those some of whose data goes
	Whole  int      `json:"whole"`  // of these, erased as persons
	Lines  []Line   `json:"lines,omitempty"`
	Things []Things `json:"things,omitempty"`
	Sample []id.ID  `json:"sample,omitempty"`
	Failed int      `json:"failed,omitempty"` // people whose erasure failed; the next night tries again
}

// Empty reports whether nothing is to go.
func (r *Report) Empty() bool { return r.Due == 0 && len(r.Things) == 0 }

// maxSample is how many people a preview names.
const maxSample = 20

// count adds what a range holds.
func (r *Report) count(s *sifter, f *found) {
	r.People += f.people
	for i := range f.finds {
		r.person(&f.finds[i])
	}
	for i, by := range f.things {
		t := Things{Keeper: s.things[i].Name(), Kind: s.things[i].Kind, People: len(by)}
		for _, n := range by {
			t.Count += n
		}
		r.thing(t)
	}
}

func (r *Report) person(f *Find) {
	r.Due++
	if f.Whole {
		r.Whole++
	}
	for _, l := range f.reasons {
		r.line(l)
	}
	if len(r.Sample) < maxSample {
		r.Sample = append(r.Sample, f.Person)
	}
}

func (r *Report) line(l Line) {
	for i := range r.Lines {
		o := &r.Lines[i]
		if o.Category == l.Category && o.Purpose == l.Purpose && o.Why == l.Why {
			o.People += l.People
			return
		}
	}
	r.Lines = append(r.Lines, l)
}

func (r *Report) thing(t Things) {
	for i := range r.Things {
		o := &r.Things[i]
		if o.Keeper == t.Keeper && o.Kind == t.Kind {
			o.People, o.Count = o.People+t.People, o.Count+t.Count
			return
		}
	}
	r.Things = append(r.Things, t)
}

// add sums two reports.
func (r *Report) add(o *Report) {
	r.People, r.Due, r.Whole, r.Failed = r.People+o.People, r.Due+o.Due, r.Whole+o.Whole, r.Failed+o.Failed
	for _, l := range o.Lines {
		r.line(l)
	}
	for _, t := range o.Things {
		r.thing(t)
	}
	r.Sample = append(r.Sample, o.Sample[:min(len(o.Sample), maxSample-len(r.Sample))]...)
}

// sort brings the lines into an order that does not depend on who was counted first.
func (r *Report) sort() {
	slices.SortFunc(r.Lines, func(a, b Line) int {
		return cmp.Or(cmp.Compare(b.People, a.People), cmp.Compare(a.Category, b.Category), cmp.Compare(a.Purpose, b.Purpose), cmp.Compare(a.Why, b.Why))
	})
	slices.SortFunc(r.Things, func(a, b Things) int {
		return cmp.Or(cmp.Compare(a.Keeper, b.Keeper), cmp.Compare(a.Kind, b.Kind))
	})
}
