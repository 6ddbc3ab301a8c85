package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	cameBack = "From: MAILER-DAEMON@x.example\nSubject: Undelivered Mail\n\nCould not be delivered\n\n<aino@kauppa.example>: 550 5.1.1 User unknown\n"
	away     = "From: Erik <erik@firma.example>\nSubject: Autosvar: hej\nAuto-Submitted: auto-replied\n\nSemester.\n"
	asking   = "From: Siv <siv@kund.example>\nSubject: Hej\n\nVad kostar det?\n>From oss alla\n"

	cameBackLine = `{"recipient":"aino@kauppa.example","kind":"bounce","hard":true,"reason":"user_unknown","status":"5.1.1"}`
	awayLine     = `{"recipient":"erik@firma.example","kind":"auto-reply","hard":false,"reason":"vacation","status":""}`
	askingLine   = `{"recipient":"","kind":"other","hard":false,"reason":"none","status":""}`
)

func run(t *testing.T, in string, args ...string) (out, errs string, exit int) {
	t.Helper()
	var o, e bytes.Buffer
	exit = Main(args, strings.NewReader(in), &o, &e)
	return o.String(), e.String(), exit
}

// TestBounceImportReads holds that one mail, a mailbox and folders give the same lines.
func TestBounceImportReads(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	from := "From MAILER-DAEMON Tue Mar  3 08:00:04 2026\n"
	mbox := from + cameBack + "\n" + from + away + "\n" + from + strings.ReplaceAll(asking, ">From", ">>From") + "\n"
	put("tree/1.eml", cameBack)
	put("tree/sub/2.mbox", from+away+"\n"+from+asking+"\n")
	put("tree/.hidden", cameBack)
	put("md/cur/1:2,S", cameBack)
	put("md/new/2", away)
	put("md/tmp/3", cameBack)
	put("md/.Sub/cur/4", asking)
	put("md/.Sub/new/empty", "")
	all := cameBackLine + "\n" + awayLine + "\n" + askingLine + "\n"
	for name, c := range map[string]struct{ in, arg, want string }{
		"one mail":       {"", put("one.eml", cameBack), cameBackLine + "\n"},
		"on input":       {away, "-", awayLine + "\n"},
		"nothing":        {"", "-", ""},
		"a mailbox":      {"", put("box", mbox), all},
		"with CRLF":      {strings.ReplaceAll(mbox, "\n", "\r\n"), "-", all},
		"a tree":         {"", filepath.Join(dir, "tree"), all},
		"a Maildir":      {"", filepath.Join(dir, "md"), askingLine + "\n" + cameBackLine + "\n" + awayLine + "\n"},
		"From in a mail": {"Subject: x\n\nhej\n\nFrom here on all is well\n", "-", askingLine + "\n"},
	} {
		out, errs, exit := run(t, c.in, "bounce", "import", c.arg, "--classify-only", "--json")
		if out != c.want || exit != 0 {
			t.Errorf("%s: exit %d %s\n%swant\n%s", name, exit, errs, out, c.want)
		}
	}
	out, _, _ := run(t, mbox, "bounce", "import", "-", "--classify-only")
	if !strings.HasSuffix(out, "\n3 mails: 1 bounces (1 hard), 0 complaints, 1 automatic replies, 1 others\n") {
		t.Error(out)
	}
	if _, _, exit := run(t, "", "bounce", "import", filepath.Join(dir, "no such"), "--classify-only"); exit != exitUsage {
		t.Error("a file that does not exist:", exit)
	}
}

// TestBounceImportApplies holds that mails about nothing sent from here change nothing, and that the reading is logged.
func TestBounceImportApplies(t *testing.T) {
	dir := t.TempDir()
	if _, errs, exit := run(t, "", "init", "--yes", "--data", dir); exit != 0 {
		t.Fatal(errs)
	}
	out, errs, exit := run(t, cameBack, "bounce", "import", "-", "--data", dir)
	if exit != 0 || !strings.Contains(out, " stranger ") || !strings.Contains(errs, "stranger 1") {
		t.Error(exit, out, errs)
	}
	if _, errs, exit = run(t, "", "verify", "--data", dir); exit != 0 {
		t.Error(errs)
	}
}

// TestMailboxIsBounded holds that a line without end does not fill memory.
func TestMailboxIsBounded(t *testing.T) {
	out, _, exit := run(t, "Subject: x\n\n"+strings.Repeat("a", 8<<20), "bounce", "import", "-", "--classify-only", "--json")
	if exit != 0 || !strings.Contains(out, `"reason":"unparsed"`) {
		t.Error(exit, out)
	}
}
