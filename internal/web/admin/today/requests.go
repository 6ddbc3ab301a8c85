package today

import (
	"kartotek/internal/db"
	"kartotek/internal/rights"
	"kartotek/internal/rightsdef"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/page"
)

// mostCases is how many requests the first page names; the desk lists all.
const mostCases = 8

// requests are people's requests that cannot wait, the most pressing first.
// law: GDPR 12(3)
func requests(d *desk.Desk, tx *db.Tx) (out []page.Due, err error) {
	if !d.Can("rights") || d.Rights == nil {
		return nil, nil
	}
	list, err := d.Rights.List(tx, rights.Filter{Limit: mostCases})
	for _, c := range list {
		if c.Clock.Stage == rightsdef.InTime {
			continue
		}
		x := page.Due{Thing: page.Link{Text: d.T("rights.kind."+string(c.Kind)) + " " + c.Ref, Href: "/requests/" + c.ID.String()}, Src: d.T("rights.stage." + string(c.Clock.Stage)),
			When: d.Printer.Date(c.Clock.Plan.Time()), Tone: page.Wait}
		if c.Clock.Stage == rightsdef.LastDay || c.Clock.Stage == rightsdef.Overdue {
			x.Tone = page.No
		}
		out = append(out, x)
	}
	return out, err
}
