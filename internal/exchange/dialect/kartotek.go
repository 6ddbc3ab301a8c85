package dialect

import (
	"encoding/json"
	"strings"

	"kartotek/internal/exchange/dialect/guard"
)

// Our own export: a column per catalogue field, and everything about
// permission, with its evidence, as JSON. Cells that a spreadsheet would take
// for a formula are guarded by an apostrophe, which reading takes away again,
// so that nothing is lost on the way out and back.
func init() { register(&Dialect{Name: "kartotek", Match: matchKartotek, Bind: bindKartotek}) }

// The columns around the catalogue fields of our export.
const (
	colID          = "id"
	colMore        = "more_addresses"
	colTags        = "tags"
	colPermissions = "permissions"
	colRegistered  = "registered"
	colChanged     = "changed"
)

func matchKartotek(h *Header) int {
	if h.count(colID, colMore, colTags, colPermissions, colRegistered, colChanged) == 6 {
		return 100
	}
	return 0
}

func bindKartotek(p *plan) {
	p.verbatim = true
	p.aim(p.col(colID), toID)
	p.aim(p.col(colRegistered), toCreated)
	p.aim(p.col(colChanged), toChanged)
	more, tags := p.take(colMore), p.take(colTags)
	permissions := p.take(colPermissions)
	for i, l := range p.header.Labels { // fields by their very names
		if p.targets[i].to == "" && l != toEmail && l != toPhone {
			p.targets[i] = target{to: l, label: l, field: p.known(l)}
			if !p.targets[i].field {
				p.targets[i].to = unlisted
			}
		}
	}
	p.refuse(permissions, "", "", func(cell string) bool {
		return strings.Contains(cell, `"`+string(Prohibition)+`"`) || strings.Contains(cell, `"`+string(Undeliverable)+`"`) ||
			strings.Contains(cell, `"`+string(Withdrawal)+`"`)
	})
	p.parse = func(r *Record) string {
		if tags >= 0 && !unpack(r.Raw[tags], &r.Tags) {
			r.doubt(colTags, DoubtAttributes)
		}
		if more >= 0 {
			p.moreAddresses(r, r.Raw[more])
		}
		if permissions >= 0 && !unpack(r.Raw[permissions], &r.Statements) {
			return RejectPermissions
		}
		return ""
	}
}

// unpack reads a cell's JSON list into a new slice; an empty cell is none.
func unpack[T any](cell string, into *[]T) bool {
	if cell == "" {
		return true
	}
	var list []T
	if json.Unmarshal([]byte(guard.Bare(cell)), &list) != nil {
		return false
	}
	*into = list
	return true
}

// otherAddress is one entry of the column of further addresses.
type otherAddress struct {
	Kind string `json:"kind"` // email, phone or post
	Point
}

const kindPost = "post"

func (p *plan) moreAddresses(r *Record, cell string) {
	var list []otherAddress
	if !unpack(cell, &list) {
		r.doubt(colMore, DoubtAttributes)
		return
	}
	for _, a := range list {
		t := target{to: a.Kind, label: a.Label}
		switch {
		case a.Value == "":
		case a.Kind == toEmail && p.placeEmail(r, &t, a.Value) != "":
			r.doubt(colMore, DoubtEmail)
		case a.Kind == toPhone:
			p.placePhone(r, &t, a.Value)
		case a.Kind == kindPost && len(a.Value) <= maxValue:
			r.Posts = append(r.Posts, a.Point)
		}
	}
}
