package access

import (
	"path"

	"kartotek/internal/access"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/staff"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/page"
	"kartotek/internal/web/page/office"
)

// forMe lists the held acts this reader may answer: of somebody else, and such as
// they may do themselves.
func forMe(d *desk.Desk, tx *db.Tx) (out []access.Request, err error) {
	all, err := d.Access.Waiting(tx)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	who, err := names(tx)
	for _, q := range all {
		if a := who[q.Account]; a != nil && !access.SamePerson(a, d.Actor.Account) && d.Can(q.Name) {
			out = append(out, q)
		}
	}
	return out, err
}

func approvals(d *desk.Desk) error {
	var v office.ApprovalsView
	err := d.Look(func(tx *db.Tx) error {
		who, err := names(tx)
		if err != nil {
			return err
		}
		waiting, err := forMe(d, tx)
		if err != nil {
			return err
		}
		for _, q := range waiting {
			v.Waiting = append(v.Waiting, approval(d, who, q))
		}
		all, err := d.Access.Requests(tx)
		for _, q := range all {
			if q.Account == d.Actor.Who() {
				v.Mine = append(v.Mine, approval(d, who, q))
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	v.Frame = d.Frame(d.T("approvals.title"), "access")
	return d.Render(200, office.Approvals(v))
}

var stateTone = map[string]page.Tone{access.Waiting: page.Wait, access.Approved: page.Yes, access.Used: page.Yes, access.Declined: page.No}

func approval(d *desk.Desk, who map[id.ID]*staff.Account, q access.Request) office.ApprovalRow {
	out := office.ApprovalRow{ID: q.ID.String(), Act: d.T("may_act." + q.Name), Who: nameOf(who, q.Account), Object: page.Link{Text: q.Object, Href: seenAt(q.Object)},
		At: q.At, State: page.Chip{Text: d.T("approvals.state_" + q.State), Tone: stateTone[q.State]}, Reason: q.Reason}
	if q.DecidedBy != 0 {
		out.By = nameOf(who, q.DecidedBy)
	}
	return out
}

// seenAt is the page on which the object of an act can be looked at: the path
// without its last part, where that part is the act and not a key.
func seenAt(object string) string {
	if _, err := id.Parse(path.Base(object)); err == nil {
		return object
	}
	return path.Dir(object)
}

func answer(d *desk.Desk) error {
	f, err := d.Form(0)
	if err != nil {
		return err
	}
	which, err := id.Parse(f.Get("which"))
	agree := f.Get("answer") == "approve"
	if err != nil || !agree && f.Get("answer") != "refuse" {
		return fault.New(fault.NotFound, "access.no_request", "there is no such held act")
	}
	err = d.Act(func(tx *db.Tx) error {
		return d.Access.Decide(tx, which, d.Actor.Account, d.Can, agree, f.Get("reason"))
	})
	switch {
	case err == nil && agree:
		return d.Done("/access/approvals", d.T("approvals.approved"))
	case err == nil:
		return d.Done("/access/approvals", d.T("approvals.refused"))
	}
	err = d.OrLogged("access.approve", "held act", which.String(), err)
	if fault.KeyOf(err) == "access.not_held" {
		err = fault.New(fault.NotFound, "access.no_request", "there is no such held act") // for whoever may not agree to it there is none
	}
	return d.Back("/access/approvals", err)
}
