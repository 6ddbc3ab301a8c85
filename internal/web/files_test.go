package web_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/law"
	"kartotek/internal/rights"
	"kartotek/internal/rights/intake"
	"kartotek/internal/rightsdef"
	"kartotek/internal/scan"
	"kartotek/internal/web/door"
)

func withFiles(r *door.Rooms) {
	withDesk(r)
	r.Scan = &scan.Room{DB: r.DB, Keys: r.Keys, Media: r.Media, Spend: func(tx *db.Tx, files ...id.ID) error {
		tx.AfterCommit(func() { _, _ = r.Keys.Forget(files...) })
		return nil
	}}
	r.Rights.Files = r.Scan
	r.Intake = &intake.Room{DB: r.DB, Keys: r.Keys, Rights: r.Rights, Scan: r.Scan, Party: r.Party}
}

const aPDF = "%PDF-1.7\n1 0 obj\n<< >>\nendobj\nstartxref\n9\n%%EOF\n"

func fileForm(t *testing.T, name, content, identity string) (body, kind string) {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	f, err := m.CreateFormFile("file", name)
	if err != nil {
		t.Fatal(err)
	}
	f.Write([]byte(content))
	if identity != "" {
		m.WriteField("identity", identity)
	}
	m.Close()
	return b.String(), m.FormDataContentType()
}

// The clerk's form takes a letter down with its days, its envelope, whoever asks in the
// person's name, and the scans; the clock starts on the day of arrival, whatever the
// scans or the authority are like, and nothing is ever written to a temporary folder.
func TestClerksForm(t *testing.T) {
	w := newWorld(t, withFiles)
	cookie := w.signedIn("dpo@nordanvind.example", "dpo")
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "gone"))
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for name, value := range map[string]string{"kind": "access", "channel": "agent", "arrived": "2026-09-01", "signed": "2026-08-28", "envelope": "postmark Vasa 29.8.", "name": "Åsa Öbergsson",
		"said": "Send me everything", "agent_name": "Byrå Ab", "authority": "signed letter", "authority_on": "2026-01-01", "authority_until": "2026-08-31", "delivery": "known"} {
		m.WriteField(name, value)
	}
	for _, f := range [][3]string{{"scan", "letter.pdf", aPDF + strings.Repeat(" ", 3<<20) + "%%EOF\n"}, {"scan", "x.png", "<svg onload=alert(1)>"}, {"id_document", "IMG_1.pdf", aPDF}} {
		part, err := m.CreateFormFile(f[0], f[1])
		if err != nil {
			t.Fatal(err)
		}
		part.Write([]byte(f[2]))
	}
	m.Close()
	wantStatus(t, w.ask("POST", "/requests", b.String(), "Content-Type", m.FormDataContentType(), "Cookie", cookie), http.StatusSeeOther)
	var c *rights.Case
	var files []scan.File
	var events []rights.Event
	w.do(func(tx *db.Tx) error {
		all, err := w.Rights.List(tx, rights.Filter{})
		if err != nil || len(all) != 1 {
			t.Fatalf("%d cases, %v", len(all), err)
		}
		c = all[0]
		if files, err = w.Scan.List(tx, c.Person, c.ID); err == nil {
			events, err = w.Rights.Timeline(tx, c)
		}
		return err
	})
	if c.Received != "2026-09-01" || c.Clock.First != law.Date("2026-10-01") || !c.Agent {
		t.Errorf("received %s, due %s", c.Received, c.Clock.First)
	}
	if len(files) != 3 || files[0].State != scan.Kept || files[1].State != scan.Refused || files[2].State != scan.Held || files[0].Via != scan.ByClerk {
		t.Errorf("%+v", files)
	}
	if !slices.ContainsFunc(events, func(e rights.Event) bool { return e.Kind == "authority" }) {
		t.Error("nobody is told that the authority had ended")
	}
	page := text(t, w.get("/requests/"+c.ID.String(), "Cookie", cookie))
	for _, want := range []string{"postmark Vasa", "Byrå Ab", "letter.pdf"} {
		if !strings.Contains(page, want) {
			t.Errorf("the case does not show %q", want)
		}
	}
}

// A document of a case is handed out as a file that no browser runs and nothing keeps,
// to those who work with requests; an identity document is shown once.
func TestCaseFiles(t *testing.T) {
	w := newWorld(t, withFiles)
	cookie := w.signedIn("dpo@nordanvind.example", "dpo")
	var c *rights.Case
	w.do(func(tx *db.Tx) (err error) {
		c, err = w.Rights.Open(tx, rights.Intake{Kind: rightsdef.Access, Channel: "post", Requester: rights.Requester{Name: "Åsa Öbergsson"}})
		return err
	})
	at := "/requests/" + c.ID.String() + "/files"
	up := func(name, content, identity string) {
		t.Helper()
		body, kind := fileForm(t, name, content, identity)
		wantStatus(t, w.ask("POST", at, body, "Content-Type", kind, "Cookie", cookie), http.StatusSeeOther)
	}
	up("../brev å.pdf", aPDF, "")
	up("x.png", "<svg onload=alert(1)>", "")
	up("IMG_0412.pdf", aPDF, "yes")
	var all []scan.File
	files := func() []scan.File {
		w.do(func(tx *db.Tx) (err error) { all, err = w.Scan.List(tx, c.Person, c.ID); return err })
		return all
	}
	if files(); len(all) != 3 || all[0].State != scan.Kept || all[1].State != scan.Refused || all[2].State != scan.Held {
		t.Fatalf("%+v", all)
	}
	page := w.get(at, "Cookie", cookie)
	wantStatus(t, page, http.StatusOK)
	if body := text(t, page); !strings.Contains(body, "brev å.pdf") || strings.Contains(body, "<svg onload") {
		t.Errorf("%s", body)
	}
	one := func(f id.ID) string { return at + "/" + f.String() }
	res := w.get(one(all[0].ID), "Cookie", cookie)
	wantStatus(t, res, http.StatusOK)
	for name, want := range map[string]string{"Content-Type": "application/pdf", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Content-Security-Policy": "default-src 'none'; sandbox"} {
		if got := res.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if got := res.Header.Get("Content-Disposition"); !strings.HasPrefix(got, "attachment; ") || strings.Contains(got, "..") || text(t, res) != aPDF {
		t.Errorf("handed out as %q", got)
	}
	if w.logged("case.file_read") != 1 {
		t.Error("the reading is not logged")
	}
	for _, f := range all[1:] {
		wantStatus(t, w.get(one(f.ID), "Cookie", cookie), http.StatusConflict)
	}
	before := w.dump()
	w.get(one(all[2].ID)+"/once", "Cookie", cookie)
	if w.dump() != before {
		t.Error("a look changed something")
	}
	shown := w.ask("POST", one(all[2].ID)+"/once", "", "Cookie", cookie)
	wantStatus(t, shown, http.StatusOK)
	if text(t, shown) != aPDF || shown.Header.Get("Cache-Control") != "no-store" {
		t.Error("not shown")
	}
	if again := w.ask("POST", one(all[2].ID)+"/once", "", "Cookie", cookie); again.StatusCode == http.StatusOK {
		t.Error("shown twice")
	}
	wantStatus(t, w.ask("POST", one(all[0].ID)+"/destroy", "", "Cookie", cookie), http.StatusSeeOther)
	if files(); all[0].State != scan.Destroyed || all[2].State != scan.Destroyed || all[2].GoneWhy != scan.Shown {
		t.Errorf("%+v", all)
	}
	if strings.Contains(w.log.String(), "brev") {
		t.Error("a file's name is in the log")
	}
	marketer := w.signedIn("marketer@nordanvind.example", "marketing")
	for _, path := range []string{at, one(all[0].ID), "/requests/mailbox"} {
		wantStatus(t, w.get(path, "Cookie", marketer), http.StatusForbidden)
	}
	wantStatus(t, w.get(at), http.StatusSeeOther)
}

// TestIdentityDocumentCannotBeReached: not by a guessed number, through another case,
// by an old address, as a thumbnail, by a second look, in the log, or in any part of the
// register, once it was shown; before that, only by the one act that destroys it.
func TestIdentityDocumentCannotBeReached(t *testing.T) {
	w := newWorld(t, withFiles)
	cookie := w.signedIn("dpo@nordanvind.example", "dpo")
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "gone"))
	open := func(name string) (c *rights.Case) {
		w.do(func(tx *db.Tx) (err error) {
			c, err = w.Rights.Open(tx, rights.Intake{Kind: rightsdef.Access, Channel: "post", Requester: rights.Requester{Name: name}})
			return err
		})
		return c
	}
	c, other := open("Åsa Öbergsson"), open("Bo Ek")
	at := "/requests/" + c.ID.String() + "/files"
	secret := "%PDF-1.7\n% CANARY-PASSPORT-0412\nstartxref\n9\n%%EOF\n"
	body, kind := fileForm(t, "CANARY-NAME passport.pdf", secret, "yes")
	wantStatus(t, w.ask("POST", at, body, "Content-Type", kind, "Cookie", cookie), http.StatusSeeOther)
	var f scan.File
	w.do(func(tx *db.Tx) error {
		all, err := w.Scan.List(tx, c.Person, c.ID)
		f = all[0]
		return err
	})
	one := at + "/" + f.ID.String()
	never := []string{one, one + "?thumbnail=1", one + "/thumbnail", one + "/once", one + ".pdf", at + "/" + (f.ID + 1).String(), at + "/" + (f.ID - 1).String(),
		"/requests/" + other.ID.String() + "/files/" + f.ID.String(), "/media/" + f.ID.String(), "/pictures/" + f.ID.String()}
	reached := func(when string) {
		t.Helper()
		for _, path := range never {
			if res := w.get(path, "Cookie", cookie); res.StatusCode == http.StatusOK || strings.Contains(text(t, res), "CANARY-PASSPORT") {
				t.Errorf("%s: %s gives %d", when, path, res.StatusCode)
			}
		}
		for _, path := range []string{"/requests/" + other.ID.String() + "/files/" + f.ID.String() + "/once", at + "/" + (f.ID + 1).String() + "/once"} {
			if res := w.ask("POST", path, "", "Cookie", cookie); res.StatusCode == http.StatusOK {
				t.Errorf("%s: %s gives it", when, path)
			}
		}
	}
	reached("waiting")
	for _, who := range []string{"", w.signedIn("marketer@nordanvind.example", "marketing")} {
		if res := w.ask("POST", one+"/once", "", "Cookie", who); res.StatusCode == http.StatusOK {
			t.Error("somebody without the right is shown it")
		}
	}
	shown := w.ask("POST", one+"/once", "", "Cookie", cookie)
	if text(t, shown) != secret || shown.Header.Get("Cache-Control") != "no-store" {
		t.Error("not shown")
	}
	reached("destroyed")
	for _, act := range []string{"/once", "/release", "/others"} {
		if res := w.ask("POST", one+act, "", "Cookie", cookie); res.StatusCode == http.StatusOK {
			t.Errorf("%s after it was destroyed: %d", act, res.StatusCode)
		}
	}
	for what, where := range map[string]string{"the program's log": w.log.String(), "the register": w.dump(), "the page": text(t, w.get(at, "Cookie", cookie))} {
		if strings.Contains(where, "CANARY") {
			t.Errorf("it is left in %s", what)
		}
	}
	w.do(func(tx *db.Tx) error {
		var left []byte
		_, err := tx.One(db.SQL(db.OnePerson, `SELECT content FROM case_files WHERE bucket = $1 AND person_id = $2 AND file_id = $3`), []any{&left}, c.Person.Bucket(), int64(c.Person), int64(f.ID))
		if len(left) > 0 {
			t.Errorf("%d bytes are left", len(left))
		}
		return err
	})
}

// A clerk's form that is refused keeps what was written and the files that came with it:
// sent again it makes the case with them, and what was unticked is not among them.
func TestRefusedFormKeepsFiles(t *testing.T) {
	w := newWorld(t, withFiles)
	cookie := w.signedIn("dpo@nordanvind.example", "dpo")
	send := func(fields, files [][2]string) *http.Response {
		t.Helper()
		var b bytes.Buffer
		m := multipart.NewWriter(&b)
		for _, f := range fields {
			m.WriteField(f[0], f[1])
		}
		for _, f := range files {
			part, err := m.CreateFormFile(f[0], f[1])
			if err != nil {
				t.Fatal(err)
			}
			part.Write([]byte(aPDF))
		}
		m.Close()
		return w.ask("POST", "/requests", b.String(), "Content-Type", m.FormDataContentType(), "Cookie", cookie)
	}
	form := [][2]string{{"kind", "access"}, {"channel", "post"}, {"arrived", "2026-09-01"}, {"name", "Åsa Öbergsson"}, {"delivery", "known"}}
	res := send(append(form, [2]string{"signed", "2026-09-02"}), [][2]string{{"scan", "letter.pdf"}, {"scan", "page 2.pdf"}, {"id_document", "IMG_1.pdf"}})
	wantStatus(t, res, http.StatusUnprocessableEntity)
	page := text(t, res)
	batch := regexp.MustCompile(`name="waiting" value="([^"]+)"`).FindStringSubmatch(page)
	ticks := regexp.MustCompile(`name="waiting_file" value="([^"]+)" checked`).FindAllStringSubmatch(page, -1)
	if batch == nil || len(ticks) != 3 || !strings.Contains(page, "page 2.pdf") || !strings.Contains(page, "Åsa Öbergsson") {
		t.Fatalf("the form forgot: %v %v", batch, ticks)
	}
	form = append(form, [2]string{"waiting", batch[1]}, [2]string{"waiting_file", ticks[0][1]}, [2]string{"waiting_file", ticks[2][1]})
	wantStatus(t, send(form, [][2]string{{"scan", "late.pdf"}}), http.StatusSeeOther)
	w.do(func(tx *db.Tx) error {
		all, err := w.Rights.List(tx, rights.Filter{})
		if err != nil || len(all) != 1 {
			t.Fatalf("%d cases, %v", len(all), err)
		}
		files, err := w.Scan.List(tx, all[0].Person, all[0].ID)
		if len(files) != 3 || files[0].Name != "letter.pdf" || files[1].State != scan.Held || files[2].Name != "late.pdf" {
			t.Errorf("%+v", files)
		}
		return err
	})
	res = send(form, nil)
	wantStatus(t, res, http.StatusUnprocessableEntity)
	if page := text(t, res); strings.Contains(page, "waiting_file") {
		t.Error("files that are gone are offered again")
	}
}
