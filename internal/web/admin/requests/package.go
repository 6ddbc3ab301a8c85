package requests

import (
	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/rights"
	"kartotek/internal/web/admin/desk"
)

// handOver gives the package of a case to the desk, which hands it over when its
// person cannot fetch it. That it was fetched is recorded first. law: GDPR 15(3)
func handOver(d *desk.Desk) error {
	f, err := d.Form(0)
	if err != nil {
		return err
	}
	parcel, err := id.Parse(f.Get("parcel"))
	if err != nil {
		return fault.New(fault.NotFound, "packet.gone", "the package is no longer kept; ask for a new one")
	}
	var c *rights.Case
	if err := d.Look(func(tx *db.Tx) (err error) { c, err = read(d, tx); return err }); err != nil {
		return err
	}
	if d.Actor.Who() == c.Staff && c.Staff != 0 {
		return fault.New(fault.Denied, "rights.own_case", "nobody deals with their own request; let somebody else take it")
	}
	p, content, err := d.Packet.Fetch(d.Context(), d.By(d.Purpose()), c.Person, parcel)
	if err != nil {
		return err
	}
	d.Attach("application/zip", p.Name())
	_, _ = d.W.Write(content) // the reader may have gone
	return nil
}

// receiptOf gives the receipt of a request that was answered, for the desk to hand over.
func receiptOf(d *desk.Desk) error {
	var c *rights.Case
	if err := d.Look(func(tx *db.Tx) (err error) { c, err = read(d, tx); return err }); err != nil {
		return err
	}
	data, err := d.Receipts().OfCase(d.Context(), d.By(d.Purpose()), c.Person, c.ID, c.Language)
	if err == nil {
		err = d.Seen(audit.Entry{Action: "receipt.make", Kind: "case", Object: c.Ref, Person: c.Person})
	}
	if err != nil {
		return err
	}
	d.Attach("application/ld+json", "receipt-"+c.Ref+".json")
	_, _ = d.W.Write(data) // the reader may have gone
	return nil
}
