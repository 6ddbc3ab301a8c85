package web_test

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"kartotek/internal/access"
	"kartotek/internal/audit"
	"kartotek/internal/campaign"
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/media"
	"kartotek/internal/noticedef"
	"kartotek/internal/outbox"
	"kartotek/internal/paper"
	"kartotek/internal/party"
	"kartotek/internal/post"
	"kartotek/internal/recipient"
	"kartotek/internal/retention"
	"kartotek/internal/rights"
	"kartotek/internal/rightsdef"
	"kartotek/internal/scan"
	"kartotek/internal/segment"
	"kartotek/internal/series"
	"kartotek/internal/staff"
	"kartotek/internal/web/door"
)

// side is somebody at work, and one of everything that is theirs to work with. What it
// owns is made when it is asked for.
type side struct {
	*world
	name, purpose string
	cookie, key   string
	account       id.ID
	who           id.ID
	made          map[string]string
	n             *int
}

func (w *world) sides() (letters, care *side) {
	n := new(int)
	for _, s := range []*side{{name: "letters", purpose: "newsletter"}, {name: "care", purpose: "relationship"}} {
		s.world, s.n = w, n
		s.key, _ = w.key(s.name+"-key@nordanvind.example", []string{s.name})
		s.account, _ = w.member(s.name+"@nordanvind.example", s.name)
		if care, letters = s, care; letters == nil {
			letters = s
		}
	}
	return letters, care
}

// begin opens a session anew and forgets what was made.
func (s *side) begin() {
	s.t.Helper()
	s.made, s.who = map[string]string{}, 0
	token := s.link(staff.SignInLink)
	s.cookie = cookie(s.t, s.post("/sign-in/link/"+token, nil))
}

func (s *side) link(kind staff.LinkKind) (token string) {
	s.do(func(tx *db.Tx) (err error) { token, err = s.Staff.Link(tx, s.account, kind); return err })
	return token
}

// of gives one of a kind that is this side's.
func (s *side) of(kind string) string {
	s.t.Helper()
	if s.made[kind] == "" {
		make, ok := makers()[kind]
		if !ok {
			s.t.Fatalf("nothing makes a %s", kind)
		}
		*s.n++
		s.made[kind] = make(s)
	}
	return s.made[kind]
}

// stored is a maker of what is stored in one transaction.
func stored(fn func(s *side, tx *db.Tx) (id.ID, error)) func(*side) string {
	return func(s *side) string {
		s.t.Helper()
		var which id.ID
		s.subject() // before the transaction begins
		s.do(func(tx *db.Tx) (err error) { which, err = fn(s, tx); return err })
		return which.String()
	}
}

// person is the side's own data subject.
func (s *side) subject() id.ID {
	if s.who == 0 {
		s.who = s.world.person()
	}
	return s.who
}

func (s *side) theMessage() outbox.Message {
	return s.message(s.subject(), s.purpose)
}

func token(kind outbox.Link) func(*side) string {
	return func(s *side) string {
		m := s.theMessage()
		return outbox.Token(s.Keys, kind, m.Person, m.ID)
	}
}

func (s *side) theCase() *rights.Case {
	which, _ := id.Parse(s.of("case"))
	var c *rights.Case
	s.do(func(tx *db.Tx) (err error) { c, err = s.Rights.Get(tx, which); return err })
	return c
}

// makers say how one of each kind is made.
func makers() map[string]func(*side) string {
	return map[string]func(*side) string{
		"person":      func(s *side) string { return s.subject().String() },
		"entry":       func(s *side) string { return s.entries(s.subject())[0].ID.String() },
		"message":     func(s *side) string { return s.theMessage().ID.String() },
		"preferences": token(outbox.LinkPreferences), "unsubscribe": token(outbox.LinkUnsubscribe), "why": token(outbox.LinkWhy),
		"link": func(s *side) string { return s.link(staff.SignInLink) },
		"my link": func(s *side) string {
			s.clock.Move(10 * time.Minute) // how often one network asks is bounded
			s.visitor().press("/me", url.Values{"address": {s.email(s.subject())}})
			return strings.TrimPrefix(s.letterLinks(s.subject())[0], "/me/in/")
		},
		"my confirmation": func(s *side) string {
			s.clock.Move(10 * time.Minute)
			b := s.signedInSelf(s.subject())
			b.press("/me/erase", nil)
			all := s.letterLinks(s.subject())
			return strings.TrimPrefix(all[len(all)-1], "/me/confirm/")
		},
		"slug": func(*side) string { return "x" },
		"organisation": stored(func(s *side, tx *db.Tx) (id.ID, error) {
			p, err := s.Party.Create(tx, party.New{Fields: []party.Pair{{Name: "last_name", Value: "Ek"}, {Name: "organisation", Value: fmt.Sprint("Firma ", *s.n)}}})
			if err != nil {
				return 0, err
			}
			return p.OrgID, nil
		}),
		"upload": func(s *side) string {
			var b bytes.Buffer
			m := multipart.NewWriter(&b)
			f, _ := m.CreateFormFile("file", "people.csv")
			fmt.Fprintf(f, "email,first_name\nperson%d@fjord.example,Bo\n", *s.n)
			m.Close()
			res := s.ask("POST", "/import", b.String(), "Content-Type", m.FormDataContentType(), "Cookie", s.cookie)
			part := strings.Split(res.Header.Get("Location"), "/")
			if len(part) < 3 || res.StatusCode != http.StatusSeeOther {
				s.t.Fatalf("the upload led to %d %q", res.StatusCode, part)
			}
			return part[2]
		},
		"import": func(s *side) string {
			res := s.post("/import/"+s.of("upload")+"/start", nil, "Cookie", s.cookie)
			part := strings.Split(res.Header.Get("Location"), "/")
			if len(part) < 3 || part[2] == s.of("upload") {
				s.t.Fatalf("the import led to %d %q: %.500s", res.StatusCode, part, text(s.t, res))
			}
			return part[2]
		},
		"newsletter": stored(func(s *side, tx *db.Tx) (id.ID, error) {
			c, err := s.Campaign.Save(tx, campaign.Campaign{Name: fmt.Sprint("Letter ", *s.n), Purpose: s.purpose, Channel: "email", Subject: "Hello", Body: "Text", Format: "markdown", Audience: "everyone"})
			if err != nil {
				return 0, err
			}
			return c.ID, nil
		}),
		"letter": stored(func(s *side, tx *db.Tx) (id.ID, error) {
			t, err := s.Post.SaveTemplate(tx, post.Template{Name: fmt.Sprint("letter-", *s.n), Title: "Letter", Purpose: s.purpose, Texts: []post.Text{{Language: "sv", Subject: "Hej", Body: "Tack!"}}})
			if err != nil {
				return 0, err
			}
			return t.ID, nil
		}),
		"series": stored(func(s *side, tx *db.Tx) (id.ID, error) {
			name := fmt.Sprint("step-", *s.n)
			if _, err := s.Post.SaveTemplate(tx, post.Template{Name: name, Title: name, Purpose: s.purpose, Texts: []post.Text{{Language: "sv", Subject: "Hej", Body: "Tack!"}}}); err != nil {
				return 0, err
			}
			x, err := s.Series.Save(tx, series.Series{Name: name, Purpose: s.purpose, Trigger: series.Trigger{Kind: series.OnEvent, Event: "order.confirmed"}, Steps: []series.Step{{Kind: series.Letter, Template: name}}})
			if err != nil {
				return 0, err
			}
			return x.ID, nil
		}),
		"segment": stored(func(s *side, tx *db.Tx) (id.ID, error) {
			by := `organisation = "Firma"`
			if s.name == "letters" {
				by = `consent "newsletter" "email"`
			}
			x, err := s.Segment.Save(tx, segment.Segment{Name: fmt.Sprint("Some ", *s.n), Text: by})
			if err != nil {
				return 0, err
			}
			return x.ID, nil
		}),
		"picture": func(s *side) (file string) {
			var b bytes.Buffer
			if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 10+*s.n, 10))); err != nil {
				s.t.Fatal(err)
			}
			img, err := media.Read(b.Bytes())
			if err != nil {
				s.t.Fatal(err)
			}
			s.do(func(tx *db.Tx) error { p, err := s.Media.Add(tx, img, "Fjord", "A fjord"); file = p.File; return err })
			return file
		},
		"case": stored(func(s *side, tx *db.Tx) (id.ID, error) {
			c, err := s.Rights.Open(tx, rights.Intake{Kind: rightsdef.Access, Channel: "post", Person: s.subject(), Certainty: rightsdef.Known})
			if err != nil {
				return 0, err
			}
			return c.ID, nil
		}),
		"item": func(s *side) (which string) {
			c := s.theCase()
			s.do(func(tx *db.Tx) error {
				all, err := s.Rights.Items(tx, c)
				for _, x := range all {
					if x.Content.Letter != nil {
						which = x.ID.String()
					}
				}
				return err
			})
			return which
		},
		"file": stored(func(s *side, tx *db.Tx) (id.ID, error) {
			which, _ := id.Parse(s.made["case"])
			f, err := s.Scan.Arrive(tx, scan.Arrival{Person: s.subject(), Case: which, Via: "post", Found: s.Scan.Look("brev.pdf", []byte(aPDF))})
			return f.ID, err
		}),
		"hold": stored(func(s *side, tx *db.Tx) (id.ID, error) {
			h, err := s.Retention.Hold(tx, s.subject(), retention.Hold{Reason: "a claim", Citation: "GDPR 17(3)(e)", Review: "2027-05-01"})
			if err != nil {
				return 0, err
			}
			return h.ID, nil
		}),
		"paper": stored(func(s *side, tx *db.Tx) (id.ID, error) {
			i, err := s.Paper.Add(tx, s.subject(), paper.Item{What: "signed form", Location: "archive room B", Custodian: "Elsa Testinen", DestroyOn: "2030-12-31"})
			if err != nil {
				return 0, err
			}
			return i.ID, nil
		}),
		"notice": stored(func(s *side, tx *db.Tx) (id.ID, error) {
			if _, err := s.Recipient.Disclose(tx, s.subject(), recipient.Disclosure{Recipient: "mail-relay", Categories: []string{"contact"}, Purpose: "relationship", Ground: recipient.OnContract, What: "a letter"}); err != nil {
				return 0, err
			}
			all, err := s.Recipient.Notify(tx, s.subject(), "erasure", []string{"contact"}, 0)
			if err != nil || len(all) == 0 {
				return 0, fmt.Errorf("nobody is to be told: %w", err)
			}
			return all[0].ID, nil
		}),
		"run": stored(func(s *side, tx *db.Tx) (id.ID, error) {
			r, err := s.Retention.Start(tx, "preview", "")
			if err != nil {
				return 0, err
			}
			return r.ID, nil
		}),
		"account": func(s *side) string {
			a, _ := s.member(fmt.Sprintf("hired%d@nordanvind.example", *s.n))
			return a.String()
		},
		"level": func(s *side) string { return s.name },
		"measure": func(s *side) string {
			return map[string]string{"letters": "backups", "care": "premises"}[s.name]
		},
		"log entry": func(s *side) (which string) {
			s.do(func(tx *db.Tx) error {
				all, err := audit.Read(tx, audit.Filter{Limit: 1})
				if err == nil && len(all) == 1 {
					which = all[0].ID.String()
				}
				return err
			})
			return which
		},
		"review": func(s *side) string { return s.theReview() },
		"api message": func(s *side) (which string) {
			s.subject()
			s.do(func(tx *db.Tx) error {
				r, err := s.Post.Send(tx, post.Mail{Person: s.subject(), Purpose: s.purpose, Subject: "Hello", Body: "Text", Language: "en"})
				if err == nil {
					which = r.Person.String() + "-" + r.Message.String()
				}
				return err
			})
			return which
		},
		"caught mail": func(*side) string { return "7000001" },
		"session": func(s *side) string {
			x, err := s.Staff.Session(s.t.Context(), s.DB, strings.TrimPrefix(s.cookie, door.SessionCookie+"="))
			if err != nil {
				s.t.Fatal(err)
			}
			return x.ID.String()
		},
		"factor": func(s *side) string {
			_, _, session := s.guarded(fmt.Sprintf("guarded%d@nordanvind.example", *s.n), "care")
			return regexp.MustCompile(`name="factor" value="([0-9a-z]+)"`).FindStringSubmatch(text(s.t, s.get("/account", "Cookie", session)))[1]
		},
		"key": func(s *side) string {
			_, k := s.world.key(fmt.Sprintf("keyed%d@nordanvind.example", *s.n), []string{"care"})
			return k.ID.String()
		},
		"place": func(s *side) string {
			for range 60 {
				s.world.person()
			}
			m := regexp.MustCompile(`/people\?after=([^"&]+)"`).FindStringSubmatch(text(s.t, s.get("/people", "Cookie", s.cookie)))
			place, _ := url.QueryUnescape(m[1])
			return place
		},
		"elevation": func(s *side) (which string) {
			c := s.colleague(fmt.Sprint("Cia Dahl ", *s.n), "clerk")
			c.want(http.StatusSeeOther, "POST", "/access/elevation", url.Values{"level": {"service"}, "minutes": {"15"}, "reason": {"the desk is alone today"}})
			s.do(func(tx *db.Tx) error {
				all, err := s.Access.Elevations(tx, s.clock.Now().Add(-time.Hour))
				which = all[0].ID.String()
				return err
			})
			return which
		},
		"held act": stored(func(s *side, tx *db.Tx) (id.ID, error) {
			q, _, err := s.Access.Hold(tx, access.Act{Account: s.account, Name: "publish", Route: "POST /notices/publish", Object: "/notices/publish", Digest: "x"})
			return q.ID, err
		}),
		"change": func(s *side) (which string) {
			s.post("/people/"+s.of("person")+"/field", url.Values{"field": {"first_name"}, "value": {"Asa"}, "reason": {"asked"}}, "Cookie", s.cookie)
			s.subject()
			s.do(func(tx *db.Tx) error {
				all, err := s.Party.History(tx, s.subject())
				which = all[0].ID.String()
				return err
			})
			return which
		},
	}
}

// theReview is the review under way: there is one at a time.
func (s *side) theReview() string {
	var which id.ID
	s.do(func(tx *db.Tx) error {
		v, found, err := s.Access.Open(tx)
		if err == nil && !found {
			n, _ := noticedef.Parse("notice", twoTrades())
			v, err = s.Access.StartReview(tx, n, s.account, "Maja Exempel")
		}
		which = v.ID
		return err
	})
	return which.String()
}

// missing is a name of the same shape that nothing has.
func (s *side) missing(kind, like string) string {
	switch kind {
	case "level":
		return "nosuch"
	case "measure", "slug":
		return "nosuch"
	case "picture":
		return strings.Repeat("0", len(like)-4) + like[len(like)-4:]
	case "caught mail":
		return "7000002"
	case "api message":
		return s.DB.NewID().String() + "-" + s.DB.NewID().String()
	case "preferences", "unsubscribe", "why", "link", "my link", "my confirmation":
		last := "A"
		if like[len(like)-2] == 'A' {
			last = "B"
		}
		return like[:len(like)-2] + last + like[len(like)-1:]
	}
	return s.DB.NewID().String()
}
