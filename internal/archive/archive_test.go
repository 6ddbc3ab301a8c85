package archive

import (
	"strings"
	"sync"
	"testing"
	"time"

	"kartotek/internal/campaign"
	"kartotek/internal/compose"
	"kartotek/internal/permit"
	"kartotek/internal/segdef"
)

// anything is a catalogue that lists every field.
type anything struct{ segdef.Catalogue }

func (anything) HasField(string) bool { return true }

var terms = &campaign.Terms{Version: 1, Language: "sv", Catalogue: anything{}, Sender: compose.Sender{Name: "Nordanvind Oy"},
	Question: func(purpose, channel string, at time.Time) (permit.Question, error) { return permit.Question{}, nil }}

var langs = []string{"sv", "fi", "en"}

// TestMake makes letters in the languages they are written in.
func TestMake(t *testing.T) {
	const two = `{% if person.language == "fi" %}Hei{% else %}Hej{% endif %}`
	split := campaign.Options{Split: &campaign.Split{Winner: 2, Others: []campaign.Variant{{Body: "The better one"}}}}
	for _, c := range []struct {
		name      string
		letter    campaign.Campaign
		lang      string
		want, has string
		langs     int
	}{
		{"its own", campaign.Campaign{Body: "Hello", Language: "en"}, "", "en", "Hello", 1},
		{"the register's", campaign.Campaign{Body: "Hej"}, "", "sv", "Hej", 1},
		{"not in that", campaign.Campaign{Body: "Hello", Language: "en"}, "fi", "en", "Hello", 1},
		{"in all", campaign.Campaign{Body: two, Language: "sv"}, "fi", "fi", "Hei", 3},
		{"in all, its own", campaign.Campaign{Body: two, Language: "sv"}, "", "sv", "Hej", 3},
		{"unknown", campaign.Campaign{Body: two, Language: "sv"}, "de", "sv", "Hej", 3},
		{"nobody's name", campaign.Campaign{Body: `Hello {{ person.first_name | default: "friend" }}{{ person.email }}`, Language: "en"}, "", "en", "Hello friend", 1},
		{"the letter that did best", campaign.Campaign{Body: "The other", Language: "en", Options: split}, "", "en", "The better one", 1},
	} {
		c.letter.Subject, c.letter.Class = "S", "marketing"
		e, err := Make(&c.letter, terms, "https://register.example/", c.lang, langs)
		if err != nil || e.Lang != c.want || len(e.Langs) != c.langs || !strings.Contains(e.Text, c.has) || !strings.Contains(e.HTML, `lang="`+e.Lang) {
			t.Errorf("%s: %v %s %v\n%s", c.name, err, e.Lang, e.Langs, e.Text)
		}
	}
}

// TestShelf makes a letter once, anew when it or the notice changes, and holds no
// more than it may.
func TestShelf(t *testing.T) {
	s := Shelf{Most: 20_000}
	c := &campaign.Campaign{ID: 1, Subject: "S", Body: "One", Language: "en", Class: "marketing"}
	get := func(want string) {
		t.Helper()
		if e, err := s.Make(c, terms, "", "", langs); err != nil || !strings.Contains(e.Text, want) {
			t.Errorf("%q %v", e.Text, err)
		}
	}
	get("One")
	c.Body = "Two"
	get("One")
	c.ChangedAt = 1
	get("Two")
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for i := range 20 {
				next := *c
				next.ChangedAt = int64(i + 2)
				if _, err := s.Make(&next, terms, "", "", langs); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if s.size > s.Most || len(s.made) == 0 {
		t.Errorf("%d bytes in %d letters", s.size, len(s.made))
	}
}
