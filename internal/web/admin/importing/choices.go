package importing

import (
	"slices"
	"strconv"
	"strings"

	"kartotek/internal/exchange/dialect"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/page"
)

// choices are what a column can become, made once for all columns.
type choices struct {
	d      *desk.Desk
	all    []dialect.Column
	fields []page.Option // of the notice
	others []page.Option // words of the mapping
	yes    []page.Option
	no     []page.Option
}

func newChoices(d *desk.Desk, all []dialect.Column) *choices {
	c := &choices{d: d, all: all}
	for _, f := range d.Facts.Fields() {
		c.fields = append(c.fields, page.Option{Value: f.Name, Text: d.Field(f.Name)})
	}
	for _, w := range []string{"email", "phone", "name", "tags", "created", "changed", "id", "attributes"} {
		if _, listed := d.Facts.Field(w); !listed {
			c.others = append(c.others, page.Option{Value: w, Text: target(d, w)})
		}
	}
	c.yes = []page.Option{{Value: "", Text: d.T("map.choose")}}
	c.no = []page.Option{{Value: "", Text: d.T("map.choose")}}
	for _, s := range c.scopes() {
		c.no = append(c.no, page.Option{Value: s, Text: d.Scope(s)})
	}
	return c
}

// scopes lists what a prohibition can cover under the notice, and fills in what a
// consent can be to.
func (c *choices) scopes() []string {
	out := []string{"all-marketing"}
	for _, ch := range c.d.Facts.Channels() {
		out = append(out, "channel:"+ch)
	}
	for _, p := range c.d.Facts.Purposes {
		if !asked(p) {
			continue
		}
		out = append(out, "purpose:"+p.ID)
		for _, ch := range p.Channels {
			c.yes = append(c.yes, page.Option{Value: p.ID + ":" + ch, Text: c.d.Scope("purpose:" + p.ID + ":" + ch)})
		}
	}
	return append(out, "research", "profiling")
}

// column is the form's row of a column: as a mapping has it, else as it was recognised.
func (c *choices) column(i int, col dialect.Column, m *dialect.Mapping) page.MappedColumn {
	to, p := standing(col, m)
	return page.MappedColumn{Column: col.Header, To: c.targets(to, col.Target), Words: strings.Join(p.Yes, ", "),
		Yes: chosen(c.yes, p.Purpose+":"+p.Channel), No: c.forbidden(p), Date: c.beside(i, p.Date), Proof: c.beside(i, p.Evidence),
		Weak: p.Kind == dialect.Consent && p.Date == ""}
}

// forbidden is the choices of what a column forbids, with one that only the
// command line offers added where it is in use.
func (c *choices) forbidden(p dialect.PermissionColumn) []page.Option {
	if p.Kind != dialect.Prohibition || p.Scope == "" && p.Purpose == "" && p.Channel == "" {
		return c.no
	}
	out, scope := chosen(c.no, p.Forbids()), p.Forbids()
	if !slices.ContainsFunc(out, func(o page.Option) bool { return o.On }) {
		out = append(out, page.Option{Value: scope, Text: c.d.Scope(scope), On: true})
	}
	return out
}

// standing is what is chosen for a column now.
func standing(col dialect.Column, m *dialect.Mapping) (to string, p dialect.PermissionColumn) {
	if m != nil {
		for _, x := range m.Permissions {
			if x.Column == col.Header && x.Kind == dialect.Consent {
				return page.ColumnConsent, x
			} else if x.Column == col.Header {
				return page.ColumnProhibition, x
			}
		}
	}
	to = col.Target
	if m != nil {
		if mapped, ok := m.Columns[col.Header]; ok {
			to = mapped
		}
	}
	switch to {
	case "", "left out":
		return page.ColumnLeftOut, p
	case "unlisted", "permission":
		return "=" + to, p
	}
	return to, p
}

func (c *choices) targets(to, recognised string) []page.OptionGroup {
	d := c.d
	first := []page.Option{}
	if to == page.ColumnUnlisted || recognised == "unlisted" {
		first = append(first, page.Option{Value: page.ColumnUnlisted, Text: d.T("map.unlisted")})
	}
	first = append(first, page.Option{Value: page.ColumnLeftOut, Text: d.T("map.leave")})
	said := []page.Option{{Value: page.ColumnConsent, Text: d.T("map.kind_yes")}, {Value: page.ColumnProhibition, Text: d.T("map.kind_no")}}
	if to == page.ColumnRecognised || recognised == "permission" {
		said = append(said, page.Option{Value: page.ColumnRecognised, Text: d.T("map.kind_recognised")})
	}
	return []page.OptionGroup{{Options: chosen(first, to)}, {Label: d.T("map.group_fields"), Options: chosen(c.fields, to)},
		{Label: d.T("map.group_permission"), Options: chosen(said, to)}, {Label: d.T("map.group_others"), Options: chosen(c.others, to)}}
}

// beside is the other columns as choices.
func (c *choices) beside(i int, label string) []page.Option {
	out := []page.Option{{Value: "", Text: c.d.T("map.no_column")}}
	for n, col := range c.all {
		if n != i {
			out = append(out, page.Option{Value: strconv.Itoa(n), Text: col.Header, On: label != "" && col.Header == label})
		}
	}
	return out
}

func chosen(list []page.Option, value string) []page.Option {
	out := slices.Clone(list)
	for i := range out {
		out[i].On = out[i].Value == value
	}
	return out
}
