package noticedef

import (
	"slices"
	"strings"

	"kartotek/internal/noticedef/facts"
)

// Kinds of change.
const (
	Added   = facts.Added
	Removed = facts.Removed
	Changed = facts.Changed
)

// Change is one difference between two notices.
type Change struct {
	Path     string `json:"path"` // dotted, such as purposes.newsletter.channels
	Kind     string `json:"kind"` // added, removed or changed
	Old      string `json:"old,omitempty"`
	New      string `json:"new,omitempty"`
	Material bool   `json:"material"` // people it concerns must be told. law: GDPR 13(3), GDPR 14(4)
}

// Diff lists what changed from a to b, in the order of b's file. The order of
// keys and of words in a list is no change.
func Diff(a, b *Notice) []Change {
	var out []Change
	for _, x := range facts.Compare(facts.Of(a), facts.Of(b)) {
		c := Change{Path: x.Path, Kind: x.Kind, Old: x.Old, New: x.New}
		c.Material = differ{a, b}.material(c)
		out = append(out, c)
	}
	return out
}

type differ struct{ a, b *Notice }

// material reports whether a change is one the people concerned must be told
// of before it applies: more data, more use, more reach, longer, elsewhere.
func (d differ) material(c Change) bool {
	part := strings.Split(c.Path, ".")
	switch {
	case part[0] == "purposes":
		return d.materialPurpose(part, c)
	case part[0] == "categories":
		return len(part) == 2 && c.Kind == Added ||
			len(part) == 3 && part[2] == "fields" && c.Kind == Added ||
			len(part) >= 3 && part[2] == "keep" && d.longer(part)
	case part[0] == "recipients":
		return len(part) == 2 && c.Kind == Added || len(part) == 3 && slices.Contains([]string{"receives", "purposes"}, part[2]) ||
			len(part) >= 3 && slices.Contains([]string{"country", "transfer", "role"}, part[2])
	case part[0] == "sources" || part[0] == "third_parties" || part[0] == "cookies":
		return c.Kind == Added
	}
	return c.Path == "controller.name" || c.Path == "controller.business_id" ||
		strings.HasPrefix(c.Path, "automated_decisions") || strings.HasPrefix(c.Path, "joint_controllers")
}

func (d differ) materialPurpose(part []string, c Change) bool {
	if len(part) == 2 {
		return c.Kind == Added
	}
	switch part[2] {
	case "uses", "channels", "soft_opt_in":
		return c.Kind != Removed
	case "class":
		return true
	case "basis":
		return part[len(part)-1] != "balancing_test" && len(part) <= 4
	case "rows":
		return c.New != "false"
	case "smallest_group":
		return c.Kind != Added
	case "keep":
		return d.longer(part)
	}
	return false
}

// longer reports whether the retention that a path belongs to grew, or changed
// to another event, whose length nobody can compare.
func (d differ) longer(part []string) bool {
	before, ok1 := keepAt(d.a, part)
	after, ok2 := keepAt(d.b, part)
	if !ok1 || !ok2 {
		return ok1 != ok2
	}
	return before.While != after.While || after.Then.Longer(before.Then)
}

func keepAt(n *Notice, part []string) (Keep, bool) {
	if part[0] == "purposes" {
		p, ok := n.Purpose(part[1])
		return p.Keep, ok
	}
	c, ok := n.Category(part[1])
	if !ok || c.Keep == nil {
		return Keep{}, false
	}
	return *c.Keep, true
}
