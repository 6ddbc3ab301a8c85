package incoming

import (
	"mime"
	"net/http"
	"strconv"
	"strings"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/rights"
	"kartotek/internal/scan"
	"kartotek/internal/web/admin/desk"
)

// have hands out a kept document as a file.
func have(d *desk.Desk) error {
	var f scan.File
	var content []byte
	err := d.Look(func(tx *db.Tx) error {
		c, file, err := of(d, tx)
		if err != nil {
			return err
		}
		if err := d.Rights.May(tx, c); err != nil {
			return err
		}
		f, content, err = d.Scan.Content(tx, c.Person, c.ID, file)
		return err
	})
	if err == nil {
		err = d.Seen(audit.Entry{Action: "case.file_read", Kind: "case", Object: f.Case.String(), Person: f.Person, Detail: map[string]string{"file": f.ID.String()}})
	}
	if err != nil {
		return err
	}
	return send(d, &f, content, "attachment")
}

// once shows an identity document and destroys it. A picture is shown by itself, so
// that no copy is left among the clerk's downloads. law: GDPR 5(1)(c)
func once(d *desk.Desk) error {
	var f scan.File
	var content []byte
	err := d.Act(func(tx *db.Tx) error {
		c, file, err := of(d, tx)
		if err != nil {
			return err
		}
		if err := d.Rights.May(tx, c); err != nil {
			return err
		}
		f, content, err = d.Scan.ShowOnce(tx, c.Person, c.ID, file)
		return err
	})
	if err != nil {
		return err
	}
	if f.Kind == scan.PNG || f.Kind == scan.JPEG {
		return send(d, &f, content, "inline")
	}
	return send(d, &f, content, "attachment")
}

// of reads the case and the file of the address.
func of(d *desk.Desk, tx *db.Tx) (*rights.Case, id.ID, error) {
	c, err := caseOf(d, tx)
	if err != nil {
		return nil, 0, err
	}
	file, err := d.ID("file")
	return c, file, err
}

// send answers with a document that nobody may keep on the way and no browser runs.
func send(d *desk.Desk, f *scan.File, content []byte, how string) error {
	h := d.W.Header()
	h.Set("Content-Type", f.Kind.Type())
	h.Set("Content-Length", strconv.Itoa(len(content)))
	h.Set("Content-Disposition", mime.FormatMediaType(how, map[string]string{"filename": f.Name}))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	if d.Request.Request.Method != http.MethodHead {
		_, _ = d.W.Write(content) // the reader has gone
	}
	return nil
}

func release(d *desk.Desk) error {
	return act(d, "scan.released", func(tx *db.Tx, c *rights.Case, file id.ID) error {
		return d.Scan.Release(tx, c.Person, c.ID, file)
	})
}

// others leaves a document that tells of somebody else out of the person's package, or
// puts it in again. law: GDPR 15(4)
func others(d *desk.Desk) error {
	on := strings.HasSuffix(d.URL.Path, "/others")
	return act(d, "scan.saved", func(tx *db.Tx, c *rights.Case, file id.ID) error {
		return d.Scan.SetOthers(tx, c.Person, c.ID, file, on)
	})
}

func destroy(d *desk.Desk) error {
	return act(d, "scan.destroyed", func(tx *db.Tx, c *rights.Case, file id.ID) error {
		return d.Scan.Destroy(tx, c.Person, c.ID, file, scan.Identity)
	})
}

func act(d *desk.Desk, said string, fn func(*db.Tx, *rights.Case, id.ID) error) error {
	path := ""
	err := d.Act(func(tx *db.Tx) error {
		c, file, err := of(d, tx)
		if err != nil {
			return err
		}
		path = at(c) + "/files"
		if err := d.Rights.May(tx, c); err != nil {
			return err
		}
		return fn(tx, c, file)
	})
	if err != nil && path != "" {
		return d.Back(path, err)
	}
	if err != nil {
		return err
	}
	return d.Done(path, d.T(said))
}
