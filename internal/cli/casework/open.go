package casework

import (
	"bufio"
	"io"
	"os"
	"path/filepath"
	"strings"

	"kartotek/internal/app"
	"kartotek/internal/cli/shell"
	"kartotek/internal/db"
	"kartotek/internal/law"
	"kartotek/internal/rights"
	"kartotek/internal/rights/intake"
	"kartotek/internal/rightsdef"
	"kartotek/internal/scan"
)

type openCmd struct {
	shell.Store `embed:""`
	Kind        []rightsdef.Kind `required:"" enum:"access,rectification,erasure,restriction,portability,objection,withdrawal,information" help:"Which right: access, rectification, erasure, restriction, portability, objection, withdrawal or information. May be given several times: each is a case."`
	Channel     string           `required:"" enum:"web,email,post,phone,in_person,agent" help:"How it came: web, email, post, phone, in_person or agent."`
	Arrived     string           `placeholder:"DATE" help:"Day it arrived at the company, read or not; today when left out."`
	Signed      string           `placeholder:"DATE" help:"Day the letter was signed."`
	Envelope    string           `help:"What the envelope says: postmark, sender."`
	Scan        []string         `placeholder:"FILE" help:"A scanned page (PDF, JPEG, PNG, WebP). May be given several times."`
	IDDocument  []string         `name:"id-document" placeholder:"FILE" help:"An identity document that came along: shown once, then destroyed. May be given several times."`
	Name        string           `help:"Whom it concerns, as they wrote it."`
	Email       string           `help:"Their e-mail address."`
	Phone       string           `help:"Their telephone number."`
	Address     string           `help:"Their postal address, parts separated by commas."`
	Agent       agentFlags       `embed:"" prefix:"agent-"`
	Text        string           `help:"What was written or said; - reads standard input."`
	Scope       []string         `help:"What of: categories or purposes of the notice, or marketing, profiling, research, contested."`
	Language    string           `enum:",sv,fi,en" default:"" help:"Language of the letters: sv, fi or en; the person's when left out."`
	Silent      bool             `help:"Write no confirmation: the person was told on the spot."`
	JSON        bool             `name:"json" help:"Print JSON."`
}

// agentFlags are about somebody who asks in the person's name.
type agentFlags struct {
	Name         string `help:"Who asks in the person's name."`
	Organisation string `help:"Their organisation."`
	Email        string `help:"Their e-mail address."`
	Authority    string `help:"What shows their authority, such as a signed letter."`
	Signed       string `placeholder:"DATE" help:"Day the authority was signed."`
	Until        string `placeholder:"DATE" help:"Last day of the authority."`
}

// Run opens the case.
func (c *openCmd) Run(w *shell.World) error {
	p, err := c.paper(w)
	if err != nil {
		return err
	}
	return c.With(w, func(h *app.House) error {
		if p.Scans, err = c.scans(h.Scan); err != nil {
			return err
		}
		var made *rights.Case
		err := h.DB.Do(w.Ctx, c.Who("rights"), func(tx *db.Tx) (err error) { made, err = h.Intake.Record(tx, p); return err })
		if err != nil {
			return err
		}
		return printCase(w, made, c.JSON)
	})
}

func (c *openCmd) paper(w *shell.World) (p intake.Paper, err error) {
	text, err := readText(w, c.Text)
	p = intake.Paper{Signed: law.Date(c.Signed), Envelope: c.Envelope, Authority: law.Date(c.Agent.Signed), Until: law.Date(c.Agent.Until),
		Intake: rights.Intake{Kind: c.Kind[0], Also: c.Kind[1:], Channel: c.Channel, Arrived: law.Date(c.Arrived), Text: text, Scope: c.Scope, Language: c.Language, Silent: c.Silent,
			Requester: rights.Requester{Name: c.Name, Email: c.Email, Phone: c.Phone, Address: lines(c.Address)}}}
	if a := c.Agent; a.Name+a.Organisation+a.Email+a.Authority != "" {
		p.Agent = &rights.Agent{Name: a.Name, Organisation: a.Organisation, Email: a.Email, Authority: a.Authority}
	}
	return p, err
}

// scans judges the files that came along.
func (c *openCmd) scans(room *scan.Room) (out []scan.Found, err error) {
	for i, name := range append(append([]string{}, c.Scan...), c.IDDocument...) {
		raw, err := readScan(name)
		if err != nil {
			return nil, err
		}
		found := room.Look(filepath.Base(name), raw)
		found.Identity = found.Identity || i >= len(c.Scan)
		out = append(out, found)
	}
	return out, nil
}

// readScan reads a file, and a byte more than is kept of one.
func readScan(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, shell.Usage(err.Error())
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, scan.MaxFile+1))
}

// lines writes an address given with commas as lines.
func lines(s string) string {
	parts := strings.Split(s, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return strings.Join(parts, "\n")
}

// readText reads a text from standard input when it is "-".
func readText(w *shell.World, text string) (string, error) {
	if text != "-" {
		return text, nil
	}
	raw, err := io.ReadAll(io.LimitReader(bufio.NewReader(w.In), 1<<20))
	return string(raw), err
}
