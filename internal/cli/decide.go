package cli

import (
	"bufio"
	"errors"
	"io"
	"kartotek/internal/cli/shell"
	"time"

	"kartotek/internal/app"
	"kartotek/internal/clock"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/permit"
)

type decideCmd struct {
	store   `embed:""`
	Purpose string `help:"The notice's purpose."`
	Channel string `enum:",email,sms,call,post" default:"" help:"email, sms, call or post."`
	Class   string `enum:",marketing,survey,service" default:"" help:"Class of the message; default the purpose's own."`
	Person  string `placeholder:"ADDRESS" help:"Only this person."`
	At      string `placeholder:"TIME" help:"Decide as of this time (RFC 3339 or a day); default now."`
	JSON    bool   `name:"json" help:"Print JSON, one line a person."`
	Stdin   bool   `name:"stdin" help:"Read questions with facts, one JSON object a line; no register is needed."`
}

// answer is one person's line.
type answer struct {
	Person  id.ID  `json:"person"`
	Address string `json:"address,omitempty"`
	permit.Verdict
}

// Run decides for one person, for everybody, or for what comes on standard input.
func (c *decideCmd) Run(w *world) error {
	if c.Stdin {
		return decideLines(w)
	}
	if c.Purpose == "" || c.Channel == "" {
		return usage("decide wants --purpose and --channel, or --stdin")
	}
	at := clock.System().Now()
	if c.At != "" {
		var err error
		if at, err = moment(c.At); err != nil {
			return err
		}
	}
	return c.With(w, func(h *app.House) error { return c.decide(w, h, at) })
}

func (c *decideCmd) decide(w *world, h *app.House, at time.Time) error {
	out := bufio.NewWriter(w.Out)
	defer out.Flush()
	lw := &shell.World{Out: out}
	return h.Decide(w.Ctx, c.Who("decide"), app.Asked{Purpose: c.Purpose, Channel: c.Channel, Class: c.Class, Address: c.Person, At: at},
		func(who id.ID, address string, v permit.Verdict) error {
			if c.JSON {
				return lw.Line(answer{who, address, v})
			}
			word := "no "
			if v.Allowed {
				word = "yes"
			}
			lw.Printf("%s  %-22s %s\n", word, v.Code, address)
			return nil
		})
}

// decideLines answers line by line. A line that cannot be understood gets an
// answer that says so, and the exit code is 1.
func decideLines(w *world) error {
	in := bufio.NewReaderSize(w.In, 64<<10)
	out := bufio.NewWriter(w.Out)
	defer out.Flush()
	wrong := false
	for {
		line, err := readLine(in)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		verdict, err := permit.DecideJSON(line)
		if err != nil {
			wrong = true
			err = (&shell.World{Out: out}).Line(refused{notUnderstood, err.Error(), fault.KeyOf(err)})
		} else {
			out.Write(verdict)
			err = out.WriteByte('\n')
		}
		if err != nil {
			return err
		}
		if in.Buffered() == 0 {
			out.Flush() // somebody may be waiting for this answer before asking the next
		}
	}
	if wrong {
		return errFindings
	}
	return nil
}

// refused is the answer to a line that is not understood: a verdict like any
// other, so that who reads only "allowed" reads a no, with the fault beside it.
type refused struct {
	permit.Verdict
	Error string `json:"error"`
	Key   string `json:"key"`
}

var notUnderstood = permit.Verdict{Code: permit.CodeBadQuestion, Because: []permit.Reason{{Rule: "house_bad_question", Evidence: "the line is not understood"}}}

// readLine reads one line of at most permit.MaxLine bytes, without its end; a
// longer one is read to its end and given cut, so that it is refused and the next is found.
func readLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, more, err := in.ReadLine()
		if err != nil {
			return nil, err
		}
		if len(line) <= permit.MaxLine {
			line = append(line, part...)
		}
		if !more {
			return line, nil
		}
	}
}
