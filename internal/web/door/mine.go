package door

import (
	"context"
	"io"

	"kartotek/internal/db"
	"kartotek/internal/dossier"
	"kartotek/internal/erasing"
	"kartotek/internal/erasure"
	"kartotek/internal/id"
	"kartotek/internal/keep"
)

// Mine are acts that need several rooms and that people do with their own data. The
// roof sets those whose rooms are in the house; of one that is nil the page says that
// a request is dealt with by people.
type Mine struct {
	Holdings func(tx *db.Tx, who id.ID) ([]dossier.Holding, error)
	// Received lists who was given data of a person. law: GDPR 15(1)(c)
	Received func(tx *db.Tx, who id.ID) ([]Received, error)
	// Until says of each category and purpose when the person's data goes.
	// law: GDPR 15(1)(d)
	Until func(tx *db.Tx, who id.ID) ([]keep.Date, error)
	// Package writes the copy of a person's data as a ZIP. law: GDPR 15(3), 20(1)
	Package func(ctx context.Context, by db.By, who id.ID, lang string, w io.Writer) error
	// Plan works out what erasing would do, and changes nothing; Erase does it, closes
	// the case it answers, and gives the certificate, which Certificate reads again.
	// law: GDPR 17(1)
	Plan        func(tx *db.Tx, who id.ID) (*erasing.Plan, error)
	Erase       func(ctx context.Context, by db.By, who id.ID, ref string) (*erasure.Certificate, error)
	Certificate func(tx *db.Tx, which id.ID) (*erasure.Certificate, error)
}

// Received is who was given data of a person.
type Received struct {
	Name, Country string
	Categories    []string // of the notice
	At            int64    // ms, the last time; 0 when not known
}
