package notices

import (
	"errors"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/notice"
	"kartotek/internal/noticedef"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/page"
)

func noDraft() error {
	return fault.New(fault.NotFound, "notice.no_draft", "the checked file is no longer here; upload it again")
}

// isDraft refuses what is no name of an uploaded file.
func isDraft(draft string) error {
	if _, err := id.Parse(draft); err != nil {
		return noDraft()
	}
	return nil
}

// check keeps an uploaded file and shows what is found in it.
func check(d *desk.Desk) error {
	src, err := upload(d)
	if err != nil {
		return d.Back("/notices", err)
	}
	draft := d.DB.NewID().String()
	if err := os.MkdirAll(d.Uploads, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(fileOf(d, draft), src, 0o600); err != nil {
		return err
	}
	return d.Redirect("/notices?draft=" + draft)
}

// upload is the notice as it was handed in: written in the page, or a file.
func upload(d *desk.Desk) ([]byte, error) {
	if _, err := d.Form(maxFile); err != nil {
		return nil, err
	}
	if text := d.PostFormValue("text"); text != "" {
		return []byte(strings.ReplaceAll(text, "\r\n", "\n")), nil
	}
	f, _, err := d.FormFile("file")
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) {
		return nil, fault.New(fault.Invalid, "form.missing", "choose a file").In("file")
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

// drafted is a checked file: what was found, and what it would change.
func drafted(d *desk.Desk, draft string, src []byte) *page.NoticeDraft {
	n, found := noticedef.Lint("notice.yaml", src, d.DB.Now())
	out := &page.NoticeDraft{ID: draft, Errors: noticedef.Errors(found), Today: d.Today(), Findings: findings(d, found)}
	if n == nil {
		return out
	}
	out.Effect = d.T("notice.effect", "purposes", len(n.Purposes), "fields", len(n.Fields()))
	if day, ok := n.Effective.Time(); ok && string(n.Effective) > out.Today {
		out.Today = day.Format("2006-01-02")
	}
	if d.Version > 0 {
		out.Changes = &page.NoticeChanges{From: d.Version, To: d.Version + 1, Items: changes(d, noticedef.Diff(d.Facts, n))}
	}
	return out
}

// findings are put in words: the code's own title in the reader's language, what
// exactly is wrong, the field and the line.
func findings(d *desk.Desk, list []noticedef.Finding) (out []page.Finding) {
	for _, f := range list {
		x := page.Finding{Code: f.Code, Text: noticedef.CodeTitle(f.Code, d.Lang()), Place: f.Field, Citation: f.Article, Tone: page.Wait}
		if f.Line > 0 {
			x.Place += ":" + strconv.Itoa(f.Line)
		}
		if f.Severity == noticedef.SeverityError {
			x.Tone = page.No
		}
		if d.Lang() == "en" || f.Code[0] == 'Y' || x.Text == "" {
			x.Text = joined(x.Text, f.Message)
		}
		out = append(out, x)
	}
	return out
}

func joined(title, message string) string {
	if title == "" {
		return message
	}
	return title + ": " + message
}

// publish puts a checked file in force.
func publish(d *desk.Desk) error {
	f, err := d.Form(0)
	if err != nil {
		return err
	}
	draft := f.Get("draft")
	src, err := readDraft(d, draft)
	if err != nil {
		return err
	}
	approved, err := f.Need("approved_by", 120)
	if err != nil {
		return d.Back("/notices?draft="+draft, err)
	}
	var v *notice.Version
	err = d.Act(func(tx *db.Tx) error {
		if v, err = d.Rooms.Notice.Publish(tx, src, approved, f.Get("effective")); err != nil {
			return err
		}
		return audit.Write(tx, audit.Entry{Action: "notice.publish", Kind: "notice", Object: v.Hash})
	})
	if notice.FindingsOf(err) != nil {
		return d.Redirect("/notices?draft=" + draft) // the page says what was found
	}
	if err != nil {
		return d.Back("/notices?draft="+draft, err)
	}
	if err := os.Remove(fileOf(d, draft)); err != nil {
		d.Log.Warn("a published draft was not removed", "error", err)
	}
	return d.Done("/notices", d.T("notice.published", "n", v.Number))
}

// drop forgets an uploaded file.
func drop(d *desk.Desk) error {
	f, err := d.Form(0)
	if err != nil {
		return err
	}
	if err := isDraft(f.Get("draft")); err != nil {
		return err
	}
	if err := os.Remove(fileOf(d, f.Get("draft"))); err != nil && !os.IsNotExist(err) {
		return err
	}
	return d.Done("/notices", d.T("notice.dropped"))
}
