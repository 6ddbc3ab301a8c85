package noticedef

import (
	"slices"

	yaml "go.yaml.in/yaml/v3"

	"kartotek/internal/noticedef/facts"
)

// Acts are the things a level may allow besides seeing and editing categories.
// An act under a purpose holds for that purpose; one at the level's own "act"
// holds without reading people.
var Acts = []string{
	"segment", "send", "report", "permission", "import", "export", "decide", "merge", "undo",
	"rights", "notice", "publish", "log", "staff", "settings",
}

// All stands for every purpose, or every category, in a level.
const All = "all"

// Level is one access level: purposes x categories x actions. What it does not
// name it does not allow. law: GDPR 25(2), GDPR 32(4)
type Level struct {
	Name   string `y:",id"`
	Title  Text
	Acts   []string // without any purpose
	Grants []Grant  // in the file's order

	uses map[string][]string // what each purpose of the notice uses; set by LevelList
}

// Grant is what a level may do for one purpose, or for "all".
type Grant struct {
	Purpose string
	Cells   []Cell
	Acts    []string
}

// Cell is what a level may do with one category, or "all": "see", or "edit",
// which includes seeing.
type Cell struct{ Category, Action string }

// LevelList gives the access levels in the file's order, ready to be asked.
func (n *Notice) LevelList() []Level {
	uses := map[string][]string{}
	for _, p := range n.Purposes {
		uses[p.ID] = p.Uses
	}
	out := slices.Clone(n.Levels)
	for i := range out {
		out[i].uses = uses
	}
	return out
}

// Level gives an access level by name, ready to be asked.
func (n *Notice) Level(name string) (Level, bool) {
	for _, l := range n.LevelList() {
		if l.Name == name {
			return l, true
		}
	}
	return Level{}, false
}

// May reports whether the level allows an action ("see" or "edit") on a
// category for a purpose. An empty purpose asks "for any purpose". Whatever a
// level says, a purpose never reaches a category the notice does not let it
// use.
func (l Level) May(purpose, category, action string) bool {
	for p, uses := range l.uses {
		if (purpose == "" || purpose == p) && slices.Contains(uses, category) && l.grants(p, category, action) {
			return true
		}
	}
	return false
}

func (l Level) grants(purpose, category, action string) bool {
	for _, g := range l.Grants {
		if g.Purpose != purpose && g.Purpose != All {
			continue
		}
		for _, c := range g.Cells {
			if (c.Category == category || c.Category == All) && (c.Action == action || c.Action == "edit" && action == "see") {
				return true
			}
		}
	}
	return false
}

// Can reports whether the level allows an act at all, for some purpose or
// without one.
func (l Level) Can(act string) bool {
	return slices.Contains(l.Acts, act) ||
		slices.ContainsFunc(l.Grants, func(g Grant) bool { return slices.Contains(g.Acts, act) })
}

// CanFor reports whether the level allows an act for one purpose.
func (l Level) CanFor(purpose, act string) bool {
	return slices.ContainsFunc(l.Grants, func(g Grant) bool {
		return (g.Purpose == purpose || g.Purpose == All) && slices.Contains(g.Acts, act)
	})
}

// ReadNode reads {purpose: {category: see|edit, act: [...]}, purpose: same,
// act: [...]}. "same" repeats the line above and is held spelled out, so that
// both ways of writing are the same facts.
func (l *Level) ReadNode(d *facts.Decoder, n *yaml.Node, path string, depth int) {
	if !d.Want(n, yaml.MappingNode, path, "purposes and what may be done for them") {
		return
	}
	d.Pairs(n, path, func(key string, k, val *yaml.Node) {
		p := facts.Join(path, key)
		val, ok := d.Enter(val, p, depth+1)
		switch {
		case !ok:
		case key == "act":
			l.Acts = readActs(d, val, p, depth)
		case key == "title":
			d.Value(val, &l.Title, p, depth+1)
		case val.Kind == yaml.ScalarNode && val.Value == "same":
			if len(l.Grants) == 0 {
				d.Add("Y06", val, p, `"same" repeats the purpose above, and there is none`)
				return
			}
			g := l.Grants[len(l.Grants)-1]
			l.Grants = append(l.Grants, Grant{Purpose: key, Cells: slices.Clone(g.Cells), Acts: slices.Clone(g.Acts)})
		case d.Want(val, yaml.MappingNode, p, `categories, or "same",`):
			l.Grants = append(l.Grants, readGrant(d, val, key, p, depth))
		}
	})
}

func readGrant(d *facts.Decoder, n *yaml.Node, purpose, path string, depth int) Grant {
	g := Grant{Purpose: purpose}
	d.Pairs(n, path, func(key string, _, val *yaml.Node) {
		p := facts.Join(path, key)
		val, ok := d.Enter(val, p, depth+2)
		if !ok {
			return
		}
		if key == "act" {
			g.Acts = readActs(d, val, p, depth)
			return
		}
		if s, ok := d.Str(val, p); ok {
			d.Word(val, s, p, "see", "edit")
			g.Cells = append(g.Cells, Cell{Category: key, Action: s})
		}
	})
	return g
}

func readActs(d *facts.Decoder, n *yaml.Node, path string, depth int) (acts []string) {
	d.Value(n, &acts, path, depth+2, Acts...)
	return acts
}

func (l Level) Fact() facts.Fact {
	var o facts.Fact
	if len(l.Title) > 0 {
		o.Add("title", facts.OfText(l.Title))
	}
	for _, g := range l.Grants {
		var cells facts.Fact
		for _, c := range g.Cells {
			cells.Add(c.Category, facts.Str(c.Action))
		}
		if len(g.Acts) > 0 {
			cells.Add("act", facts.Strs(g.Acts))
		}
		o.Add(g.Purpose, cells.AsObject())
	}
	if len(l.Acts) > 0 {
		o.Add("act", facts.Strs(l.Acts))
	}
	return o.AsObject()
}
