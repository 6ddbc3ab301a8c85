package admin_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"kartotek/internal/campaign"
	"kartotek/internal/db"
	"kartotek/internal/party"
	"kartotek/internal/segment"
)

// mischief is what is written wherever people or their programs can write; the word
// says that it stands in a page, and where it acts.
var mischief = []string{
	`<script>mischief()</script>`, `"><img src=x onerror=mischief()>`, `' onfocus=mischief() autofocus='`, `</title><script>mischief()</script>`, `</textarea><svg onload=mischief()>`,
	`javascript:mischief()`, `<iframe srcdoc="<script>mischief()</script>">`, `{{mischief}}${mischief()}`, `<a href="javascript:mischief()">x</a>`,
}

// acts finds what a page would do because of it.
func acts(root *html.Node) (out []string) {
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		for _, a := range n.Attr {
			address := a.Key == "href" || a.Key == "src" || a.Key == "action" || a.Key == "formaction" || strings.HasPrefix(a.Key, "hx-")
			if strings.HasPrefix(a.Key, "on") || a.Key == "srcdoc" || address && strings.HasPrefix(strings.ToLower(strings.TrimSpace(a.Val)), "javascript:") {
				out = append(out, n.Data+" "+a.Key+"="+a.Val)
			}
		}
		inside := n.FirstChild != nil && strings.Contains(n.FirstChild.Data, "mischief")
		if slices.Contains([]string{"script", "style", "iframe", "svg", "object"}, n.Data) && inside {
			out = append(out, n.Data)
		}
	}
	return out
}

// mischievous is a register in which everything written is mischief: names, tags,
// organisations, letters, segments, files, columns.
func mischievous(t *testing.T) *world {
	w := newWorld(t, "owner")
	for i, m := range mischief {
		w.person(10+i, m, m+" L", m+" Oy", m, "consent")
		w.do(func(tx *db.Tx) error {
			src, err := w.Party.AddSource(tx, "import", m+".csv")
			if err != nil {
				return err
			}
			if _, err := w.Party.Edit(tx, w.people[m+" L"], src, []party.Pair{{Name: "title", Value: m}}); err != nil {
				return err
			}
			if err := w.Party.Tag(tx, w.people[m+" L"], m, true); err != nil {
				return err
			}
			if _, err := w.Segment.Save(tx, segment.Segment{Name: m, Text: `city = "Esbo"`}); err != nil {
				return err
			}
			c, err := w.Campaign.Save(tx, campaign.Campaign{Name: m, Purpose: "newsletter", Channel: "email", From: "Nordanvind <brev@nordanvind.example>", Subject: m, Body: "Hej " + m, Format: "html", Audience: "everyone"})
			if err == nil && i == 0 {
				err = w.Campaign.Start(tx, c.ID)
			}
			return err
		})
	}
	w.work(campaign.KindDecide, campaign.KindSend)
	w.upload("/import", map[string]string{mischief[1] + ".csv": "email,first_name," + mischief[0] + "\nz@people.example," + mischief[0] + "," + mischief[1] + "\n"}, url.Values{})
	return w
}

// TestMischiefIsText opens every page that can be reached, and finds what was written
// there as text and nothing of it at work.
func TestMischiefIsText(t *testing.T) {
	w := mischievous(t)
	queue, seen, shown := []string{"/"}, map[string]bool{}, 0
	kinds := map[string]int{}
	for len(queue) > 0 {
		path := queue[0]
		queue = queue[1:]
		if seen[path] || kinds[shape(path)] > 12 {
			continue
		}
		seen[path] = true
		kinds[shape(path)]++
		r := httptest.NewRequest("GET", path, nil)
		r.Header.Set("Cookie", w.cookie)
		r.Header.Set("User-Agent", mischief[0])
		r.Header.Set("Referer", "https://x.example/"+mischief[1])
		rec := httptest.NewRecorder()
		w.site.ServeHTTP(rec, r)
		if rec.Code >= http.StatusInternalServerError {
			t.Errorf("%s: %d", path, rec.Code)
		}
		if !strings.HasPrefix(rec.Header().Get("Content-Type"), "text/html") {
			continue
		}
		root, err := html.Parse(rec.Body)
		if err != nil {
			t.Fatal(err)
		}
		csp := rec.Header().Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'none'") {
			t.Errorf("%s: policy %q", path, csp)
		}
		for _, a := range acts(root) {
			t.Errorf("%s: %s", path, a)
		}
		var written strings.Builder
		for n := range root.Descendants() {
			if n.Type == html.TextNode {
				written.WriteString(n.Data)
			}
		}
		if strings.Contains(written.String(), "mischief") {
			shown++
		}
		for n := range root.Descendants() {
			if to := attr(n, "href"); n.Data == "a" && strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "//") {
				queue = append(queue, strings.SplitN(to, "#", 2)[0])
			}
			if to := attr(n, "src"); n.Data == "iframe" && strings.HasPrefix(to, "/") {
				queue = append(queue, to)
			}
		}
	}
	if shown < 40 {
		t.Errorf("it was found on %d of %d pages only: the way there has changed", shown, len(seen))
	}
	t.Logf("%d pages, %d of which show it", len(seen), shown)
}

// shape is an address without what differs between things of one kind.
func shape(path string) string {
	parts := strings.Split(strings.SplitN(path, "?", 2)[0], "/")
	for i, p := range parts {
		if strings.ContainsAny(p, "0123456789") {
			parts[i] = "{}"
		}
	}
	return strings.Join(parts, "/")
}
