package staff

import (
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
)

// ViaOIDC is a session that an OpenID provider vouched for (package staff/oidc).
const ViaOIDC = "oidc"

// OpenVouched begins a session of an active account that somebody else has proven
// the owner of; via says who.
func (r *Room) OpenVouched(tx *db.Tx, account id.ID, userAgent, via string) (Opened, error) {
	a, err := Get(tx, account)
	if err != nil {
		return Opened{}, err
	}
	if !a.Active(tx.Time()) {
		return Opened{}, fault.New(fault.SignIn, "staff.not_active", "the account is disabled, or its last day is over")
	}
	return r.open(tx, a, userAgent, via)
}
