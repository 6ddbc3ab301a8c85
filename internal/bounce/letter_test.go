package bounce

import (
	"strings"
	"testing"
	"time"
)

const written = `Return-Path: <jane@customer.example>
Received: from mx.customer.example by mail.company.example with ESMTPS id 4;
 Thu, 12 Nov 2026 10:12:30 +0200 (EET)
Received: from laptop by mx.customer.example; Thu, 12 Nov 2026 10:12:01 +0200
From: =?utf-8?q?J=C3=A4ne_Sample?= <jane@customer.example>
To: privacy@company.example
Subject: =?utf-8?b?UsOkdHRlbHNl?=
Message-ID: <one@customer.example>
In-Reply-To: <two@company.example>
References: <three@company.example> <two@company.example>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: multipart/alternative; boundary="a"

--a
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

R=E4tta min adress.
--a
Content-Type: text/html

<p>R&auml;tta min adress.</p>
--a--
--b
Content-Type: application/pdf; name="brev.pdf"
Content-Disposition: attachment; filename*=utf-8''br%C3%A9v.pdf
Content-Transfer-Encoding: base64

JVBERi0xLjcK
--b
Content-Type: text/plain
Content-Disposition: attachment; filename="../note.txt"

hello
--b--
`

func TestReadLetter(t *testing.T) {
	l := ReadLetter([]byte(strings.ReplaceAll(written, "\n", "\r\n")), Usual)
	at := time.Date(2026, 11, 12, 8, 12, 30, 0, time.UTC)
	if l.Kind != Other || l.Reason != NoBounce || l.Bulk || l.From != "jane@customer.example" || l.Name != "Jäne Sample" || l.Subject != "Rättelse" ||
		l.MessageID != "one@customer.example" || strings.Join(l.Answers, " ") != "two@company.example three@company.example" || !l.Arrived.Equal(at) || l.Text != "Rätta min adress." || l.Cut {
		t.Errorf("%+v", l)
	}
	if len(l.Files) != 2 || l.Files[0].Name != "brév.pdf" || string(l.Files[0].Content) != "%PDF-1.7\n" || l.Files[1].Name != "../note.txt" || strings.TrimSpace(string(l.Files[1].Content)) != "hello" {
		t.Errorf("%q", l.Files)
	}
}

func TestReadLetterOdd(t *testing.T) {
	for name, c := range map[string]struct {
		raw  string
		want func(l Letter) bool
	}{
		"nothing":          {"", func(l Letter) bool { return l.Text == "" && l.From == "" }},
		"no header":        {"hello", func(l Letter) bool { return l.Kind == Other }},
		"reply to another": {"From: a@one.example\nReply-To: b@two.example\n\nx", func(l Letter) bool { return l.From == "b@two.example" }},
		"broken from":      {"From: \"a <<b@one.example\n\nx", func(l Letter) bool { return l.From == "b@one.example" }},
		"a newsletter":     {"From: a@one.example\nList-Unsubscribe: <https://x.example>\n\nx", func(l Letter) bool { return l.Bulk }},
		"a bounce":         {"From: MAILER-DAEMON@mx.example\nReturn-Path: <>\nSubject: Undelivered Mail Returned to Sender\n\n550 5.1.1 User unknown", func(l Letter) bool { return l.Kind == Bounce }},
		"automatic":        {"From: a@one.example\nAuto-Submitted: auto-replied\n\nI am away", func(l Letter) bool { return l.Kind == AutoReply }},
		"only a page": {"Content-Type: text/html\n\n<p>Delete&nbsp;<b>me</b></p><script>x</script>", func(l Letter) bool {
			return strings.Contains(l.Text, "Delete\u00a0me") && !strings.Contains(l.Text, "script")
		}},
		"too many parts":    {"From: a@one.example\nSubject: s\nContent-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--b\n\nx\n", 300), func(l Letter) bool { return l.Reason == Unparsed && l.From == "a@one.example" && l.Subject == "s" }},
		"a mail in a mail":  {"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nsee below\n--b\nContent-Type: message/rfc822\n\nSubject: gone\n\nDelete me\n--b--\n", func(l Letter) bool { return strings.Contains(l.Text, forwarded+"gone\n\nDelete me") }},
		"an inline picture": {"Content-Type: multipart/related; boundary=b\n\n--b\n\nhi\n--b\nContent-Type: image/png; name=logo.png\nContent-ID: <x>\nContent-Transfer-Encoding: base64\n\niVBORw==\n--b--\n", func(l Letter) bool { return len(l.Files) == 1 && l.Files[0].Name == "logo.png" && l.Text == "hi" }},
		"cut":               {"Subject: s\n\n" + strings.Repeat("word ", 1<<20), func(l Letter) bool { return l.Cut && len(l.Text) <= maxLetter }},
	} {
		if l := ReadLetter([]byte(c.raw), Usual); !c.want(l) {
			l.Text = l.Text[:min(len(l.Text), 200)]
			t.Errorf("%s: %+v", name, l)
		}
	}
}

func FuzzReadLetter(f *testing.F) {
	f.Add([]byte(written))
	f.Add([]byte("Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\nContent-Type: message/rfc822\n\nx"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		l := ReadLetter(raw, Usual)
		if len(l.Text) > maxLetter || len(l.Answers) > 50 || len(l.Files) > 4*Usual.Parts {
			t.Errorf("beyond the limits: %d bytes of text, %d answers, %d files", len(l.Text), len(l.Answers), len(l.Files))
		}
	})
}
