package today

import (
	"kartotek/internal/db"
	"kartotek/internal/retention"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/page"
)

// keeping adds what waits for somebody about how long data is kept: a run, papers to be
// destroyed, recipients to be told, holds to be looked at again. law: GDPR 5(1)(e), GDPR 19
func keeping(d *desk.Desk, tx *db.Tx, out []page.Due) ([]page.Due, error) {
	if d.Retention == nil || !d.Can("rights") {
		return out, nil
	}
	runs, err := d.Retention.Runs(tx, 1)
	if err != nil {
		return nil, err
	}
	if len(runs) > 0 && runs[0].State == retention.Waiting {
		out = append(out, page.Due{Thing: page.Link{Text: d.T("today.retention"), Href: "/keeping"}, When: d.T("today.now"), Tone: page.No})
	}
	papers, err := d.Paper.CountDue(tx, d.Today())
	if err != nil {
		return nil, err
	}
	waiting, err := d.Recipient.CountWaiting(tx, true)
	if err != nil {
		return nil, err
	}
	_, holds, err := d.Retention.Reviews(tx, d.Today(), 1)
	for _, x := range []struct {
		n         int
		key, href string
	}{{papers, "today.paper", "/keeping/paper"}, {waiting, "today.recipients", "/keeping/recipients"}, {holds, "today.holds", "/keeping"}} {
		if x.n > 0 {
			out = append(out, page.Due{Thing: page.Link{Text: d.Printer.N(x.key, x.n), Href: x.href}, When: d.T("today.now"), Tone: page.Wait})
		}
	}
	return out, err
}
