package noticedef

import (
	"slices"

	yaml "go.yaml.in/yaml/v3"

	"kartotek/internal/noticedef/facts"
)

// Acts are the things a level may allow besides seeing and editing categories.
// An act under a purpose holds for that purpose; one at the level's own "act"
// holds without reading people: administering accounts ("staff") or the program
// ("settings") is such a one.
var Acts = []string{
	"segment", "send", "report", "permission", "import", "export", "decide", "merge", "undo",
	"rights", "erase", "notice", "publish", "log", "staff", "settings",
}

// The actions on a category. To search or to change what one may not see would
// be a way round the level, so both include seeing.
const (
	See    = "see"    // to read it where one has come to the record
	Search = "search" // to find records, count and select them by it
	Edit   = "edit"   // to change it
)

// All stands for every purpose, or every category, in a level.
const All = "all"

// LevelWords are the words that a level uses for itself, so that no purpose can bear
// them, nor the word All.
var LevelWords = []string{"act", "title", "job", "elevate", "four_eyes"}

// Level is one access level: purposes x categories x actions. What it does not
// name it does not allow. law: GDPR 25(2), GDPR 32(4)
type Level struct {
	Name     string `y:",id"`
	Title    Text
	Job      Text     // one sentence: whose work the level is for
	Acts     []string // without any purpose
	Grants   []Grant  // in the file's order
	Elevate  []string // levels its holders may take up for a limited time, with a reason
	FourEyes []string // acts for which a second person has to agree

	purposes []Purpose // of the notice; set by LevelList
}

// Grant is what a level may do for one purpose, or for "all".
type Grant struct {
	Purpose string
	Cells   []Cell
	Acts    []string
}

// Cell is what a level may do with one category, or "all", of a purpose: to see
// it, and perhaps more. The file writes "see" for seeing and searching, "edit"
// for all three, or the list of what is allowed, such as [see].
type Cell struct {
	Category     string
	Search, Edit bool
}

// Allows reports whether the cell allows an action. Words it does not know are
// not allowed.
func (c Cell) Allows(action string) bool {
	switch action {
	case See:
		return true
	case Search:
		return c.Search
	case Edit:
		return c.Edit
	}
	return false
}

// LevelList gives the access levels in the file's order, ready to be asked.
func (n *Notice) LevelList() []Level {
	out := slices.Clone(n.Levels)
	for i := range out {
		out[i].purposes = n.Purposes
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

// May reports whether the level allows an action ("see", "search" or "edit") on a
// category for a purpose. An empty purpose asks "for any purpose under which
// people are looked at one by one", which one of figures alone is not. Whatever
// a level says, a purpose never reaches a category the notice does not let it
// use.
func (l Level) May(purpose, category, action string) bool {
	return slices.ContainsFunc(l.purposes, func(p Purpose) bool {
		asked := purpose == p.ID || purpose == "" && p.Rows
		return asked && slices.Contains(p.Uses, category) && l.grants(p.ID, category, action)
	})
}

func (l Level) grants(purpose, category, action string) bool {
	for _, g := range l.Grants {
		if g.Purpose != purpose && g.Purpose != All {
			continue
		}
		for _, c := range g.Cells {
			if (c.Category == category || c.Category == All) && c.Allows(action) {
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

// ReadNode reads {purpose: {category: see|edit|[...], act: [...]}, purpose: same,
// act: [...], elevate: [...], four_eyes: [...]}. "same" repeats the line above and
// is held spelled out, so that both ways of writing are the same facts.
func (l *Level) ReadNode(d *facts.Decoder, n *yaml.Node, path string, depth int) {
	if !d.Want(n, yaml.MappingNode, path, "purposes and what may be done for them") {
		return
	}
	d.Pairs(n, path, func(key string, k, val *yaml.Node) {
		p := facts.Join(path, key)
		val, ok := d.Enter(val, p, depth+1)
		if ok && !l.own(d, key, val, p, depth) {
			l.purpose(d, key, val, p, depth)
		}
	})
}

// own reads a word that is the level's own and not a purpose.
func (l *Level) own(d *facts.Decoder, key string, n *yaml.Node, path string, depth int) bool {
	switch key {
	case "act":
		l.Acts = readActs(d, n, path, depth)
	case "title":
		d.Value(n, &l.Title, path, depth+1)
	case "job":
		d.Value(n, &l.Job, path, depth+1)
	case "elevate":
		d.Value(n, &l.Elevate, path, depth+2)
	case "four_eyes":
		l.FourEyes = readActs(d, n, path, depth)
	default:
		return false
	}
	return true
}

func (l *Level) purpose(d *facts.Decoder, key string, n *yaml.Node, path string, depth int) {
	if n.Kind == yaml.ScalarNode && n.Value == "same" {
		if len(l.Grants) == 0 {
			d.Add("Y06", n, path, `"same" repeats the purpose above, and there is none`)
			return
		}
		g := l.Grants[len(l.Grants)-1]
		l.Grants = append(l.Grants, Grant{Purpose: key, Cells: slices.Clone(g.Cells), Acts: slices.Clone(g.Acts)})
		return
	}
	if d.Want(n, yaml.MappingNode, path, `categories, or "same",`) {
		l.Grants = append(l.Grants, readGrant(d, n, key, path, depth))
	}
}

func readGrant(d *facts.Decoder, n *yaml.Node, purpose, path string, depth int) Grant {
	g := Grant{Purpose: purpose}
	d.Pairs(n, path, func(key string, _, val *yaml.Node) {
		p := facts.Join(path, key)
		val, ok := d.Enter(val, p, depth+2)
		switch {
		case !ok:
		case key == "act":
			g.Acts = readActs(d, val, p, depth)
		default:
			if c, ok := readCell(d, val, key, p, depth); ok {
				g.Cells = append(g.Cells, c)
			}
		}
	})
	return g
}

// readCell reads "see", "edit", or a list of actions that begins with seeing.
func readCell(d *facts.Decoder, n *yaml.Node, category, path string, depth int) (Cell, bool) {
	if n.Kind == yaml.ScalarNode {
		s, ok := d.Str(n, path)
		if ok {
			d.Word(n, s, path, See, Edit)
		}
		return Cell{Category: category, Search: true, Edit: s == Edit}, ok && (s == See || s == Edit)
	}
	var actions []string
	d.Value(n, &actions, path, depth+2, See, Search, Edit)
	if n.Kind == yaml.SequenceNode && !slices.Contains(actions, See) {
		d.Add("Y06", n, path, "a list of actions holds see: nobody searches or changes what they may not see")
		return Cell{}, false
	}
	return Cell{category, slices.Contains(actions, Search), slices.Contains(actions, Edit)}, n.Kind == yaml.SequenceNode
}

func readActs(d *facts.Decoder, n *yaml.Node, path string, depth int) (acts []string) {
	d.Value(n, &acts, path, depth+2, Acts...)
	return acts
}

// Fact gives the level as the file writes it.
func (l Level) Fact() facts.Fact {
	var o facts.Fact
	for _, t := range []struct {
		key  string
		text Text
	}{{"title", l.Title}, {"job", l.Job}} {
		if len(t.text) > 0 {
			o.Add(t.key, facts.OfText(t.text))
		}
	}
	for _, g := range l.Grants {
		o.Add(g.Purpose, g.fact())
	}
	for _, w := range []struct {
		key   string
		words []string
	}{{"act", l.Acts}, {"elevate", l.Elevate}, {"four_eyes", l.FourEyes}} {
		if len(w.words) > 0 {
			o.Add(w.key, facts.Strs(w.words))
		}
	}
	return o.AsObject()
}

func (g Grant) fact() facts.Fact {
	var cells facts.Fact
	for _, c := range g.Cells {
		cells.Add(c.Category, c.fact())
	}
	if len(g.Acts) > 0 {
		cells.Add("act", facts.Strs(g.Acts))
	}
	return cells.AsObject()
}

// fact writes the shortest way, so that [see, search] and see are one fact.
func (c Cell) fact() facts.Fact {
	switch {
	case c.Search && c.Edit:
		return facts.Str(Edit)
	case c.Search:
		return facts.Str(See)
	case c.Edit:
		return facts.Strs([]string{See, Edit})
	}
	return facts.Strs([]string{See})
}

// ReadLevel reads one level from YAML as a file writes it below its name. Findings
// are those of reading; whether it fits a notice is told by Check.
func ReadLevel(name string, src []byte) (Level, []Finding) {
	l := Level{Name: name}
	d, ok := facts.Decode("level", src, &l)
	var findings []Finding
	for _, p := range d.Problems {
		findings = append(findings, newFinding(p.Code, p.Position, p.Field, p.Message))
	}
	if ok && !facts.IsName(name) {
		findings = append(findings, newFinding("Y06", facts.Position{Line: 1, Column: 1}, "levels", "a level's name is small letters, digits, - and _"))
	}
	return l, findings
}

// YAML writes the level as a file has it below its name.
func (l Level) YAML() []byte {
	out := []byte(nil)
	f := l.Fact()
	for _, key := range f.Keys() {
		val, _ := f.Member(key)
		out = append(out, (key + ": " + val.Flow() + "\n")...)
	}
	if out == nil {
		out = []byte("{}\n")
	}
	return out
}
