package cli

import (
	"bufio"
	"fmt"
	"kartotek/internal/cli/shell"
	"os"
	"path/filepath"
	"strings"
	"time"

	"kartotek/internal/app"
	"kartotek/internal/clock"
	"kartotek/internal/fault"
	"kartotek/internal/notice"
	"kartotek/internal/noticedef"
)

type initCmd struct {
	store  `embed:""`
	Notice string `placeholder:"FILE" help:"Publish this notice instead of writing one."`
	Yes    bool   `help:"Ask nothing: publish the template notice of an invented company."`
}

// noticeName is the file init writes in the register's folder.
const noticeName = "notice.yaml"

// Run sets a register up. With a notice given or --yes, the notice is published
// and the register ready; otherwise the notice is written for somebody to read,
// correct and publish.
func (c *initCmd) Run(w *world) error {
	if err := c.Check(); err != nil {
		return err // before anything is asked
	}
	src, err := c.source(w)
	if err != nil {
		return err
	}
	if _, found := noticedef.Lint(c.Notice, src, clock.System().Now()); c.Notice != "" && noticedef.Errors(found) > 0 {
		printFindings(&world{Out: w.Err}, c.Notice, found)
		return fault.New(fault.Conflict, "notice.not_publishable", "the notice has faults; nothing was made")
	}
	h, err := app.Open(w.Ctx, c.Store, app.Options{Create: true})
	if err != nil {
		return err
	}
	defer h.Close()
	if _, err := h.Notice.Current(w.Ctx); err == nil {
		return fault.New(fault.Conflict, "init.done", "this register has a notice in force already; change it with: kartotek notice publish")
	} else if fault.KeyOf(err) != fault.KeyOf(notice.None()) {
		return err
	}
	path := c.Notice
	if path == "" {
		path = filepath.Join(h.Folder, noticeName)
		if err := os.MkdirAll(h.Folder, 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(path, src, 0o600); err != nil {
			return err
		}
		w.Note("wrote %s", path)
	}
	if !c.Yes && c.Notice == "" {
		w.Printf("Read and correct %s, then:\n  kartotek notice check %s\n  kartotek notice publish %s %s --approved-by NAME\n", path, path, path, c.flag())
		return nil
	}
	v, found, err := h.Publish(w.Ctx, c.Who("notice"), src, c.Who("").Name, "")
	if err != nil {
		printFindings(&world{Out: w.Err}, path, found)
		return err
	}
	w.Printf("version %d of the register notice is published, in force from %s\n", v.Number, v.Effective)
	w.Note("next: kartotek staff add EMAIL --name NAME --level owner %s; kartotek serve %s", c.flag(), c.flag())
	return nil
}

func (c *initCmd) flag() string {
	if c.DSN != "" {
		return "--dsn …"
	}
	return "--data " + c.Data
}

// source is the notice to begin with: the file named, the template, or the template filled in.
func (c *initCmd) source(w *world) ([]byte, error) {
	today := clock.System().Now().Format(time.DateOnly)
	switch {
	case c.Notice != "":
		return shell.ReadFile(c.Notice)
	case c.Yes:
		return noticedef.Template(noticedef.DefaultAnswers(today)), nil
	}
	answers := noticedef.Answers{Country: "FI", Effective: today, Languages: []string{"sv", "fi", "en"}}
	if err := ask(w, &answers); err != nil {
		return nil, err
	}
	return noticedef.Template(answers), nil
}

// ask reads the answers, one a line. The company's name is the one that must be given.
func ask(w *world, a *noticedef.Answers) error {
	in := bufio.NewScanner(w.In)
	for _, q := range []struct {
		text string
		into *string
	}{
		{"Name of the company", &a.Company}, {"Business id (1234567-1)", &a.BusinessID}, {"Street address", &a.Street},
		{"Postcode", &a.Postcode}, {"City", &a.City}, {"Country (FI or SE)", &a.Country}, {"E-mail address people can write to", &a.Email},
		{"Phone number (may be empty)", &a.Phone}, {"Contact person for the register", &a.ContactName},
		{"E-mail address for requests about personal data", &a.ContactEmail}, {"Who runs the servers (empty: the company itself)", &a.Hosting},
		{"Who delivers e-mail (empty: the company itself)", &a.Mail},
	} {
		fmt.Fprintf(w.Err, "%s: ", q.text)
		if !in.Scan() {
			break
		}
		if v := strings.TrimSpace(in.Text()); v != "" {
			*q.into = v
		}
	}
	fmt.Fprintln(w.Err)
	if a.Company == "" {
		return usage("init asks for the company's name and address; answer on standard input, or use --notice FILE or --yes")
	}
	return in.Err()
}
