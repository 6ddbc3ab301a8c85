package returns

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/emersion/go-smtp"

	"kartotek/internal/audit"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/fault"
	"kartotek/internal/outbox/suppress"
	"kartotek/internal/party"
)

// logged counts the entries of an action, and holds that none names an address.
func (w *world) logged(action string) (n int) {
	w.do(func(tx *db.Tx) error {
		n = 0
		all, err := audit.Read(tx, audit.Filter{Action: action, Limit: 100})
		for _, e := range all {
			n++
			for _, v := range e.Detail {
				if strings.Contains(v, "@") || strings.Contains(e.Object, "@") {
					w.t.Error("the log names an address:", e)
				}
			}
		}
		return err
	})
	return n
}

// TestHoldAndLift holds that staff may lift what is theirs to judge and nothing else, and that both are logged without the address.
func TestHoldAndLift(t *testing.T) {
	each(t, 1, func(t *testing.T, w *world) {
		ctx, bounced := t.Context(), suppress.Suppression{Kind: "email", Class: suppress.HoldAll, Reason: suppress.ReasonBounce}
		asked := suppress.Suppression{Kind: "email", Class: suppress.HoldMarketing, Reason: suppress.ReasonAsked}
		for _, s := range []suppress.Suppression{bounced, asked} {
			if err := w.Hold(ctx, tester, " Person0@People.example", s); err != nil {
				t.Fatal(err)
			}
		}
		if e, err := w.Explain(ctx, tester, addr(0)); err != nil || !e.Held || len(e.Why) != 2 || e.Why[0].Reason != "bounce" || e.Why[1].Class != "marketing" {
			t.Errorf("%+v %v", e, err)
		}
		if !w.reach(0).Has(party.BadEmail) {
			t.Error("the card does not tell")
		}
		if err := w.Lift(ctx, tester, addr(0), asked); !fault.Is(err, fault.Denied) {
			t.Error("what the owner asked for was lifted", err)
		}
		if err := w.Lift(ctx, tester, addr(0), bounced); err != nil || w.reach(0).Has(party.BadEmail) {
			t.Error(err)
		}
		if err := w.Lift(ctx, tester, addr(0), bounced); !fault.Is(err, fault.NotFound) {
			t.Error("lifted twice", err)
		}
		for _, wrong := range []suppress.Suppression{{Kind: "email", Class: "some", Reason: "asked"}, {Kind: "post", Class: "all", Reason: "asked"}, {Kind: "email", Class: "all", Reason: "list"}} {
			if err := w.Hold(ctx, tester, addr(0), wrong); !fault.Is(err, fault.Invalid) {
				t.Errorf("%+v: %v", wrong, err)
			}
		}
		if add, lift := w.logged("suppress.add"), w.logged("suppress.lift"); add != 2 || lift != 1 {
			t.Error("logged", add, lift)
		}
	})
}

// TestOpenList reads a list from a file and tells how far it is.
func TestOpenList(t *testing.T) {
	c := clock.At(dbtest.Start)
	w := letters(t, dbtest.SQLite(t, schemas, dbtest.At(c)), c, 1)
	name := filepath.Join(t.TempDir(), "nix.csv")
	if err := os.WriteFile(name, []byte("numero\n+358 00 000 0412\n+358 00 000 0413\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	told := int64(0)
	l, wrong, err := w.OpenList(t.Context(), tester, ListFile{Name: "NIX", Kind: "phone", Class: "marketing", Country: "fi"}, name, nil,
		func(f *suppress.AddressFile, size int64) { told = size - f.Bytes })
	if err != nil || l.Addresses != 2 || wrong != 0 || told != 0 || l.Source != "nix.csv" {
		t.Fatalf("%+v, %d wrong, %d bytes left, %v", l, wrong, told, err)
	}
	if e, err := w.Explain(t.Context(), tester, "+358 00 000 0412"); err != nil || !e.Held || e.Why[0].List != "NIX" {
		t.Errorf("%+v %v", e, err)
	}
	if s, err := w.Suppressions(t.Context(), tester); err != nil || len(s.Lists) != 1 || s.Lists[0].Addresses != 2 || len(s.Single) != 0 {
		t.Errorf("%+v %v", s, err)
	}
	if _, _, err := w.ReadList(t.Context(), tester, ListFile{Name: " ", Kind: "phone", Class: "marketing"}, bytes.NewReader(nil), nil); !fault.Is(err, fault.Invalid) {
		t.Error("a list without a name", err)
	}
	if err := w.DropList(t.Context(), tester, "NIX"); err != nil || w.DropList(t.Context(), tester, "NIX") == nil {
		t.Error(err)
	}
	if w.logged("suppress.list") != 1 || w.logged("suppress.drop") != 1 {
		t.Error("not logged")
	}
}

// TestListenEncrypted takes mail over STARTTLS.
func TestListenEncrypted(t *testing.T) {
	web := httptest.NewTLSServer(nil) // for its certificate
	defer web.Close()
	c := clock.At(dbtest.Start)
	w := letters(t, dbtest.SQLite(t, schemas, dbtest.At(c)), c, 1)
	l, err := w.Listen(t.Context(), Place{network: "tcp", addr: "127.0.0.1:0"}, host, &web.TLS.Certificates[0])
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close(context.Background())
	if w.ListensAt() != l.Addr() {
		t.Error("listens at", w.ListensAt())
	}
	conn, err := net.Dial("tcp", l.Addr())
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(web.Certificate())
	over, err := smtp.NewClientStartTLS(conn, &tls.Config{RootCAs: roots, ServerName: "example.com", MinVersion: tls.VersionTLS12})
	if err != nil {
		t.Fatal(err)
	}
	defer over.Close()
	if got := hand(over, dsn(addr(0), "550 5.1.1 User unknown"), w.path(0)); got != 250 || !w.reach(0).Has(party.BadEmail) {
		t.Error("answered", got)
	}
}
