package cli

import (
	"bufio"
	"context"
	"errors"
	"io/fs"
	"strings"

	"kartotek/internal/app"
	"kartotek/internal/bounce"
	"kartotek/internal/returns"
)

type bounceCmd struct {
	Import bounceImportCmd `cmd:"" help:"Read mails that came back: bounces, complaints, automatic replies."`
}

type bounceImportCmd struct {
	Source   string `arg:"" name:"file" help:"A mail, a mailbox (mbox), a folder of either (Maildir too); - reads standard input."`
	store    `embed:""`
	Classify bool `name:"classify-only" help:"Say what each mail is; change nothing. No register is needed."`
	JSON     bool `name:"json" help:"Print JSON, one line a recipient."`
}

// returnLine is the line of one recipient.
type returnLine struct {
	Recipient string        `json:"recipient"`
	Kind      bounce.Kind   `json:"kind"`
	Hard      bool          `json:"hard"`
	Reason    bounce.Reason `json:"reason"`
	Status    string        `json:"status"`
}

// bounceRun is one reading of mails.
type bounceRun struct {
	w      *world
	json   bool
	apply  func(mails []returns.Mail) ([]returns.Result, error) // nil when only classified
	wait   []returns.Mail                                       // to be applied together
	counts returns.Counts
	mails  int
	kinds  map[bounce.Kind]int
	hard   int
}

// together is how many mails are applied at once: a commit waits for the disk.
const together = 50

// Run reads all mails. Those it cannot make anything of are of the kind "other".
func (c *bounceImportCmd) Run(w *world) error {
	out := bufio.NewWriter(w.out)
	defer out.Flush()
	run := &bounceRun{w: &world{ctx: w.ctx, out: out}, json: c.JSON, kinds: map[bounce.Kind]int{}, counts: returns.Counts{}}
	read := func() error {
		var err error
		if c.Source == "-" {
			err = returns.ReadMailbox(w.ctx, w.in, run.mail)
		} else {
			err = returns.Read(w.ctx, c.Source, run.mail)
		}
		var missing *fs.PathError
		if errors.As(err, &missing) && missing.Path == c.Source && run.mails == 0 {
			return usage{err.Error()}
		}
		return errors.Join(err, run.flush())
	}
	if c.Classify {
		return errors.Join(read(), run.totals())
	}
	return c.with(w, func(h *app.House) error {
		by, ctx := c.by("bounce"), context.WithoutCancel(w.ctx)
		run.apply = func(mails []returns.Mail) ([]returns.Result, error) { return h.Returns.Take(ctx, by, mails) }
		failed := read()
		paused, err := h.Returns.Settle(ctx, by)
		for _, name := range paused {
			w.note("paused: %s (too much of it came back)", name)
		}
		w.note("%s", run.counts)
		return errors.Join(failed, err, h.Returns.Record(ctx, by, run.counts), run.totals())
	})
}

// mail takes one mail; some are applied at once.
func (r *bounceRun) mail(m *returns.Mail) error {
	r.wait = append(r.wait, *m)
	if len(r.wait) < together {
		return nil
	}
	return r.flush()
}

// flush says what the mails that wait are, and applies them.
func (r *bounceRun) flush() error {
	all := make([]returns.Result, len(r.wait))
	var err error
	if r.apply != nil {
		if all, err = r.apply(r.wait); err != nil {
			return err
		}
	}
	for i := range r.wait {
		r.counts.Add(all[i])
		r.mails++
		for k := range r.wait[i].Outcomes {
			done := returns.Done("")
			if r.apply != nil {
				done = all[i].Done[k]
			}
			if err := r.print(&r.wait[i].Outcomes[k], done); err != nil {
				return err
			}
		}
	}
	r.wait = r.wait[:0]
	return nil
}

func (r *bounceRun) print(o *bounce.Outcome, done returns.Done) error {
	r.kinds[o.Kind]++
	hard := ""
	if o.Hard {
		r.hard++
		hard = "hard"
	}
	if r.json {
		return r.w.line(returnLine{oneWord(o.Recipient), o.Kind, o.Hard, o.Reason, o.Status})
	}
	r.w.printf("%-10s %-4s %-16s %-8s %-11s %s\n", o.Kind, hard, o.Reason, o.Status, done, oneWord(o.Recipient))
	return nil
}

// oneWord takes out of an address what could move a terminal's cursor.
func oneWord(s string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c >= 0x7f && c < 0xa0 || c == '\u2028' || c == '\u2029' || c == '\ufffd' {
			return -1
		}
		return c
	}, s)
}

// totals ends the table.
func (r *bounceRun) totals() error {
	if !r.json {
		r.w.printf("\n%d mails: %d bounces (%d hard), %d complaints, %d automatic replies, %d others\n",
			r.mails, r.kinds[bounce.Bounce], r.hard, r.kinds[bounce.Complaint], r.kinds[bounce.AutoReply], r.kinds[bounce.Other])
	}
	return nil
}
