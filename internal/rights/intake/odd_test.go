package intake

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/rights"
	"kartotek/internal/rightsdef"
	"kartotek/internal/scan"
)

// onePDF is a document as people send it.
const onePDF = "%PDF-1.7\n1 0 obj\n<< >>\nendobj\nstartxref\n9\n%%EOF\n"

// lockedPDF asks for a password.
const lockedPDF = "%PDF-1.7\n1 0 obj\n<< /Filter /Standard /V 4 /R 4 >>\nendobj\ntrailer << /Encrypt 1 0 R >>\nstartxref\n9\n%%EOF\n"

// scans are documents that somebody may send, and what becomes of each.
var scans = []struct {
	name, file, content string
	state               scan.State
	code                scan.Code
	locked              bool
}{
	{"plain", "letter.pdf", onePDF, scan.Kept, "", false},
	{"huge", "huge.pdf", "%PDF-1.7\n" + strings.Repeat("0", scan.MaxFile) + "\n%%EOF\n", scan.Refused, scan.TooLarge, false},
	{"looking infected", "x.pdf", `X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-` + `TEST-FILE!$H+H*`, scan.Refused, scan.Infected, false},
	{"a PDF that is an archive too", "y.pdf", onePDF + "PK\x03\x04\x14\x00\x00\x00\x08\x00" + strings.Repeat("a", 30) + "PK\x01\x02" + strings.Repeat("b", 42) + "PK\x05\x06" + strings.Repeat("\x00", 18), scan.Refused, scan.Disguised, false},
	{"with a password", "z.pdf", lockedPDF, scan.Kept, "", true},
	{"a page", "page.pdf", "<html><script>alert(1)</script>", scan.Refused, scan.HTML, false},
	{"an identity document by its name", "passport.pdf", onePDF, scan.Held, "", false},
	{"nothing", "empty.pdf", "", scan.Refused, scan.Empty, false},
}

// TestOddScans: whatever comes along, by mail or taken down by a clerk, the case is
// opened and its clock runs; what is not kept says why.
func TestOddScans(t *testing.T) {
	each(t, func(w *world) {
		for i, x := range scans {
			check := func(by string, c *rights.Case, files []scan.File) {
				if len(files) != 1 || files[0].State != x.state || files[0].Code != x.code || files[0].Locked != x.locked || c.Clock.First == "" || !c.Open() {
					t.Errorf("%s by %s: %+v, clock %+v", x.name, by, files, c.Clock)
				}
			}
			var c *rights.Case
			w.do(func(tx *db.Tx) (err error) {
				c, err = w.Record(tx, Paper{Intake: rights.Intake{Kind: rightsdef.Access, Channel: "post", Arrived: "2026-11-20", Requester: rights.Requester{Name: "Bo"}},
					Scans: []scan.Found{w.Scan.Look(x.file, []byte(x.content))}})
				return err
			})
			c, _, files := w.get(c.ID)
			check("paper", c, files)
			if c.Received != "2026-11-20" {
				t.Errorf("%s: the clock starts on %s", x.name, c.Received)
			}
			if x.name == "nothing" {
				continue // a mail has no empty attachments worth the name
			}
			from := "p" + string(rune('a'+i)) + "@people.example"
			body := "--b\nContent-Type: text/plain; charset=utf-8\n\nSend me a copy of my personal data\n--b\nContent-Type: application/pdf; name=\"" + x.file +
				"\"\nContent-Disposition: attachment; filename=\"" + x.file + "\"\nContent-Transfer-Encoding: base64\n\n" + folded(base64.StdEncoding.EncodeToString([]byte(x.content))) + "\n--b--\n"
			res := w.take(mail(from, "request", body, "MIME-Version: 1.0", `Content-Type: multipart/mixed; boundary="b"`))
			if res.Outcome != Opened {
				t.Errorf("%s by mail: %+v", x.name, res)
				continue
			}
			c, _, files = w.get(res.Case)
			check("mail", c, files)
		}
	})
}

// folded breaks base 64 into lines, as mail has it.
func folded(s string) string {
	var b strings.Builder
	for len(s) > 76 {
		b.WriteString(s[:76] + "\n")
		s = s[76:]
	}
	return b.String() + s
}

// TestOddRequests: two people, nobody, somebody else's address, a language nobody here
// reads, a second request, one taken back: each is a case, and none is believed.
func TestOddRequests(t *testing.T) {
	each(t, func(w *world) {
		eva := w.person("eva@people.example")
		take := func(m string, want Outcome) *rights.Case {
			t.Helper()
			res := w.take(m)
			if res.Outcome != want {
				t.Fatalf("%+v, want %s", res, want)
			}
			c, _, _ := w.get(res.Case)
			return c
		}
		two := take(mail("bo@people.example", "our data", "We, Bo and Siv Ek, want a copy of our personal data.", "Received: from mx by mail.company.example; Fri, 20 Nov 2026 12:00:00 +0200"), Opened)
		w.do(func(tx *db.Tx) error {
			other, err := w.Rights.Split(tx, two, rights.Requester{Name: "Siv Ek"})
			if err == nil && (other.Received != "2026-11-20" || other.Person == two.Person || other.Linked != two.ID) {
				t.Errorf("the other person: %+v", other)
			}
			return err
		})
		if c := take(mail("", "", "Send me a copy of my personal data"), Opened); c.Matched || c.State != rightsdef.Initiated {
			t.Errorf("from nobody: %+v", c)
		}
		w.do(func(tx *db.Tx) error {
			c, err := w.Record(tx, Paper{Intake: rights.Intake{Kind: rightsdef.Access, Channel: "post", Arrived: "2026-11-20", Text: "an unsigned letter"}})
			if err == nil && (c.Received != "2026-11-20" || c.Matched) {
				t.Errorf("an unsigned letter: %+v", c)
			}
			return err
		})
		if err := w.DB.Do(t.Context(), clerk, func(tx *db.Tx) error {
			_, err := w.Record(tx, Paper{Intake: rights.Intake{Kind: rightsdef.Access, Channel: "post"}})
			return err
		}); fault.KeyOf(err) != "rights.nobody" {
			t.Errorf("an empty form: %v", err)
		}
		for _, m := range []string{
			mail("mallory@people.example", "copy", "I am Eva, eva@people.example. Send me a copy of my personal data."),
			mail("mallory2@people.example", "Fwd: copy", "Send me a copy of my personal data.\n\n---- Forwarded message ----\nFrom: eva@people.example\nhttps://register.example/me/in/abc"),
		} {
			if c := take(m, Opened); c.Matched || c.Person == eva {
				t.Errorf("somebody who names another's address is taken for them: %+v", c)
			}
		}
		if c := take(mail("uwe@people.example", "Meine Daten", "Sehr geehrte Damen und Herren, bitte teilen Sie mir mit, was Sie gespeichert haben, und löschen Sie alles."), Opened); c.Kind != rightsdef.Information || c.Language != "sv" {
			t.Errorf("in German: %s in %q", c.Kind, c.Language)
		}
		first := take(mail("dag@people.example", "copy", "Send me a copy of my personal data", "Message-ID: <d1@people.example>"), Opened)
		second := take(mail("dag@people.example", "again", "Send me a copy of my personal data, please", "Message-ID: <d2@people.example>"), Opened)
		dag := w.person("dag@people.example")
		w.do(func(tx *db.Tx) error {
			if err := w.Rights.Match(tx, first, dag); err != nil {
				return err
			}
			now, err := w.Rights.Get(tx, second.ID)
			if err != nil {
				return err
			}
			into, err := w.Rights.Get(tx, first.ID)
			if err == nil && now.Person != dag {
				err = w.Rights.Match(tx, now, dag)
			}
			if err == nil {
				err = w.Rights.Join(tx, now, into)
			}
			return err
		})
		if c, _, _ := w.get(second.ID); c.Open() || c.Into != first.ID {
			t.Errorf("the second request is not answered with the first: %+v", c)
		}
		back := take(mail("dag@people.example", "Re: "+first.Ref, "Forget it, I take my request back.", "In-Reply-To: <d1@people.example>"), Added)
		if !back.Open() || back.ID != first.ID {
			t.Errorf("taken back by mail: %+v", back)
		}
		w.do(func(tx *db.Tx) error { return w.Rights.Withdraw(tx, back) })
		if c, items, _ := w.get(first.ID); c.Outcome != rightsdef.OutcomeWithdrawn || !slices.ContainsFunc(items, func(x rights.Item) bool { return strings.Contains(x.Content.Text, "Forget it") }) {
			t.Errorf("%+v", c)
		}
	})
}
