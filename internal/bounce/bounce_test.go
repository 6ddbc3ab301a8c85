package bounce_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kartotek/internal/bounce"
)

func parse(t *testing.T, mail string) bounce.Report {
	t.Helper()
	rep, err := bounce.Parse(strings.NewReader(mail), bounce.Usual)
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

// TestTargets measures what matters over the samples: hard right, false hard, non-bounces, complaints.
func TestTargets(t *testing.T) {
	files, want := expected(t)
	var hard, found, soft, wrong, others, ignored, complaints, seen int
	for _, name := range files {
		raw, _ := os.ReadFile(filepath.Join("testdata", name))
		rep, _ := bounce.Parse(bytes.NewReader(raw), bounce.Usual)
		for i, w := range want[name] {
			got := bounce.Outcome{}
			if i < len(rep.Outcomes) {
				got = rep.Outcomes[i]
			}
			switch {
			case strings.Contains(w, "| hard |"):
				hard++
				found += count(got.Hard)
			case strings.Contains(w, "| bounce |"):
				soft++
				wrong += count(got.Hard)
			case strings.Contains(w, "| complaint |"):
				complaints++
				seen += count(got.Kind == bounce.Complaint)
			default:
				others++
				ignored += count(got.Kind == bounce.Other || got.Kind == bounce.AutoReply)
			}
		}
	}
	t.Logf("hard %d of %d, false hard %d of %d, ignored %d of %d, complaints %d of %d", found, hard, wrong, soft, ignored, others, seen, complaints)
	if found*100 < hard*95 || wrong*100 > soft || ignored != others || seen != complaints {
		t.Error("the targets are missed")
	}
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

// TestReturned holds what the outbox matches by.
func TestReturned(t *testing.T) {
	const letter = "Message-ID: <1a2b.7h2@pohjola-kortti.example>\nTo: Aino <aino@kauppa.example>\nFeedback-ID: 7h2:newsletter\nList-Unsubscribe:\n <https://register.example/u/AbC>\n\nHei\n"
	for name, mail := range map[string]string{
		"part":    "From: mailer-daemon@x.example\nTo: retur+abc@pohjola-kortti.example\nContent-Type: multipart/report; boundary=b\n\n--b\n\nCould not be delivered\n--b\nContent-Type: message/rfc822\n\n" + letter + "--b--\n",
		"fields":  "From: mailer-daemon@x.example\nTo: retur+abc@pohjola-kortti.example\nContent-Type: multipart/report; boundary=b\n\n--b\n\nCould not be delivered\n--b\nContent-Type: text/rfc822-headers\n\n" + letter + "--b--\n",
		"in text": "From: mailer-daemon@x.example\nTo: retur+abc@pohjola-kortti.example\n\nCould not be delivered\n\n--- Below this line is a copy of the message.\n\n" + letter,
	} {
		rep := parse(t, mail)
		want := fmt.Sprint([]string{"1a2b.7h2@pohjola-kortti.example", "aino@kauppa.example", "7h2:newsletter", "<https://register.example/u/AbC>", "retur+abc@pohjola-kortti.example"})
		got := fmt.Sprint([]string{rep.Returned.MessageID, strings.Join(rep.Returned.To, ","), rep.Returned.FeedbackID, rep.Returned.ListUnsubscribe, strings.Join(rep.To, ",")})
		if got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

// bombs are mails made to break parsers, with what is said of each.
func bombs() map[string]string {
	head := "From: mailer-daemon@x.example\nSubject: Undelivered Mail\n"
	nested, end := strings.Builder{}, strings.Builder{}
	for i := range 10_000 {
		fmt.Fprintf(&nested, "Content-Type: multipart/mixed; boundary=\"b%d\"\n\n--b%d\n", i, i)
		fmt.Fprintf(&end, "--b%d--\n", 9_999-i)
	}
	return map[string]string{
		"parts":        head + "Content-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--b\n\nx\n", 100_000),
		"fields":       head + strings.Repeat("X-A: b\n", 1_000_000) + "\nx",
		"depth":        head + nested.String() + "x\n" + end.String(),
		"long field":   head + "X-A: " + strings.Repeat("a", 4<<20) + "\n\nx",
		"continued":    head + "X-A: b\n" + strings.Repeat(" c\n", 500_000) + "\nx",
		"part fields":  head + "Content-Type: multipart/mixed; boundary=b\n\n--b\n" + strings.Repeat("X-A: b\n", 100_000) + "\nx\n--b--\n",
		"long line":    "From: a@b.example\nSubject: hi\n\n" + strings.Repeat("a", 4<<20),
		"open markup":  "From: a@b.example\nContent-Type: text/html\n\n" + strings.Repeat("<script", 200_000),
		"scripts":      "From: a@b.example\nContent-Type: text/html\n\n" + strings.Repeat("<script>", 130_000),
		"comments":     "From: a@b.example\nContent-Type: text/html\n\n" + strings.Repeat("<!--a>", 170_000),
		"ats":          head + "\nfailed\n" + strings.Repeat("@", 1_000_000),
		"addresses":    head + "\nfailed\n" + strings.Repeat("<a@b.example>:\n", 60_000),
		"many people":  head + "\nfailed\n" + people(20_000),
		"many reports": head + "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n" + strings.Repeat("Final-Recipient: rfc822; a@b.example\nAction: failed\n\n", 15_000) + "--b--\n",
		"dashes":       head + "\n" + strings.Repeat("-", 1_000_000) + "a@b.example",
		"codes":        head + "\nfailed\n\n" + strings.Repeat("550 5.1.", 120_000),
		"phrase parts": head + "\nfailed\n\n" + strings.Repeat("user account mailbox domain ", 40_000),
		"returns only": strings.Repeat("\r", 1_000_000),
		"words":        head + "Subject: " + strings.Repeat("=?utf-8?q?=41?= ", 4_000) + "\n\nx",
	}
}

func people(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "<u%d@b.example>:\nno such user\n\n", i)
	}
	return b.String()
}

// TestBombs holds that no mail costs more than a second, and that those beyond the limits are left to a person.
func TestBombs(t *testing.T) {
	beyond := map[string]bool{"parts": true, "fields": true, "depth": true, "long field": true, "continued": true, "part fields": true, "long line": true}
	for name, mail := range bombs() {
		start := time.Now()
		rep := parse(t, mail)
		if took := time.Since(start); took > time.Second {
			t.Errorf("%s took %v", name, took)
		} else {
			t.Logf("%-14s %8v %d outcomes %s %s", name, took.Round(time.Millisecond), len(rep.Outcomes), rep.Outcomes[0].Kind, rep.Outcomes[0].Reason)
		}
		if o := rep.Outcomes[0]; beyond[name] && (o.Kind != bounce.Other || o.Reason != bounce.Unparsed) {
			t.Errorf("%s is %s %s", name, o.Kind, o.Reason)
		}
	}
}

// endless is a gigabyte of one letter without a line end.
type endless struct{ left int }

func (e *endless) Read(p []byte) (int, error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	n := min(len(p), e.left)
	for i := range p[:n] {
		p[i] = 'a'
	}
	e.left -= n
	return n, nil
}

func TestGigabyteLine(t *testing.T) {
	rep, err := bounce.Parse(&endless{1 << 30}, bounce.Usual)
	if err != nil || rep.Outcomes[0].Reason != bounce.Unparsed {
		t.Error(rep, err)
	}
}

// FuzzParse holds that no input makes Parse fail, and what every answer has.
func FuzzParse(f *testing.F) {
	files, _ := expected(f)
	for _, name := range files {
		raw, _ := os.ReadFile(filepath.Join("testdata", name))
		f.Add(raw)
	}
	small := bounce.Limits{Bytes: 1 << 16, Fields: 50, Parts: 10, Depth: 4, Outcome: 20}
	f.Fuzz(func(t *testing.T, raw []byte) {
		rep, err := bounce.Parse(bytes.NewReader(raw), small)
		if err != nil || len(rep.Outcomes) == 0 || len(rep.Outcomes) > 20 {
			t.Fatal(rep, err)
		}
		for _, o := range rep.Outcomes {
			if o.Hard && o.Kind != bounce.Bounce || o.Hard != (o.Kind == bounce.Bounce && o.Reason.Hard()) || o.Reason == "" {
				t.Fatalf("%+v", o)
			}
		}
	})
}

func BenchmarkParse(b *testing.B) {
	files, _ := expected(b)
	var all [][]byte
	size := 0
	for _, name := range files {
		raw, _ := os.ReadFile(filepath.Join("testdata", name))
		all = append(all, raw)
		size += len(raw)
	}
	b.SetBytes(int64(size / len(all)))
	for i := 0; b.Loop(); i++ {
		_, _ = bounce.Parse(bytes.NewReader(all[i%len(all)]), bounce.Usual)
	}
}

func BenchmarkClassifyReply(b *testing.B) {
	for b.Loop() {
		bounce.ClassifyReply(550, "5.1.1", "<aino.virta@kauppa.example>: Recipient address rejected: User unknown in local recipient table")
	}
}
