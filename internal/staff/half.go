package staff

import (
	"time"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/seal"
)

// HalfLife is how long one may take over the second step.
const HalfLife = 5 * time.Minute

// Half is a sign-in whose first step is done and whose second is not. It opens no
// page and is no session; its only use is to be finished.
type Half struct {
	Account *Account
	Via     string // the first step
	Device  string
}

var (
	insertHalf  = db.SQL(db.Local, `INSERT INTO staff_halves (token, account, via, device, expires_at) VALUES ($1, $2, $3, $4, $5)`)
	halfByTok   = db.SQL(db.Local, `SELECT `+accountCols+`, h.via, h.device FROM staff_halves h JOIN staff_accounts a ON a.id = h.account WHERE h.token = $1 AND h.expires_at > $2`)
	useHalf     = db.SQL(db.Local, `DELETE FROM staff_halves WHERE token = $1`)
	endHalves   = db.SQL(db.Local, `DELETE FROM staff_halves WHERE account = $1`)
	sweepHalves = db.SQL(db.Local, `DELETE FROM staff_halves WHERE expires_at < $1`)
)

// halve notes the first step.
func (r *Room) halve(tx *db.Tx, a *Account, e Entry) (Opened, error) {
	o := Opened{Token: seal.Token(), Half: true}
	_, err := tx.Exec(insertHalf, seal.HashToken(o.Token), a.ID, e.Via, DeviceLabel(e.UserAgent), tx.Now()+HalfLife.Milliseconds())
	return o, err
}

// HalfOf finds the half of a token. One that was finished, has run out or never was
// gets one and the same refusal.
func (r *Room) HalfOf(tx *db.Tx, token string) (h *Half, err error) {
	err = tx.Each(halfByTok, func(scan db.Scan) error {
		h = &Half{}
		h.Account, err = scanAccount(scan, &h.Via, &h.Device)
		return err
	}, seal.HashToken(token), tx.Now())
	if err == nil && (h == nil || !h.Account.Active(tx.Time())) {
		return nil, fault.New(fault.SignIn, "staff.half_over", "the sign-in took too long; begin again")
	}
	return h, err
}

// By is how the acts of somebody between the two steps are signed.
func (h *Half) By() db.By {
	return db.By{Kind: "staff", ID: h.Account.ID, Name: h.Account.Name, Device: h.Device}
}

// Finish makes a session of a half, once, after second (ByTOTP and so on) was shown.
func (r *Room) Finish(tx *db.Tx, token, second string) (Opened, error) {
	h, err := r.HalfOf(tx, token)
	if err != nil {
		return Opened{}, err
	}
	n, err := tx.Exec(useHalf, seal.HashToken(token))
	if err == nil && n == 0 {
		err = fault.New(fault.SignIn, "staff.half_over", "the sign-in took too long; begin again")
	}
	if err != nil {
		return Opened{}, err
	}
	return r.open(tx, h.Account, Entry{Via: h.Via, Second: second, half: h.Device})
}

// The challenges of passkeys, which package factor keeps, are swept with the rest.
var sweepCeremonies = db.SQL(db.Local, `DELETE FROM staff_ceremonies WHERE expires_at < $1`)
