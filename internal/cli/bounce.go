package cli

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"kartotek/internal/app"
	"kartotek/internal/bounce"
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
	w     *world
	json  bool
	apply *app.Returns // nil when only classified
	mails int
	kinds map[bounce.Kind]int
	hard  int
}

// Run reads all mails. Those it cannot make anything of are of the kind "other".
func (c *bounceImportCmd) Run(w *world) error {
	out := bufio.NewWriter(w.out)
	defer out.Flush()
	run := &bounceRun{w: &world{ctx: w.ctx, out: out}, json: c.JSON, kinds: map[bounce.Kind]int{}}
	if c.Classify {
		return errors.Join(run.source(c.Source, w.in), run.totals())
	}
	return c.with(w, func(h *app.House) error {
		back := h.Returns(c.by("bounce"))
		run.apply = back
		failed := run.source(c.Source, w.in)
		paused, err := back.Finish(context.WithoutCancel(w.ctx))
		for _, name := range paused {
			w.note("paused: %s (too much of it came back)", name)
		}
		w.note("%s", back)
		return errors.Join(failed, err, run.totals())
	})
}

// source reads a file, a folder or standard input.
func (r *bounceRun) source(name string, stdin io.Reader) error {
	if name == "-" {
		return r.mailbox(stdin)
	}
	info, err := os.Stat(name)
	if err != nil {
		return usage{err.Error()}
	}
	if !info.IsDir() {
		return r.file(name)
	}
	return filepath.WalkDir(name, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case path != name && skipped(path, d) && d.IsDir():
			return filepath.SkipDir
		case !d.Type().IsRegular() || skipped(path, d):
			return nil
		}
		return r.file(path)
	})
}

// skipped reports whether a file or folder is none of the mails of the folder it
// is in: hidden, or the tmp of a Maildir.
func skipped(path string, d fs.DirEntry) bool {
	if strings.HasPrefix(d.Name(), ".") {
		return !d.IsDir() || !isMaildir(path)
	}
	return d.IsDir() && d.Name() == "tmp" && isMaildir(filepath.Dir(path))
}

// isMaildir reports whether a folder is a mailbox of one file a mail. Its tmp
// holds mails still being delivered; folders in it begin with a dot.
func isMaildir(dir string) bool {
	for _, sub := range []string{"cur", "new"} {
		if info, err := os.Stat(filepath.Join(dir, sub)); err != nil || !info.IsDir() {
			return false
		}
	}
	return true
}

func (r *bounceRun) file(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	return r.mailbox(f)
}

// mailbox reads one mail, or several parted by "From " lines as mbox has them.
func (r *bounceRun) mailbox(in io.Reader) error {
	box := bounce.OpenMailbox(in)
	for r.w.ctx.Err() == nil {
		raw, err := box.Next(bounce.Usual.Bytes + 1)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := r.mail(raw); err != nil {
			return err
		}
	}
	return r.w.ctx.Err()
}

// mail says what one mail is, and applies it.
func (r *bounceRun) mail(raw []byte) error {
	if len(bytes.TrimSpace(raw)) == 0 {
		return nil // an empty file is no mail
	}
	rep, err := bounce.Parse(bytes.NewReader(raw), bounce.Usual)
	if err != nil {
		return err
	}
	r.mails++
	for i := range rep.Outcomes {
		o := &rep.Outcomes[i]
		r.kinds[o.Kind]++
		if o.Hard {
			r.hard++
		}
		done := app.Returned("")
		if r.apply != nil {
			if done, err = r.apply.Apply(r.w.ctx, &rep, o); err != nil {
				return err
			}
		}
		if err := r.print(o, done); err != nil {
			return err
		}
	}
	return nil
}

func (r *bounceRun) print(o *bounce.Outcome, done app.Returned) error {
	if r.json {
		return r.w.line(returnLine{oneWord(o.Recipient), o.Kind, o.Hard, o.Reason, o.Status})
	}
	hard := ""
	if o.Hard {
		hard = "hard"
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
