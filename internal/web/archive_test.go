package web_test

import (
	"encoding/xml"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"kartotek/internal/campaign"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
)

// sent is a newsletter that has gone out, to nobody, because nobody is in the register.
func (w *world) sent(c campaign.Campaign) *campaign.Campaign {
	w.t.Helper()
	w.n++
	c.Purpose, c.Channel, c.From, c.Audience = "newsletter", "email", "Nordanvind <news@nordanvind.example>", "everyone"
	if c.Name == "" {
		c.Name = "Letter " + c.Subject
	}
	if err := w.send(&c); err != nil {
		w.t.Fatalf("%v: %s", err, c.Body)
	}
	var out *campaign.Campaign
	w.do(func(tx *db.Tx) (err error) { out, err = w.Campaign.Named(tx, c.Name); return err })
	if out.State != campaign.Done {
		w.t.Fatalf("the letter is %s", out.State)
	}
	return out
}

func (w *world) send(c *campaign.Campaign) error {
	_, err := w.Campaign.Run(w.t.Context(), c, campaign.RunOptions{By: db.System("test"), Workers: 1, Log: slog.New(slog.DiscardHandler)})
	return err
}

func (w *world) publish(which id.ID, on bool) {
	w.t.Helper()
	w.do(func(tx *db.Tx) error { return w.Campaign.Publish(tx, which, on) })
}

var everybody = campaign.Options{Archive: true, Clicks: true}

// TestArchive reads letters without an account, in the languages they are written
// in, with nobody's values in them.
func TestArchive(t *testing.T) {
	w := newWorld(t)
	multi := w.sent(campaign.Campaign{Subject: `{% if person.language == "fi" %}Puhdas ilma{% else %}Ren luft, å{% endif %}`, Language: "sv", Options: everybody,
		Body: `{% if person.language == "fi" %}Hei {{ person.first_name | default: "sinä" }}{% else %}Hej {{ person.first_name | default: "du" }}{% endif %}, [läs](https://shop.example/one).

[Avsluta]({{ links.unsubscribe }})`})
	english := w.sent(campaign.Campaign{Subject: "Only English & <b>", Language: "en", Body: "All is well.", Options: everybody})
	secret := w.sent(campaign.Campaign{Subject: "Not for everybody", Language: "en", Body: "Hush."})

	list := func(lang string) string { r := w.get("/archive/" + lang); wantStatus(t, r, 200); return text(t, r) }
	if sv, fi, en := list("sv"), list("fi"), list("en"); !strings.Contains(sv, "Ren luft, å") || !strings.Contains(fi, "Puhdas ilma") ||
		!strings.Contains(en, "Only English &amp; &lt;b&gt;") || strings.Contains(sv+fi, "Only English") || strings.Contains(sv+fi+en, "Not for everybody") {
		t.Errorf("the lists are\n%s\n%s\n%s", sv, fi, en)
	}
	path := "/archive/" + multi.ID.String() + "/ren-luft-a"
	r := w.get(path)
	wantStatus(t, r, 200)
	body := text(t, r)
	for _, want := range []string{"Hej du", `href="https://shop.example/one"`, "Nordanvind", `lang="sv"`, "<title>Ren luft, å</title>", `href="https://register.example/notice"`, `hreflang="fi"`} {
		if !strings.Contains(body, want) {
			t.Errorf("the letter lacks %s:\n%s", want, body)
		}
	}
	for _, bad := range []string{"/c/", "/u/", "/p/", "/w/", "<script"} {
		if strings.Contains(body, bad) {
			t.Errorf("the letter holds %s", bad)
		}
	}
	if got := r.Header.Get("Content-Security-Policy"); got != page.ArchiveCSP || !strings.Contains(got, "sandbox") || strings.Contains(got, "allow-same-origin") || strings.Contains(got, "allow-scripts") {
		t.Error(got)
	}
	if len(r.Cookies()) != 0 {
		t.Error("a cookie is set")
	}
	if fi := w.get("/archive/" + multi.ID.String() + "/puhdas-ilma?lang=fi"); !strings.Contains(text(t, fi), "Hei sinä") || fi.Header.Get("Content-Language") != "fi" {
		t.Error("not in Finnish")
	}
	if to := w.get("/archive/" + multi.ID.String() + "/another"); to.StatusCode != http.StatusSeeOther || to.Header.Get("Location") != path+"?lang=sv" {
		t.Errorf("%d %s", to.StatusCode, to.Header.Get("Location"))
	}
	for _, gone := range []string{"/archive/" + secret.ID.String() + "/x", "/archive/1/x", "/archive/x/x", "/archive/de", "/archive/sv?before=%21", "/archive/de/rss.xml"} {
		wantStatus(t, w.get(gone), http.StatusNotFound)
	}

	// Kept for a while, and gone when taken out.
	tag := r.Header.Get("ETag")
	if tag == "" || !strings.Contains(r.Header.Get("Cache-Control"), "max-age=300") {
		t.Errorf("%q %q", tag, r.Header.Get("Cache-Control"))
	}
	if same := w.get(path, "If-None-Match", `"x", W/`+tag); same.StatusCode != http.StatusNotModified || text(t, same) != "" {
		t.Errorf("%d", same.StatusCode)
	}
	w.publish(multi.ID, false)
	wantStatus(t, w.get(path, "If-None-Match", tag), http.StatusNotFound)
	if strings.Contains(list("sv"), "Ren luft") {
		t.Error("it is still in the list")
	}
	w.publish(secret.ID, true)
	wantStatus(t, w.get("/archive/"+secret.ID.String()+"/not-for-everybody"), 200)
	wantStatus(t, w.get("/archive/"+english.ID.String()+"/only-english-b"), 200)
	if to := w.get("/archive", "Accept-Language", "fi"); to.Header.Get("Location") != "/archive/fi" {
		t.Error(to.Header.Get("Location"))
	}
}

// TestArchivePages goes through more letters than a page holds.
func TestArchivePages(t *testing.T) {
	w := newWorld(t)
	w.do(func(tx *db.Tx) error { return nil })
	for i := range 33 {
		w.sent(campaign.Campaign{Subject: "Letter number " + string(rune('A'+i)), Language: "en", Body: "x", Options: everybody})
	}
	first := text(t, w.get("/archive/en"))
	_, next, found := strings.Cut(first, `rel="next" href="`)
	if strings.Count(first, "Letter number") != 30 || !found {
		t.Fatalf("%d letters on the first page", strings.Count(first, "Letter number"))
	}
	next, _, _ = strings.Cut(next, `"`)
	if second := text(t, w.get(next)); strings.Count(second, "Letter number") != 3 || strings.Contains(second, `rel="next"`) {
		t.Errorf("%d letters on the second", strings.Count(second, "Letter number"))
	}
}

// TestFeed reads the feed as a program does.
func TestFeed(t *testing.T) {
	w := newWorld(t, func(r *door.Rooms) { r.BaseURL = "https://register.example" })
	w.sent(campaign.Campaign{Subject: "First ]]> <b>& co", Language: "en", Body: "Hello <b>all</b> & others, " + strings.Repeat("words ", 100), Options: everybody})
	w.sent(campaign.Campaign{Subject: "Second", Language: "en", Body: "x", Options: everybody})
	r := w.get("/archive/en/rss.xml")
	wantStatus(t, r, 200)
	if r.Header.Get("Content-Type") != "application/rss+xml; charset=utf-8" || r.Header.Get("ETag") == "" {
		t.Errorf("%v", r.Header)
	}
	raw := text(t, r)
	var feed struct {
		Version string `xml:"version,attr"`
		Channel struct {
			Title, Description, Language, LastBuildDate string
			Links                                       []struct {
				Href string `xml:"href,attr"`
				Rel  string `xml:"rel,attr"`
				Text string `xml:",chardata"`
			} `xml:"link"`
			Items []struct {
				Title       string `xml:"title"`
				Link        string `xml:"link"`
				Description string `xml:"description"`
				GUID        string `xml:"guid"`
				PubDate     string `xml:"pubDate"`
			} `xml:"item"`
		} `xml:"channel"`
	}
	if err := xml.Unmarshal([]byte(raw), &feed); err != nil {
		t.Fatalf("%v\n%s", err, raw)
	}
	items := feed.Channel.Items
	if feed.Version != "2.0" || len(items) != 2 || items[0].Title != "Second" || items[1].Title != "First ]]&gt; &lt;b>&amp; co" && items[1].Title != "First ]]> &lt;b>&amp; co" ||
		!strings.HasPrefix(items[0].Link, "https://register.example/archive/") || !strings.HasSuffix(items[1].Description, "…") || len(items[1].Description) > 300 {
		t.Errorf("%+v", feed)
	}
	if _, err := time.Parse(time.RFC1123Z, items[0].PubDate); err != nil || items[0].GUID == items[1].GUID {
		t.Errorf("%v %+v", err, items)
	}
	if self := feed.Channel.Links; len(self) != 2 || self[0].Text != "https://register.example/archive/en" || self[1].Href != "https://register.example/archive/en/rss.xml" || self[1].Rel != "self" {
		t.Errorf("%+v", self)
	}
	d := xml.NewDecoder(strings.NewReader(raw))
	for _, err := d.Token(); err != io.EOF; _, err = d.Token() {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestHostileArchive puts what attackers write into a letter that everybody reads.
func TestHostileArchive(t *testing.T) {
	w := newWorld(t)
	for i, body := range []string{
		`<script>alert(1)</script>x`, `<img alt=y src=x onerror=alert(1)>`, `<svg onload=alert(1)><p>x</p></svg>`, `<iframe src="https://evil.example"></iframe>x`,
		`<form action="https://evil.example"><input name=a></form>x`, `</td></tr></table></body></html><script>alert(1)</script>`, `<base href="https://evil.example/">x`, `<meta http-equiv="refresh" content="0;url=https://evil.example">x`,
		`<style>@import "https://evil.example/x.css"</style>x`, `<p style="background:url(https://evil.example/x)">x</p>`, `<object data="https://evil.example"></object>x`, `<!--><script>alert(1)</script>-->x`,
		`<math><mtext></form><form><mglyph><style></math><img alt=y src=x onerror=alert(1)>x`, `{{ person.email }}<p>x</p>`,
	} {
		if strings.Contains(body, "src=x") {
			body = strings.Replace(body, "src=x", "src=https://register.example/x.png", 1) // a picture from nowhere is not sent at all
		}
		if strings.Contains(body, "<style>") {
			body = "<p>x</p>" + body // what follows an open style sheet is none of the letter's text
		}
		c := w.sent(campaign.Campaign{Subject: `"><script>alert(1)</script> ` + string(rune('a'+i)), Format: "html", Language: "en", Body: body + "<p>All is well.</p>", Options: everybody})
		r := w.get("/archive/" + c.ID.String() + "/script-alert-1-script-" + string(rune('a'+i)))
		wantStatus(t, r, 200)
		page := strings.ToLower(text(t, r))
		for _, bad := range []string{"<script", "onerror", "onload", "javascript:", "<iframe", "<form", "<base", "http-equiv", "evil.example", "<object", "<svg", "@import"} {
			if strings.Contains(page, bad) {
				t.Errorf("%s: the page holds %s", body, bad)
			}
		}
		if strings.Count(page, "</html>") != 1 || !strings.Contains(r.Header.Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("%s: the page is broken open", body)
		}
	}
	err := w.send(&campaign.Campaign{Name: "x", Purpose: "newsletter", Channel: "email", From: "news@nordanvind.example", Audience: "everyone", Subject: "x", Format: "html", Body: `<a href="javascript:alert(1)">x</a>`})
	if !fault.Is(err, fault.Invalid) {
		t.Errorf("a script for an address is sent: %v", err)
	}
	for _, p := range []string{"/archive/en", "/archive/en/rss.xml"} {
		if strings.Contains(text(t, w.get(p)), "<script>alert") {
			t.Errorf("%s holds a script", p)
		}
	}
}
