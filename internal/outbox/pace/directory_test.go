package pace

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestByHost(t *testing.T) {
	for host, want := range map[string]string{
		"gmail-smtp-in.l.google.com.": "google", "ALT1.ASPMX.L.GOOGLE.COM": "google", "smtp.google.com": "google", "aspmx3.googlemail.com": "google",
		"k-example.mail.protection.outlook.com": "microsoft", "k-example.a-v1.mx.microsoft": "microsoft", "outlook-com.olc.protection.outlook.com": "outlook", "mx1.hotmail.com": "outlook",
		"mta5.am0.yahoodns.net": "yahoo", "mx01.mail.icloud.com": "icloud", "emig.gmx.net": "gmx", "mx.saunalahti.fi": "elisa", "mx1.inet.fi": "telia", "mxcluster1.one.com": "one.com",
		"mx1-eu1.ppe-hosted.com": "proofpoint", "eu-smtp-inbound-1.mimecast.com": "mimecast", "mail.k.example": "k.example", "a.b.k.co.uk": "k.co.uk", "notgoogle.com": "notgoogle.com",
		"": "", ".": "", "localhost": "localhost", "192.0.2.1": "192.0.2.1", "com": "com",
	} {
		if got := ByHost(host); got != want {
			t.Errorf("%s: %s, want %s", host, got, want)
		}
	}
}

// mx is a fake DNS; "!" does not answer, "wait" answers after a minute.
type mx struct {
	mu    sync.Mutex
	hosts map[string]string
	asked int
}

func (m *mx) set(domain, hosts string) {
	m.mu.Lock()
	m.hosts[domain] = hosts
	m.mu.Unlock()
}

func (m *mx) LookupMX(ctx context.Context, name string) ([]*net.MX, error) {
	m.mu.Lock()
	m.asked++
	hosts, ok := m.hosts[strings.TrimSuffix(name, ".")]
	m.mu.Unlock()
	switch {
	case !ok || !strings.HasSuffix(name, "."):
		return nil, &net.DNSError{Err: "no such host", IsNotFound: true}
	case hosts == "!":
		return nil, &net.DNSError{Err: "server misbehaving", IsTemporary: true}
	case hosts == "wait":
		select {
		case <-time.After(time.Minute):
			hosts = "mx.google.com"
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	var out []*net.MX
	for i, h := range strings.Fields(hosts) {
		out = append(out, &net.MX{Host: h + ".", Pref: uint16(90 - 10*i)}) // the last is the first to try
	}
	if hosts == "." {
		out = []*net.MX{{Host: "."}}
	}
	return out, nil
}

func TestFind(t *testing.T) {
	dns := &mx{hosts: map[string]string{"g.example": "backup.example mx.google.com", "own.example": "mail.own.example", "null.example": ".", "down.example": "!"}}
	d := NewDirectory(dns)
	find := func(domain string, after time.Duration, want string, asked int) {
		t.Helper()
		before := dns.asked
		if got := d.Find(t.Context(), start.Add(after), domain); got != want || dns.asked-before != asked {
			t.Errorf("%s after %v: %s, want %s; asked %d times, want %d", domain, after, got, want, dns.asked-before, asked)
		}
	}
	find("gmail.com", 0, "google", 0)
	find("g.example", 0, "google", 1)
	find("g.example", keepFound-1, "google", 0)
	find("own.example", 0, "own.example", 1)
	find("none.example", 0, "none.example", 1)
	find("none.example", keepNone-1, "none.example", 0)
	find("none.example", keepNone, "none.example", 1)
	find("null.example", 0, "null.example", 1)
	find("down.example", 0, "down.example", 1)
	find("down.example", keepFailed-1, "down.example", 0)
	dns.set("down.example", "mx.yahoodns.net")
	find("down.example", keepFailed, "yahoo", 1)
	dns.set("g.example", "!")
	find("g.example", keepFound, "google", 1) // what was known serves on
	find("g.example", keepFound+time.Second, "google", 0)
	dns.set("g.example", "mx.own.example")
	find("g.example", keepFound+keepFailed, "own.example", 1)
	find("g.example", -1000*time.Hour, "own.example", 1) // the clock was set back
}

// TestFindTogether holds that many who ask for one domain make one question, and
// that nobody who gives up waits.
func TestFindTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dns := &mx{hosts: map[string]string{"slow.example": "wait"}}
		d := NewDirectory(dns)
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				ctx, want := t.Context(), "google"
				if i >= 10 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, time.Second*time.Duration(i))
					defer cancel()
					want = "slow.example"
				}
				// The first to come asks for all; it must not be one that gives up.
				if i > 0 {
					<-time.After(time.Millisecond)
				}
				if got := d.Find(ctx, start, "slow.example"); got != want {
					t.Errorf("%d: %s, want %s", i, got, want)
				}
			})
		}
		wg.Wait()
		if dns.asked != 1 {
			t.Errorf("asked %d times", dns.asked)
		}
	})
}

func TestDirectoryIsBounded(t *testing.T) {
	dns := &mx{hosts: map[string]string{}}
	d := NewDirectory(dns)
	for i := range mostKept + 100 {
		d.Find(t.Context(), start, fmt.Sprint("d", i, ".example"))
	}
	if len(d.kept) > mostKept {
		t.Errorf("%d remembered", len(d.kept))
	}
}

func TestClassify(t *testing.T) {
	for _, c := range []struct {
		code     int
		enhanced string
		words    string
		want     Class
	}{
		{250, "2.0.0", "queued", Taken}, {0, "", "", Broken}, {354, "", "go on", Broken},
		{421, "4.7.0", "Our system has detected an unusual rate of unsolicited mail", Limited},
		{421, "4.7.28", "rate limited", Limited},
		{450, "4.2.1", "The user you are trying to contact is receiving mail too quickly", Later},
		{421, "", "4.7.0 [TSS04] Messages temporarily deferred due to unexpected volume or user complaints", Limited},
		{451, "4.7.500", "Server busy. Please try again later", Limited},
		{421, "", "RP-001 The mail server IP has exceeded the rate limit allowed", Limited},
		{452, "4.5.3", "Too many recipients", Limited},
		{421, "4.3.2", "Service shutting down", Closing}, {421, "", "Too many concurrent connections", Limited}, {421, "", "goodbye", Closing},
		{450, "4.7.1", "Greylisted, see you in 300 seconds", Later}, {451, "", "postgrey", Later}, {452, "4.2.2", "mailbox full", Later}, {450, "", "later", Later},
		{550, "5.7.26", "Unauthenticated email from k.example is not accepted due to domain's DMARC policy", Policy},
		{550, "5.7.515", "Access denied, sending domain does not meet the required authentication level", Policy},
		{553, "5.7.9", "Mail not accepted for policy reasons", Policy}, {554, "5.7.1", "blocked using a list", Policy},
		{550, "", "Your host is listed in zen.spamhaus.org", Policy}, {554, "", "Message rejected as spam", Policy},
		{550, "5.1.1", "user unknown", Refused}, {550, "5.1.1", "no such user; see our policy page", Refused}, {550, "", "No such user here", Refused},
		{552, "5.2.2", "mailbox full", Refused}, {550, "5.7.2", "this mailbox takes nothing from outside", Refused}, {500, "", "what", Refused},
	} {
		if got := Classify(c.code, c.enhanced, c.words); got != c.want {
			t.Errorf("%d %s %s: %v, want %v", c.code, c.enhanced, c.words, got, c.want)
		}
	}
}

func FuzzClassify(f *testing.F) {
	f.Add(421, "4.7.0", "Too many")
	f.Fuzz(func(t *testing.T, code int, enhanced, words string) {
		got := Classify(code, enhanced, words)
		final := got == Refused || got == Policy
		if final != (code/100 == 5) || got.String() == "" {
			t.Errorf("%d is %v", code, got)
		}
	})
}

func FuzzByHost(f *testing.F) {
	f.Add("mx.google.com.")
	f.Add("..")
	f.Fuzz(func(t *testing.T, host string) { ByHost(host) })
}
