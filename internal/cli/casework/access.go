package casework

import (
	"io"
	"kartotek/internal/cli/shell"
	"os"
	"strings"

	"kartotek/internal/app"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/packet"
)

// Access is the group of commands of that name.
type Access struct {
	Build accessBuildCmd `cmd:"" help:"Put together everything the register holds about a person, to be handed to them."`
}

type accessBuildCmd struct {
	Address     string `arg:"" help:"E-mail address or phone number."`
	shell.Store `embed:""`
	Lang        string `enum:"sv,fi,en," default:"" help:"Language: sv, fi or en; default the person's."`
	Portable    bool   `help:"Only what the person may take along (GDPR 20): what they provided, on consent or contract."`
	Out         string `placeholder:"FILE" help:"File to write; default package.zip, or package.zip.age with --seal. - writes to standard output."`
	Seal        bool   `help:"Seal the file with a passphrase (age). It is printed once and kept nowhere."`
	Keep        bool   `help:"Keep it in the register for two weeks, to be downloaded by whoever may; no file is written unless --out names one."`
	Case        string `placeholder:"REFERENCE" help:"Number of the request it answers, for the first page."`
	JSON        bool   `name:"json" help:"Print JSON."`
}

// builtJSON is what the command prints with --json.
type builtJSON struct {
	Person     string            `json:"person"`
	Language   string            `json:"language"`
	Portable   bool              `json:"portable"`
	Records    int               `json:"records"`
	LookedAt   int               `json:"looked_at"`
	Withheld   []packet.Withheld `json:"withheld"`
	Digest     string            `json:"manifest_sha256"`
	File       string            `json:"file,omitempty"`
	Parcel     string            `json:"parcel,omitempty"`
	Passphrase string            `json:"passphrase,omitempty"`
}

// Run builds the package; that it was built is logged. law: GDPR 15, GDPR 20
func (c *accessBuildCmd) Run(w *shell.World) error {
	return c.With(w, func(h *app.House) error {
		p, err := h.AccessPackage(w.Ctx, c.Who("rights"), c.Address, packet.Options{Lang: c.Lang, Portable: c.Portable, Reference: c.Case})
		if err != nil {
			return err
		}
		out := builtJSON{Person: p.Person.String(), Language: p.Lang, Portable: p.Portable, Records: p.Records(), LookedAt: len(p.Looked),
			Withheld: append([]packet.Withheld{}, p.Withheld...), Digest: p.Digest()}
		if c.Seal {
			out.Passphrase = packet.Passphrase()
		}
		if c.Keep {
			if out.Parcel, err = c.keep(w, h, p, out.Passphrase); err != nil {
				return err
			}
		}
		if !c.Keep || c.Out != "" {
			if out.File, err = c.write(w, p, out.Passphrase); err != nil {
				return err
			}
		}
		return c.tell(w, &out)
	})
}

func (c *accessBuildCmd) keep(w *shell.World, h *app.House, p *packet.Package, passphrase string) (string, error) {
	var kept *packet.Parcel
	err := h.DB.Do(w.Ctx, c.Who("rights"), func(tx *db.Tx) (err error) { kept, err = h.Packet.Keep(tx, p, 0, passphrase); return err })
	if err != nil {
		return "", err
	}
	return kept.ID.String(), nil
}

// write puts the package into a file nobody else can read, which must not exist yet.
func (c *accessBuildCmd) write(w *shell.World, p *packet.Package, passphrase string) (string, error) {
	put := p.Zip
	name := "package.zip"
	if passphrase != "" {
		put = func(to io.Writer) error { return p.Seal(to, passphrase) }
		name += ".age"
	}
	if c.Out != "" {
		name = c.Out
	}
	if name == "-" {
		return "", put(w.Out)
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", fault.New(fault.Conflict, "cli.no_out", "%s cannot be written; name a file that does not exist yet with --out", name).Because(err)
	}
	err = put(f)
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		_ = os.Remove(name) // half a package is of no use to anybody
	}
	return name, err
}

func (c *accessBuildCmd) tell(w *shell.World, out *builtJSON) error {
	say := w.Printf
	if c.Out == "-" {
		say = w.Note // the package itself went to standard output
	}
	if c.JSON && c.Out != "-" {
		return w.JSON(out)
	}
	say("%d records, %d looks, %d left out\n", out.Records, out.LookedAt, len(out.Withheld))
	if out.File != "" {
		say("written to %s\n", out.File)
	}
	if out.Parcel != "" {
		say("kept for %d days as parcel %s\n", int(packet.Lasts.Hours()/24), out.Parcel)
	}
	say("manifest %s\n", strings.ToLower(out.Digest))
	if out.Passphrase != "" {
		say("passphrase %s\nGive it to the person by another way than the file. It is not shown again.\n", out.Passphrase)
	}
	return nil
}
