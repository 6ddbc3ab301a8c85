package e2e

import (
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// mostSpam is the score a plain newsletter may have; 5 is what most reject.
const mostSpam = 0.5

var spamScore = regexp.MustCompile(`(?s)X-Spam-Status: \w+, score=(-?[\d.]+).*? tests=(.*?)\sautolearn`)

// scored is what SpamAssassin says of a mail, without asking the network or its
// memory: a score, and the rules that made it.
func scored(t testing.TB, raw []byte) (score float64, rules string) {
	t.Helper()
	c := exec.Command("spamassassin", "-L", "-t", "--cf=dns_available no", "--cf=use_bayes 0", "--cf=use_auto_welcomelist 0", "--cf=use_auto_whitelist 0", "--cf=use_razor2 0", "--cf=use_pyzor 0", "--cf=score RCVD_ILLEGAL_IP 0")
	c.Env, c.Stdin = environment(), strings.NewReader(string(raw))
	m := spamScore.FindStringSubmatch(must(t, c))
	if m == nil {
		t.Fatal("SpamAssassin gives no score")
	}
	score, _ = strconv.ParseFloat(m[1], 64) // digits
	return score, strings.Join(strings.Fields(m[2]), "")
}

// received is what the reader's own provider puts in front of a mail. The address is
// one for documents, which a rule that is left out minds.
const received = "Received: from relay.fyrskar.example (relay.fyrskar.example [198.51.100.25])\r\n" +
	"\tby mx.post.example (Postfix) with ESMTPS id 4F2A11 for <asa@post.example>;\r\n\t%s\r\n"

// plainLetter is a newsletter as many write it: headings, a list, links, an offer.
const plainLetter = `name: %s
purpose: %s
class: %s
channel: email
from: Fyrskär <brev@fyrskar.example>
subject: "Sommarens kurser, {{ person.first_name }}"
audience: everyone
body: |
  # Hej {{ person.first_name }}!

  Nu har vi öppnat anmälan till sommarens kurser i [segling](https://www.fyrskar.example/segling) och
  [paddling](https://www.fyrskar.example/paddling). Den som anmäler sig före midsommar får 20 %% rabatt.

  ## Datum

  - Segling för nybörjare: 7–11 juni
  - Paddling i skärgården: 14–18 juni

  Har du frågor? Svara på det här brevet eller ring 018 00 000.

  Vänliga hälsningar, Fyrskär
`

// TestNotSpam gives a plain newsletter, as its reader gets it, to SpamAssassin.
func TestNotSpam(t *testing.T) {
	s, mail := consenting(t, "asa@post.example"), catch(t)
	for i, class := range []string{"marketing", "service"} {
		purpose := []string{"newsletter", "relationship"}[i]
		t.Run(class, func(t *testing.T) {
			file := write(t, "letter.yaml", fmt.Sprintf(plainLetter, class, purpose, class))
			done(t, s.with("campaign", "send", file, "--smtp", mail.URL(), "--base-url", "https://register.fyrskar.example")...)
			m, ok := mail.Get(int64(i + 1))
			if !ok {
				t.Fatal("nothing came")
			}
			score, rules := scored(t, append(fmt.Appendf(nil, received, m.Date.Format(time.RFC1123Z)), m.Raw...))
			t.Log(score, rules)
			if score > mostSpam {
				t.Errorf("%.1f points: %s\n%s", score, rules, m.Raw)
			}
		})
	}
}
