package cli

import (
	"kartotek/internal/cli/shell"
	"strings"

	"kartotek/internal/app"
	"kartotek/internal/clock"
	"kartotek/internal/fault"
	"kartotek/internal/noticedef"
	"kartotek/internal/noticedoc"
)

type noticeCmd struct {
	Check   noticeCheckCmd   `cmd:"" help:"Find what is missing or wrong in a notice file."`
	Render  noticeRenderCmd  `cmd:"" help:"Write a notice as people read it."`
	Publish noticePublishCmd `cmd:"" help:"Put a notice in force."`
	Diff    noticeDiffCmd    `cmd:"" help:"Compare two notice files."`
}

type noticeCheckCmd struct {
	File string `arg:"" help:"The notice file (YAML)."`
	JSON bool   `name:"json" help:"Print JSON."`
}

// checked is the answer of notice check.
type checked struct {
	File     string              `json:"file"`
	OK       bool                `json:"ok"`
	Hash     string              `json:"hash,omitempty"`
	Findings []noticedef.Finding `json:"findings"`
}

// Run checks a notice against the law. law: GDPR 13, GDPR 14
func (c *noticeCheckCmd) Run(w *world) error {
	n, found, err := lint(c.File)
	if err != nil {
		return err
	}
	out := checked{File: c.File, OK: noticedef.Errors(found) == 0, Findings: found}
	if n != nil && out.OK {
		out.Hash = noticedef.Hash(n)
	}
	if out.Findings == nil {
		out.Findings = []noticedef.Finding{}
	}
	if c.JSON {
		err = w.JSON(out)
	} else {
		printFindings(w, c.File, found)
	}
	if err == nil && len(found) > 0 {
		err = errFindings
	}
	return err
}

func printFindings(w *world, file string, found []noticedef.Finding) {
	for _, f := range found {
		w.Printf("%s:%d: %s %s %s: %s", file, f.Line, f.Severity, f.Code, f.Field, f.Message)
		if f.Article != "" {
			w.Printf(" [%s]", f.Article)
		}
		w.Printf("\n")
	}
	if len(found) == 0 {
		w.Printf("%s: complete; nothing found\n", file)
	}
}

func lint(file string) (*noticedef.Notice, []noticedef.Finding, error) {
	src, err := shell.ReadFile(file)
	if err != nil {
		return nil, nil, err
	}
	n, found := noticedef.Lint(file, src, clock.System().Now())
	return n, found, nil
}

type noticeRenderCmd struct {
	File   string `arg:"" help:"The notice file (YAML)."`
	Lang   string `required:"" enum:"sv,fi,en" help:"Language: sv, fi or en."`
	Format string `default:"html" enum:"html,md" help:"html or md."`
}

// Run renders a notice that is well-formed, also when it is not complete yet.
func (c *noticeRenderCmd) Run(w *world) error {
	n, found, err := lint(c.File)
	if err != nil {
		return err
	}
	if n == nil || broken(found) {
		printFindings(w, c.File, found)
		return errFindings
	}
	rules, err := noticedef.LawOf(n, clock.System().Now())
	if err != nil {
		return err
	}
	doc := noticedoc.Build(n, rules, c.Lang, noticedoc.Meta{Hash: noticedef.Hash(n)})
	if c.Format == "md" {
		_, err = w.Out.Write(noticedoc.Markdown(doc))
		return err
	}
	w.Printf("<!doctype html>\n<html lang=%q>\n<meta charset=\"utf-8\">\n<title>%s</title>\n%s\n</html>\n", c.Lang, escape(doc.Title), noticedoc.HTML(doc))
	return nil
}

// broken says that the file itself is wrong, so that its facts cannot be trusted.
func broken(found []noticedef.Finding) bool {
	for _, f := range found {
		if f.Severity == "error" && strings.HasPrefix(f.Code, "Y") {
			return true
		}
	}
	return false
}

func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

type noticePublishCmd struct {
	File       string `arg:"" help:"The notice file (YAML)."`
	store      `embed:""`
	ApprovedBy string `required:"" placeholder:"NAME" help:"Who approved it."`
	Effective  string `placeholder:"DATE" help:"First day it is in force; default the date in the file."`
	JSON       bool   `name:"json" help:"Print JSON."`
}

// Run publishes, if nothing is wrong.
func (c *noticePublishCmd) Run(w *world) error {
	src, err := shell.ReadFile(c.File)
	if err != nil {
		return err
	}
	if c.Effective != "" {
		if _, err := day(c.Effective); err != nil {
			return err
		}
	}
	return c.With(w, func(h *app.House) error {
		v, found, err := h.Publish(w.Ctx, c.Who("notice"), src, c.ApprovedBy, c.Effective)
		if len(found) > 0 && !c.JSON {
			printFindings(&world{Out: w.Err}, c.File, found)
		}
		if c.JSON && err != nil && len(found) > 0 {
			if e := w.JSON(checked{File: c.File, Findings: found}); e != nil {
				return e
			}
		}
		if err != nil {
			return err
		}
		if c.JSON {
			return w.JSON(map[string]any{"version": v.Number, "hash": v.Hash, "effective": v.Effective, "approved_by": v.ApprovedBy})
		}
		w.Printf("version %d is published, in force from %s\n%s\n", v.Number, v.Effective, v.Hash)
		return nil
	})
}

type noticeDiffCmd struct {
	A    string `arg:"" help:"The older file."`
	B    string `arg:"" help:"The newer file."`
	JSON bool   `name:"json" help:"Print JSON."`
}

// Run compares two notices by their facts; layout and comments do not count.
func (c *noticeDiffCmd) Run(w *world) error {
	var both [2]*noticedef.Notice
	for i, file := range []string{c.A, c.B} {
		n, found, err := lint(file)
		if err != nil {
			return err
		}
		if n == nil || broken(found) {
			printFindings(&world{Out: w.Err}, file, found)
			return fault.New(fault.Invalid, "cli.notice_file", "%s is not a notice file", file)
		}
		both[i] = n
	}
	changes := noticedef.Diff(both[0], both[1])
	if changes == nil {
		changes = []noticedef.Change{}
	}
	if c.JSON {
		return w.JSON(changes)
	}
	for _, ch := range changes {
		mark := " "
		if ch.Material {
			mark = "!"
		}
		w.Printf("%s %-8s %s: %q -> %q\n", mark, ch.Kind, ch.Path, ch.Old, ch.New)
	}
	return nil
}
