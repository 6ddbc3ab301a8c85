package mine

import (
	"context"
	"io"

	"kartotek/internal/db"
	"kartotek/internal/dossier"
	"kartotek/internal/erasing"
	"kartotek/internal/erasure"
	"kartotek/internal/id"
	"kartotek/internal/notice"
	"kartotek/internal/packet"
	"kartotek/internal/recipient"
	"kartotek/internal/retention"
	"kartotek/internal/rights"
	"kartotek/internal/web/door"
)

// Acts are the rooms behind the acts that need several.
type Acts struct {
	DB        *db.DB
	Notice    *notice.Room
	Recipient *recipient.Room
	Erasure   *erasure.Room
	Rights    *rights.Room
	Packet    *packet.Room
}

// With gives what the pages ask for.
func (a Acts) With(keepers dossier.Keepers, kept *retention.Room) door.Mine {
	return door.Mine{Holdings: keepers.Holdings, Received: a.received, Until: kept.Dates, Plan: a.plan, Erase: a.erase, Certificate: a.Erasure.Certificate, Package: a.copy}
}

// received lists who was given data of a person.
func (a Acts) received(tx *db.Tx, who id.ID) (out []door.Received, err error) {
	in, found, err := a.Notice.InForceAt(tx, tx.Time())
	if err != nil || !found {
		return nil, err
	}
	all, err := a.Recipient.Of(tx, who)
	for _, d := range all {
		x := door.Received{Name: d.Recipient, Categories: d.Categories, At: d.At}
		if p, listed := in.Notice.Recipient(d.Recipient); listed {
			x.Name, x.Country = p.Name, p.Country
		}
		out = append(out, x)
	}
	return out, err
}

// copy writes everything the register holds of a person, as they may have it at any
// time. law: GDPR 15(3), 20(1)
func (a Acts) copy(ctx context.Context, by db.By, who id.ID, lang string, w io.Writer) error {
	p, err := a.Packet.Build(ctx, by, who, packet.Options{Lang: lang})
	if err != nil {
		return err
	}
	return p.Zip(w)
}

// plan works out what erasing all of a person on their own word would do.
func (a Acts) plan(tx *db.Tx, who id.ID) (*erasing.Plan, error) {
	return a.Erasure.Plan(tx, who, erasing.Ask{Ground: erasing.NotNeeded})
}

// erase erases a person who confirmed it themselves, and closes the case it answers:
// what was done is told on the spot, because afterwards there is nobody to write to.
// law: GDPR 17(1), 12(3)
func (a Acts) erase(ctx context.Context, by db.By, who id.ID, ref string) (c *erasure.Certificate, err error) {
	var plan *erasing.Plan
	err = a.DB.View(ctx, by, func(tx *db.Tx) (err error) {
		plan, err = a.Erasure.Plan(tx, who, erasing.Ask{Ground: erasing.NotNeeded, Case: ref})
		return err
	})
	if err == nil {
		c, err = a.Erasure.Erase(ctx, by, who, plan)
	}
	if err != nil || ref == "" {
		return c, err
	}
	return c, a.DB.Do(ctx, by, func(tx *db.Tx) error {
		asked, err := a.Rights.ByRef(tx, ref)
		if err != nil {
			return err
		}
		return a.Rights.Done(tx, asked, 0, rights.Made{Certificate: c.ID.String()})
	})
}
