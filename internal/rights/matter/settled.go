package matter

import (
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/job"
)

// Settled refuses to make a case about somebody or something else while a job of some
// kind carries out what was decided: it would be done to whom nobody decided it of.
func Settled(tx *db.Tx, kind string, which id.ID) error {
	j, err := job.Latest(tx, kind, which.String())
	switch {
	case fault.Is(err, fault.NotFound):
		return nil
	case err == nil && j.Live():
		return Carrying()
	}
	return err
}

// Carrying says that a case is being carried out.
func Carrying() error {
	return fault.New(fault.Conflict, "rights.carrying", "this is being done already")
}
