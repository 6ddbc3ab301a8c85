package access

import (
	"net/http"
	"strconv"
	"time"

	"kartotek/internal/access"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
	"kartotek/internal/web/page/office"
)

// minutes are the times one can choose.
func minutes(d *desk.Desk) (out []page.Option) {
	for _, n := range []int{15, 30, 60, 120, 240} {
		o := page.Option{Value: strconv.Itoa(n), Text: d.Printer.N("access.minutes", n), On: n == 30}
		if n >= 60 {
			o.Text = d.Printer.N("access.hours", n/60)
		}
		out = append(out, o)
	}
	return out
}

// elevate takes a level up. One that reaches what the notice guards with a second
// factor asks for that first.
func elevate(d *desk.Desk) error {
	f, err := d.Form(0)
	if err != nil {
		return err
	}
	n, _ := strconv.Atoi(f.Get("minutes"))
	var allowed []string
	second := false
	for _, l := range door.Elevatable(d.Actor.Account, d.InForce) {
		allowed = append(allowed, l.Name)
		second = second || l.Name == f.Get("level") && d.SecondFor(l)
	}
	if second {
		if ok, err := d.Confirmed(&door.Route{Method: http.MethodPost, Level: door.SignedIn, Confirm: door.Second}); !ok {
			return err
		}
	}
	var e access.Elevation
	err = d.Act(func(tx *db.Tx) (err error) {
		e, err = d.Access.Elevate(tx, d.Actor.Signed, allowed, f.Get("level"), n, f.Get("reason"), second)
		return err
	})
	switch fault.CodeOf(err) {
	case fault.Invalid, fault.Conflict:
		if err != nil {
			return showWith(d, http.StatusUnprocessableEntity, d.Explain(err), f.Get("reason"))
		}
	}
	if err != nil {
		return d.OrLogged("access.elevate", "level", f.Get("level"), err)
	}
	return d.Done("/access", d.T("access.elevated", "level", title(d, e.Level), "at", d.Printer.Time(e.Until)))
}

// endElevation ends the one named, or without a name all of this session's.
func endElevation(d *desk.Desk) error {
	f, err := d.Form(0)
	if err != nil {
		return err
	}
	var list []id.ID
	if which := f.Get("which"); which != "" {
		one, err := id.Parse(which)
		if err != nil {
			return fault.New(fault.NotFound, "access.ended", "this elevation has ended already")
		}
		list = append(list, one)
	} else {
		for _, e := range d.Actor.Elevated {
			list = append(list, e.ID)
		}
	}
	err = d.Act(func(tx *db.Tx) error {
		for _, which := range list {
			if err := d.Access.EndElevation(tx, which, d.Actor.Who(), d.Can(administers)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return d.Done("/access", d.T("access.ended_now"))
}

// elevations are those of the last 30 days: everybody's for who administers
// accounts, else one's own.
func elevations(d *desk.Desk, tx *db.Tx, everybody bool) (out []office.ElevationRow, err error) {
	list, err := d.Access.Elevations(tx, tx.Time().Add(-30*24*time.Hour))
	if err != nil {
		return nil, err
	}
	who, err := names(tx)
	for _, e := range list {
		own := e.Account == d.Actor.Who()
		if !everybody && !own {
			continue
		}
		row := office.ElevationRow{ID: e.ID.String(), Who: nameOf(who, e.Account), Level: title(d, e.Level), From: e.From, Until: e.Until, Reason: e.Reason, State: page.Chip{Text: d.T("access.over")}}
		if e.InForce(tx.Time()) {
			row.State, row.CanEnd = page.Chip{Text: d.T("access.now"), Tone: page.Wait}, true
		}
		out = append(out, row)
	}
	return out, err
}
