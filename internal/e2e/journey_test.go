package e2e

import (
	"archive/zip"
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kartotek/internal/catcher"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
)

// engines runs a test on a register of either engine, not yet made.
func engines(t *testing.T, fn func(t *testing.T, s store)) {
	t.Run("sqlite", func(t *testing.T) { fn(t, folder(t)) })
	t.Run("postgres", func(t *testing.T) {
		fn(t, store{"--dsn", dbtest.Empty(t), "--keys", filepath.Join(t.TempDir(), "keys")})
	})
}

// open reads a register behind the program's back.
func (s store) open(t testing.TB) *sql.DB {
	t.Helper()
	driver, dsn := "pgx", s[1]
	if s[0] == "--data" {
		driver, dsn = "sqlite", filepath.Join(s.dir(), db.FileName)
	}
	d, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// counts reads a query of names and numbers.
func counts(t testing.TB, d *sql.DB, query string) map[string]int {
	t.Helper()
	rows, err := d.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	out := map[string]int{}
	for rows.Next() {
		var name string
		var n int
		if err := rows.Scan(&name, &n); err != nil {
			t.Fatal(err)
		}
		out[name] = n
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// sent is the answer of campaign send --json.
type sent struct {
	Audience, Allowed       int
	Blocked                 map[string]int
	Sent, Failed, Uncertain int
	Waiting                 int
}

// verdict is a line of decide --json.
type verdict struct {
	Person, Address, Code string
	Allowed               bool
	Because               []struct{ Rule, Citation, Evidence string }
}

// The export: people as Mailchimp gives them, in the words of a Swedish account.
const (
	exportHead = "E-postadress,Förnamn,Efternamn,Ort,Land,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LATITUDE,LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION,"
	exportTail = "LEID,EUID,NOTES,TAGS\n"
)

// subscribers is how many of the export have confirmed.
const subscribers = 8

func subscriber(n int) string { return fmt.Sprintf("person%d@post.example", n) }

// mailchimp writes the ZIP, with the file of refusals last.
func mailchimp(t *testing.T) string {
	t.Helper()
	yes := exportHead + "LAST_CHANGED," + exportTail
	for n := range subscribers {
		yes += fmt.Sprintf("%s,Åsa %d,Öberg,Åbo,FI,2,2024-05-01 09:30:00,192.0.2.7,2024-05-01 09:34:00,192.0.2.7,,,,,,FI,,2024-06-01 10:00:00,%d,e%d,,vip\n", subscriber(n), n, n, n)
	}
	yes += "unknown@post.example,Bo,Exempel,Vasa,FI,2,,,,,,,,,,FI,,2024-06-01 10:00:00,90,x,,\n"
	yes += "not an address,Dan,Exempel,Vasa,FI,2,,,,,,,,,,FI,,2024-06-01 10:00:00,91,y,,\n"
	no := exportHead + "UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_CAMPAIGN_ID,UNSUB_REASON,UNSUB_REASON_OTHER," + exportTail +
		"gone@post.example,Cia,Åkesson,Borgå,FI,2,,,2020-05-01 09:34:00,192.0.2.7,,,,,,FI,,2025-02-03 04:05:06,Vår,c1,NORMAL,,92,z,,\n"
	cleaned := exportHead + "CLEAN_TIME,CLEAN_CAMPAIGN_TITLE,CLEAN_CAMPAIGN_ID," + exportTail +
		"bounced@post.example,Erik,Exempel,Vasa,FI,2,,,2020-05-01 09:34:00,192.0.2.7,,,,,,FI,,2025-02-03 04:05:06,Vår,c1,93,w,,\n"
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	for _, f := range [][2]string{{"subscribed", yes}, {"cleaned", cleaned}, {"unsubscribed", no}} {
		w, err := z.Create(f[0] + "_email_audience_export_1.csv")
		if err == nil {
			_, err = w.Write([]byte(f[1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return write(t, "export.zip", buf.String())
}

// letter writes a campaign file.
func letter(t testing.TB, name, purpose, class string) string {
	t.Helper()
	return write(t, "letter.yaml", fmt.Sprintf(`name: %s
purpose: %s
class: %s
channel: email
from: Fyrskär <brev@fyrskar.example>
subject: "%s, {{ person.first_name }}"
audience: everyone
body: |
  # Hej {{ person.first_name }}

  Brev nummer ett, till %s.
`, name, purpose, class, name, "{{ person.city }}"))
}

// journey is a company on its way.
type journey struct {
	*testing.T
	store
	base string // where its pages are served
	mail *catcher.Catcher
	read int // mails looked at so far
}

// TestJourney is the way from a tool left behind to a newsletter, and to "no thanks".
func TestJourney(t *testing.T) {
	engines(t, func(t *testing.T, s store) {
		j := &journey{T: t, store: s}
		j.begin()
		j.leaveMailchimp()
		_, j.base = serve(t, s...)
		j.pages()
		mails := j.newsletter("June letter", subscribers)
		j.links(mails)
		j.forbidByForm(mails[0])
		j.oneClick(mails[1])
		j.letterByPost(subscriber(2))
		said := []string{mails[0].To, mails[1].To, subscriber(2)}
		j.reachesNone(j.newsletter("July letter", subscribers-len(said)), said)
		j.reachesAll(j.send("Price change", "relationship", "service"), said)
		j.nothingTwice()
		j.whyStays(mails[0])
		if v := parsed[struct{ OK bool }](t, done(t, s.with("verify", "--json")...)); !v.OK {
			t.Error("verify found something wrong")
		}
	})
}

var wrote = regexp.MustCompile(`wrote (\S+notice\.yaml)`)

// begin writes a notice from answers, checks it and puts it in force.
func (j *journey) begin() {
	answers := "Fyrskär Ab\n0737546-2\nFyrvägen 1\n22100\nMariehamn\nFI\ninfo@fyrskar.example\n\nEbba Fyr\ndata@fyrskar.example\n\n\n"
	r := answer(j, answers, j.with("init")...)
	m := wrote.FindStringSubmatch(r.err)
	if r.code != 0 || m == nil {
		j.Fatalf("init: %+v", r)
	}
	if r := kartotek(j, j.with("decide", "--purpose", "newsletter", "--channel", "email")...); r.code != 1 {
		j.Errorf("something is decided without a notice in force: %+v", r)
	}
	done(j, "notice", "check", m[1])
	done(j, j.with("notice", "publish", m[1], "--approved-by", "Ebba Fyr")...)
}

// leaveMailchimp imports the export: dry, for real, and again.
func (j *journey) leaveMailchimp() {
	file, rejects := mailchimp(j.T), filepath.Join(j.TempDir(), "rejects.csv")
	type figures struct {
		Rows, Rejected, Unchanged int
		Created                   int `json:"people_created"`
		Permissions               struct{ Consent, Prohibition, Unknown int }
	}
	plan := parsed[figures](j, done(j, j.with("import", file, "--dry-run", "--json")...))
	if n := len(strings.TrimSpace(done(j, j.with("export", "people", "--format", "jsonl")...))); n != 0 {
		j.Error("the dry run stored people")
	}
	real := parsed[figures](j, done(j, j.with("import", file, "--rejects", rejects, "--json")...))
	if plan != real || real.Rows != subscribers+4 || real.Created != subscribers+3 || real.Rejected != 1 || real.Permissions.Consent != subscribers {
		j.Errorf("dry run %+v, import %+v", plan, real)
	}
	if text, err := os.ReadFile(rejects); err != nil || !strings.Contains(string(text), "invalid_email") {
		j.Errorf("rejects: %v %s", err, text)
	}
	if again := parsed[figures](j, done(j, j.with("import", file, "--json")...)); again.Created != 0 || again.Unchanged != subscribers+3 {
		j.Errorf("again: %+v", again)
	}
	j.why(subscriber(0), true, "CONSENT", "6(1)(a)")
	j.why("unknown@post.example", false, "NO-CONSENT", "13(1)")
	j.why("gone@post.example", false, "PROHIBITED-CHANNEL", "21(3)")
}

// why asks what may be sent to one person by the newsletter, and for which reason.
func (j *journey) why(address string, allowed bool, code, citation string) {
	j.Helper()
	v := parsed[verdict](j, done(j, j.with("decide", "--purpose", "newsletter", "--channel", "email", "--person", address, "--json")...))
	if v.Allowed != allowed || v.Code != code || len(v.Because) == 0 || !strings.Contains(v.Because[0].Citation, citation) {
		j.Errorf("%s: %+v, want %v %s %s", address, v, allowed, code, citation)
	}
}

// pages looks at the public notice in every language.
func (j *journey) pages() {
	for lang, word := range map[string]string{"sv": "Nyhetsbrev", "fi": "Uutiskirje", "en": "Newsletter"} {
		p := fetch(j, j.base+"/notice/"+lang)
		if p.status != http.StatusOK || !strings.Contains(p.body, word) || !strings.Contains(p.body, "Fyrskär Ab") {
			j.Errorf("notice in %s: %d", lang, p.status)
		}
	}
}

// send sends a campaign to everyone and gives the mails that came of it.
func (j *journey) send(name, purpose, class string) []catcher.Mail {
	j.Helper()
	if j.mail == nil {
		j.mail = catch(j)
	}
	out := parsed[sent](j, done(j, j.with("campaign", "send", letter(j, name, purpose, class), "--smtp", j.mail.URL(), "--base-url", j.base, "--json")...))
	left := 0
	for _, n := range out.Blocked {
		left += n
	}
	if out.Audience != subscribers+3 || out.Allowed+left != out.Audience || out.Sent != out.Allowed || out.Failed+out.Uncertain+out.Waiting != 0 {
		j.Errorf("%s: %+v", name, out)
	}
	list := j.mail.List(j.mail.Count()-j.read, 0)
	j.read = j.mail.Count()
	var mails []catcher.Mail
	for _, s := range list {
		m, _ := j.mail.Get(s.ID)
		mails = append(mails, m)
	}
	if len(mails) != out.Sent {
		j.Errorf("%s: %d sent, %d caught", name, out.Sent, len(mails))
	}
	slices.SortFunc(mails, func(a, b catcher.Mail) int { return strings.Compare(a.To, b.To) })
	return mails
}

// newsletter sends one, and looks that every person of the audience has a verdict.
func (j *journey) newsletter(name string, want int) []catcher.Mail {
	j.Helper()
	mails := j.send(name, "newsletter", "marketing")
	if len(mails) != want {
		j.Errorf("%s: %d mails, want %d", name, len(mails), want)
	}
	d := j.open(j)
	all := counts(j, d, `SELECT m.state || ' ' || m.code, count(*) FROM messages m JOIN campaigns c ON c.campaign_id = m.campaign_id
		WHERE c.name = '`+name+`' AND m.code <> '' AND m.pack <> '' AND m.decided_at > 0 GROUP BY m.state || ' ' || m.code`)
	n := 0
	for what, people := range all {
		n += people
		if strings.HasPrefix(what, "sent") != (what == "sent CONSENT") {
			j.Errorf("%s: %d people are %s", name, people, what)
		}
	}
	if n != subscribers+3 || all["sent CONSENT"] != want {
		j.Errorf("%s: verdicts %v", name, all)
	}
	return mails
}

// links looks that each mail can be answered with no, and asked why.
func (j *journey) links(mails []catcher.Mail) {
	for _, m := range mails {
		if m.Header["List-Unsubscribe-Post"] != "List-Unsubscribe=One-Click" {
			j.Errorf("%s: no one-click", m.To)
		}
		for _, kind := range []string{"u", "p", "w"} {
			if in, again := j.link(m, kind), slices.Contains(mailLinks(m.Text), j.link(m, kind)); !again {
				j.Errorf("%s: the link %s stands in the HTML only", m.To, in)
			}
			if p := fetch(j, j.link(m, kind)); p.status != http.StatusOK {
				j.Errorf("link %s: %d", kind, p.status)
			}
		}
		if !strings.Contains(m.Text, "Hej Åsa") || !strings.Contains(m.Subject, "Åsa") {
			j.Errorf("not addressed: %q", m.Subject)
		}
	}
}

var httpLink = regexp.MustCompile(`https?://[^\s"'<>()]+`)

func mailLinks(text string) []string { return httpLink.FindAllString(text, -1) }

// link finds a mail's link of a kind: p preferences, u unsubscribe, w why.
func (j *journey) link(m catcher.Mail, kind string) string {
	j.Helper()
	for _, l := range append(mailLinks(m.HTML), mailLinks(m.Header["List-Unsubscribe"])...) {
		if strings.HasPrefix(l, j.base+"/"+kind+"/") {
			return l
		}
	}
	j.Fatalf("%s: no link %s in the mail", m.To, kind)
	return ""
}

// forbidByForm opens the preference page and takes away every tick that concerns e-mail.
func (j *journey) forbidByForm(m catcher.Mail) {
	at := j.link(m, "p")
	page := fetch(j, at)
	var on []string
	form := page.form(j)
	for _, shown := range form["shown"] {
		if slices.Contains(form["on"], shown) && !strings.HasSuffix(shown, ":email") {
			on = append(on, shown)
		}
	}
	form["on"] = on
	form.Set("op", "save")
	saved := post(j, at, form)
	if saved.status != http.StatusOK {
		j.Fatalf("saving preferences: %d", saved.status)
	}
	for _, still := range fetch(j, at).form(j)["on"] {
		if strings.HasSuffix(still, ":email") {
			j.Errorf("%s is still ticked", still)
		}
	}
}

// oneClick does what a mail provider does: no cookie, no referrer, one POST.
func (j *journey) oneClick(m catcher.Mail) {
	at := strings.Trim(m.Header["List-Unsubscribe"], "<> ")
	if at != j.link(m, "u") {
		j.Errorf("List-Unsubscribe %q", at)
	}
	fetch(j, at) // a scanner's look changes nothing
	if v := parsed[verdict](j, done(j, j.with("decide", "--purpose", "newsletter", "--channel", "email", "--person", m.To, "--json")...)); !v.Allowed {
		j.Error("opening the link unsubscribed")
	}
	for range 2 { // providers may send it twice
		if p := post(j, at, url.Values{"List-Unsubscribe": {"One-Click"}}); p.status != http.StatusOK {
			j.Errorf("one-click: %d", p.status)
		}
	}
}

func (j *journey) letterByPost(address string) {
	done(j, j.with("permission", "set", address, "prohibit", "--purpose", "newsletter", "--channel", "email",
		"--evidence", "letter: please send me no more", "--received", "2026-05-04")...)
	if text := done(j, j.with("person", "show", address, "--json")...); !strings.Contains(text, "letter: please send me no more") || !strings.Contains(text, `"effective": "2026-05-04"`) {
		j.Errorf("the letter is not shown: %s", text)
	}
}

func (j *journey) reachesNone(mails []catcher.Mail, said []string) {
	for _, m := range mails {
		if slices.Contains(said, m.To) {
			j.Errorf("%s said no and got %q", m.To, m.Subject)
		}
	}
}

func (j *journey) reachesAll(mails []catcher.Mail, said []string) {
	var got []string
	for _, m := range mails {
		got = append(got, m.To)
	}
	for _, who := range said {
		if !slices.Contains(got, who) {
			j.Errorf("%s did not get the service message", who)
		}
	}
}

// nothingTwice asks for both newsletters again.
func (j *journey) nothingTwice() {
	for _, name := range []string{"June letter", "July letter"} {
		done(j, j.with("campaign", "send", letter(j, name, "newsletter", "marketing"), "--smtp", j.mail.URL(), "--base-url", j.base)...)
	}
	if n := j.mail.Count(); n != j.read {
		j.Errorf("%d mails went out again", n-j.read)
	}
}

// whyStays asks for the reasons of a mail whose recipient has said no since: the
// decision of then, made again, is the same.
func (j *journey) whyStays(m catcher.Mail) {
	if p := fetch(j, j.link(m, "w")); p.status != http.StatusOK || !strings.Contains(p.body, "2024") {
		j.Errorf("why: %d\n%s", p.status, p.body)
	}
	person := parsed[struct{ Permissions []json.RawMessage }](j, done(j, j.with("person", "show", m.To, "--json")...))
	if len(person.Permissions) < 2 {
		j.Errorf("the person's page does not tell of the consent and the no: %s", person.Permissions)
	}
}
