package people

import (
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/door"
)

// proof hands out the receipt of an entry, for a person who asks for it by letter
// or by phone. The evidence itself is left out: staff see it on the page, with the
// network address masked. law: GDPR 7(1)
func proof(d *desk.Desk) error {
	who, err := d.ID("id")
	if err != nil {
		return err
	}
	entry, err := d.ID("entry")
	if err != nil {
		return err
	}
	if !d.SeesPermissions() {
		return fault.New(fault.Denied, "denied.permissions", "the access level does not see permissions")
	}
	real, lang, err := holder(d, who)
	if err != nil {
		return err
	}
	data, err := d.Receipts().Of(d.Context(), d.By(d.Purpose()), real, entry, lang, door.Withheld)
	if err != nil {
		return err
	}
	if err := d.Read("receipt.make", real); err != nil {
		return err
	}
	d.Attach("application/ld+json", "receipt-"+entry.String()+".json")
	_, err = d.W.Write(data)
	return err
}

// holder is whose entries they are, and the language that person reads.
func holder(d *desk.Desk, who id.ID) (real id.ID, lang string, err error) {
	err = d.Look(func(tx *db.Tx) error {
		p, err := must(d, tx, who)
		if err != nil {
			return err
		}
		if real, lang = p.ID, p.Language; lang == "" {
			lang = d.Lang()
		}
		return nil
	})
	return real, lang, err
}
