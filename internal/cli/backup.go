package cli

import (
	"io"
	"os"
	"strings"

	"kartotek/internal/app"
	"kartotek/internal/app/backups"
	"kartotek/internal/backup"
	"kartotek/internal/fault"
)

// sealing is how backups are sealed and opened.
type sealing struct {
	PassphraseFile string `placeholder:"FILE" help:"File with the passphrase of the backup, of at least 12 characters."`
}

func (s sealing) lock() (l backup.Lock, err error) {
	if s.PassphraseFile == "" {
		return l, nil
	}
	text, err := os.ReadFile(s.PassphraseFile)
	if err != nil {
		return l, fault.New(fault.Invalid, "config.passphrase", "the file of the passphrase cannot be read").Because(err)
	}
	l.Passphrase = strings.TrimSpace(string(text))
	return l, nil
}

type backupCmd struct {
	File      string `arg:"" help:"File to write. It is replaced when the new backup is whole."`
	store     `embed:""`
	sealing   `embed:""`
	Recipient string `placeholder:"KEY" help:"Public key (age1…) the backup is sealed for, instead of a passphrase."`
}

// Run writes a backup beside the file and puts it in its place.
func (c *backupCmd) Run(w *world) error {
	lock, err := c.lock()
	if err != nil {
		return err
	}
	lock.Recipient = c.Recipient
	return c.With(w, func(h *app.House) error {
		var size int64
		err := backup.Put(c.File, func(to io.Writer) (err error) {
			size, err = backups.Write(w.Ctx, h, c.Who("backup"), to, lock)
			return err
		})
		if err == nil {
			w.Note("%d bytes of the register are sealed in %s. The keys are not in it: back up %s separately.", size, c.File, h.Keys.Dir())
		}
		return err
	})
}

// opening is how a backup is opened.
type opening struct {
	sealing      `embed:""`
	IdentityFile string `placeholder:"FILE" help:"File with the private key of age that opens the backup."`
}

func (o opening) lock() (backup.Lock, error) {
	l, err := o.sealing.lock()
	if err != nil || o.IdentityFile == "" {
		return l, err
	}
	text, err := os.ReadFile(o.IdentityFile)
	if err != nil {
		return l, fault.New(fault.Invalid, "config.identity", "the file of the private key cannot be read").Because(err)
	}
	l.Identity = string(text)
	return l, nil
}

type restoreCmd struct {
	File    string `arg:"" help:"Backup to put back."`
	store   `embed:""`
	opening `embed:""`
	Reason  string `required:"" help:"Why, in a few words without names; the log says it."`
	JSON    bool   `name:"json" help:"Print JSON."`
}

// Run puts a backup in the place of the register.
func (c *restoreCmd) Run(w *world) error {
	lock, err := c.lock()
	if err != nil {
		return err
	}
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	out, err := backups.Restore(w.Ctx, c.store.Store, c.Who("restore"), f, lock, c.Reason)
	if err != nil {
		return err
	}
	return printRestored(w, out, c.JSON)
}

func printRestored(w *world, out backups.Restored, asJSON bool) error {
	if asJSON {
		return w.JSON(out)
	}
	w.Printf("%d people · erased again: %d · objections and withdrawals recorded again: %d\n", out.People, out.Erased, out.Said)
	w.Printf("The backup itself: evidence of %d people can be read, of %d who were erased it cannot\n", out.Copy.Legible, out.Copy.Gone)
	return nil
}

type drillCmd struct {
	Restore drillRestoreCmd `cmd:"" help:"Try a backup in a place of its own, beside the register in use: does it open, is it whole, are erasures carried out again?"`
}

type drillRestoreCmd struct {
	File    string `arg:"" help:"Backup to try."`
	store   `embed:""`
	opening `embed:""`
	JSON    bool `name:"json" help:"Print JSON."`
}

// Run tries a backup; the log says how it went.
func (c *drillRestoreCmd) Run(w *world) error {
	lock, err := c.lock()
	if err != nil {
		return err
	}
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	return c.With(w, func(h *app.House) error {
		out, err := backups.Drill(w.Ctx, h, c.store.Store, c.Who("drill"), f, lock)
		if err != nil {
			return err
		}
		if out.Measure != "" {
			w.Note("It is recorded as the check of the measure %s of the notice.", out.Measure)
		}
		return printRestored(w, out, c.JSON)
	})
}
