package importing

import (
	"encoding/json"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode"

	"kartotek/internal/db"
	"kartotek/internal/exchange"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/job"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/door"
)

// uploaded is what is noted of an upload, beside its files.
type uploaded struct {
	Files   []string         `json:"files"` // paths, in the order given
	Bytes   int64            `json:"bytes"`
	Options exchange.Options `json:"options"`
	At      time.Time        `json:"at"`
	Import  id.ID            `json:"import,omitempty"` // once begun
}

const (
	maxFiles = 20
	atOnce   = 8 << 20  // a smaller upload is looked at while the reader waits
	maxField = 16 << 10 // bytes of a field that is not a file
	kept     = 24 * time.Hour
)

// folder is where an upload lies. The id is one of ours, so no address leads out.
func folder(rooms *door.Rooms, up id.ID) string {
	return filepath.Join(rooms.Uploads, "import-"+up.String())
}

func noUpload() error {
	return fault.New(fault.NotFound, "import.no_upload", "the uploaded files are no longer here; upload them again")
}

func readUpload(rooms *door.Rooms, up id.ID) (u uploaded, err error) {
	b, err := os.ReadFile(filepath.Join(folder(rooms, up), "upload.json"))
	if os.IsNotExist(err) {
		return u, noUpload()
	}
	if err == nil {
		err = json.Unmarshal(b, &u)
	}
	return u, err
}

func write(rooms *door.Rooms, up id.ID, name string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	at := filepath.Join(folder(rooms, up), name)
	if err := os.WriteFile(at+".new", b, 0o600); err != nil {
		return err
	}
	return os.Rename(at+".new", at)
}

// upload streams the files to the disk, and looks at them at once or, when they
// are large, lets a job do it.
func upload(d *desk.Desk) error {
	sweep(d)
	up := d.DB.NewID()
	u, err := receive(d, up)
	if err == nil {
		err = write(d.Rooms, up, "upload.json", u)
	}
	if err != nil {
		return errors.Join(d.Back("/import", err), os.RemoveAll(folder(d.Rooms, up)))
	}
	return lookAt(d, up, u)
}

// lookAt makes the dry run of an upload, at once or as a job, and leads to
// its page.
func lookAt(d *desk.Desk, up id.ID, u uploaded) error {
	to := path(up) + "/plan"
	if u.Bytes <= atOnce {
		if err := makePlan(d.Context(), d.Rooms, up); err != nil {
			return err
		}
		return d.Redirect(to)
	}
	if err := os.Remove(filepath.Join(folder(d.Rooms, up), "plan.json")); err != nil && !os.IsNotExist(err) {
		return err
	}
	err := d.Act(func(tx *db.Tx) error {
		_, _, err := job.Enqueue(tx, KindPlan, up.String(), nil, job.Opt{MaxAttempts: 2, Total: u.Bytes})
		return err
	})
	if err != nil {
		return err
	}
	return d.Redirect(to)
}

func receive(d *desk.Desk, up id.ID) (u uploaded, err error) {
	u.At = d.DB.Now()
	if err := os.MkdirAll(folder(d.Rooms, up), 0o700); err != nil {
		return u, err
	}
	parts, err := d.MultipartReader()
	if err != nil {
		return u, fault.New(fault.Invalid, "form.broken", "a form with files was expected")
	}
	fields := map[string]string{}
	for {
		p, err := parts.NextPart()
		if err == io.EOF {
			break
		}
		if err == nil {
			err = take(d, up, p, &u, fields)
		}
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return u, fault.New(fault.TooLarge, "form.too_large", "the upload is larger than %d bytes", large.Limit)
		}
		if err != nil {
			return u, err
		}
	}
	if len(u.Files) == 0 {
		return u, fault.New(fault.Invalid, "import.no_file", "name at least one file to import")
	}
	u.Options, err = options(fields)
	return u, err
}

// take stores one part of the form: a file in a folder of its own, or a field.
func take(d *desk.Desk, up id.ID, p *multipart.Part, u *uploaded, fields map[string]string) error {
	if p.FileName() == "" {
		b, err := io.ReadAll(io.LimitReader(p, maxField))
		fields[p.FormName()] = strings.TrimSpace(string(b))
		return err
	}
	if len(u.Files) == maxFiles {
		return fault.New(fault.TooLarge, "import.many_files", "an upload holds at most %d files", maxFiles)
	}
	dir := filepath.Join(folder(d.Rooms, up), strconv.Itoa(len(u.Files)))
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	at := filepath.Join(dir, safeName(p.FileName()))
	f, err := os.OpenFile(at, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	n, err := io.Copy(f, p)
	u.Files, u.Bytes = append(u.Files, at), u.Bytes+n
	return errors.Join(err, f.Close())
}

// safeName is a file's own name without anything that means something to a disk.
func safeName(name string) string {
	name = filepath.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.Map(func(c rune) rune {
		if unicode.IsControl(c) || strings.ContainsRune(`/\:*?"<>|`, c) {
			return '_'
		}
		return c
	}, name)
	if r := []rune(name); len(r) > 80 {
		name = string(r[len(r)-80:])
	}
	if strings.Trim(name, ". ") == "" {
		return "file"
	}
	return name
}

func options(fields map[string]string) (o exchange.Options, err error) {
	o = exchange.Options{Dialect: fields["dialect"], Strict: fields["strict"] == "yes"}
	if fields["consent"] == "" {
		return o, nil
	}
	purpose, channel, _ := strings.Cut(fields["consent"], ":")
	o.Consent = &exchange.Asserted{Purpose: purpose, Channel: channel, Evidence: fields["evidence"]}
	if fields["evidence"] == "" {
		err = fault.New(fault.Invalid, "import.evidence", "say what shows the consent").In("evidence")
	}
	return o, err
}

// sweep removes uploads whose import has ended, and those nobody came back to.
func sweep(d *desk.Desk) {
	all, err := filepath.Glob(filepath.Join(d.Uploads, "import-*"))
	for _, at := range all {
		up, bad := id.Parse(strings.TrimPrefix(filepath.Base(at), "import-"))
		if bad == nil && stale(d, up) {
			err = errors.Join(err, os.RemoveAll(at))
		}
	}
	if err != nil {
		d.Log.Warn("old uploads were not removed", "error", err)
	}
}

func stale(d *desk.Desk, up id.ID) bool {
	u, err := readUpload(d.Rooms, up)
	if err != nil || u.Import == 0 {
		return d.DB.Now().Sub(desk.Time(up.Ms())) > kept
	}
	var m *exchange.Import
	err = d.Look(func(tx *db.Tx) (err error) { m, err = d.Exchange.Get(tx, u.Import); return err })
	return err == nil && m.State != "running"
}
