package staff

import (
	"context"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/seal"
)

// How long a link works.
const (
	LinkLife   = 15 * time.Minute
	InviteLife = 72 * time.Hour
)

// LinkKind says what a link is for.
type LinkKind string

// The kinds of link. Both sign in once; an invitation lasts longer.
const (
	SignInLink LinkKind = "sign-in"
	InviteLink LinkKind = "invite"
)

var (
	insertLink = db.SQL(db.Local, `INSERT INTO staff_links (token, account, kind, expires_at) VALUES ($1, $2, $3, $4)`)
	linkByTok  = db.SQL(db.Local, `SELECT account, kind FROM staff_links WHERE token = $1 AND expires_at > $2`)
	useLink    = db.SQL(db.Local, `DELETE FROM staff_links WHERE token = $1`)
	endLinks   = db.SQL(db.Local, `DELETE FROM staff_links WHERE account = $1`)
	sweepLinks = db.SQL(db.Local, `DELETE FROM staff_links WHERE expires_at < $1`)
)

// Link makes a one-time token that stands for the password of the account, once. Put it in
// the fragment or path of a page whose button posts it back: following the link
// must change nothing, because mail scanners follow every link.
func (r *Room) Link(tx *db.Tx, account id.ID, kind LinkKind) (token string, err error) {
	a, err := Get(tx, account)
	if err != nil {
		return "", err
	}
	if !a.Active(tx.Time()) {
		return "", fault.New(fault.Conflict, "staff.not_active", "the account is disabled, or its last day is over")
	}
	life := LinkLife
	if kind == InviteLink {
		life = InviteLife
	}
	token = seal.Token()
	if _, err := tx.Exec(insertLink, seal.HashToken(token), account, string(kind), tx.Now()+life.Milliseconds()); err != nil {
		return "", err
	}
	return token, log(tx, "staff.link", account, map[string]string{"kind": string(kind)})
}

// FollowLink uses a token up and begins a session, or the half of one when the
// account has a second factor: a link stands for the password alone. A token that was used, altered
// or has run out gets one and the same refusal.
func (r *Room) FollowLink(ctx context.Context, d *db.DB, token, userAgent string) (o Opened, err error) {
	bad := fault.New(fault.SignIn, "staff.link_used", "this link was used already or is too old; ask for a new one")
	err = d.Do(ctx, db.System("sign-in link"), func(tx *db.Tx) error {
		var account id.ID
		var kind string
		found, err := tx.One(linkByTok, []any{&account, &kind}, seal.HashToken(token), tx.Now())
		if err != nil || !found {
			return bad.Because(err)
		}
		if n, err := tx.Exec(useLink, seal.HashToken(token)); err != nil || n == 0 {
			return bad.Because(err)
		}
		a, err := Get(tx, account)
		if err != nil || !a.Active(tx.Time()) {
			return bad.Because(err)
		}
		o, err = r.Begin(tx, a, Entry{Via: ViaLink, UserAgent: userAgent})
		return err
	})
	if fault.KeyOf(err) == "staff.link_used" {
		logErr := d.Do(ctx, db.System("sign-in link"), func(tx *db.Tx) error {
			return audit.Write(tx, audit.Entry{Action: "staff.link", Outcome: audit.Refused})
		})
		if logErr != nil {
			return Opened{}, logErr
		}
	}
	return o, err
}
