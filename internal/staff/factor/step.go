package factor

import (
	"context"
	"strings"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/staff"
)

// errWrong is the one answer to every factor that was not right.
func errWrong() error {
	return fault.New(fault.SignIn, "factor.wrong", "this did not prove it; codes are good once and for half a minute")
}

// use finds out which factor a typed code is of and uses it up. Six digits are an
// app's; anything else may be a recovery code.
func (r *Room) use(tx *db.Tx, account id.ID, typed string) (kind string, err error) {
	code, kind, used := strings.Join(strings.Fields(typed), ""), TOTP, false
	if len(code) == 6 && strings.Trim(code, "0123456789") == "" {
		used, err = r.useTOTP(tx, account, code)
	} else if code = plainCode(code); len(code) == codeSize {
		kind = staff.ByRecovery
		used, err = r.useRecovery(tx, account, code)
	}
	if err == nil && !used {
		err = errWrong()
	}
	return kind, err
}

// FinishCode finishes the half of a sign-in with a typed code. Each try is counted
// before the code is looked at, for the account and for the source.
func (r *Room) FinishCode(ctx context.Context, d *db.DB, half, typed, source string) (staff.Opened, error) {
	h, err := r.half(ctx, d, half)
	if err != nil {
		return staff.Opened{}, err
	}
	return r.byCode(ctx, d, h.By(), h.Account.ID, h.Via, typed, source, func(tx *db.Tx, kind string) (staff.Opened, error) {
		return r.Staff.Finish(tx, half, kind)
	})
}

// ConfirmCode takes a typed code as a fresh proof in the midst of a session, which
// gets a new token.
func (r *Room) ConfirmCode(ctx context.Context, d *db.DB, by db.By, s *staff.Session, token, typed, source string) (staff.Opened, error) {
	return r.byCode(ctx, d, by, s.Account.ID, s.Via, typed, source, func(tx *db.Tx, kind string) (staff.Opened, error) {
		return r.Staff.Strengthen(tx, token, kind)
	})
}

func (r *Room) half(ctx context.Context, d *db.DB, token string) (h *staff.Half, err error) {
	err = d.View(ctx, db.System("sign-in"), func(tx *db.Tx) error { h, err = r.Staff.HalfOf(tx, token); return err })
	return h, err
}

func (r *Room) byCode(ctx context.Context, d *db.DB, by db.By, account id.ID, via, typed, source string, then func(*db.Tx, string) (staff.Opened, error)) (o staff.Opened, err error) {
	try, err := r.Staff.CodeTry(ctx, d, account, via, source)
	if err != nil {
		return o, err
	}
	err = d.Do(ctx, by, func(tx *db.Tx) error {
		kind, err := r.use(tx, account, typed)
		if err == nil {
			o, err = then(tx, kind)
		}
		return err
	})
	if fault.KeyOf(err) == "factor.wrong" {
		return staff.Opened{}, refused(ctx, d, by, account, err)
	}
	if err != nil {
		return staff.Opened{}, err
	}
	return o, try.Right(ctx, d)
}

// refused logs a factor that was not right, and gives the answer to it.
func refused(ctx context.Context, d *db.DB, by db.By, account id.ID, err error) error {
	logErr := d.Do(ctx, by, func(tx *db.Tx) error { return log(tx, "staff.second", account, audit.Refused, nil) })
	if logErr != nil {
		return logErr
	}
	return err
}
