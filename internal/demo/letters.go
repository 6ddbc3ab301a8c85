package demo

import (
	"context"
	"embed"
	"fmt"
	"strings"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/campaign"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/outbox"
	"kartotek/internal/permit"
)

// When the newsletters went out, in days before now.
const (
	firstSent  = 40
	secondSent = 10
)

//go:embed text
var texts embed.FS

var languages = []string{"sv", "fi", "en"}

// words reads a text in all three languages.
func words(name string) map[string]string {
	out := map[string]string{}
	for _, lang := range languages {
		b, err := texts.ReadFile("text/" + name + "." + lang + ".md")
		if err != nil {
			panic(err) // the files are part of the program
		}
		out[lang] = strings.TrimSpace(string(b))
	}
	return out
}

// What people were shown or wrote, in their language.
var (
	signUpWords      = words("sign-up")
	surveyWords      = words("survey")
	fairWords        = words("fair")
	pageWords        = words("preferences")
	noEmailWords     = words("no-email")
	noMarketingWords = words("no-marketing")
)

// newsletter makes a letter of its texts: everybody reads it in their own
// language. The first line of a text is the subject.
func newsletter(name, file string) campaign.Campaign {
	subject, body := map[string]string{}, map[string]string{}
	for lang, text := range words(file) {
		subject[lang], body[lang], _ = strings.Cut(text, "\n")
	}
	return campaign.Campaign{Name: name, Purpose: "newsletter", Class: permit.Marketing, Channel: "email",
		From: "Nordanvind <nyheter@nordanvind.example>", ReplyTo: "kundtjanst@nordanvind.example",
		Subject: byLanguage(subject, ""), Body: byLanguage(body, "\n\n"), Format: "markdown", Language: "sv", Audience: "everyone"}
}

// byLanguage joins a text's languages into a template that picks the reader's.
func byLanguage(text map[string]string, gap string) string {
	part := func(lang string) string { return gap + strings.TrimSpace(text[lang]) + gap }
	return `{% case person.language %}{% when "fi" %}` + part("fi") + `{% when "en" %}` + part("en") + `{% else %}` + part("sv") + `{% endcase %}`
}

var months = strings.Fields("januari februari mars april maj juni juli augusti september oktober november december")

// nameOf is how marketing names a letter: by its day and subject.
func (s *story) nameOf(daysAgo int, title string) string {
	t := clockAt(s.now, daysAgo, 0, 0)
	return fmt.Sprintf("Nyhetsbrev %d %s %d: %s", t.Day(), months[t.Month()-1], t.Year(), title)
}

func (s *story) firstLetter() error {
	if err := s.play(firstSent); err != nil {
		return err
	}
	return s.send(newsletter(s.nameOf(firstSent, "Ren luft i möteslokalen"), "letter1"), firstSent)
}

func (s *story) secondLetter() error {
	if err := s.play(secondSent); err != nil {
		return err
	}
	return s.send(newsletter(s.nameOf(secondSent, "När är det dags att byta filter?"), "letter2"), secondSent)
}

// send sends a letter for real. The clock runs on a little meanwhile, so that it
// does not seem to have gone out in no time; after the first leaps only as fast as
// it is looked at, for those who wait a moment.
func (s *story) send(c campaign.Campaign, daysAgo int) error {
	s.moveTo(clockAt(s.now, daysAgo, 8, 30))
	by, ticks := s.desk["Oskar"], 0
	channel := s.Campaign.Channel
	s.Campaign.Channel = unhurried{channel}
	defer func() { s.Campaign.Channel = channel }()
	out, err := s.Campaign.Run(s.ctx, &c, campaign.RunOptions{By: by, Watch: func(*campaign.Campaign, campaign.Results) {
		leap := 1300 * time.Millisecond
		if ticks++; ticks >= 9 {
			leap = 50 * time.Millisecond
		}
		s.clk.Move(leap)
	}})
	if err != nil {
		return err
	}
	if out.State != campaign.Done {
		return fault.New(fault.Conflict, "demo.send", "an invented newsletter did not go out to the end")
	}
	return s.DB.Do(s.ctx, by, func(tx *db.Tx) error {
		sent, err := s.Campaign.Named(tx, c.Name)
		if err != nil {
			return err
		}
		s.sent = sent.ID
		return audit.Write(tx, audit.Entry{Action: "campaign.start", Kind: "campaign", Object: sent.ID.String(), Count: out.Audience})
	})
}

// unhurried is a channel that puts nobody off. By a clock that leaps, a receiver to
// whom a letter is just on its way is slow, and would be given no other for a while.
type unhurried struct{ outbox.Channel }

func (u unhurried) Open(ctx context.Context) (outbox.Session, error) {
	session, err := u.Channel.Open(ctx)
	return struct{ outbox.Session }{session}, err // and no outbox.Pacer
}

// afterFirstLetter is what people answered to the first newsletter, and what
// marketing did about addresses that no longer exist.
func (s *story) afterFirstLetter() error {
	got, failed, err := s.receivers()
	if err != nil {
		return err
	}
	if len(got) < 200 || len(failed) < 3 {
		return fault.New(fault.Conflict, "demo.receivers", "the first newsletter reached too few people to go on with")
	}
	elsa := s.desk["Elsa"]
	for i, at := range []int{8, 47, 90, 133, 171} {
		s.scene(firstSent-i/2, 11+i, 7*i, citizen, s.oneClick(got[at]))
	}
	for i, at := range []int{21, 66, 118} {
		s.scene(firstSent-2-i, 19, 12*i, citizen, s.unticks(got[at], "newsletter"))
	}
	s.scene(35, 21, 4, citizen, s.objects(got[150], outbox.ScopeAll))
	s.scene(31, 9, 30, elsa, s.letter(got[33], 31, outbox.ScopeChannel("email")))
	s.scene(28, 13, 45, elsa, s.call(got[104], outbox.ScopeAll))
	for i, f := range failed[:3] {
		s.scene(38, 10, i, s.desk["Oskar"], func(tx *db.Tx) error {
			return s.Outbox.Suppress(tx, f.email, outbox.Suppression{Kind: "email", Class: outbox.HoldAll, Reason: "bounce"})
		})
	}
	return nil
}

// afterSecondLetter is the week that has just passed, so that the first page has
// something to tell: some say yes to surveys, a few have had enough.
func (s *story) afterSecondLetter() error {
	got, _, err := s.receivers()
	if err != nil {
		return err
	}
	if len(got) < 200 {
		return fault.New(fault.Conflict, "demo.receivers", "the second newsletter reached too few people to go on with")
	}
	for i, at := range []int{12, 30, 52, 75, 96, 121, 140, 163} {
		s.scene(6-i*2/3, 9+i, 5*i, citizen, s.ticks(got[at], "survey"))
	}
	s.scene(5, 18, 40, citizen, s.oneClick(got[55]))
	s.scene(3, 7, 15, citizen, s.oneClick(got[180]))
	s.scene(2, 20, 31, citizen, s.unticks(got[62], "newsletter"))
	s.scene(1, 10, 5, s.desk["Elsa"], s.letter(got[110], 1, outbox.ScopeChannel("email")))
	return nil
}

// receivers are those the last letter reached, and those it failed to reach.
func (s *story) receivers() (got, failed []*figure, err error) {
	c := s.cast
	err = s.DB.View(s.ctx, s.desk["Oskar"], func(tx *db.Tx) error {
		for _, group := range [][]*figure{c.subscribed, c.signed} {
			for _, f := range group {
				if f.id == 0 {
					continue // signs up later
				}
				m, found, err := s.Outbox.For(tx, f.id, s.sent)
				if err != nil {
					return err
				}
				switch {
				case found && m.State == outbox.Sent:
					got = append(got, f)
				case found && m.State == outbox.Failed:
					failed = append(failed, f)
				}
			}
		}
		return nil
	})
	return got, failed, err
}

// oneClick is the mail program's own button. RFC 8058
func (s *story) oneClick(f *figure) func(tx *db.Tx) error {
	letter := s.sent
	return func(tx *db.Tx) error {
		m, found, err := s.Outbox.For(tx, f.id, letter)
		if err != nil || !found {
			return orNotFound(err)
		}
		said, err := s.said(tx, "one-click", "List-Unsubscribe=One-Click", f.language)
		if err != nil {
			return err
		}
		if _, err := s.Outbox.Unsubscribe(tx, m, said); err != nil {
			return err
		}
		return s.log(tx, "permission.one-click", f)
	}
}

// today is what is on the desk now: a letter in draft.
func (s *story) today() error {
	s.scene(2, 15, 20, s.desk["Oskar"], func(tx *db.Tx) error {
		c := newsletter("Nyhetsbrev, utkast: Så mäter du luften hemma", "letter3")
		c.Audience = `consent "newsletter" "email" or tag "kund"`
		_, err := s.Campaign.Save(tx, c)
		return err
	})
	return s.play(1)
}
