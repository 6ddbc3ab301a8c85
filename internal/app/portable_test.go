package app

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/exchange"
	"kartotek/internal/exchange/dialect"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/ledger"
	"kartotek/internal/packet"
	"kartotek/internal/party"
)

var bg = context.Background()

// word is a text as people write them, and as they should not.
var word = rapid.OneOf(rapid.StringMatching(`[A-ZÅÄÖ][a-zåäöéü' -]{0,14}[a-zåäö]`), rapid.SampledFrom([]string{"=SUM(A1)", "'citat", "a;b,c\"d", "Łódź", "@x", "-1", "x\ny"}))

// invented adds somebody with drawn facts, addresses, tags and permissions.
func invented(t *rapid.T, h *House, n int) (who id.ID) {
	fields := []party.Pair{{Name: "email", Value: fmt.Sprintf("person%d@hemma.example", n)}}
	for _, name := range []string{"first_name", "last_name", "title", "organisation", "city", "street", "industry"} {
		if rapid.Bool().Draw(t, name) {
			fields = append(fields, party.Pair{Name: name, Value: strings.TrimSpace(word.Draw(t, name))})
		}
	}
	if rapid.Bool().Draw(t, "phone") {
		fields = append(fields, party.Pair{Name: "phone", Value: fmt.Sprintf("+35800000%04d", n%10000)})
	}
	err := h.DB.Do(bg, by, func(tx *db.Tx) error {
		source, err := h.Party.AddSource(tx, rapid.SampledFrom([]string{"form", "person", "third_party"}).Draw(t, "source"), "x")
		if err != nil {
			return err
		}
		p, err := h.Party.Create(tx, party.New{Fields: fields, Source: source})
		if err != nil {
			return err
		}
		who = p.ID
		for _, a := range rapid.SliceOfNDistinct(rapid.SampledFrom([][2]string{{"email", "andra%d@hemma.example"}, {"phone", "+35800001%04d"}, {"post", "Box %d\n00100\nHelsingfors\nFI"}}), 0, 3,
			func(a [2]string) string { return a[0] }).Draw(t, "further") {
			label := rapid.SampledFrom([]string{"", "work", "home", "billing"}).Draw(t, "label")
			if _, err := h.Party.AddAddress(tx, who, a[0], label, fmt.Sprintf(a[1], n), source); err != nil {
				return err
			}
		}
		return speak(t, h, tx, who)
	})
	if err != nil {
		t.Fatal(err)
	}
	return who
}

// speak draws what the person said.
func speak(t *rapid.T, h *House, tx *db.Tx, who id.ID) error {
	for i := range rapid.IntRange(0, 4).Draw(t, "said") {
		e := ledger.Entry{SaidBy: ledger.ByPerson, Method: "form", Notice: 1, Effective: tx.Now() - int64(10-i)*86_400_000, Strength: "single"}
		switch rapid.SampledFrom([]ledger.Kind{ledger.Consent, ledger.Withdrawal, ledger.Prohibition}).Draw(t, "kind") {
		case ledger.Consent:
			e.Kind, e.Purpose, e.Channel = ledger.Consent, "newsletter", "email"
		case ledger.Withdrawal:
			e.Kind, e.Purpose, e.Channel = ledger.Withdrawal, "newsletter", "email"
		default:
			e.Kind, e.Scope = ledger.Prohibition, rapid.SampledFrom([]string{"all-marketing", "channel:sms", "research"}).Draw(t, "scope")
		}
		if _, err := h.Ledger.Record(tx, who, &ledger.Evidence{Text: word.Draw(t, "evidence"), IP: "198.51.100.7"}, e); err != nil {
			return err
		}
	}
	return nil
}

// TestComesHome: what a person may take along is the same after our own import has
// brought it into an empty register, from the ZIP and from the JSON. law: GDPR 20(1)
func TestComesHome(t *testing.T) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			from, to := newRegister(t, engine), newRegister(t, engine)
			n := 0
			rapid.Check(t, func(rt *rapid.T) {
				n++
				who := invented(rt, from, n)
				p := builtFor(rt, from, who, packet.Options{Portable: true})
				if p.Given == nil || len(p.Given.Emails) == 0 {
					return // from somebody else: nothing to be known by
				}
				came := home(rt, t, to, p, rapid.SampledFrom([]string{"zip", "json"}).Draw(rt, "form"))
				if diff := cmp.Diff(p.Given, came); diff != "" {
					rt.Fatalf("lost on the way home (-gone +came):\n%s", diff)
				}
			})
		})
	}
}

func builtFor(t interface{ Fatal(...any) }, h *House, who id.ID, opt packet.Options) *packet.Package {
	p, err := h.Packet.Build(bg, by, who, opt)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// home imports a package and builds that of the person who came.
func home(rt *rapid.T, t *testing.T, to *House, p *packet.Package, form string) *dialect.Person {
	file := filepath.Join(t.TempDir(), "package."+form)
	content := p.File(packet.DataFile)
	if form == "zip" {
		var b bytes.Buffer
		if err := p.Zip(&b); err != nil {
			rt.Fatal(err)
		}
		content = b.Bytes()
	}
	if err := os.WriteFile(file, content, 0o600); err != nil {
		rt.Fatal(err)
	}
	m, err := to.Import(bg, by, []string{file}, exchange.Options{}, nil)
	if err != nil || m.Counts.PeopleCreated != 1 || m.Counts.Rejected > 0 || len(m.Counts.Unlisted) > 0 {
		rt.Fatalf("%v %+v", err, m)
	}
	who, err := id.Parse(p.Given.ID)
	if err != nil {
		rt.Fatal(err)
	}
	return builtFor(rt, to, who, packet.Options{Portable: true}).Given
}

// TestNotPortable: what somebody else said, what rests on another basis and what we
// made is named, and not in any of the files.
func TestNotPortable(t *testing.T) {
	h := newRegister(t, "sqlite")
	who := one(t, h, "third_party")
	p := builtFor(t, h, who, packet.Options{Portable: true, Lang: "en"})
	why := map[string]string{}
	for _, w := range p.Withheld {
		why[w.Kind+"."+w.Value] = w.Reason
	}
	if why["person.first_name"] != packet.ThirdParty || why["tags."] != packet.NotGiven {
		t.Errorf("%v", p.Withheld)
	}
	for _, f := range p.Files() {
		if f.Name != packet.PageFile && bytes.Contains(f.Content, []byte("Märta")) {
			t.Errorf("%s tells what somebody else said", f.Name)
		}
	}
	if bytes.Contains(p.File(packet.DataFile), []byte("important")) {
		t.Error("a tag of ours is in it")
	}
}

// one adds Märta, with a tag, an edit by a clerk and a consent.
func one(t *testing.T, h *House, source string) (who id.ID) {
	t.Helper()
	clerk := db.By{Kind: "staff", ID: 71, Name: "Asta Anställd", Level: "sales", Purpose: "relationship"}
	err := h.DB.Do(bg, clerk, func(tx *db.Tx) error {
		src, err := h.Party.AddSource(tx, source, "x")
		if err != nil {
			return err
		}
		p, err := h.Party.Create(tx, party.New{Source: src, Fields: []party.Pair{{Name: "email", Value: "marta@hemma.example"}, {Name: "first_name", Value: "Märta"},
			{Name: "language", Value: "fi"}}})
		if err != nil {
			return err
		}
		who = p.ID
		if _, err := h.Ledger.Record(tx, who, &ledger.Evidence{Text: "Ja tack"}, ledger.Entry{Kind: ledger.Consent, Purpose: "newsletter", Channel: "email", SaidBy: ledger.ByPerson, Method: "letter"}); err != nil {
			return err
		}
		return h.Party.Tag(tx, who, "important", true)
	})
	if err != nil {
		t.Fatal(err)
	}
	return who
}

// TestPackage: it is in the person's language, names no staff, counts what it holds,
// and the manifest's digests are those of the files.
func TestPackage(t *testing.T) {
	h := newRegister(t, "sqlite")
	who := one(t, h, "form")
	reader := db.By{Kind: "staff", ID: 72, Name: "Bo Beredare", Level: "sales", Purpose: "relationship"}
	p := builtFor(t, h, who, packet.Options{})
	if p.Lang != "fi" || p.Name != "Märta" || p.Records() < 4 {
		t.Errorf("%s %q %d", p.Lang, p.Name, p.Records())
	}
	for _, f := range p.Files() {
		if bytes.Contains(f.Content, []byte("Asta Anställd")) || bytes.Contains(f.Content, []byte(reader.Name)) {
			t.Errorf("%s names staff", f.Name)
		}
	}
	page := string(p.File(packet.PageFile))
	for _, want := range []string{`lang="fi"`, "Märta", "Suostumukset ja kiellot", "Ja tack", "tietosuoja", `id="about-complaint"`, `id="about-automated"`, `id="received"`, `id="until"`, "<small>"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page, "<script") || strings.Contains(page, "http-equiv=\"refresh") {
		t.Error("the page runs something")
	}
	var m struct {
		Counts []struct{ Records int }
		Files  []struct{ Name, SHA256 string }
	}
	if err := json.Unmarshal(p.File(packet.ManifestFile), &m); err != nil {
		t.Fatal(err)
	}
	sum := 0
	for _, c := range m.Counts {
		sum += c.Records
	}
	if sum != p.Records() || len(m.Files) != len(p.Files())-1 {
		t.Errorf("%d records of %d, %d files of %d", sum, p.Records(), len(m.Files), len(p.Files())-1)
	}
	held := builtFor(t, h, who, packet.Options{Withhold: []packet.Withhold{{Keeper: "ledger", Kind: "permissions", Value: "evidence", Reason: packet.Others}}})
	if bytes.Contains(held.File(packet.DataFile), []byte("Ja tack")) || !slices.ContainsFunc(held.Withheld, func(w packet.Withheld) bool { return w.Reason == packet.Others }) {
		t.Error("what tells of others was not withheld")
	}
}

// TestParcels: a parcel is fetched by another process of the register, counts, and is
// gone when its time is over; a sealed one opens with its passphrase alone.
func TestParcels(t *testing.T) {
	registered(t, func(t *testing.T, h *House) {
		who := one(t, h, "form")
		p := builtFor(t, h, who, packet.Options{})
		secret := packet.Passphrase()
		var plain, sealed *packet.Parcel
		do := func(fn func(tx *db.Tx) error) {
			t.Helper()
			if err := h.DB.Do(bg, by, fn); err != nil {
				t.Fatal(err)
			}
		}
		do(func(tx *db.Tx) (err error) {
			if plain, err = h.Packet.Keep(tx, p, 0, ""); err == nil {
				sealed, err = h.Packet.Keep(tx, p, 0, secret)
			}
			return err
		})
		other := &packet.Room{DB: h.DB, Keys: h.Keys}
		for n := 1; n <= 2; n++ {
			got, content, err := other.Fetch(bg, by, who, plain.ID)
			if err != nil || got.Fetches != n || got.Fetched == 0 || !bytes.HasPrefix(content, []byte("PK")) {
				t.Fatalf("%+v %v", got, err)
			}
		}
		_, content, err := other.Fetch(bg, by, who, sealed.ID)
		if err != nil {
			t.Fatal(err)
		}
		if unsealed(t, content, secret) == nil || unsealed(t, content, "another passphrase") != nil {
			t.Error("the sealed parcel does not open with its passphrase, or opens with another")
		}
		if _, _, err := other.Fetch(bg, by, h.DB.NewID(), plain.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("somebody else got it: %v", err)
		}
		h.DB.Clock().(*clock.Fixed).Move(packet.Lasts)
		if _, _, err := other.Fetch(bg, by, who, plain.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("fetched after its time: %v", err)
		}
		if n, err := other.Sweep(bg); err != nil || n != 2 {
			t.Errorf("swept %d: %v", n, err)
		}
		if n, err := other.Sweep(bg); err != nil || n != 0 {
			t.Errorf("swept again %d: %v", n, err)
		}
	})
}

func unsealed(t *testing.T, content []byte, passphrase string) []byte {
	t.Helper()
	as, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		t.Fatal(err)
	}
	r, err := age.Decrypt(bytes.NewReader(content), as)
	if err != nil {
		return nil
	}
	out, err := io.ReadAll(r)
	if err != nil || !bytes.HasPrefix(out, []byte("PK")) {
		t.Error(err)
	}
	return out
}
