package people

import (
	"net/url"
	"strings"

	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/party"
	"kartotek/internal/party/twins"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/page"
)

const (
	pairRows    = 30 // pairs on a page
	maxSearches = 40 // windows of the register looked at for one page
	likely      = 80 // the score from which a pair is called likely
)

// suspects finds up to limit pairs of people who may be one, looking at so many
// windows of the register at most. A pair that shares both a name and a telephone
// is given once.
func suspects(d *desk.Desk, tx *db.Tx, at twins.Cursor, limit, windows int) (out []twins.Suspects, next twins.Cursor, err error) {
	seen := map[[2]id.ID]bool{}
	for range windows {
		var pairs []twins.Suspects
		if pairs, at, err = (twins.Room{Party: d.Party}).Duplicates(tx, at, limit-len(out)); err != nil {
			return nil, at, err
		}
		for _, p := range pairs {
			if key := [2]id.ID{p.A.ID, p.B.ID}; !seen[key] {
				seen[key] = true
				out = append(out, p)
			}
		}
		if at.Done || len(out) >= limit {
			break
		}
	}
	return out, at, nil
}

// duplicates lists people who may be one and the same.
func duplicates(d *desk.Desk) error {
	if err := d.NeedSearch(); err != nil {
		return err
	}
	var at twins.Cursor
	if _, err := d.Cursor(&at); err != nil {
		return err
	}
	v := page.DuplicatesView{}
	err := d.Look(func(tx *db.Tx) error {
		pairs, next, err := suspects(d, tx, at, pairRows, maxSearches)
		for i := range pairs {
			v.Pairs = append(v.Pairs, pair(d, &pairs[i]))
		}
		at = next
		return err
	})
	if err != nil {
		return err
	}
	if err := d.ReadMany("person.duplicates", 2*len(v.Pairs), nil); err != nil {
		return err
	}
	if !at.Done {
		v.Next = "/people/duplicates?after=" + url.QueryEscape(d.SignCursor(at))
	}
	v.Frame = d.Frame(d.T("duplicates.title"), "people")
	return d.Render(200, page.Duplicates(v))
}

func pair(d *desk.Desk, s *twins.Suspects) page.Duplicate {
	var why []string
	for _, w := range s.Why {
		if w != "name" && !d.Sees(w) {
			continue
		}
		why = append(why, d.Printer.Or("same."+w, w))
	}
	about := func(p *party.Person) string {
		return joined(show(d, p, "organisation"), show(d, p, "city"), show(d, p, "email"))
	}
	return page.Duplicate{A: page.Link{Text: s.A.Name(), Href: path(s.A.ID)}, B: page.Link{Text: s.B.Name(), Href: path(s.B.ID)},
		SrcA: about(&s.A), SrcB: about(&s.B), Why: strings.Join(why, ", "), Strong: s.Score >= likely,
		Href: "/people/merge?a=" + s.A.ID.String() + "&b=" + s.B.ID.String()}
}
