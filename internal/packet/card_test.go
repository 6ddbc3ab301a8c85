package packet

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-vcard"

	"kartotek/internal/exchange/dialect"
)

// åsa has everything a card may have, and texts that are hard to write.
var åsa = &dialect.Person{ID: "pg583v000280",
	Emails: []dialect.Point{{Value: "asa@hemma.example"}, {Value: "asa.ohman@arbete.example", Label: "work"}},
	Phones: []dialect.Point{{Value: "+358000000320"}},
	Posts:  []dialect.Point{{Value: "Box 1; rum 2\n00100\nHelsingfors\nFI", Label: "home"}},
	Fields: []dialect.Pair{{Name: "first_name", Value: "Åsa, Maria"}, {Name: "last_name", Value: "Öhman;Ek"}, {Name: "title", Value: `Chef\n "x"`},
		{Name: "organisation", Value: strings.Repeat("Långt företagsnamn ", 12) + "Ab"}, {Name: "street", Value: "Exempelgatan 1\r\nTrappa B"}, {Name: "postcode", Value: "20100"},
		{Name: "city", Value: "Åbo"}, {Name: "country", Value: "FI"}, {Name: "language", Value: "sv"}},
	Changed: time.Date(2026, 2, 15, 11, 20, 0, 0, time.UTC)}

// TestVCard is read by another program's reader, and has no line that is too long.
func TestVCard(t *testing.T) {
	buf, err := vCard(åsa)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSuffix(string(buf), "\r\n"), "\r\n") {
		if len(line) > 75 || strings.ContainsAny(line, "\r\n") {
			t.Errorf("a line of %d octets: %q", len(line), line)
		}
	}
	c, err := vcard.NewDecoder(bytes.NewReader(buf)).Decode()
	if err != nil {
		t.Fatal(err)
	}
	for field, want := range map[string]string{"VERSION": "4.0", "FN": "Åsa, Maria Öhman;Ek", "TITLE": `Chef\n "x"`, "EMAIL": "asa@hemma.example", "TEL": "+358000000320",
		"LANG": "sv", "REV": "20260215T112000Z"} {
		if got := c.Value(field); got != want {
			t.Errorf("%s: %q, want %q", field, got, want)
		}
	}
	if len(c["EMAIL"]) != 2 || len(c["ADR"]) != 2 || c["EMAIL"][1].Params.Get("TYPE") != "work" {
		t.Errorf("addresses: %v %v", c["EMAIL"], c["ADR"])
	}
	if !strings.Contains(string(buf), `N:Öhman\;Ek;Åsa\, Maria;;;`) {
		t.Errorf("a semicolon parts what it should not:\n%s", buf)
	}
}

// TestJSContact holds the card against what RFC 9553 demands of each object.
func TestJSContact(t *testing.T) {
	buf, err := jsContact(åsa)
	if err != nil {
		t.Fatal(err)
	}
	var c struct {
		Type    string `json:"@type"`
		Version string
		UID     string
		Name    struct {
			Full       string
			Components []struct{ Kind, Value string }
		}
		Emails    map[string]struct{ Address string }
		Phones    map[string]struct{ Number string }
		Addresses map[string]struct {
			Components  []struct{ Kind, Value string }
			CountryCode string
			Contexts    map[string]bool
		}
		Organizations map[string]struct{ Name string }
		Titles        map[string]struct{ Name, Kind string }
	}
	if err := json.Unmarshal(buf, &c); err != nil {
		t.Fatal(err)
	}
	if c.Type != "Card" || c.Version != "1.0" || c.UID == "" || c.Name.Full != "Åsa, Maria Öhman;Ek" || len(c.Name.Components) != 2 || c.Name.Components[1].Kind != "surname" {
		t.Errorf("%+v", c)
	}
	if len(c.Emails) != 2 || c.Emails["a1"].Address != "asa@hemma.example" || c.Phones["n1"].Number == "" || c.Titles["t1"].Kind != "title" || c.Organizations["o1"].Name == "" {
		t.Errorf("%+v", c)
	}
	if len(c.Addresses) != 2 || c.Addresses["a1"].CountryCode != "FI" || !c.Addresses["a2"].Contexts["private"] {
		t.Errorf("%+v", c.Addresses)
	}
}
