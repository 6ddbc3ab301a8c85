package editor

import (
	"mime/multipart"
	"net/http"
	"strings"

	"kartotek/internal/audit"
	"kartotek/internal/campaign"
	"kartotek/internal/compose/blocks"
	"kartotek/internal/compose/lint"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/media"
	"kartotek/internal/party"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/admin/outreach"
)

// editor is a letter being written.
type editor struct {
	*desk.Desk
	c        *campaign.Campaign // with what was typed, when a form was sent
	nth      int                // which letter of a test, from 1
	letter   *blocks.Letter     // when it is in blocks
	focus    string             // the block to write in next
	wrong    error              // why it was not stored
	found    []lint.Finding
	pictures []media.Picture
}

// open reads the campaign; only a draft can be written, by those who send for its
// purpose.
func (e *editor) open(tx *db.Tx) (err error) {
	if e.c, err = outreach.Open(e.Desk, tx); err != nil {
		return err
	}
	return e.MaySend(e.c.Purpose)
}

// which is the number of the letter that the address names.
func (e *editor) which() {
	e.nth = 1
	if n := strings.TrimLeft(e.URL.Query().Get("letter"), "0"); len(n) == 1 && n[0] > '1' && int(n[0]-'0') <= e.c.Letters() {
		e.nth = int(n[0] - '0')
	}
}

// text gives the subject and body being written, to read and to change. A letter of a
// test that has none of its own begins with the first one's.
func (e *editor) text() (subject, body *string) {
	if e.nth == 1 || e.c.Options.Split == nil {
		return &e.c.Subject, &e.c.Body
	}
	v := &e.c.Options.Split.Others[e.nth-2]
	if v.Subject == "" {
		v.Subject = e.c.Subject
	}
	if v.Body == "" {
		v.Body = e.c.Body
	}
	return &v.Subject, &v.Body
}

func openEditor(d *desk.Desk) error {
	e := &editor{Desk: d}
	if err := d.Look(e.open); err != nil {
		return err
	}
	if e.c.State != campaign.Draft {
		return d.Redirect(outreach.Path(e.c.ID))
	}
	e.which()
	e.detect()
	return e.show(http.StatusOK)
}

// editLetter does what the button that was pressed says.
func editLetter(d *desk.Desk) error {
	e := &editor{Desk: d}
	f, err := d.Form(0)
	if err != nil {
		return err
	}
	if err := d.Look(e.open); err != nil {
		return err
	}
	e.which()
	was := e.c.ChangedAt
	if err := e.fill(f); err != nil {
		return err
	}
	e.wrong = e.uploads()
	op := f.Get("op")
	switch {
	case e.wrong != nil:
	case op == "save" || op == "preview" || op == "":
		if e.wrong = e.save(f.Get("changed"), was); e.wrong == nil {
			return e.saved(op)
		}
	default:
		e.wrong = e.change(op)
	}
	if e.wrong != nil && !ofForm(e.wrong) {
		return e.wrong
	}
	return e.show(http.StatusOK)
}

// ofForm reports whether an error is about what was typed, so that the form is shown
// again with it.
func ofForm(err error) bool {
	c := fault.CodeOf(err)
	return c == fault.Invalid || c == fault.Conflict || c == fault.TooLarge
}

func (e *editor) saved(op string) error {
	if op == "preview" {
		return e.Redirect(outreach.Path(e.c.ID) + "/preview" + e.suffix())
	}
	return e.Done(outreach.Path(e.c.ID)+"/compose"+e.suffix(), e.T("edit.saved"))
}

// suffix names the letter of a test in an address.
func (e *editor) suffix() string {
	if e.nth > 1 {
		return "?letter=" + string(rune('0'+e.nth))
	}
	return ""
}

// save stores the letter. seen is when the form's draft was last changed: what
// somebody else stored meanwhile is not written over.
func (e *editor) save(seen string, was int64) error {
	if seen != stamp(was) {
		return fault.New(fault.Conflict, "campaign.meanwhile", "somebody else changed the newsletter meanwhile")
	}
	return e.Act(func(tx *db.Tx) error {
		now, err := outreach.Open(e.Desk, tx)
		if err != nil {
			return err
		}
		if now.ChangedAt != was {
			return fault.New(fault.Conflict, "campaign.meanwhile", "somebody else changed the newsletter meanwhile")
		}
		if err := e.Campaign.Read(tx, e.c); err != nil {
			return err
		}
		if _, err := e.Campaign.Save(tx, *e.c); err != nil {
			return err
		}
		return audit.Write(tx, audit.Entry{Action: "campaign.save", Kind: "campaign", Object: e.c.ID.String()})
	})
}

// change does what a button of the blocks says: "add.blocks.text", "up.blocks.3",
// "down.…", "copy.…", "drop.…", "upload", "blocks" (make blocks of a text).
func (e *editor) change(op string) (err error) {
	act, at, _ := strings.Cut(op, ".")
	if act == "blocks" {
		return e.toBlocks()
	}
	if e.letter == nil {
		return fault.New(fault.Invalid, "blocks.place", "the letter has no blocks")
	}
	switch act {
	case "add":
		dot := max(0, strings.LastIndexByte(at, '.'))
		e.focus, err = e.letter.Add(at[:dot], blocks.Kind(strings.TrimPrefix(at[dot:], ".")))
	case "up":
		e.focus, err = e.letter.Move(at, -1)
	case "down":
		e.focus, err = e.letter.Move(at, 1)
	case "copy":
		e.focus, err = e.letter.Copy(at)
	case "drop":
		err = e.letter.Remove(at)
	}
	if err == nil {
		err = e.letter.Check() // there may be too many now
	}
	_, body := e.text()
	*body = e.letter.String()
	return err
}

// uploads stores the pictures that came with the form, each in its block.
func (e *editor) uploads() error {
	if e.letter == nil || e.MultipartForm == nil {
		return nil
	}
	for name, files := range e.MultipartForm.File {
		b := e.letter.At(strings.TrimSuffix(name, ".file"))
		if b == nil || b.Type != blocks.Image || len(files) == 0 || files[0].Size == 0 {
			continue
		}
		p, err := store(e.Desk, files[0], b.Alt)
		if err != nil {
			return err
		}
		if b.Src = media.Path + p.File; b.Alt == "" {
			b.Alt = p.Alt
		}
		_, body := e.text()
		*body = e.letter.String()
	}
	return nil
}

// store keeps a picture that came with a form.
func store(d *desk.Desk, h *multipart.FileHeader, alt string) (p media.Picture, err error) {
	raw, err := whole(h)
	if err != nil {
		return p, err
	}
	img, err := d.Media.Read(raw)
	if err != nil {
		return p, err
	}
	name := media.NameOf(h.Filename)
	if name == "" {
		name = img.File[:8]
	}
	err = d.Act(func(tx *db.Tx) (err error) {
		p, err = d.Media.Add(tx, img, name, strings.Join(strings.Fields(alt), " "))
		return err
	})
	return p, err
}

// showDraft answers with the letter as it stands in the form, for the frame beside
// it. No person's values are in it, and nothing is stored.
func showDraft(d *desk.Desk) error {
	e := &editor{Desk: d}
	f, err := d.Form(0)
	if err != nil {
		return err
	}
	if err := d.Look(e.open); err != nil {
		return err
	}
	e.which()
	if err := e.fill(f); err != nil {
		return err
	}
	var page string
	err = d.Look(func(tx *db.Tx) error {
		t, err := d.Campaign.Terms(tx)
		if err != nil {
			return err
		}
		m, err := d.Campaign.Preview(e.c.Letter(e.nth), t, &party.Person{Language: e.c.Language})
		if err == nil {
			page, err = withPictures(d, tx, m.HTML)
		}
		return err
	})
	if err != nil && !ofForm(err) {
		return err
	}
	if err != nil {
		page = sorry(d.Lang(), explain(d, err))
	}
	d.Framed()
	_, _ = d.W.Write([]byte(page)) // the reader has gone
	return nil
}
