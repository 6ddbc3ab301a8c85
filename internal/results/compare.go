package results

import (
	"cmp"
	"slices"
	"strings"
)

// Columns of a comparison, by which it can be sorted.
const (
	ByTime       = "time"
	ByName       = "name"
	BySent       = "sent"
	ByDelivered  = "delivered"
	ByBounced    = "bounced"
	ByComplaints = "complaints"
	ByClicks     = "clicks"
	ByGone       = "gone"
)

// Columns lists them.
var Columns = []string{ByTime, ByName, BySent, ByDelivered, ByBounced, ByComplaints, ByClicks, ByGone}

// Sort puts reports in the order of a column: names from A, everything else the
// most first, shares rather than counts where campaigns of different size are
// compared; turned about when back is set. One whose clicks are not told stands last.
func Sort(all []*Report, column string, back bool) {
	slices.SortStableFunc(all, func(a, b *Report) int {
		if column == ByClicks && a.Few != b.Few {
			if a.Few {
				return 1
			}
			return -1
		}
		c := compare(a, b, column)
		if back {
			c = -c
		}
		return c
	})
}

func compare(a, b *Report, column string) int {
	switch column {
	case ByName:
		return strings.Compare(strings.ToLower(a.Campaign.Name), strings.ToLower(b.Campaign.Name))
	case BySent:
		return b.Results.Sent - a.Results.Sent
	case ByDelivered:
		return cmp.Compare(b.Share(b.Delivered), a.Share(a.Delivered))
	case ByBounced:
		return cmp.Compare(b.Share(b.Bounced), a.Share(a.Bounced))
	case ByComplaints:
		return cmp.Compare(b.Share(b.Complaints), a.Share(a.Complaints))
	case ByClicks:
		return cmp.Compare(b.Share(b.Clicks.Human), a.Share(a.Clicks.Human))
	case ByGone:
		return cmp.Compare(b.Share(b.Gone), a.Share(a.Gone))
	}
	return cmp.Compare(b.Campaign.StartedAt, a.Campaign.StartedAt)
}
