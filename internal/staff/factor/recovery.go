package factor

import (
	"strings"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/seal"
	"kartotek/internal/staff"
)

// A recovery code is 25 letters and digits in five groups: 125 random bits.
const (
	codeCount = 10
	codeSize  = 25
)

var (
	insertCode = db.SQL(db.Reference, `INSERT INTO staff_recovery (code, account, created_at) VALUES ($1, $2, $3)`)
	useCode    = db.SQL(db.Reference, `DELETE FROM staff_recovery WHERE code = $1 AND account = $2`)
	endCodes   = db.SQL(db.Reference, `DELETE FROM staff_recovery WHERE account = $1`)
	codesLeft  = db.SQL(db.Reference, `SELECT count(*) FROM staff_recovery WHERE account = $1`)
)

// Left counts the recovery codes of an account that were not used.
func Left(tx *db.Tx, account id.ID) (n int, err error) {
	_, err = tx.One(codesLeft, []any{&n}, account)
	return n, err
}

// NewCodes makes new recovery codes for the owner of a session and ends the old
// ones. It is the only time they can be read.
func (r *Room) NewCodes(tx *db.Tx, s *staff.Session) ([]string, error) {
	if err := r.Staff.EndOthers(tx, s.Account.ID, s.ID); err != nil {
		return nil, err
	}
	return r.makeCodes(tx, s.Account.ID)
}

func (r *Room) makeCodes(tx *db.Tx, account id.ID) (codes []string, err error) {
	if _, err := tx.Exec(endCodes, account); err != nil {
		return nil, err
	}
	for range codeCount {
		code := seal.Token()[:codeSize]
		if _, err := tx.Exec(insertCode, r.blind(account, code), account, tx.Now()); err != nil {
			return nil, err
		}
		codes = append(codes, grouped(code))
	}
	return codes, log(tx, "staff.codes", account, audit.OK, nil)
}

func (r *Room) blind(account id.ID, code string) string {
	return r.Keys.Blind("recovery code "+account.String(), code)
}

// grouped writes a code in groups of five.
func grouped(code string) string {
	var parts []string
	for i := 0; i < len(code); i += 5 {
		parts = append(parts, code[i:i+5])
	}
	return strings.Join(parts, "-")
}

// plainCode is a code as it was typed, without spaces, hyphens and small letters.
// The digits 0, 1 and 8 stand in no code: they are letters read amiss.
func plainCode(typed string) string {
	return strings.NewReplacer(" ", "", "-", "", "\t", "", "0", "O", "1", "I", "8", "B").Replace(strings.ToUpper(typed))
}

// useRecovery uses a recovery code up.
func (r *Room) useRecovery(tx *db.Tx, account id.ID, code string) (bool, error) {
	n, err := tx.Exec(useCode, r.blind(account, code), account)
	return n == 1, err
}
