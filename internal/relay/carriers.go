package relay

import (
	"slices"

	"kartotek/internal/db"
	"kartotek/internal/outbox"
)

// mostCarriers is how many processors have a bit of their own in outbox.Message.Carriers.
// Those who come later are not told apart from the relays in use (outbox.SomeCarrier).
const mostCarriers = 62

var (
	selCarriers = db.SQL(db.Reference, `SELECT carrier, recipient FROM carriers ORDER BY carrier`)
	insCarrier  = db.SQL(db.Reference, `INSERT INTO carriers (carrier, recipient) VALUES ($1, $2)`)
)

// carriers lists the processors that ever ran a relay, each at its number.
func carriers(tx *db.Tx) (all []string, err error) {
	err = tx.Each(selCarriers, func(scan db.Scan) error {
		var n int
		var recipient string
		err := scan(&n, &recipient)
		all = append(all, recipient)
		return err
	})
	return all, err
}

// number gives a processor its number, once and for ever.
func number(tx *db.Tx, recipient string) error {
	all, err := carriers(tx)
	if err == nil && !slices.Contains(all, recipient) {
		_, err = tx.Exec(insCarrier, len(all), recipient)
	}
	return err
}

// bitOf is the bit of a processor; outbox.SomeCarrier for one without its own.
func bitOf(all []string, recipient string) int64 {
	if i := slices.Index(all, recipient); i >= 0 && i < mostCarriers {
		return 1 << i
	}
	return outbox.SomeCarrier
}

// Carriers names the processors that some bits stand for; those of the relays in the
// register, or without any of all that ever carried, where it is not known which it
// was. law: GDPR 15(1)(c)
func (r *Room) Carriers(tx *db.Tx, bits int64) (out []string, err error) {
	all, err := carriers(tx)
	if err != nil {
		return nil, err
	}
	for i, recipient := range all[:min(len(all), mostCarriers)] {
		if bits&(1<<i) != 0 {
			out = append(out, recipient)
		}
	}
	if bits&outbox.SomeCarrier == 0 {
		return out, nil
	}
	relays, err := r.List(tx)
	if len(relays) == 0 { // mail went out by servers that were named at the command line
		return all, err
	}
	for _, a := range relays {
		if !slices.Contains(out, a.Recipient) {
			out = append(out, a.Recipient)
		}
	}
	return out, err
}

// told reports whether a relay was told whom a message is for, by where its outcome was
// decided: the address goes out with RCPT, together with what comes before and after.
func told(o *outbox.Outcome) bool { return o.Verb != "" && o.Verb != "CHECK" && o.Verb != "CONNECT" }
