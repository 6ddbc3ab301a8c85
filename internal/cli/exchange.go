package cli

import (
	"bufio"
	"encoding/json"
	"io"
	"kartotek/internal/cli/shell"
	"os"
	"strings"

	"kartotek/internal/app"
	"kartotek/internal/db"
	"kartotek/internal/exchange"
	"kartotek/internal/exchange/dialect"
	"kartotek/internal/fault"
	"kartotek/internal/recipient"
)

type importCmd struct {
	Files    []string `arg:"" name:"file" help:"CSV files, or ZIPs of them."`
	store    `embed:""`
	Dialect  string `default:"auto" help:"auto, mailchimp, hubspot, brevo, listmonk, mautic, keila, kartotek or csv."`
	DryRun   bool   `help:"Say what would come of it; change nothing."`
	Mapping  string `placeholder:"NAME|FILE.json" help:"Read the columns by a saved mapping, or by one in a file; none reads without. A plain CSV with exactly the columns of a saved mapping is read by it, and the command says so."`
	Strict   bool   `help:"Refuse files with columns the notice does not list."`
	Rejects  string `placeholder:"FILE" help:"Write rejected rows with their reasons to FILE."`
	Consent  string `placeholder:"PURPOSE:CHANNEL" help:"Record a consent for rows that say nothing; wants --evidence."`
	Evidence string `placeholder:"TEXT" help:"What shows that consent."`
	JSON     bool   `name:"json" help:"Print JSON."`
}

// Run imports. An import that was interrupted is gone on with when it is asked for again.
func (c *importCmd) Run(w *world) error {
	opt := exchange.Options{Dialect: c.Dialect, Strict: c.Strict, Rejects: c.Rejects}
	if c.Consent != "" {
		purpose, channel, ok := strings.Cut(c.Consent, ":")
		if !ok || c.Evidence == "" {
			return usage("--consent wants PURPOSE:CHANNEL and --evidence TEXT")
		}
		opt.Consent = &exchange.Asserted{Purpose: purpose, Channel: channel, Evidence: c.Evidence}
	}
	return c.With(w, func(h *app.House) error {
		opt, err := c.mapped(w, h, opt)
		if err != nil {
			return err
		}
		if c.DryRun {
			return c.plan(w, h, opt)
		}
		bar := shell.NewBar(w.Err)
		m, err := h.Import(w.Ctx, c.Who("relationship"), c.Files, opt, func(n exchange.Counts, done, total int64) {
			bar.Show(done, total, int64(n.Rows), "rows")
		})
		bar.Done()
		if err != nil {
			return err
		}
		return c.report(w, m.Counts, m.Rejects)
	})
}

// mapped settles by which mapping the files are read, and names it on standard
// error with what it reads of permission: that is never done in silence.
func (c *importCmd) mapped(w *world, h *app.House, opt exchange.Options) (exchange.Options, error) {
	switch {
	case c.Mapping == exchange.NoMapping:
		opt.Unmapped = true
	case strings.HasSuffix(c.Mapping, ".json"):
		m, err := readMapping(c.Mapping)
		if err != nil {
			return opt, err
		}
		opt.Mapping = m
	case c.Mapping != "":
		err := h.DB.View(w.Ctx, c.Who("relationship"), func(tx *db.Tx) (err error) {
			opt.Mapping, err = h.Exchange.Mapping(tx, c.Mapping)
			return err
		})
		if err != nil {
			return opt, err
		}
	}
	opt, found, err := h.Exchange.Choose(w.Ctx, c.Files, opt)
	if err != nil || opt.Mapping == nil {
		return opt, err
	}
	if found {
		w.Note("columns read by the saved mapping %q; --mapping none reads without it", opt.Mapping.Name)
	}
	for _, p := range opt.Mapping.Permissions {
		w.Note("column %q: %s", p.Column, meaning(p))
	}
	return opt, nil
}

// meaning says what a permission column is read as.
func meaning(p dialect.PermissionColumn) string {
	words := ""
	if len(p.Yes) > 0 {
		words = ", where it says " + strings.Join(p.Yes, " or ")
	}
	if p.Kind == dialect.Prohibition {
		return "prohibition of " + p.Forbids() + words
	}
	if p.Date == "" {
		words += "; weak, because no column has its date"
	}
	return "consent to " + p.Purpose + ":" + p.Channel + words
}

// maxMappingFile is how many bytes a mapping file may have.
const maxMappingFile = 1 << 20

func readMapping(name string) (*dialect.Mapping, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fault.New(fault.NotFound, "mapping.no_file", "the mapping file cannot be read").Because(err)
	}
	defer f.Close()
	dec := json.NewDecoder(io.LimitReader(f, maxMappingFile))
	dec.DisallowUnknownFields()
	m := new(dialect.Mapping)
	if err := dec.Decode(m); err != nil {
		return nil, fault.New(fault.Invalid, "mapping.file", "the mapping file is not a mapping: columns, permissions (column, kind, purpose, channel, scope, yes, date, evidence)").Because(err)
	}
	return m, nil
}

func (c *importCmd) plan(w *world, h *app.House, opt exchange.Options) error {
	p, err := h.Exchange.DryRun(w.Ctx, c.Files, opt)
	if err != nil {
		return err
	}
	if !c.JSON {
		for _, f := range p.Info.Files {
			w.Printf("%s: %s, %s, separated by %q, about %d rows\n", f.Name, f.Dialect, f.Encoding, f.Delimiter, f.Rows)
			for _, col := range f.Columns {
				w.Printf("  %-32s -> %s\n", col.Header, col.Target)
			}
		}
		for _, s := range p.Shown {
			w.Printf("%6d  %-9s  %-11s  %s  (%s)\n", s.Row, s.Action, s.Permission, s.Who, s.Why)
		}
	}
	return c.report(w, p.Counts, opt.Rejects)
}

func (c *importCmd) report(w *world, n exchange.Counts, rejects string) error {
	if n.Rejected > 0 && rejects != "" {
		w.Note("rejected rows: %s", rejects)
	}
	if n.Unlisted == nil {
		n.Unlisted = []string{}
	}
	if c.JSON {
		return w.JSON(n)
	}
	w.Printf("rows %d · created %d · updated %d · unchanged %d · rejected %d\n", n.Rows, n.PeopleCreated, n.PeopleUpdated, n.Unchanged, n.Rejected)
	w.Printf("consent %d · prohibition %d · unknown %d\n", n.Permissions.Consent, n.Permissions.Prohibition, n.Permissions.Unknown)
	if len(n.Unlisted) > 0 {
		w.Printf("not stored, because the notice does not list them: %s\n", strings.Join(n.Unlisted, ", "))
	}
	return nil
}

type exportCmd struct {
	People exportPeopleCmd `cmd:"" help:"Write everybody with their permissions and evidence."`
}

type exportPeopleCmd struct {
	store      `embed:""`
	Format     string   `default:"csv" enum:"csv,jsonl" help:"csv or jsonl."`
	To         string   `default:"own" help:"Who gets it: a recipient of the notice, who gets what it receives, recorded of each person; or own, the company itself, for everything." placeholder:"RECIPIENT"`
	Categories []string `help:"With --to: only these categories of what the recipient receives." placeholder:"CATEGORY"`
	Ground     string   `default:"contract" enum:"contract,consent,law" help:"With --to: what it rests on."`
	What       string   `default:"export of people" help:"With --to: what it is, in a few words."`
}

// given is the disclosure that the export is; nil for the company's own use.
func (c *exportPeopleCmd) given() *recipient.Disclosure {
	if c.To == "own" {
		return nil
	}
	return &recipient.Disclosure{Recipient: c.To, Categories: c.Categories, Ground: c.Ground, What: c.What}
}

// Run exports to standard output. The export is logged before the first row is written.
func (c *exportPeopleCmd) Run(w *world) error {
	return c.With(w, func(h *app.House) error {
		out := bufio.NewWriterSize(w.Out, 1<<16)
		n, err := h.ExportPeople(w.Ctx, c.Who("relationship"), c.Format, c.given(), out)
		if err == nil {
			err = out.Flush()
		}
		w.Note("%d people", n)
		return err
	})
}
