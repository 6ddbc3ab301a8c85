package cli

import (
	"io"
	"os"
	"regexp"

	"kartotek/internal/app"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/receipt"
)

type receiptCmd struct {
	Show   receiptShowCmd   `cmd:"" help:"Print the receipt of an entry or of a request that was answered, or list a person's entries."`
	Verify receiptVerifyCmd `cmd:"" help:"Check a receipt, without any register."`
}

type receiptShowCmd struct {
	Which    string `arg:"" name:"entry-case-or-address" help:"An entry's id, or the reference of a request such as R-2026-0042, prints its receipt; an e-mail address or phone number lists the person's entries."`
	store    `embed:""`
	Lang     string `enum:",sv,fi,en" default:"" help:"Language of titles: sv, fi or en; default the person's."`
	Evidence bool   `help:"Put the evidence into the receipt. It may hold the person's network address."`
	JSON     bool   `name:"json" help:"Print the list as JSON; a receipt is JSON anyway."`
}

// Run prints a receipt, or the entries of a person; either is logged.
func (c *receiptShowCmd) Run(w *world) error {
	return c.With(w, func(h *app.House) error {
		if caseRef.MatchString(c.Which) {
			data, err := h.CaseReceipt(w.Ctx, c.Who("receipt"), c.Which, c.Lang)
			if err == nil {
				_, err = w.Out.Write(data)
			}
			return err
		}
		if entry, err := id.Parse(c.Which); err == nil {
			data, err := h.Receipt(w.Ctx, c.Who("receipt"), entry, c.Lang, c.Evidence)
			if err == nil {
				_, err = w.Out.Write(data)
			}
			if !fault.Is(err, fault.NotFound) { // it may be a phone number without its plus
				return err
			}
		}
		list, err := h.Receipted(w.Ctx, c.Who("receipt"), c.Which)
		if err != nil {
			return err
		}
		if c.JSON {
			return w.JSON(list)
		}
		for _, e := range list {
			w.Printf("%s  %s  %-12s %-28s %s\n", e.Entry, e.Effective, e.Kind, e.About, e.Method)
		}
		return nil
	})
}

// caseRef is how the desk names a request.
var caseRef = regexp.MustCompile(`(?i)^R-\d{4}-\d{4,9}$`)

type receiptVerifyCmd struct {
	File string   `arg:"" help:"The receipt; - reads it from standard input."`
	Key  []string `name:"key" placeholder:"VKEY" help:"A public key of the register's log (name+hash+key); may be repeated. Without any, the receipt's own key is used and shown."`
	JSON bool     `name:"json" help:"Print JSON."`
}

// sentences say what each step of a verification looked at.
var sentences = map[string]string{
	receipt.StepForm: "every mandatory field is there", receipt.StepKey: "the key is one of those given", receipt.StepSeal: "nothing was changed after it was sealed",
	receipt.StepLog: "the entry stands in the log", receipt.StepHead: "the head of the log is signed", receipt.StepSame: "the record says what the entry says",
	receipt.StepEvidence: "the evidence is that of the entry",
}

// left are what a step says when there was nothing to look at.
var left = map[string]string{receipt.NoteOwn: "the key is the one the receipt names, compared with nothing",
	receipt.NoteNone: "no evidence belongs to the entry", receipt.NoteWithheld: "the evidence is not in the receipt; its digest is"}

// Run checks a receipt. Exit code 1 when it does not hold.
func (c *receiptVerifyCmd) Run(w *world) error {
	data, err := c.read(w)
	if err != nil {
		return err
	}
	r, err := receipt.Verify(data, c.Key...)
	if err != nil {
		return err
	}
	if c.JSON {
		err = w.JSON(r)
	} else {
		printReport(w, r)
	}
	if err == nil && !r.OK {
		err = errFindings
	}
	return err
}

// read takes no more of a file than a receipt may have, and a byte.
func (c *receiptVerifyCmd) read(w *world) ([]byte, error) {
	in := w.In
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return nil, usage(err.Error())
		}
		defer f.Close()
		in = f
	}
	return io.ReadAll(io.LimitReader(in, receipt.MaxBytes+1))
}

func printReport(w *world, r receipt.Report) {
	for _, s := range r.Steps {
		switch {
		case !s.OK:
			w.Printf("✗ %-9s not so: %s (%s)\n", s.Name, sentences[s.Name], s.Note)
		case s.Note != "":
			w.Printf("✓ %-9s %s\n", s.Name, left[s.Note])
		default:
			w.Printf("✓ %-9s %s\n", s.Name, sentences[s.Name])
		}
	}
	if a := r.Case; a != nil {
		w.Printf("%s, %s: arrived %s, answered %s, %s %s\n", a.Ref, a.Asked, a.Received, a.Closed, a.Outcome, a.Code)
		for name, value := range map[string]string{"manifest": a.Manifest, "certificate": a.Certificate} {
			if value != "" {
				w.Printf("%s %s\n", name, value)
			}
		}
	}
	w.Printf("%s, entry %s, number %d of %d in the log %s\n", r.Kind, r.Entry, r.Index+1, r.Size, r.Log)
	for _, k := range r.Keys {
		w.Printf("key %s\n", k)
	}
	switch {
	case !r.OK:
		w.Printf("The receipt does not hold.\n")
	case r.Own:
		w.Printf("The receipt is whole. Its key was compared with nothing: ask the register for its keys and give them with --key.\n")
	default:
		w.Printf("The receipt holds.\n")
	}
}
