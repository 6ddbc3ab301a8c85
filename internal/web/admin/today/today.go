// Package today is the first page of the staff side. It answers three questions:
// what is due, what is running, what changed. In an empty register it says how to
// get going.
//
//	GET /
package today

import (
	"sync"
	"time"

	"kartotek/internal/db"
	"kartotek/internal/ledger"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
)

// area is the page with what it remembers between requests.
type area struct {
	mu   sync.Mutex
	week []ledger.Day // guarded by mu
	from time.Time    // guarded by mu: the first day of week
	at   time.Time    // guarded by mu: when it was counted
}

// Routes lists the page.
func Routes() []door.Route {
	a := &area{}
	return []door.Route{{Method: "GET", Path: "/{$}", Level: door.SignedIn, Handler: desk.Always(a.show)}}
}

func (a *area) show(d *desk.Desk) error {
	v := page.TodayView{Greeting: greeting(d), MailHint: d.Catcher != nil, AsOf: d.DB.Now()}
	err := d.Look(func(tx *db.Tx) (err error) {
		if v.Start, err = steps(d, tx); err != nil {
			return err
		}
		if v.Due, err = due(d, tx); err != nil {
			return err
		}
		if v.Running, err = running(d, tx); err != nil {
			return err
		}
		if v.Recent, err = recent(d, tx); err != nil {
			return err
		}
		v.Week, v.AsOf, err = a.days(d, tx)
		return err
	})
	if err != nil {
		return err
	}
	v.Frame = d.Frame(d.T("nav.today"), "today")
	if len(v.Running) > 0 {
		v.Frame.Refresh = 5
	}
	return d.Render(200, page.Today(v))
}

// greeting suits the hour.
func greeting(d *desk.Desk) string {
	hour, key := d.DB.Now().In(d.Printer.Zone()).Hour(), "today.day_greeting"
	switch {
	case hour < 10:
		key = "today.morning"
	case hour >= 17:
		key = "today.evening"
	}
	return d.T(key, "name", d.Actor.Name())
}

// remembered is how long the week's figures are shown before they are counted
// again: counting reads the whole ledger.
const remembered = time.Minute

// days are the last seven days, today included.
func (a *area) days(d *desk.Desk, tx *db.Tx) ([]page.Day, time.Time, error) {
	from, _ := d.Day(tx.Time().In(d.Printer.Zone()).AddDate(0, 0, -6).Format(time.DateOnly))
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.from.Equal(from) || tx.Time().Sub(a.at) > remembered {
		week, err := d.Ledger.Daily(tx, from, 7)
		if err != nil {
			return nil, tx.Time(), err
		}
		a.week, a.from, a.at = week, from, tx.Time()
	}
	out := make([]page.Day, len(a.week))
	for i, w := range a.week {
		out[i] = page.Day{Day: from.AddDate(0, 0, i), Given: w.Given, Taken: w.Taken}
	}
	return out, a.at, nil
}
