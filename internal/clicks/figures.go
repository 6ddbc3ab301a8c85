package clicks

import (
	"time"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/id"
)

// Figures are what the links of a campaign came to.
type Figures struct {
	Links    []Followed
	Human    int            // clicks of people, of all links
	Machines map[string]int // clicks of machines, by what told them
	Left     map[string]int // people who said no by the campaign's messages, by the way they did
}

// Followed is one link with its clicks.
type Followed struct {
	ID      id.ID
	Letter  int // of a test of several, from 1
	Address string
	Human   int
	Machine int
}

// Of reads the figures of a campaign. The clicks of the last seconds are not in them yet.
func (r *Room) Of(tx *db.Tx, campaign id.ID) (Figures, error) {
	f := Figures{Machines: map[string]int{}, Left: map[string]int{}}
	at := map[string]int{}
	err := tx.Each(selLinks, func(scan db.Scan) error {
		var l Followed
		err := scan(&l.ID, &l.Letter, &l.Address)
		at[l.ID.String()] = len(f.Links)
		f.Links = append(f.Links, l)
		return err
	}, int64(campaign))
	if err != nil {
		return f, err
	}
	err = tx.Each(sumTally, func(scan db.Scan) error {
		var kind, what string
		var n int
		if err := scan(&kind, &what, &n); err != nil {
			return err
		}
		if kind == kindLeft {
			f.Left[what] += n
		} else if i, known := at[what]; known {
			f.add(i, kind, n)
		}
		return nil
	}, int64(campaign))
	return f, err
}

func (f *Figures) add(link int, kind string, n int) {
	if kind == Human {
		f.Human += n
		f.Links[link].Human += n
		return
	}
	f.Machines[kind] += n
	f.Links[link].Machine += n
}

// ByLetter is how many clicks of people each letter of a test has, from 1.
func (r *Room) ByLetter(tx *db.Tx, campaign id.ID) (map[int]int, error) {
	f, err := r.Of(tx, campaign)
	out := map[int]int{}
	for _, l := range f.Links {
		out[l.Letter] += l.Human
	}
	return out, err
}

// LeftAll is how many people said no, whatever the way.
func (f *Figures) LeftAll() (n int) {
	for _, k := range f.Left {
		n += k
	}
	return n
}

// Hour is what happened in one hour of the clock.
type Hour struct {
	At                   time.Time // its beginning
	Human, Machine, Left int
}

// Hours reads what happened hour by hour, those without anything left out.
func (r *Room) Hours(tx *db.Tx, campaign id.ID) (out []Hour, err error) {
	err = tx.Each(selTally, func(scan db.Scan) error {
		var kind, what string
		var at int64
		var n int
		if err := scan(&kind, &what, &at, &n); err != nil {
			return err
		}
		start := clock.FromMs(at * hour)
		if len(out) == 0 || !out[len(out)-1].At.Equal(start) {
			out = append(out, Hour{At: start})
		}
		h := &out[len(out)-1]
		switch kind {
		case Human:
			h.Human += n
		case kindLeft:
			h.Left += n
		default:
			h.Machine += n
		}
		return nil
	}, int64(campaign))
	return out, err
}
