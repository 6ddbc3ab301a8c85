package segments

import (
	"kartotek/internal/campaign"
	"kartotek/internal/db"
	"kartotek/internal/segment"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/page"
)

// lettersRead is how many newsletters are looked through for the segments they use.
const lettersRead = 300

// list shows saved segments with what they hold now.
func (a *area) list(d *desk.Desk) error {
	var all []segment.Segment
	used := map[string]int{}
	err := d.Look(func(tx *db.Tx) (err error) {
		if all, err = d.Segment.List(tx); err != nil || d.Campaign == nil {
			return err
		}
		var letters []campaign.Campaign
		letters, err = d.Campaign.List(tx, 0, lettersRead)
		for i := range letters {
			used[letters[i].Audience]++
		}
		return err
	})
	if err != nil {
		return err
	}
	v := page.SegmentsView{MayNew: true}
	for _, s := range all {
		if d.MaySelectText(s.Text) != nil {
			continue
		}
		r := page.SegmentRow{Href: "/segments/" + s.ID.String(), Name: s.Name, Expression: s.Text, In: -1, May: -1, Used: used[s.Text]}
		reach, err := a.counts.shown(d, s.Text)
		if err != nil {
			return err
		}
		if reach != nil {
			r.In, r.AsOf = reach.In, reach.AsOf
			if question(d) != nil {
				r.May = reach.May
			}
		}
		v.Rows = append(v.Rows, r)
	}
	v.Frame = d.Frame(d.T("nav.segments"), "segments")
	return d.Render(200, page.Segments(v))
}
