package series

import (
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/outbox"
)

// Figures are how many people of a series are where.
type Figures struct {
	In      int            // ever taken in, by trigger
	Waiting int            // for their next step
	Done    int            // took the last one
	Left    map[string]int // by code
	Stopped int
	At      []int // waiting for each step, by its place; one more than there are steps
	Letters []Letters
}

// Letters are what became of the letters of one step.
type Letters struct{ Waiting, Sent, Failed, Skipped, Uncertain int }

// Figures counts a series.
func (r *Room) Figures(tx *db.Tx, x *Series) (f Figures, err error) {
	f.Left, f.At, f.Letters = map[string]int{}, make([]int, len(x.Steps)+1), make([]Letters, len(x.Steps))
	err = tx.Each(cntSteps, func(row db.Scan) error {
		var step, n int
		var state, code string
		err := row(&step, &state, &code, &n)
		f.In += n
		switch state {
		case waiting:
			f.Waiting += n
			f.At[min(step, len(x.Steps))] += n
		case done:
			f.Done += n
		case left:
			f.Left[code] += n
		default:
			f.Stopped += n
		}
		return err
	}, int64(x.ID))
	if err != nil {
		return f, err
	}
	return f, r.letters(tx, x.ID, f.Letters)
}

func (r *Room) letters(tx *db.Tx, which id.ID, into []Letters) error {
	all, err := r.Post.Counts(tx, which)
	for _, c := range all {
		if c.Step < 1 || c.Step > len(into) {
			continue
		}
		l := &into[c.Step-1]
		switch c.State {
		case outbox.Sent:
			l.Sent += c.N
		case outbox.Failed:
			l.Failed += c.N
		case outbox.Skipped:
			l.Skipped += c.N
		case outbox.Uncertain:
			l.Uncertain += c.N
		default:
			l.Waiting += c.N
		}
	}
	return err
}
