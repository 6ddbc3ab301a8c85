package requests

import (
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/rights"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/page/casework"
)

// letter shows a letter as the person gets it.
func letter(d *desk.Desk) error {
	c, x, err := readLetter(d)
	if err != nil {
		return err
	}
	l := x.Content.Letter
	v := casework.LetterView{Ref: c.Ref, Back: path(c.ID), Subject: l.Subject, Lang: l.Lang, Text: l.Text(), PDF: d.URL.Path + "/pdf"}
	v.Frame = d.Frame(c.Ref, "requests")
	return d.Render(200, casework.Letter(v))
}

// letterPDF gives a letter for the envelope.
func letterPDF(d *desk.Desk) error {
	c, x, err := readLetter(d)
	if err != nil {
		return err
	}
	raw, err := x.Content.Letter.PDF()
	if err != nil {
		return err
	}
	d.Attach("application/pdf", c.Ref+".pdf")
	_, _ = d.W.Write(raw) // the reader may have gone
	return nil
}

// readLetter reads the letter of the address, and logs that it was read.
func readLetter(d *desk.Desk) (c *rights.Case, x *rights.Item, err error) {
	item, err := d.ID("item")
	if err != nil {
		return nil, nil, err
	}
	err = d.Look(func(tx *db.Tx) error {
		if c, err = read(d, tx); err != nil {
			return err
		}
		if x, err = d.Rights.Item(tx, c, item); err != nil {
			return err
		}
		if x.Content.Letter == nil {
			return fault.New(fault.NotFound, "rights.no_item", "the case holds no such document")
		}
		return nil
	})
	if err == nil {
		err = d.Read("rights.letter", c.Person)
	}
	return c, x, err
}
