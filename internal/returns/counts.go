package returns

import (
	"kartotek/internal/bounce"
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/outbox"
)

// Tally is what came back of one campaign. A message may come back for several
// reasons, and is counted for each.
type Tally struct {
	Hard       int                   // the address does not exist
	Soft       int                   // bounces for any other reason
	Complaints int                   // by the provider's button, or asking by mail to be taken off
	Bounced    map[bounce.Reason]int // hard and soft
	Complained map[bounce.Reason]int
}

// ByClass sums bounces by what their reason is about.
func (t Tally) ByClass() map[bounce.Class]int {
	out := map[bounce.Class]int{}
	for reason, n := range t.Bounced {
		out[reason.Class()] += n
	}
	return out
}

// Counts tells what came back of a campaign.
func (r *Room) Counts(tx *db.Tx, campaign id.ID) (Tally, error) {
	t := Tally{Bounced: map[bounce.Reason]int{}, Complained: map[bounce.Reason]int{}}
	all, err := r.Outbox.CountReturns(tx, campaign, outbox.Range{Lo: 0, Hi: id.Buckets - 1})
	for _, one := range all {
		switch {
		case one.Kind == outbox.ReturnComplaint:
			t.Complaints += one.N
			t.Complained[bounce.Reason(one.Code)] += one.N
			continue
		case one.Hard:
			t.Hard += one.N
		default:
			t.Soft += one.N
		}
		t.Bounced[bounce.Reason(one.Code)] += one.N
	}
	return t, err
}
