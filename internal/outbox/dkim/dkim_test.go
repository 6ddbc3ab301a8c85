package dkim

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	msgauth "github.com/emersion/go-msgauth/dkim"
	"pgregory.net/rapid"

	"kartotek/internal/fault"
	"kartotek/internal/seal"
)

var at = time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)

// keys are made once: RSA keys are dear.
var keys = sync.OnceValue(func() (k [2]Key) {
	for i, kind := range []Kind{RSA, Ed25519} {
		s, err := Generate(kind)
		if err == nil {
			k[i], err = NewKey("Pohjola-Kortti.example", "k202611"+string(kind[0]), s)
		}
		if err != nil {
			panic(err)
		}
	}
	return k
})

const letter = "From: \"Pohjola-Kortti\" <brev@pohjola-kortti.example>\r\nReply-To: <svar@pohjola-kortti.example>\r\nList-Id: \"Nyheter\"\r\n <nyheter.pohjola-kortti.example>\r\n" +
	"Feedback-ID: c1:k:news:kartotek\r\nMIME-Version: 1.0\r\nTo: =?utf-8?q?Aino_=C3=85?= <aino@kund.example>\r\nSubject: Höst  och\r\n\tvinter \r\nDate: Sun, 22 Nov 2026 09:30:00 +0000\r\n" +
	"Message-ID: <1.2@pohjola-kortti.example>\r\nList-Unsubscribe: <https://r.example/u/abc>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nContent-Type: text/plain; charset=utf-8\r\nX-Other: y\r\n\r\n" +
	"Hej  Aino, \r\n\tett brev\t \r\n\r\n. punkt\r\n \r\n\r\n"

// verify asks another implementation. It gives how many signatures held.
func verify(t testing.TB, mail []byte, records map[string]string) (good int, problem error) {
	t.Helper()
	all, err := msgauth.VerifyWithOptions(bytes.NewReader(mail), &msgauth.VerifyOptions{LookupTXT: func(name string) ([]string, error) {
		if r, ok := records[name]; ok {
			return []string{r}, nil
		}
		return nil, errors.New("no such name")
	}})
	if err != nil {
		return 0, err
	}
	for _, v := range all {
		if v.Err == nil {
			good++
		} else {
			problem = v.Err
		}
	}
	return good, problem
}

func published(ks ...Key) map[string]string {
	out := map[string]string{}
	for _, k := range ks {
		out[k.Name()] = k.Record()
	}
	return out
}

func signer(t testing.TB, ks ...Key) *Signer {
	t.Helper()
	s, err := NewSigner(ks...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func sign(t testing.TB, s *Signer, mail string) []byte {
	t.Helper()
	out, err := s.AppendSigned(nil, []byte(mail), at)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestVerifies(t *testing.T) {
	k := keys()
	for name, ks := range map[string][]Key{"rsa": {k[0]}, "ed25519": {k[1]}, "both": {k[1], k[0]}} {
		mail := sign(t, signer(t, ks...), letter)
		if good, err := verify(t, mail, published(ks...)); good != len(ks) || err != nil {
			t.Errorf("%s: %d of %d hold: %v\n%s", name, good, len(ks), err, mail)
		}
		for line := range strings.SplitSeq(strings.TrimSuffix(string(mail), letter), "\r\n") {
			if len(line) > 78 {
				t.Errorf("%s: a line of %d", name, len(line))
			}
		}
	}
}

// TestChanged changes a signed mail and looks which changes are noticed.
func TestChanged(t *testing.T) {
	k := keys()[1]
	mail := string(sign(t, signer(t, k), letter))
	for _, c := range []struct {
		name, old, new string
		holds          bool
	}{
		{"nothing", "", "", true},
		{"blanks in the body", "Hej  Aino, ", "Hej Aino,", true},
		{"empty lines at the end", "\r\n \r\n\r\n", "\r\n", true},
		{"folding", "Höst  och\r\n\tvinter ", "Höst och vinter", true},
		{"a field of no weight", "X-Other: y\r\n", "X-Other: z\r\n", true},
		{"the text", "ett brev", "ett krav", false},
		{"something appended", ". punkt\r\n", ". punkt\r\nmer\r\n", false},
		{"the sender", "<brev@", "<bluff@", false},
		{"a second sender", "From: ", "From: <x@bluff.example>\r\nFrom: ", false},
		{"a second sender below", "X-Other: y", "From: <x@bluff.example>", false},
		{"a second subject", "X-Other: y", "Subject: vinst", false},
		{"a second answer", "X-Other: y", "Reply-To: <x@bluff.example>", false},
		{"another way to stop", "/u/abc", "/u/abd", false},
		{"no one-click", "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n", "", false},
	} {
		good, err := verify(t, []byte(strings.Replace(mail, c.old, c.new, 1)), published(k))
		if (good == 1) != c.holds {
			t.Errorf("%s: holds %v, want %v: %v", c.name, good == 1, c.holds, err)
		}
	}
}

// TestFields holds what a signature covers and what it must not say.
func TestFields(t *testing.T) {
	field, _, _ := strings.Cut(string(sign(t, signer(t, keys()[1]), letter)), letter)
	plain := strings.Join(strings.Fields(field), "")
	want := "h=from:from:to:to:subject:subject:date:date:message-id:reply-to:reply-to:list-unsubscribe:list-unsubscribe:" +
		"list-unsubscribe-post:list-unsubscribe-post:list-id:feedback-id:mime-version:content-type:content-type;"
	if !strings.Contains(plain, want) || !strings.Contains(plain, "c=relaxed/relaxed") || !strings.Contains(plain, "t=1795339800;") || strings.Contains(plain, ";l=") {
		t.Error(field)
	}
}

// TestIndependent asks dkimpy, written by other people in another language, about
// both signatures; scripts/install-test-tools installs it.
func TestIndependent(t *testing.T) {
	const script = `
import sys, dkim
records = dict(a.split("=", 1) for a in sys.argv[1:])
mail = sys.stdin.buffer.read()
d = dkim.DKIM(mail, minkey=2048)
print([d.verify(idx=i, dnsfunc=lambda n, timeout=5: records[n.decode().rstrip(".")].encode()) for i in range(2)])
`
	k := keys()
	args := []string{"-c", script}
	for name, record := range published(k[:]...) {
		args = append(args, name+"="+record)
	}
	mail := sign(t, signer(t, k[:]...), letter)
	for want, mail := range map[string][]byte{"[True, True]": mail, "[False, False]": bytes.Replace(mail, []byte("<aino@"), []byte("<bino@"), 1)} {
		cmd := exec.CommandContext(t.Context(), "/usr/bin/python3", args...)
		cmd.Stdin = bytes.NewReader(mail)
		out, err := cmd.CombinedOutput()
		if got := strings.TrimSpace(string(out)); err != nil || got != want {
			t.Errorf("%v: %s, want %s (scripts/install-test-tools installs what this needs)", err, got, want)
		}
	}
}

func TestSharedBody(t *testing.T) {
	s := signer(t, keys()[1])
	head, body, _ := split([]byte(letter))
	hash, err := HashBody(body)
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.AppendFields([]byte("before"), head, hash, at)
	if want := "before" + strings.TrimSuffix(string(sign(t, s, letter)), letter); err != nil || string(got) != want {
		t.Errorf("%v\n%s\n%s", err, got, want)
	}
	if empty, _ := HashBody(nil); empty != sha256.Sum256(nil) {
		t.Error("the body of no lines is not hashed as nothing")
	}
}

type broken struct{ crypto.Signer }

func TestRefused(t *testing.T) {
	k := keys()
	s := signer(t, k[1])
	for name, mail := range map[string]string{
		"no empty line": "From: a\r\n", "no sender": "To: x\r\n\r\nb\r\n", "two senders": "From: a\r\nFrom: b\r\n\r\nb\r\n", "bare LF": "From: a\r\n\r\nb\nc\r\n",
		"bare CR": "From: a\r\n\r\nb\rc\r\n", "a line that is no field": "From: a\r\nnothing\r\n\r\nb\r\n", "many": "From: a\r\nTo: a\r\nTo: a\r\nTo: a\r\nTo: a\r\n\r\nb\r\n", "nothing": "",
	} {
		if out, err := s.AppendSigned([]byte("x"), []byte(mail), at); !fault.Is(err, fault.Invalid) || string(out) != "x" {
			t.Errorf("%s: %q %v", name, out, err)
		}
	}
	// Made for this test alone: too short to be let in.
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		domain, selector string
		s                crypto.Signer
	}{{"x.example", "s", short}, {"x.example", "s", nil}, {"example", "s", k[0].signer}, {"x.example", "", k[0].signer}, {"x.example", "a b", k[0].signer},
		{"x.example", "a;d=y", k[0].signer}, {"x example.example", "s", k[0].signer}, {"x.example", strings.Repeat("a", 64), k[0].signer}, {"-x.example", "s", k[0].signer}} {
		if _, err := NewKey(c.domain, c.selector, c.s); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s %s: %v", c.domain, c.selector, err)
		}
	}
	other, _ := NewKey("y.example", "s", k[1].signer)
	for _, ks := range [][]Key{nil, {k[0], k[0]}, {k[0], other}, {k[0], k[1], other}, {{}}} {
		if _, err := NewSigner(ks...); !fault.Is(err, fault.Invalid) {
			t.Errorf("%d keys: %v", len(ks), err)
		}
	}
	if _, err := Generate("dsa"); !fault.Is(err, fault.Invalid) {
		t.Error(err)
	}
	elsewhere, _ := NewKey("x.example", "s", broken{k[0].signer})
	if _, err := elsewhere.Seal(seal.Fixed([32]byte{1})); !fault.Is(err, fault.Invalid) {
		t.Errorf("a key in a device was sealed: %v", err)
	}
}

func TestRecord(t *testing.T) {
	k := keys()
	for i, want := range []string{"v=DKIM1; h=sha256; k=rsa; p=MIIBIjANBgkq", "v=DKIM1; h=sha256; k=ed25519; p="} {
		if r := k[i].Record(); !strings.HasPrefix(r, want) || strings.ContainsAny(r, "\r\n\"") {
			t.Error(r)
		}
	}
	if got := k[0].Name(); got != "k202611r._domainkey.pohjola-kortti.example" {
		t.Error(got)
	}
	zone := k[0].Zone()
	if got := strings.NewReplacer(`" "`, "", `"`, "").Replace(zone); got != k[0].Name()+". IN TXT ( "+k[0].Record()+" )" {
		t.Error(zone)
	}
	for part := range strings.SplitSeq(zone, `"`) {
		if len(part) > 255 {
			t.Errorf("a string of %d", len(part))
		}
	}
	wide, err := NewKey("Åsa.example.", "S", k[1].signer)
	if err != nil || wide.Name() != "s._domainkey.xn--sa-xia.example" {
		t.Errorf("%s %v", wide.Name(), err)
	}
}

func TestSeal(t *testing.T) {
	vault := seal.Fixed([32]byte{7})
	for _, k := range keys() {
		sealed, err := k.Seal(vault)
		if err != nil {
			t.Fatal(err)
		}
		back, err := Unseal(vault, k.domain, k.selector, sealed)
		if err != nil || back.Record() != k.Record() {
			t.Errorf("%s: %v", k.kind, err)
		}
		if good, err := verify(t, sign(t, signer(t, back), letter), published(k)); good != 1 {
			t.Error(err)
		}
		if _, err := Unseal(vault, k.domain, "other", sealed); err == nil {
			t.Error("opened under another name")
		}
	}
}

// TestPlan lives through a year and more of keys, a day at a time, with a DNS
// that people look after every third day.
func TestPlan(t *testing.T) {
	var held []Held
	find := func(sel string) *Held {
		for i := range held {
			if held[i].Selector == sel {
				return &held[i]
			}
		}
		t.Fatalf("no key %s", sel)
		return nil
	}
	var story []string
	for day := range 400 {
		now := at.AddDate(0, 0, day)
		for _, s := range Plan(held, []Kind{RSA}, now) {
			switch s.Act {
			case Make:
				held = append(held, Held{Selector: s.Selector, Kind: s.Kind, Made: now})
			case Publish:
				if day%3 == 0 {
					find(s.Selector).Seen = now
				}
			case Switch:
				for i := range held {
					if !held[i].Used.IsZero() && held[i].Retired.IsZero() {
						held[i].Retired = now
					}
				}
				find(s.Selector).Used = now
			case Remove:
				if k := find(s.Selector); now.Sub(k.Retired) < Linger {
					t.Error("removed while mails are under way")
				}
				held = held[1:]
			}
			if s.Act != Publish {
				story = append(story, string(s.Act)+" "+s.Selector)
			}
		}
	}
	want := "make k202611r, switch k202611r, make k202705r, switch k202705r, remove k202611r, make k202711r, switch k202711r, remove k202705r"
	if got := strings.Join(story, ", "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if s := Selector([]Held{{Selector: "k202611e"}}, Ed25519, at); s != "k202611e-2" {
		t.Error(s)
	}
}

// TestAnyBody holds that we and go-msgauth see every body and head alike.
func TestAnyBody(t *testing.T) {
	s := signer(t, keys()[1])
	records := published(keys()[1])
	rapid.Check(t, func(t *rapid.T) {
		text := func(label string, parts ...string) string {
			return strings.Join(rapid.SliceOfN(rapid.SampledFrom(parts), 0, 30).Draw(t, label), "")
		}
		body := text("body", "a", " ", "  ", "\t", "\r\n", "\r\n\r\n", ".", "å", " \r\n")
		subject := text("subject", "b", " ", "\t", "\r\n c", "\r\n\t", ":", "=?")
		mail, err := s.AppendSigned(nil, []byte("From: x\r\nSubject: "+subject+"z\r\n\r\n"+body), at)
		if err != nil {
			t.Fatal(err)
		}
		all, err := msgauth.VerifyWithOptions(bytes.NewReader(mail), &msgauth.VerifyOptions{LookupTXT: func(name string) ([]string, error) { return []string{records[name]}, nil }})
		if err != nil || len(all) != 1 || all[0].Err != nil {
			t.Fatalf("%v %v\n%q", err, all[0].Err, mail)
		}
	})
}

func FuzzAppendSigned(f *testing.F) {
	f.Add([]byte(letter))
	f.Add([]byte("From: a\r\n\r\n \t\r\n\r\n"))
	f.Add([]byte("From:\r\n b\r\n:\r\n\r\n"))
	s := signer(f, keys()[1])
	f.Fuzz(func(t *testing.T, mail []byte) {
		out, err := s.AppendSigned(nil, mail, at)
		if err == nil && !bytes.HasSuffix(out, mail) {
			t.Error("the mail itself was changed")
		}
	})
}
