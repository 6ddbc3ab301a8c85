package erasing

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"kartotek/internal/i18n"
	"kartotek/internal/law"
	"kartotek/internal/noticedef"
)

var update = flag.Bool("update", false, "write the golden files anew")

var today = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

func ms(day string) int64 {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		panic(err)
	}
	return t.UnixMilli()
}

const noticeText = `notice: 1
register: {id: customers, name: {sv: Kundregister, fi: Asiakasrekisteri, en: Customer register}}
languages: [sv, fi, en]
law: [EU, FI]
categories:
  identity: {title: {sv: Namn, fi: Nimi, en: Name}, fields: [first_name, last_name, title, language]}
  contact: {title: {sv: Kontaktuppgifter, fi: Yhteystiedot, en: Contact details}, fields: [email, phone, city, country]}
  billing:
    title: {sv: Faktureringsuppgifter, fi: Laskutustiedot, en: Billing details}
    fields: [billing_name, billing_address]
    keep: {while: financial year, then: 6 years, law: "1336/1997"}
  orders: {title: {sv: Beställningar, fi: Tilaukset, en: Orders}, record: order}
  messages: {title: {sv: Kundkommunikation, fi: Asiakasviestintä, en: Customer communication}, record: message}
  permissions: {title: {sv: Tillstånd, fi: Luvat, en: Permissions}, record: ledger}
purposes:
  relationship:
    title: {sv: Kundrelation, fi: Asiakassuhde, en: Customer relationship}
    class: service
    basis: {kind: contract, article: 6(1)(b)}
    uses: [identity, contact, billing, orders, messages]
    channels: [email]
    keep: {while: relation, then: 24 months}
`

func facts(t *testing.T, held ...Held) Facts {
	t.Helper()
	n, _ := noticedef.Parse("notice", []byte(noticeText))
	if n == nil {
		t.Fatal("the notice of the test cannot be read")
	}
	set, err := law.For(n.Law, today)
	if err != nil {
		t.Fatal(err)
	}
	return Facts{Notice: n, Law: set, Today: today, Held: held}
}

var (
	person   = Held{Keeper: "party", Kind: "person", Fields: []string{"first_name", "last_name", "email"}, Count: 1, Last: ms("2026-03-01")}
	payer    = Held{Keeper: "party", Kind: "person", Fields: []string{"last_name", "email", "billing_name"}, Count: 1, Last: ms("2024-03-01")}
	oldPayer = Held{Keeper: "party", Kind: "person", Fields: []string{"last_name", "billing_name"}, Count: 1, Last: ms("2019-12-31")}
	history  = Held{Keeper: "party", Kind: "history", Count: 4, Last: ms("2026-03-01")}
	letters  = Held{Keeper: "outbox", Kind: "messages", Count: 9, Last: ms("2026-10-01")}
	clicks   = Held{Keeper: "clicks", Kind: "clicks", Count: 2}
	entries  = Held{Keeper: "ledger", Kind: "permissions", Count: 3, Last: ms("2026-01-01")}
	evidence = Held{Keeper: "ledger", Kind: "evidence", Count: 2, Last: ms("2026-01-01")}
	orders   = Held{Keeper: "order", Kind: "orders", Count: 5, Last: ms("2025-06-30")}
	request  = Held{Keeper: "rights", Kind: "items", Count: 1, Last: ms("2026-11-29")}
	unknown  = Held{Keeper: "badges", Kind: "badges", Count: 1}
)

// TestMake is the table of cases: what is held, what is asked, what becomes of it. A
// line reads "category action code until kinds".
func TestMake(t *testing.T) {
	for _, c := range []struct {
		what  string
		ask   Ask
		held  []Held
		holds []Hold
		want  []string
	}{
		{"nothing held", Ask{Ground: Withdrawn}, nil, nil, nil},
		{"everything goes", Ask{Ground: Withdrawn}, []Held{person, history, letters, clicks, evidence}, nil,
			[]string{"identity erase party.person party.history", "contact erase party.person", "messages erase outbox.messages clicks.clicks", "permissions erase ledger.evidence"}},
		{"the bookkeeping act of the notice keeps billing, no more", Ask{Ground: NotNeeded}, []Held{payer}, nil,
			[]string{"identity erase party.person", "contact erase party.person", "billing keep A17LegallyRequired 2030-12-31 party.person"}},
		{"it does not keep it for ever", Ask{Ground: NotNeeded}, []Held{oldPayer}, nil, []string{"identity erase party.person", "billing erase party.person"}},
		{"the bookkeeping act of the pack keeps orders", Ask{Ground: NotNeeded}, []Held{orders}, nil, []string{"orders keep A17LegallyRequired 2031-12-31 order.orders"}},
		{"what was decided stays as proof, without words", Ask{Ground: Objected}, []Held{entries, evidence}, nil,
			[]string{"permissions erase ledger.evidence", "kartotek.ledger_permissions keep A17LegallyRequired ledger.permissions"}},
		{"a request stays two years", Ask{Ground: Objected}, []Held{request}, nil, []string{"kartotek.rights keep A17LegallyRequired 2028-11-29 rights.items"}},
		{"what nobody knows goes", Ask{Ground: Unlawful}, []Held{unknown}, nil, []string{"kartotek.badges_badges erase badges.badges"}},
		{"a claim locks one category", Ask{Ground: NotNeeded}, []Held{person, letters}, []Hold{{Category: "messages", Until: "2027-05-01"}},
			[]string{"identity erase party.person", "contact erase party.person", "messages restrict A17LegalClaims 2027-05-01 outbox.messages"}},
		{"a claim on everything, the longest counts", Ask{Ground: NotNeeded}, []Held{letters}, []Hold{{Until: "2027-05-01"}, {}, {Until: "2028-01-01"}},
			[]string{"messages restrict A17LegalClaims outbox.messages"}},
		{"a claim that is over counts for nothing", Ask{Ground: NotNeeded}, []Held{letters}, []Hold{{Until: "2026-11-29"}}, []string{"messages erase outbox.messages"}},
		{"a claim lasts to the end of its last day", Ask{Ground: NotNeeded}, []Held{letters}, []Hold{{Until: "2026-11-30"}},
			[]string{"messages restrict A17LegalClaims 2026-11-30 outbox.messages"}},
		{"what is contested is locked", Ask{Ground: Unlawful, Contested: []string{"contact"}}, []Held{person}, nil,
			[]string{"identity erase party.person", "contact restrict A18Contested party.person"}},
		{"a law outweighs a dispute", Ask{Ground: Unlawful, Contested: []string{"all"}}, []Held{orders}, nil, []string{"orders keep A17LegallyRequired 2031-12-31 order.orders"}},
		{"only what is asked for", Ask{Ground: Withdrawn, Categories: []string{"messages"}}, []Held{person, letters}, nil,
			[]string{"identity keep NotAsked party.person", "contact keep NotAsked party.person", "messages erase outbox.messages"}},
	} {
		f := facts(t, c.held...)
		f.Holds = c.holds
		p, err := Make(c.ask, f)
		if err != nil {
			t.Errorf("%s: %v", c.what, err)
			continue
		}
		var got []string
		for _, l := range p.Lines {
			got = append(got, strings.Join(strings.Fields(fmt.Sprint(l.Category, " ", l.Action, " ", l.Code, " ", l.Until, " ", strings.Join(l.Kinds, " "))), " "))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s\n got  %q\n want %q", c.what, got, c.want)
		}
	}
}

func TestRefused(t *testing.T) {
	for _, ask := range []Ask{{}, {Ground: "17(1)(g)"}, {Ground: Withdrawn, Categories: []string{"shoes"}}, {Ground: Withdrawn, Contested: []string{"shoes"}}} {
		if _, err := Make(ask, facts(t)); err == nil {
			t.Errorf("%+v was planned", ask)
		}
	}
}

// TestCarriedOut holds what rooms are told: kinds that stay, and single fields of a row.
func TestCarriedOut(t *testing.T) {
	p, err := Make(Ask{Ground: NotNeeded}, facts(t, payer, letters, entries))
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(p.Kept(), p.Fields(), p.Erases()); got != "map[ledger.permissions:A17LegallyRequired] map[billing_name:A17LegallyRequired] false" {
		t.Error(got)
	}
}

// TestEveryReason holds that nothing stays without a provision, and that each ground
// has its words and code.
func TestEveryReason(t *testing.T) {
	for _, c := range Codes {
		if c.Article() == "" {
			t.Errorf("%s rests on nothing", c)
		}
	}
	for _, g := range Grounds {
		if g.Code() == "" || strings.Contains(g.Words(i18n.For("fi")), "erasing.") {
			t.Errorf("%s has no code or no words: %s", g, g.Words(i18n.For("fi")))
		}
	}
}

// TestWords is the golden file of every sentence in every language.
func TestWords(t *testing.T) {
	f := facts(t, payer, letters, orders, entries, request, unknown)
	f.Holds = []Hold{{Category: "messages", Until: "2027-05-01"}, {Category: "contact"}}
	p, err := Make(Ask{Ground: Objected, Contested: []string{"identity"}}, f)
	if err != nil {
		t.Fatal(err)
	}
	p.Lines = append(p.Lines, Line{Category: "kartotek.x", Action: Keep, Code: NotAsked}, Line{Category: "kartotek.y", Action: Restrict, Code: PublicHealth, Article: PublicHealth.Article()})
	var b strings.Builder
	for _, lang := range i18n.Langs {
		pr := i18n.For(lang)
		fmt.Fprintf(&b, "%s: %s\n", lang, p.Ground.Words(pr))
		for _, l := range p.Lines {
			fmt.Fprintf(&b, "  %s: %s\n", l.Name(pr), l.Words(pr))
		}
	}
	const file = "testdata/words.txt"
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil || string(want) != b.String() {
		t.Errorf("run with -update and read the difference (%v):\n%s", err, b.String())
	}
}
