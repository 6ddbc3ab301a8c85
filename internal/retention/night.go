package retention

import (
	"context"
	"strconv"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/job"
)

// Settings are what the company decides about runs.
type Settings struct {
	On    bool   // runs begin by themselves
	Hour  string // when, on the controller's walls: "03:30"
	Share int    // the share of the register, in thousandths, over which a run waits for an OK
	Least int    // people below which it never waits
}

// Usual are the settings until somebody decides otherwise.
var Usual = Settings{On: true, Hour: "03:30", Share: 20, Least: 25}

// Unusual reports whether a run with these figures is to be looked at first.
func (s *Settings) Unusual(r *Report) bool {
	return r.Due > s.Least && r.Due*1000 > r.People*s.Share
}

var (
	selSettings = db.SQL(db.Reference, `SELECT name, value FROM retention_settings ORDER BY name`)
	putSetting  = db.SQL(db.Reference, `INSERT INTO retention_settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value`)
)

// Settings reads them.
func (r *Room) Settings(tx *db.Tx) (s Settings, err error) {
	s = Usual
	err = tx.Each(selSettings, func(scan db.Scan) error {
		var name, value string
		err := scan(&name, &value)
		n, _ := strconv.Atoi(value)
		switch name {
		case "on":
			s.On = value == "yes"
		case "hour":
			s.Hour = value
		case "share":
			s.Share = n
		case "least":
			s.Least = n
		}
		return err
	})
	return s, err
}

// Set stores them, and moves the next night.
func (r *Room) Set(tx *db.Tx, s Settings) error {
	if _, err := time.Parse("15:04", s.Hour); err != nil {
		return fault.New(fault.Invalid, "retention.hour", "give a time such as 03:30").In("hour")
	}
	if s.Share < 1 || s.Share > 1000 {
		return fault.New(fault.Invalid, "retention.share", "give a share between 0.1 and 100 per cent").In("share")
	}
	if s.Least < 0 || s.Least > 1_000_000 {
		return fault.New(fault.Invalid, "retention.least", "give a number of people").In("least")
	}
	on := map[bool]string{true: "yes", false: "no"}[s.On]
	for name, value := range map[string]string{"on": on, "hour": s.Hour, "share": strconv.Itoa(s.Share), "least": strconv.Itoa(s.Least)} {
		if _, err := tx.Exec(putSetting, name, value); err != nil {
			return err
		}
	}
	if j, err := job.Latest(tx, KindNight, "night"); err == nil && j.State == job.Ready {
		if err := job.Cancel(tx, j.ID); err != nil {
			return err
		}
	}
	if err := r.Begin(tx); err != nil {
		return err
	}
	return audit.Write(tx, audit.Entry{Action: "retention.settings", Kind: "settings", Detail: map[string]string{"on": on, "hour": s.Hour, "share": strconv.Itoa(s.Share), "least": strconv.Itoa(s.Least)}})
}

// Next is the moment of the first night's run after a moment: when the clock on the
// controller's walls shows the hour, or the first minute after it on the night when
// that hour is left out; of an hour shown twice the first counts.
func Next(hour string, zone *time.Location, after time.Time) (at time.Time, night string, err error) {
	day := after.In(zone)
	for range 3 {
		night = day.Format(time.DateOnly)
		if at, _, err = clock.Wall(night, hour, zone); err != nil || at.After(after) {
			return at, night, err
		}
		day = time.Date(day.Year(), day.Month(), day.Day()+1, 12, 0, 0, 0, zone)
	}
	return at, night, err
}

// Last is the latest night whose moment has come.
func Last(hour string, zone *time.Location, now time.Time) (night string, err error) {
	day := now.In(zone)
	for range 3 {
		night = day.Format(time.DateOnly)
		at, _, err := clock.Wall(night, hour, zone)
		if err != nil || !at.After(now) {
			return night, err
		}
		day = time.Date(day.Year(), day.Month(), day.Day()-1, 12, 0, 0, 0, zone)
	}
	return night, nil
}

// Begin puts the nightly work into the queue, at the start of a program; a job that is
// there already stays.
func (r *Room) Begin(tx *db.Tx) error {
	at, err := r.next(tx)
	if err == nil {
		_, _, err = job.Enqueue(tx, KindNight, "night", struct{}{}, job.Opt{RunAt: at})
	}
	return err
}

func (r *Room) next(tx *db.Tx) (time.Time, error) {
	s, err := r.Settings(tx)
	if err != nil {
		return time.Time{}, err
	}
	zone, err := r.zone()
	if err != nil {
		return time.Time{}, err
	}
	at, _, err := Next(s.Hour, zone, tx.Time())
	return at, err
}

// NextRun is when the next nightly run begins; the zero time when they are off.
func (r *Room) NextRun(tx *db.Tx) (time.Time, error) {
	s, err := r.Settings(tx)
	if err != nil || !s.On {
		return time.Time{}, err
	}
	return r.next(tx)
}

// night begins the run of a night that has come, once, and waits for the next. After a
// time when no program ran, the night it was missed is made up for once.
func (r *Room) night(ctx context.Context, j *job.Job) error {
	var wait time.Time
	err := r.DB.Do(ctx, j.By(), func(tx *db.Tx) error {
		if err := j.Hold(tx); err != nil {
			return err
		}
		s, err := r.Settings(tx)
		if err != nil {
			return err
		}
		zone, err := r.zone()
		if err != nil {
			return err
		}
		if wait, _, err = Next(s.Hour, zone, tx.Time()); err != nil || !s.On {
			return err
		}
		night, err := Last(s.Hour, zone, tx.Time())
		if err == nil {
			_, err = r.Start(tx, Nightly, night)
		}
		if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Conflict) || fault.Is(err, fault.Denied) {
			err = nil // no notice is in force yet: there is nothing to keep to
		}
		return err
	})
	if err != nil {
		return err
	}
	return job.Later(wait)
}
