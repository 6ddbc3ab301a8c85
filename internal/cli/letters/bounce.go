package letters

import (
	"bufio"
	"errors"
	"io"
	"kartotek/internal/cli/shell"
	"os"
	"strings"

	"kartotek/internal/app"
	"kartotek/internal/bounce"
	"kartotek/internal/returns"
)

// Bounce is the group of commands of that name.
type Bounce struct {
	Import bounceImportCmd `cmd:"" help:"Read mails that came back: bounces, complaints, automatic replies."`
}

type bounceImportCmd struct {
	Source      string `arg:"" name:"file" help:"A mail, a mailbox (mbox), a folder of either (Maildir too); - reads standard input."`
	shell.Store `embed:""`
	Classify    bool `name:"classify-only" help:"Say what each mail is; change nothing. No register is needed."`
	JSON        bool `name:"json" help:"Print JSON, one line a recipient."`
}

// returnLine is the line of one recipient.
type returnLine struct {
	Recipient string        `json:"recipient"`
	Kind      bounce.Kind   `json:"kind"`
	Hard      bool          `json:"hard"`
	Reason    bounce.Reason `json:"reason"`
	Status    string        `json:"status"`
}

// Run reads all mails. Those it cannot make anything of are of the kind "other".
func (c *bounceImportCmd) Run(w *shell.World) error {
	in := io.Reader(nil)
	if c.Source == "-" {
		in = w.In
	} else if _, err := os.Stat(c.Source); err != nil {
		return shell.Usage(err.Error())
	}
	out := bufio.NewWriter(w.Out)
	defer out.Flush()
	to := &shell.World{Out: out}
	show := func(o *bounce.Outcome, done returns.Done) error { return c.print(to, o, done) }
	if c.Classify {
		m, err := returns.Classify(w.Ctx, c.Source, in, show)
		return errors.Join(err, c.totals(to, m))
	}
	return c.With(w, func(h *app.House) error {
		m, err := h.Returns.Import(w.Ctx, c.Who("bounce"), c.Source, in, show)
		for _, name := range m.Paused {
			w.Note("paused: %s (too much of it came back)", name)
		}
		w.Note("%s", m.Counts)
		return errors.Join(err, c.totals(to, m))
	})
}

func (c *bounceImportCmd) print(w *shell.World, o *bounce.Outcome, done returns.Done) error {
	if c.JSON {
		return w.Line(returnLine{oneWord(o.Recipient), o.Kind, o.Hard, o.Reason, o.Status})
	}
	hard := ""
	if o.Hard {
		hard = "hard"
	}
	w.Printf("%-10s %-4s %-16s %-8s %-11s %s\n", o.Kind, hard, o.Reason, o.Status, done, oneWord(o.Recipient))
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
func (c *bounceImportCmd) totals(w *shell.World, m *returns.Import) error {
	if !c.JSON {
		w.Printf("\n%d mails: %d bounces (%d hard), %d complaints, %d automatic replies, %d others\n",
			m.Mails, m.Kinds[bounce.Bounce], m.Hard, m.Kinds[bounce.Complaint], m.Kinds[bounce.AutoReply], m.Kinds[bounce.Other])
	}
	return nil
}
