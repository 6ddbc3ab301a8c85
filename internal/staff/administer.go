package staff

import (
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
)

// NotOwn refuses to let somebody administer their own account: nobody gives
// themselves rights, or time. law: GDPR 32(4)
func NotOwn(by, account id.ID) error {
	if by == account {
		return fault.New(fault.Denied, "staff.own", "nobody changes their own levels, last day or state; ask another administrator")
	}
	return nil
}

// State is what an account is, in one word.
type State string

// The states of an account, in the order in which they are told: the first that
// holds.
const (
	StateDisabled State = "disabled"
	StateEnded    State = "ended"    // its last day is over
	StateContract State = "contract" // its processor's contract is
	StateInvited  State = "invited"  // nobody has signed in with it yet
	StateActive   State = "active"
)

// StateOf tells an account's state; seen says whether it was ever used.
func (r *Room) StateOf(tx *db.Tx, a *Account, seen bool) State {
	now := tx.Time()
	switch {
	case !a.DisabledAt.IsZero():
		return StateDisabled
	case !a.Active(now):
		return StateEnded
	case !r.UnderContract(a, now):
		return StateContract
	case !seen && !a.HasPassword && !a.Second:
		return StateInvited
	}
	return StateActive
}

// Alone reports whether an account is the only usable one whose levels administer
// accounts; administers tells that of levels by name.
func (r *Room) Alone(tx *db.Tx, account id.ID, administers func(levels []string) bool) (bool, error) {
	all, err := List(tx)
	if err != nil {
		return false, err
	}
	itself, others := false, false
	for _, a := range all {
		if a.Active(tx.Time()) && r.UnderContract(a, tx.Time()) && administers(a.Levels) {
			itself, others = itself || a.ID == account, others || a.ID != account
		}
	}
	return itself && !others, nil
}

// KeepOne refuses a change after which nobody could administer accounts any more.
// after is what the account's levels will be; nil when it will not be used.
func (r *Room) KeepOne(tx *db.Tx, account id.ID, after []string, administers func(levels []string) bool) error {
	alone, err := r.Alone(tx, account, administers)
	if err == nil && alone && !administers(after) {
		err = fault.New(fault.Conflict, "staff.last", "this is the last account that administers accounts; give another one the right first")
	}
	return err
}
