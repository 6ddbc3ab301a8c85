package intake

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/job"
	"kartotek/internal/ledger"
	"kartotek/internal/media"
	"kartotek/internal/outbox"
	"kartotek/internal/party"
	"kartotek/internal/rights"
	"kartotek/internal/rightsdef"
	"kartotek/internal/scan"
	"kartotek/internal/seal"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var (
	schemas = []db.Schema{job.Schema, audit.Schema, party.Schema, ledger.Schema, outbox.Schema, media.Schema, scan.Schema, rights.Schema, Schema}
	tester  = db.System("test")
	clerk   = db.By{Kind: "staff", ID: 71, Name: "Asta"}
)

type catalogue struct{}

func (catalogue) HasField(name string) bool { return slices.Contains(party.ColumnFields, name) }

// world is a room with a desk, on a clock that tests move.
type world struct {
	*Room
	t     *testing.T
	clock *clock.Fixed
}

func each(t *testing.T, fn func(w *world)) {
	t.Helper()
	c := clock.At(dbtest.Start)
	dbtest.Each(t, schemas, func(t *testing.T, d *db.DB) {
		c.Move(dbtest.Start.Sub(c.Now()))
		fn(newWorld(t, d, c))
	}, dbtest.At(c))
}

func newWorld(t *testing.T, d *db.DB, c *clock.Fixed) *world {
	keys := seal.Fixed([32]byte{7})
	people := &party.Room{DB: d, Catalogue: func() party.Catalogue { return catalogue{} }}
	out := &outbox.Room{DB: d, Party: people, Ledger: &ledger.Room{DB: d, Keys: seal.Fixed([32]byte{7})}, Keys: keys}
	files := &scan.Room{DB: d, Keys: keys, Media: &media.Room{DB: d}, Spend: func(tx *db.Tx, files ...id.ID) error {
		tx.AfterCommit(func() { _, _ = keys.Forget(files...) })
		return nil
	}}
	desk := &rights.Room{DB: d, Keys: keys, Party: people, Outbox: out, Files: files, Terms: func(*db.Tx) (*rights.Terms, error) {
		return &rights.Terms{Version: 3, Authority: "FI", Country: "FI", Language: "sv", Contact: "dataskydd@nordanvind.example", Base: "https://register.example",
			Controller: rights.Controller{Name: "Nordanvind Oy", Street: "Exempelgatan 1", Postcode: "00100", City: "Helsingfors", Country: "FI"}}, nil
	}}
	people.Movers = []party.Mover{out.Ledger, out, desk, files}
	return &world{Room: &Room{DB: d, Keys: keys, Rights: desk, Scan: files, Party: people}, t: t, clock: c}
}

func (w *world) do(fn func(tx *db.Tx) error) {
	w.t.Helper()
	if err := w.DB.Do(w.t.Context(), clerk, fn); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) person(email string) (who id.ID) {
	w.t.Helper()
	w.do(func(tx *db.Tx) error {
		p, err := w.Party.Create(tx, party.New{Fields: []party.Pair{{Name: "first_name", Value: "Eva"}, {Name: "last_name", Value: "Åberg"}, {Name: "email", Value: email}, {Name: "language", Value: "fi"}}})
		if err == nil {
			who = p.ID
		}
		return err
	})
	return who
}

func (w *world) take(mail string) Result {
	w.t.Helper()
	w.clock.Move(time.Minute)
	res, err := w.Take(w.t.Context(), tester, Mail{Raw: []byte(strings.ReplaceAll(mail, "\n", "\r\n")), Taken: w.clock.Now()})
	if err != nil {
		w.t.Fatal(err)
	}
	return res
}

func (w *world) get(which id.ID) (c *rights.Case, items []rights.Item, files []scan.File) {
	w.t.Helper()
	w.do(func(tx *db.Tx) (err error) {
		if c, err = w.Rights.Get(tx, which); err == nil {
			items, err = w.Rights.Items(tx, c)
		}
		if err == nil {
			files, err = w.Scan.List(tx, c.Person, c.ID)
		}
		return err
	})
	return c, items, files
}

func (w *world) cases() int {
	w.t.Helper()
	n := 0
	w.do(func(tx *db.Tx) error {
		all, err := w.Rights.List(tx, rights.Filter{State: "all", Limit: 5000})
		n = len(all)
		return err
	})
	return n
}

// mail writes one.
func mail(from, subject, text string, fields ...string) string {
	return "From: " + from + "\nTo: privacy@company.example\nSubject: " + subject + "\n" + strings.Join(append(fields, ""), "\n") + "\n" + text + "\n"
}

// A mail is a case of what it asks for; who wrote it is proposed and not believed; the
// clock starts when a server of ours took it.
func TestMailOpens(t *testing.T) {
	each(t, func(w *world) {
		who := w.person("eva@people.example")
		res := w.take(mail("Eva Åberg <EVA@people.example>", "tiedot", "Mitä tietoja teillä on minusta? Ja poistakaa sitten kaikki tietoni.", "Message-ID: <1@people.example>",
			"Received: from mx by mail.company.example; Fri, 20 Nov 2026 23:30:00 +0200"))
		if res.Outcome != Opened || !res.Whole || !strings.HasPrefix(res.Ref, "R-2026-") {
			t.Fatalf("%+v", res)
		}
		c, items, _ := w.get(res.Case)
		if c.Kind != rightsdef.Access || c.Matched || c.Language != "fi" || c.Channel != "email" || c.Received != "2026-11-20" || c.Certainty != rightsdef.Claimed {
			t.Errorf("%+v", c)
		}
		if items[0].Content.Requester.Email != "EVA@people.example" || !strings.Contains(items[0].Content.Text, "poistakaa") {
			t.Errorf("%+v", items[0])
		}
		if n := w.cases(); n != 2 {
			t.Errorf("%d cases, want access and erasure", n)
		}
		w.do(func(tx *db.Tx) error {
			got, err := w.Proposed(tx, c)
			if got != who {
				t.Errorf("%v is proposed, want %v", got, who)
			}
			return err
		})
		if again := w.take(mail("Eva Åberg <EVA@people.example>", "tiedot", "Mitä tietoja teillä on minusta? Ja poistakaa sitten kaikki tietoni.", "Message-ID: <1@people.example>", "X-Other: way")); again.Outcome != Again || again.Case != res.Case {
			t.Errorf("%+v", again)
		}
	})
}

// What only protects the person takes effect at once for who the address belongs to.
func TestMailObjects(t *testing.T) {
	each(t, func(w *world) {
		who := w.person("eva@people.example")
		res := w.take(mail("eva@people.example", "Unsubscribe", "Please stop sending me newsletters."))
		if c, _, _ := w.get(res.Case); c.Kind != rightsdef.Objection || !c.Matched || c.Person != who {
			t.Errorf("%+v", c)
		}
	})
}

// What programs write opens nothing; what goes to many is left for people.
func TestMailOfMachines(t *testing.T) {
	each(t, func(w *world) {
		for name, c := range map[string]struct {
			mail string
			want Outcome
		}{
			"away":       {mail("eva@people.example", "Autosvar", "Jag är på semester. Radera mina uppgifter.", "Auto-Submitted: auto-replied"), Machine},
			"a bounce":   {mail("MAILER-DAEMON@mx.example", "Undelivered Mail Returned to Sender", "550 5.1.1 User unknown", "Return-Path: <>"), Machine},
			"our own":    {mail("privacy@company.example", "Your request R-2026-0001", "Please delete", "Auto-Submitted: auto-generated"), Machine},
			"newsletter": {mail("news@shop.example", "Delete your worries", "Delete all my data", "List-Unsubscribe: <https://shop.example/u>"), Bulk},
		} {
			if res := w.take(c.mail); res.Outcome != c.want {
				t.Errorf("%s: %+v", name, res)
			}
		}
		if n := w.cases(); n != 0 {
			t.Errorf("%d cases", n)
		}
	})
}

// A mail that names an open case goes onto it when it comes from the same address;
// from another it is a case of its own. After a pause the clock runs on.
func TestMailThreads(t *testing.T) {
	each(t, func(w *world) {
		first := w.take(mail("eva@people.example", "My data", "Please send me a copy of my personal data.", "Message-ID: <a@people.example>"))
		w.do(func(tx *db.Tx) error {
			c, err := w.Rights.Get(tx, first.Case)
			if err != nil {
				return err
			}
			return w.Rights.Pause(tx, c, rights.Asking{Why: rightsdef.WaitClarification, Text: "Which data?"})
		})
		if res := w.take(mail("Eva <eva@people.example>", "Re: Your request "+first.Ref, "All of it.\n\n> Which data?", "Message-ID: <b@people.example>")); res.Outcome != Added || res.Case != first.Case {
			t.Errorf("%+v", res)
		}
		c, items, _ := w.get(first.Case)
		if c.State == rightsdef.RequiresAction || !slices.ContainsFunc(items, func(i rights.Item) bool { return strings.Contains(i.Content.Text, "All of it.") }) {
			t.Errorf("%+v %+v", c, items)
		}
		if res := w.take(mail("eva@people.example", "one more thing", "And my invoices.", "In-Reply-To: <b@people.example>")); res.Outcome != Added || res.Case != first.Case {
			t.Errorf("by its thread: %+v", res)
		}
		for _, from := range []string{"mallory@other.example", ""} {
			if res := w.take(mail(from, "Re: "+first.Ref, "I withdraw the request.", "In-Reply-To: <a@people.example>")); res.Outcome != Opened || res.Case == first.Case {
				t.Errorf("from %q: %+v", from, res)
			}
		}
		w.do(func(tx *db.Tx) error {
			c, err := w.Rights.Get(tx, first.Case)
			if err == nil {
				err = w.Rights.Withdraw(tx, c)
			}
			return err
		})
		if res := w.take(mail("eva@people.example", "Re: "+first.Ref, "Please erase all my data after all.")); res.Outcome != Opened {
			t.Errorf("onto a closed case: %+v", res)
		}
	})
}

func attached(name, kind string, content []byte) string {
	return "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nPlease correct my name, see the file.\n--b\nContent-Type: " + kind +
		"\nContent-Disposition: attachment; filename=\"" + name + "\"\nContent-Transfer-Encoding: base64\n\n" + base64.StdEncoding.EncodeToString(content) + "\n--b--\n"
}

// Attachments are judged; none of them keeps the request out, and each leaves a trace.
func TestMailAttachments(t *testing.T) {
	each(t, func(w *world) {
		pdf := []byte("%PDF-1.7\n1 0 obj\n<< >>\nendobj\nstartxref\n9\n%%EOF\n")
		for i, c := range []struct {
			name    string
			content []byte
			state   scan.State
			code    scan.Code
			whole   bool
		}{
			{"letter.pdf", pdf, scan.Kept, "", true}, {"my passport.pdf", pdf, scan.Held, "", true}, {"../../x.svg", []byte("<svg onload=alert(1)>"), scan.Refused, scan.SVG, false},
			{"x.zip", []byte("PK\x03\x04"), scan.Refused, scan.Archive, false}, {"none.txt", nil, scan.Refused, scan.Empty, false},
		} {
			res := w.take(fmt.Sprintf("From: a%d@people.example\nSubject: name\n", i) + attached(c.name, "application/pdf", c.content))
			_, _, files := w.get(res.Case)
			if res.Outcome != Opened || res.Whole != c.whole || len(files) != 1 || files[0].State != c.state || files[0].Code != c.code {
				t.Errorf("%s: %+v %+v", c.name, res, files)
			}
		}
	})
}

// A mail that cannot be taken apart, one without anything, and one in another language
// are requests too.
func TestMailOdd(t *testing.T) {
	each(t, func(w *world) {
		for name, raw := range map[string]string{
			"too many parts": "From: a@people.example\nSubject: s\nContent-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--b\n\nx\n", 300),
			"nothing":        "", "no sender": "Subject: delete my data\n\nplease", "German": mail("d@people.example", "Anfrage", "Bitte löschen Sie alle meine Daten und bestätigen Sie mir das."),
			"binary": "\x00\x01\xff\xfe" + strings.Repeat("\xfe", 300), "long": mail("l@people.example", "long", strings.Repeat("word ", 100_000)),
		} {
			res := w.take(raw)
			if res.Outcome != Opened {
				t.Errorf("%s: %+v", name, res)
				continue
			}
			c, items, files := w.get(res.Case)
			if c.Kind == "" || len(items) == 0 || name == "too many parts" && (len(files) != 1 || files[0].Kind != scan.EML || !files[0].Locked) {
				t.Errorf("%s: %+v %+v", name, c, files)
			}
		}
	})
}

// A flood makes neither a thousand cases nor a thousand confirmations; no mail is lost.
func TestMailFlood(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t, schemas, dbtest.At(clock.At(dbtest.Start))), clock.At(dbtest.Start))
	seen := map[Outcome]int{}
	for i := range 210 {
		seen[w.take(mail("eva@people.example", fmt.Sprint("data ", i), fmt.Sprintf("Send me a copy of my personal data %d", i))).Outcome]++
	}
	if seen[Opened] != casesADay || seen[Added] != mailsADay-casesADay || seen[Later] != 10 {
		t.Errorf("%v", seen)
	}
	told := 0
	w.do(func(tx *db.Tx) error {
		all := 0
		_, err := tx.One(selTold, []any{&told, &all}, w.fromMAC("eva@people.example"), int64(0))
		return err
	})
	if told != 1 {
		t.Errorf("%d confirmations within the hour", told)
	}
	if res := w.take(mail("bo@people.example", "data", "Send me a copy of my personal data")); res.Outcome != Opened {
		t.Errorf("another sender: %+v", res)
	}
}

// What a clerk takes down: days that cannot be are pointed out, scans come along.
func TestRecord(t *testing.T) {
	each(t, func(w *world) {
		good := Paper{Intake: rights.Intake{Kind: rightsdef.Access, Channel: "post", Arrived: "2026-11-20", Text: "a signed letter", Requester: rights.Requester{Name: "Eva Åberg", Address: "Provgatan 1"}},
			Signed: "2026-11-18", Envelope: "postmark Vasa 19.11."}
		agent := &rights.Agent{Name: "Byrå Ab", Authority: "signed letter"}
		for want, change := range map[string]func(p *Paper){
			"intake.signed_later": func(p *Paper) { p.Signed = "2026-11-21" },
			"intake.date":         func(p *Paper) { p.Signed = "18.11.2026" },
			"rights.channel":      func(p *Paper) { p.Channel = "pigeon" },
			"intake.no_agent":     func(p *Paper) { p.Channel = "agent" },
			"intake.envelope":     func(p *Paper) { p.Envelope = strings.Repeat("x", maxNote+1) },
			"rights.arrived":      func(p *Paper) { p.Arrived, p.Signed = "2027-01-01", "" },
		} {
			p := good
			change(&p)
			if err := w.DB.Do(t.Context(), clerk, func(tx *db.Tx) error { _, err := w.Record(tx, p); return err }); fault.KeyOf(err) != want {
				t.Errorf("%s: %v", want, err)
			}
		}
		for want, change := range map[string]func(p *Paper){
			authorityLater: func(p *Paper) { p.Authority = "2026-11-21" },
			authorityPast:  func(p *Paper) { p.Authority, p.Until = "2026-01-01", "2026-11-19" },
			authorityNone:  func(p *Paper) { p.Agent = &rights.Agent{Name: "Byrå Ab"} },
		} {
			p := good
			p.Channel, p.Agent = "agent", agent
			change(&p)
			w.do(func(tx *db.Tx) error {
				c, err := w.Record(tx, p)
				if err != nil {
					return err
				}
				events, err := w.Rights.Timeline(tx, c)
				if c.Received != "2026-11-20" || !slices.ContainsFunc(events, func(e rights.Event) bool { return e.Kind == "authority" && e.Code == want }) {
					t.Errorf("%s: received %s, %+v", want, c.Received, events)
				}
				return err
			})
		}
		good.Channel, good.Agent, good.Authority = "agent", agent, "2026-11-01"
		good.Scans = []scan.Found{w.Scan.Look("authority.pdf", []byte("%PDF-1.7\nstartxref\n9\n%%EOF\n")), w.Scan.Look("a.pdf", []byte("%PDF-1.7\nstartxref\n9\n%%EOF\n"))}
		good.Scans[1].Identity = true
		var c *rights.Case
		w.do(func(tx *db.Tx) (err error) { c, err = w.Record(tx, good); return err })
		c, items, files := w.get(c.ID)
		if c.Received != "2026-11-20" || !c.Agent || c.OpenedBy != "Asta" || len(files) != 2 || files[0].State != scan.Kept || files[1].State != scan.Held || files[0].By != "Asta" {
			t.Errorf("%+v %+v", c, files)
		}
		if !slices.ContainsFunc(items, func(i rights.Item) bool {
			return i.Content.Facts["signed"] == "2026-11-18" && strings.Contains(i.Content.Facts["envelope"], "postmark Vasa")
		}) {
			t.Errorf("%+v", items)
		}
		who := w.person("eva@people.example")
		w.do(func(tx *db.Tx) error { return w.Rights.Match(tx, c, who) })
		if c, _, files := w.get(c.ID); c.Person != who || len(files) != 2 {
			t.Errorf("the files did not move with the case: %+v", files)
		}
		w.do(func(tx *db.Tx) error { return w.Rights.Unmatch(tx, c) })
		if c, _, files := w.get(c.ID); c.Person == who || len(files) != 2 {
			t.Errorf("the files did not move back with the case: %+v", files)
		}
	})
}
