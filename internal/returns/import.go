package returns

import (
	"context"
	"errors"
	"io"

	"kartotek/internal/bounce"
	"kartotek/internal/db"
)

// Import is a reading of mails from files: what each is, and what became of it.
type Import struct {
	Mails  int
	Hard   int
	Kinds  map[bounce.Kind]int
	Counts Counts   // what was done; empty when nothing was to be applied
	Paused []string // campaigns of which too much came back

	show  func(o *bounce.Outcome, done Done) error
	apply func([]Mail) ([]Result, error)
	wait  []Mail // applied together: a commit waits for the disk
}

// together is how many mails of files are applied at once.
const together = 50

// Classify says what the mails of a place are; show hears of each recipient. A nil in
// reads the place from the file system, see Read; otherwise the mails are in in.
func Classify(ctx context.Context, place string, in io.Reader, show func(*bounce.Outcome, Done) error) (*Import, error) {
	m := &Import{Kinds: map[bounce.Kind]int{}, Counts: Counts{}, show: show}
	return m, m.read(ctx, place, in)
}

// Import does what Classify does and applies the mails. What was read before an error
// was applied.
func (r *Room) Import(ctx context.Context, by db.By, place string, in io.Reader, show func(*bounce.Outcome, Done) error) (*Import, error) {
	act := context.WithoutCancel(ctx) // what is begun is ended, also when the reading is interrupted
	m := &Import{Kinds: map[bounce.Kind]int{}, Counts: Counts{}, show: show}
	m.apply = func(mails []Mail) ([]Result, error) { return r.Take(act, by, mails) }
	read := m.read(ctx, place, in)
	paused, err := r.Settle(act, by)
	m.Paused = paused
	return m, errors.Join(read, err, r.Record(act, by, m.Counts))
}

func (m *Import) read(ctx context.Context, place string, in io.Reader) (err error) {
	if in != nil {
		err = ReadMailbox(ctx, in, m.mail)
	} else {
		err = Read(ctx, place, m.mail)
	}
	return errors.Join(err, m.flush())
}

// mail takes one mail; some are applied at once.
func (m *Import) mail(one *Mail) error {
	m.wait = append(m.wait, *one)
	if len(m.wait) < together {
		return nil
	}
	return m.flush()
}

// flush applies the mails that wait, and says what they are.
func (m *Import) flush() (err error) {
	all := make([]Result, len(m.wait))
	if m.apply != nil && len(m.wait) > 0 {
		if all, err = m.apply(m.wait); err != nil {
			return err
		}
	}
	for i := range m.wait {
		m.Mails++
		m.Counts.Add(all[i])
		for k := range m.wait[i].Outcomes {
			o, done := &m.wait[i].Outcomes[k], Done("")
			if m.apply != nil {
				done = all[i].Done[k]
			}
			m.Kinds[o.Kind]++
			if o.Hard {
				m.Hard++
			}
			if err := m.show(o, done); err != nil {
				return err
			}
		}
	}
	m.wait = m.wait[:0]
	return nil
}
