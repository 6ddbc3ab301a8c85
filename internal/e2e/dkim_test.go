package e2e

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"kartotek/internal/catcher"
)

// verifier asks dkimpy, which shares no line with what signs, about every signature
// of the mail on standard input: the DNS it asks is the JSON object it is given.
const verifier = `
import sys, json, dkim
dns = json.loads(sys.argv[1])
mail = sys.stdin.buffer.read()
count = sum(1 for name, _ in dkim.rfc822_parse(mail)[0] if name.lower() == b"dkim-signature")
def ask(name, timeout=5):
    return dns.get(name.decode().rstrip("."), "").encode()
def holds(i):
    try:
        return dkim.DKIM(mail, minkey=2048).verify(idx=i, dnsfunc=ask)
    except dkim.DKIMException:
        return False
print(json.dumps([holds(i) for i in range(count)]))
`

// verified is what the verifier says of each signature of a mail.
func verified(t *testing.T, mail []byte, dns map[string]string) []bool {
	t.Helper()
	records, err := json.Marshal(dns)
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command("/usr/bin/python3", "-c", verifier, string(records))
	c.Stdin = bytes.NewReader(mail)
	return parsed[[]bool](t, must(t, c))
}

// TestSigned sends through a relay of the register, a real Postfix, with keys of both
// kinds. What comes out at the other end holds before a verifier of other people, as
// long as nobody touched it.
func TestSigned(t *testing.T) {
	s, mail := consenting(t, "asa@post.example", "åsa.öberg@post.example"), catch(t)
	keys := parsed[[]struct{ Name, Record string }](t, done(t, s.with("relay", "dkim", "fyrskar.example", "--kind", "rsa,ed25519", "--use", "--json")...))
	dns := map[string]string{}
	for _, k := range keys {
		dns[k.Name] = k.Record
	}
	done(t, s.with("relay", "add", "postfix", "--url", postfix(t, mail.Addr()), "--recipient", "mail-relay")...)
	done(t, s.with("campaign", "send", letter(t, "Letter", "newsletter", "marketing"))...)
	if err := mail.Wait(t.Context(), 2); err != nil || len(dns) != 2 {
		t.Fatal(err, dns)
	}
	for _, m := range mail.List(catcher.MaxMails, 0) {
		full, _ := mail.Get(m.ID)
		if got := verified(t, full.Raw, dns); len(got) != 2 || !got[0] || !got[1] {
			t.Errorf("%s: signatures %v\n%s", full.To, got, full.Raw)
		}
	}
	m, _ := mail.Get(1)
	raw := string(m.Raw)
	for name, touched := range map[string]string{
		"a word of the body":    strings.Replace(raw, "Brev nummer ett", "Brev nummer tv", 1),
		"more body":             raw + "P.S.\r\n",
		"the subject":           strings.Replace(raw, "\r\nSubject: ", "\r\nSubject: Re: ", 1),
		"the way out":           strings.Replace(raw, "\r\nList-Unsubscribe:\r\n <http", "\r\nList-Unsubscribe:\r\n <https://elsewhere.example/", 1),
		"one press no more":     strings.Replace(raw, "\r\nList-Unsubscribe-Post: ", "\r\nX-Post: ", 1),
		"a second sender":       "From: Another <another@post.example>\r\n" + raw,
		"a second subject":      "Subject: Another\r\n" + raw,
		"a second way out":      "List-Unsubscribe: <https://elsewhere.example/>\r\n" + raw,
		"another kind of text":  "Content-Type: text/html\r\n" + raw,
		"a key of somebody":     strings.ReplaceAll(raw, "d=fyrskar.example", "d=elsewhere.example"),
		"as if of another time": strings.Replace(raw, "\r\nDate: ", "\r\nDate: Mon, 01 Jan 2001 00:00:00 +0000\r\nX-Date: ", 1),
	} {
		if touched == raw {
			t.Errorf("%s: nothing was touched\n%s", name, raw)
		}
		for _, ok := range verified(t, []byte(touched), dns) {
			if ok {
				t.Errorf("%s: the signature holds all the same", name)
			}
		}
	}
}
