package admin_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"kartotek/internal/db"
	"kartotek/internal/i18n"
	"kartotek/internal/outbox"
	"kartotek/internal/returns"
)

// answered is the page that answers a form in place.
func (w *world) answered(path string, form url.Values) (int, string) {
	w.t.Helper()
	rec := w.ask("POST", path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()), "en")
	return rec.Code, plain(rec.Body.String())
}

// TestSuppressionPage holds, checks and lifts addresses, and keeps them out of addresses and the log.
func TestSuppressionPage(t *testing.T) {
	w := newWorld(t, "owner")
	const at = "/outreach/suppression"
	w.get(at).has("No address is held")
	if to := w.post(at+"/add", url.Values{"address": {"P0@fjord.example"}, "class": {"all"}, "reason": {"staff"}}); to != at {
		t.Error("led to", to)
	}
	for _, lang := range i18n.Langs {
		w.read(at, lang, http.StatusOK).want("table.list", 1)
	}
	for address, want := range map[string][]string{
		"p0@fjord.example": {"Another reason", "everything", "Åsa Åkesson", "Lift"}, "new@fjord.example": {"The address is not held"}, "no address": {"This is not a telephone number"}} {
		code, text := w.answered(at+"/check", url.Values{"address": {address}})
		if (code == http.StatusOK) != strings.Contains(address, "@") {
			t.Errorf("%s: answered %d", address, code)
		}
		for _, words := range want {
			if !strings.Contains(text, words) {
				t.Errorf("%s: %q is not on the page: %s", address, words, text)
			}
		}
	}
	if n := w.logged("suppress.check"); n != 2 {
		t.Error("checks logged:", n)
	}
	w.post(at+"/lift", url.Values{"address": {"p0@fjord.example"}, "kind": {"email"}, "class": {"all"}, "reason": {"staff"}})
	w.post(at+"/add", url.Values{"address": {"p0@fjord.example"}, "class": {"marketing"}, "reason": {"asked"}})
	if code, _ := w.answered(at+"/lift", url.Values{"address": {"p0@fjord.example"}, "kind": {"email"}, "class": {"marketing"}, "reason": {"asked"}}); code != http.StatusForbidden {
		t.Error("what the owner asked for is lifted by staff:", code)
	}
}

// TestSuppressionList reads a list as a browser sends it, replaces it and takes it away.
func TestSuppressionList(t *testing.T) {
	w := newWorld(t, "owner")
	const at = "/outreach/suppression"
	send := func(text string) string {
		var b bytes.Buffer
		m := multipart.NewWriter(&b)
		for _, f := range [][2]string{{"name", "Robinson"}, {"source", ""}, {"kind", "email"}, {"class", "marketing"}, {"country", ""}, {"column", ""}} {
			if err := m.WriteField(f[0], f[1]); err != nil {
				t.Fatal(err)
			}
		}
		part, err := m.CreateFormFile("file", `C:\lists\robinson.txt`)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write([]byte(text)); err != nil || m.Close() != nil {
			t.Fatal(err)
		}
		return w.ask("POST", at+"/list", m.FormDataContentType(), &b, "en").Header().Get("Location")
	}
	send("p0@fjord.example\np3@fjord.example\nnobody\n")
	w.get(at).has("marketing and surveys 2", "robinson.txt").hasNot("C:")
	send("p3@fjord.example\n")
	w.get(at).has("marketing and surveys 1")
	if code, text := w.answered(at+"/check", url.Values{"address": {"p3@fjord.example"}}); code != http.StatusOK || !strings.Contains(text, "It stands as long as the list names it") || strings.Contains(text, "Lift") {
		t.Error(code, text)
	}
	w.post(at+"/list/drop", url.Values{"name": {"Robinson"}})
	w.get(at).has("No address is held")
}

// TestSuppressionLevels holds that only who may do so adds, checks and reads lists.
func TestSuppressionLevels(t *testing.T) {
	w := newWorld(t, "marketing")
	w.get("/outreach/suppression").hasNot("Hold an address")
	for _, path := range []string{"/add", "/lift", "/check"} {
		if code, _ := w.answered("/outreach/suppression"+path, url.Values{"address": {"p0@fjord.example"}, "class": {"all"}, "reason": {"staff"}}); code != http.StatusForbidden {
			t.Errorf("%s: answered %d", path, code)
		}
	}
	w.get("/outreach/returns").hasNot("Folder to read")
}

// TestReturnsPage enters a mailbox and judges a new address.
func TestReturnsPage(t *testing.T) {
	w := newWorld(t, "owner")
	const at = "/outreach/returns"
	w.get(at).has("Nobody has answered with a new address", "Folder to read")
	box := url.Values{"host": {"127.0.0.1"}, "port": {"1"}, "security": {"none"}, "user": {"returns"}, "password": {"canary-77"}, "folder": {"INBOX"}, "handled": {"Handled"}, "op": {"try"}}
	if code, text := w.answered(at+"/mailbox", box); code != http.StatusOK || !strings.Contains(text, "The server does not answer") {
		t.Error(code, text)
	}
	box.Set("op", "save")
	w.post(at+"/mailbox", box)
	d := w.get(at)
	d.has("about to be read").hasNot("canary-77")
	box.Set("port", "none")
	if code, text := w.answered(at+"/mailbox", box); code != http.StatusUnprocessableEntity || !strings.Contains(text, "A port is a number") {
		t.Error(code, text)
	}
	box.Set("op", "drop")
	w.post(at+"/mailbox", box)
	var m outbox.Message
	w.do(func(tx *db.Tx) error {
		m = outbox.Message{ID: tx.NewID(), Person: w.people["Åkesson"], Campaign: 7, Class: "marketing", Purpose: "newsletter", Channel: "email", State: outbox.Sent, HandedAt: tx.Now(), Done: tx.Now(), Notice: 1}
		return w.Outbox.Add(tx, []outbox.Message{m})
	})
	err := returns.ReadMailbox(t.Context(), strings.NewReader("From: p0@fjord.example\nDelivered-To: "+outbox.ReturnPath(w.Keys, "x.example", m.Person, m.ID)+
		"\nSubject: Autosvar\nAuto-Submitted: auto-replied\n\nMin nya e-postadress är asa@ny.example\n"), func(mail *returns.Mail) error {
		_, err := w.Returns.Take(t.Context(), db.System("test"), []returns.Mail{*mail})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range i18n.Langs {
		w.read(at, lang, http.StatusOK).has("Åsa Åkesson", "asa@ny.example", "p0@fjord.example")
	}
	w.do(func(tx *db.Tx) error {
		_, _, err := w.Outbox.TakeReturn(tx, &m, "", outbox.Return{Kind: outbox.ReturnBounce, Code: "full"})
		return err
	})
	w.get("/people/"+m.Person.String()).has("Came back", "the mailbox is full")
	var notes []returns.Note
	w.do(func(tx *db.Tx) (err error) { notes, _, err = w.Returns.Waiting(tx, 5); return err })
	w.post(at+"/note", url.Values{"person": {notes[0].Person.String()}, "note": {notes[0].ID.String()}})
	w.get(at).hasNot("asa@ny.example")
	if w.logged("returns.notes") == 0 || w.logged("returns.judge") != 1 {
		t.Error("not logged")
	}
}
