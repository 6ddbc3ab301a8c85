package campaign

import (
	"slices"
	"strings"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/outbox"
)

// longestReason is how long the reason of a settlement may be, in characters.
const longestReason = 300

// Settle says what became of a message that nobody could know about: as is outbox.Sent
// or outbox.Failed, and reason how whoever settles it knows. Nothing is sent by it. The
// log keeps who did it and why, and the figures follow. law: GDPR 5(1)(d), 5(2)
func (r *Room) Settle(tx *db.Tx, which, who id.ID, as outbox.State, reason string) error {
	reason = strings.Join(strings.Fields(reason), " ")
	switch n := len([]rune(reason)); {
	case as != outbox.Sent && as != outbox.Failed:
		return fault.New(fault.Invalid, "campaign.settle_as", "say what became of the letter: sent or failed").In("as")
	case n < 5 || n > longestReason:
		return fault.New(fault.Invalid, "campaign.settle_reason", "say in 5 to %d characters how you know", longestReason).In("reason")
	}
	c, err := r.Get(tx, which)
	if err != nil {
		return err
	}
	m, found, err := r.Outbox.For(tx, who, which)
	if err == nil && found {
		found, err = r.Outbox.SettleByHand(tx, m, as)
	}
	if err == nil && !found {
		err = fault.New(fault.Conflict, "campaign.not_uncertain", "what became of this person's letter is not uncertain; campaign uncertain lists those that are")
	}
	if err == nil {
		err = r.recount(tx, which, m.Person.Bucket())
	}
	if err != nil {
		return err
	}
	return audit.Write(tx, audit.Entry{Action: "campaign.settle", Kind: "campaign", Object: which.String(), Person: m.Person, Purpose: c.Purpose,
		Detail: map[string]string{"as": string(as), "reason": reason}})
}

// recount brings the rollup of the range that holds a bucket up to date.
func (r *Room) recount(tx *db.Tx, which id.ID, bucket int) error {
	all, err := ranges(tx, which)
	if at := slices.IndexFunc(all, func(s span) bool { return s.lo <= bucket && bucket <= s.hi }); err == nil && at >= 0 {
		_, err = r.count(tx, which, all[at])
	}
	return err
}
