package admin_test

import (
	"bytes"
	"image"
	"image/png"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"

	"kartotek/internal/campaign"
	"kartotek/internal/campaign/def"
	"kartotek/internal/campaign/letter"
	"kartotek/internal/compose/blocks"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/media"
)

// writing is a world with the notice's own terms and a draft in blocks.
func writing(t *testing.T, level string) (w *world, at string, read func() *campaign.Campaign) {
	w = newWorld(t, level)
	w.Campaign.Terms = letter.WithBase("http://register.example", letter.NoticeTerms(w.Notice))
	var which id.ID
	read = func() (c *campaign.Campaign) {
		w.do(func(tx *db.Tx) (err error) { c, err = w.Campaign.Get(tx, which); return err })
		return c
	}
	which = w.letter()
	c := read()
	c.Format, c.Body = "blocks", `[{"type":"text","text":"Hej {{ person.first_name | default: \"du\" }}"}]`
	w.do(func(tx *db.Tx) error { _, err := w.Campaign.Save(tx, *c); return err })
	return w, "/outreach/" + which.String(), read
}

// fields is the editor's form as a browser would send it back.
func (w *world) fields(at string) url.Values {
	w.t.Helper()
	return editorFields(w.get(at + "/compose"))
}

func editorFields(d *doc) url.Values {
	f := url.Values{}
	for e := range d.root.Descendants() {
		name := attr(e, "name")
		if name != "changed" && name != "format" && name != "subject" && name != "preheader" && name != "accent" && !strings.HasPrefix(name, "blocks.") || strings.HasSuffix(name, ".file") {
			continue
		}
		switch e.Data {
		case "select":
			f.Set(name, "")
			for o := range e.Descendants() {
				if o.Data == "option" && flagged(o, "selected") {
					f.Set(name, attr(o, "value"))
				}
			}
		case "textarea":
			f.Set(name, "")
			if e.FirstChild != nil {
				f.Set(name, e.FirstChild.Data)
			}
		case "input":
			if attr(e, "type") != "checkbox" || flagged(e, "checked") {
				f.Set(name, attr(e, "value"))
			}
		}
	}
	return f
}

// press presses a button of the editor and gives the form that comes back.
func (w *world) press(at, op string, f url.Values) url.Values {
	w.t.Helper()
	f.Set("op", op)
	code, body := w.send(at+"/compose", f)
	if code != http.StatusOK {
		w.t.Fatalf("%s: status %d: %.300s", op, code, plain(body))
	}
	return editorFields(parse(w.t, op, body))
}

func TestEditorWithoutScript(t *testing.T) {
	w, at, read := writing(t, "owner")
	f := w.fields(at)
	for _, kind := range blocks.Kinds {
		f = w.press(at, "add.blocks."+string(kind), f)
	}
	f = w.press(at, "add.blocks.5.1.button", f) // in the second column
	f.Set("blocks.1.text", "Nytt")
	f.Set("blocks.5.0.0.text", "Vänster")
	f.Set("blocks.5.1.1.text", "Mer")
	f.Set("blocks.5.1.1.href", "https://nordanvind.example/mer")
	f = w.press(at, "up.blocks.1", f)
	f = w.press(at, "copy.blocks.0", f)
	f = w.press(at, "down.blocks.0", f)
	f = w.press(at, "drop.blocks.3", f) // the empty text
	if c := read(); strings.Contains(c.Body, "Nytt") {
		t.Error("a button that changes blocks stored them")
	}
	f.Set("preheader", "Läs")
	f.Set("accent", "#AA0000")
	f.Set("op", "save")
	w.post(at+"/compose", f)
	l, err := blocks.Parse(read().Body)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, b := range l.Blocks {
		kinds = append(kinds, string(b.Type))
	}
	if got := strings.Join(kinds, " "); got != "heading heading text image button columns divider spacer footer" || l.Blocks[0].Text != "Nytt" || l.Preheader != "Läs" || l.Accent != "#aa0000" {
		t.Errorf("%s\n%s", got, l)
	}
	if x := l.At("blocks.5.1.1"); x == nil || x.Href != "https://nordanvind.example/mer" || l.At("blocks.5.0.0").Text != "Vänster" {
		t.Errorf("%s", l)
	}
	w.get(at+"/compose").has("A block is not filled in").want("fieldset.card-block", -1)
	w.get(at).has("A block of the letter is not filled in") // it cannot go like this
}

// What cannot be is said where it stands, and what was typed is kept.
func TestEditorRefuses(t *testing.T) {
	w, at, read := writing(t, "owner")
	before := read().Body
	for _, c := range []struct{ field, value, words string }{
		{"blocks.0.text", "Hej {{ person.shoe_size }}", "lists no such field. person.shoe_size"},
		{"blocks.0.text", "Hej {{ person.billing_reference }}", "this purpose uses the field. person.billing_reference"},
		{"blocks.0.text", "Hej {{ env.PATH }}", "no such variable"},
		{"blocks.0.text", "{% for i in (1..1000000000) %}x{% endfor %}", "A loop counts"},
		{"subject", "{{ person.billing_reference }}", "this purpose uses the field"},
		{"blocks.0.align", "justify", "left, in the middle or right"},
		{"accent", "red", "#1f5f7a"},
		{"changed", "1", "Somebody else changed"},
	} {
		f := w.fields(at)
		f.Set(c.field, c.value)
		f.Set("op", "save")
		code, body := w.send(at+"/compose", f)
		d := parse(t, c.field, body)
		d.has(c.words, "Nothing is stored yet.")
		if back := editorFields(d); code != http.StatusOK || c.field == "blocks.0.text" && back.Get(c.field) != c.value {
			t.Errorf("%s=%s: %d, came back as %q", c.field, c.value, code, back.Get(c.field))
		}
	}
	f := w.fields(at)
	f.Set("blocks.0.type", "script")
	f.Set("op", "save")
	if code, body := w.send(at+"/compose", f); code != http.StatusOK || !strings.Contains(body, "no such block") {
		t.Errorf("a block of another kind: %d", code)
	}
	f.Set("format", "pdf")
	if code, _ := w.send(at+"/compose", f); code != http.StatusBadRequest && code != http.StatusUnprocessableEntity {
		t.Errorf("another format: %d", code)
	}
	if got := read().Body; got != before {
		t.Errorf("stored %s", got)
	}
}

// TestToBlocks turns a letter in Markdown into blocks, with the letters of its test.
func TestToBlocks(t *testing.T) {
	w, at, read := writing(t, "owner")
	c := read()
	c.Format, c.Body = "markdown", "# Nytt\n\nHej"
	c.Options.Split = &campaign.Split{Others: []campaign.Variant{{Subject: "B", Body: "Andra"}, {Subject: "C"}}, Share: 20, Measure: def.Unsubscribes, Hours: 4}
	w.do(func(tx *db.Tx) error { _, err := w.Campaign.Save(tx, *c); return err })
	code, body := w.send(at+"/compose", url.Values{"changed": {w.fields(at).Get("changed")}, "format": {"markdown"}, "subject": {"Hej"}, "body": {c.Body}, "op": {"blocks"}})
	f := editorFields(parse(t, "blocks", body))
	if code != http.StatusOK || f.Get("blocks.0.text") != c.Body || f.Get("format") != "blocks" {
		t.Fatalf("%d %v", code, f)
	}
	f.Set("op", "save")
	w.post(at+"/compose", f)
	second := w.get(at + "/compose?letter=2")
	second.has("Letter 2")
	g := editorFields(second)
	g.Set("blocks.0.text", "Ännu en")
	g.Set("op", "save")
	w.post(at+"/compose?letter=2", g)
	got := read()
	if !strings.Contains(got.Options.Split.Others[0].Body, "Ännu en") || strings.Contains(got.Body, "Ännu en") || got.Options.Split.Others[1].Body != "" {
		t.Errorf("%+v", got.Options.Split)
	}
	w.get(at+"/preview?letter=2").has("Ännu en", "Letter 3")
}

// Each letter of a test keeps to what the newsletter's purpose uses, wherever it is
// written: in the editor, on the page of the test, and when the purpose changes.
func TestLettersOfATestKeepToThePurpose(t *testing.T) {
	w, at, read := writing(t, "owner")
	form := w.form(at + "/options")
	form.Set("variant_on_2", "yes")
	form.Set("variant_on_3", "yes")
	form.Set("variant_subject_3", "Tredje")
	w.post(at+"/options", form)
	first := read().Body
	if s := read().Options.Split; s == nil || len(s.Others) != 2 || s.Others[0].Body != first || s.Others[1] != (campaign.Variant{Subject: "Tredje", Body: first}) {
		t.Fatalf("%+v", s)
	}
	second := w.get(at + "/compose?letter=2")
	for _, c := range []struct{ field, value string }{
		{"blocks.0.text", "Faktura {{ person.billing_reference }}"},
		{"blocks.0.text", "{% if person.billing_reference %}x{% endif %}"},
		{"blocks.0.text", "[x](https://nordanvind.example/?r={{ person.billing_reference }})"},
		{"preheader", "{{ person.billing_reference }}"},
		{"subject", "{{ person.billing_reference }}"},
	} {
		f := editorFields(second)
		f.Set(c.field, c.value)
		f.Set("op", "save")
		code, body := w.send(at+"/compose?letter=2", f)
		parse(t, c.field, body).has("this purpose uses the field", "person.billing_reference")
		if s := read().Options.Split; code != http.StatusOK || s.Others[0].Body != first || s.Others[0].Subject != "" {
			t.Errorf("%s: %d, stored %+v", c.value, code, s.Others[0])
		}
	}
	form = w.form(at + "/options")
	if form.Get("variant_on_2") != "yes" || form.Get("variant_on_4") != "" || form.Get("variant_body_2") != "" {
		t.Errorf("the form: %v", form)
	}
	form.Set("variant_subject_2", "{{ person.billing_reference }}")
	if _, body := w.send(at+"/options", form); !strings.Contains(body, "this purpose uses the field") {
		t.Error("a subject with a field of another purpose was stored")
	}
	form.Set("variant_subject_2", "")
	form.Del("variant_on_3")
	w.post(at+"/options", form)
	if s := read().Options.Split; len(s.Others) != 1 || s.Others[0].Body != first {
		t.Errorf("%+v", s)
	}
	c := read() // as an import or an older program might have left it
	c.Options.Split.Others[0].Body = `[{"type":"button","text":"{{ person.billing_reference }}","href":"https://nordanvind.example/"}]`
	w.do(func(tx *db.Tx) error { _, err := w.Campaign.Save(tx, *c); return err })
	w.do(func(tx *db.Tx) error {
		if err := w.Campaign.Start(tx, c.ID); fault.KeyOf(err) != "template.unused_field" {
			t.Errorf("started with a letter that shows what its purpose does not use: %v", err)
		}
		return nil
	})
}

// sendFile sends a form with one file.
func (w *world) sendFile(path, field, name string, content []byte, f url.Values) *httptest.ResponseRecorder {
	w.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	file, err := m.CreateFormFile(field, name)
	if err != nil {
		w.t.Fatal(err)
	}
	_, _ = file.Write(content)
	for k := range f {
		_ = m.WriteField(k, f.Get(k))
	}
	m.Close()
	return w.ask("POST", path, m.FormDataContentType(), &b, "en")
}

func samplePNG(t *testing.T) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewNRGBA(image.Rect(0, 0, 30, 20))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestPictures follows a picture from the form into the letter, and out again.
func TestPictures(t *testing.T) {
	w, at, read := writing(t, "owner")
	f := w.press(at, "add.blocks.image", w.fields(at))
	f.Set("blocks.1.alt", "Ett filter")
	f.Set("op", "upload")
	rec := w.sendFile(at+"/compose", "blocks.1.file", `C:\Bilder\filter.png`, samplePNG(t), f)
	f = editorFields(parse(t, "upload", rec.Body.String()))
	src := f.Get("blocks.1.src")
	if rec.Code != http.StatusOK || !strings.HasPrefix(src, media.Path) {
		t.Fatalf("%d %v", rec.Code, f)
	}
	f.Set("op", "save")
	w.post(at+"/compose", f)
	if c := read(); !strings.Contains(c.Body, src) {
		t.Error(c.Body)
	}
	w.get("/pictures").has("in 1 newsletter").want("ul.pictures", 1)
	body := w.ask("GET", at+"/body?as=nobody", "", nil, "en")
	if !strings.Contains(body.Body.String(), `src="data:image/png;base64,`) || !strings.Contains(body.Header().Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("%v %.2000s", body.Header(), body.Body)
	}
	one := "/pictures/" + strings.TrimPrefix(src, media.Path)
	w.post(one, url.Values{"name": {"Filter"}, "alt": {"Ett nytt filter"}})
	w.get("/pictures").want("input[value=Ett nytt filter]", 1)
	w.post(one, url.Values{"name": {""}})
	w.post(one+"/remove", url.Values{})
	w.get("/pictures").want("ul.pictures", 0)
}

func TestPicturesRefused(t *testing.T) {
	w, at, _ := writing(t, "owner")
	for name, content := range map[string]string{"x.png": "<svg onload=alert(1)>", "x.html": "<script>alert(1)</script>", "x.jpg": "\xff\xd8\xff broken", "": ""} {
		rec := w.sendFile("/pictures", "file", name, []byte(content), nil)
		if rec.Code != http.StatusSeeOther {
			t.Errorf("%s: %d", name, rec.Code)
		}
	}
	f := w.press(at, "add.blocks.image", w.fields(at))
	f.Set("op", "save")
	rec := w.sendFile(at+"/compose", "blocks.1.file", "x.png", []byte("<svg>"), f)
	parse(t, "svg", rec.Body.String()).has("no PNG, JPEG, GIF or WebP", "Nothing is stored yet.")
	w.get("/pictures").want("ul.pictures", 0)
}

// TestDraftInFrame shows what is typed, with nobody's values, stores nothing, and
// can do nothing.
func TestDraftInFrame(t *testing.T) {
	w, at, read := writing(t, "owner")
	before := read().Body
	hostile, err := os.ReadFile("../../compose/testdata/hostile.txt")
	if err != nil {
		t.Fatal(err)
	}
	f := w.fields(at)
	f.Set("blocks.0.text", "Hej {{ person.first_name | default: \"du\" }}\n\n"+string(hostile))
	rec := w.ask("POST", at+"/compose/draft", "application/x-www-form-urlencoded", strings.NewReader(f.Encode()), "en")
	page := rec.Body.String()
	if rec.Code != http.StatusOK || !strings.Contains(page, "Hej du") || strings.Contains(page, "<script") || strings.Contains(page, "onerror=\"") {
		t.Errorf("%d %.3000s", rec.Code, page)
	}
	if p := rec.Header().Get("Content-Security-Policy"); !strings.Contains(p, "sandbox") || strings.Contains(p, "script-src") || strings.Contains(p, "allow-scripts") || strings.Contains(p, "allow-same-origin") {
		t.Error(p)
	}
	f.Set("blocks.0.text", "{{ person.shoe_size }}")
	if rec := w.ask("POST", at+"/compose/draft", "application/x-www-form-urlencoded", strings.NewReader(f.Encode()), "en"); !strings.Contains(rec.Body.String(), "shoe_size") {
		t.Errorf("%s", rec.Body)
	}
	if read().Body != before || w.logged("campaign.save") != 0 {
		t.Error("a draft in the frame was stored")
	}
}

// TestPreviewAsPerson shows the verdict and the values of whoever is searched for,
// logs it, and sends a test to one address.
func TestPreviewAsPerson(t *testing.T) {
	w, at, _ := writing(t, "owner")
	w.get(at+"/preview?q=oberg").has("Öberg", "Has forbidden all marketing").want("select[id=as]", 1).hasNot("Åkesson")
	w.get(at + "/preview?q=nobodyatall").has("Nobody was found")
	d := w.get(at + "/preview?as=" + w.people["Åkesson"].String())
	d.has("Åsa", "Consent", "First name", "As plain text")
	if w.logged("person.search") != 2 || w.logged("campaign.preview") < 3 {
		t.Error("looking at people's letters was not logged")
	}
	w.post(at+"/preview", url.Values{"to": {"proof@nordanvind.example"}, "as": {w.people["Åkesson"].String()}})
	got := w.Catcher.List(10, 0)
	if len(got) != 1 || !strings.Contains(got[0].Subject, "[Test]") || !strings.Contains(got[0].Subject, "Åsa") {
		t.Errorf("%+v", got)
	}
	w.post(at+"/preview", url.Values{"to": {"p1@fjord.example"}}) // Eero, who said no
	if n := len(w.Catcher.List(10, 0)); n != 1 {
		t.Errorf("%d mails: a test reached somebody who said no", n)
	}
}

// A level that does not send writes no letters, and gets no pictures.
func TestEditorNeedsTheRight(t *testing.T) {
	w, at, _ := writing(t, "owner")
	f := w.fields(at)
	w.signIn("finance")
	for _, path := range []string{at + "/compose", "/pictures"} {
		w.read(path, "en", http.StatusForbidden)
	}
	for _, path := range []string{at + "/compose", at + "/compose/draft", at + "/preview", "/pictures"} {
		if code, _ := w.send(path, f); code != http.StatusForbidden {
			t.Errorf("POST %s: %d", path, code)
		}
	}
}
