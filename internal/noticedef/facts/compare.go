package facts

import "slices"

// Kinds of difference.
const (
	Added   = "added"
	Removed = "removed"
	Changed = "changed"
)

// Difference is one place where two trees differ. Values are as the file
// writes words, or JSON for what is more than a word.
type Difference struct{ Path, Kind, Old, New string }

// Compare lists what differs from a to b, in b's order. The order of keys and
// of the items of a list is no difference.
func Compare(a, b Fact) []Difference {
	var out []Difference
	compare(&out, "", a, b)
	return out
}

func compare(out *[]Difference, path string, a, b Fact) {
	switch {
	case a.kind == absent && b.kind == absent:
	case a.kind == absent:
		*out = append(*out, Difference{path, Added, "", b.brief()})
	case b.kind == absent:
		*out = append(*out, Difference{path, Removed, a.brief(), ""})
	case a.kind == object && b.kind == object:
		compareObjects(out, path, a, b)
	case a.kind == list && b.kind == list:
		compareLists(out, path, a, b)
	case a.brief() != b.brief():
		*out = append(*out, Difference{path, Changed, a.brief(), b.brief()})
	}
}

func compareObjects(out *[]Difference, path string, a, b Fact) {
	for _, m := range b.members {
		compare(out, Join(path, m.key), a.get(m.key), m.val)
	}
	for _, m := range a.members {
		if b.get(m.key).kind == absent {
			compare(out, Join(path, m.key), m.val, Fact{})
		}
	}
}

// compareLists compares lists as sets: what came, what went.
func compareLists(out *[]Difference, path string, a, b Fact) {
	for _, x := range b.items {
		if !a.holds(x) {
			compare(out, path, Fact{}, x)
		}
	}
	for _, x := range a.items {
		if !b.holds(x) {
			compare(out, path, x, Fact{})
		}
	}
}

func (f Fact) holds(x Fact) bool {
	return slices.ContainsFunc(f.items, func(y Fact) bool { return y.brief() == x.brief() })
}

func (f Fact) get(key string) Fact {
	for _, m := range f.members {
		if m.key == key {
			return m.val
		}
	}
	return Fact{}
}

// brief is a fact on one line.
func (f Fact) brief() string {
	if f.kind == scalar {
		return f.s
	}
	return string(f.JSON())
}
