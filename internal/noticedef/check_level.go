package noticedef

import (
	"fmt"
	"slices"
)

// level checks that one access level speaks of what there is, and gives nobody a
// way to it that is none.
func (c *checker) level(l Level) {
	for _, g := range l.Grants {
		path := "levels." + l.Name + "." + g.Purpose
		p, ok := c.n.Purpose(g.Purpose)
		if !ok && g.Purpose != All {
			c.err("Y10", path, "there is no purpose %q", g.Purpose)
			continue
		}
		for _, cell := range g.Cells {
			c.cell(path, p, cell)
		}
	}
	c.elevations(l)
	for i, act := range l.FourEyes {
		if !l.Can(act) {
			c.warn("R47", fmt.Sprintf("levels.%s.four_eyes[%d]", l.Name, i), "level %q does not allow %q, so there is nothing for a second person to agree to", l.Name, act)
		}
	}
}

func (c *checker) cell(path string, p Purpose, cell Cell) {
	if cell.Category == All {
		return
	}
	at := path + "." + cell.Category
	if _, ok := c.n.Category(cell.Category); !ok {
		c.err("Y10", at, "there is no category %q", cell.Category)
		return
	}
	if p.ID != "" && !slices.Contains(p.Uses, cell.Category) {
		c.warn("R47", at, "purpose %q does not use %q, so this grant opens nothing", p.ID, cell.Category)
	}
}

// elevations: a level is raised to another one that exists, and never by itself.
func (c *checker) elevations(l Level) {
	for i, name := range l.Elevate {
		path := fmt.Sprintf("levels.%s.elevate[%d]", l.Name, i)
		known := slices.ContainsFunc(c.n.Levels, func(o Level) bool { return o.Name == name })
		switch {
		case name == l.Name:
			c.err("R47", path, "level %q is raised to itself; name another level, or take the line away", name)
		case !known:
			c.err("Y10", path, "there is no access level %q", name)
		}
	}
}
