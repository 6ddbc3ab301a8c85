package people

import (
	"slices"

	"kartotek/internal/db"
	"kartotek/internal/party"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/page"
)

// history shows every change of a card, newest first, each with its undo.
func history(d *desk.Desk) error {
	who, err := d.ID("id")
	if err != nil {
		return err
	}
	var v page.HistoryView
	err = d.Look(func(tx *db.Tx) error {
		c, err := open(d, tx, who)
		if err != nil {
			return err
		}
		v.Person = page.Link{Text: c.p.Name(), Href: path(who)}
		v.Changes, err = c.rows()
		return err
	})
	if err != nil {
		return err
	}
	if err := d.Read("person.history", who); err != nil {
		return err
	}
	v.Frame = d.Frame(v.Person.Text, "people")
	return d.Render(200, page.PersonHistory(v))
}

// rows gives a row for every value changed; only the first of a change has its undo.
func (c *card) rows() (out []page.Change, err error) {
	for _, ch := range slices.Backward(c.changes) {
		src, err := c.sources.Say(ch.Source, 0)
		if err != nil {
			return nil, err
		}
		for i, x := range ch.Diff {
			row := page.Change{ID: ch.ID.String(), At: desk.Time(ch.At), By: ch.ByName, Field: c.Field(x.Field), Before: x.Old, After: x.New, Src: src, Undone: ch.Undone}
			if !c.seesChange(&party.Change{Diff: []party.Delta{x}}) {
				row.Before, row.After = c.T("person.hidden"), c.T("person.hidden")
			}
			if i == 0 && undoable(c.Desk, &ch) {
				row.Undo = path(c.p.ID) + "/undo"
			}
			out = append(out, row)
		}
	}
	return out, nil
}
