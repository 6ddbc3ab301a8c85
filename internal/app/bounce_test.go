package app

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"kartotek/internal/bounce"
	"kartotek/internal/campaign"
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/noticedef"
	"kartotek/internal/outbox"
	"kartotek/internal/party"
	"kartotek/internal/permit"
)

// letters starts a newsletter and sends it to n people, without a mail server.
func letters(t *testing.T, h *House, n int) (which id.ID, sent []outbox.Message) {
	t.Helper()
	by := db.System("test")
	answers := noticedef.DefaultAnswers(time.Now().Format(time.DateOnly))
	if _, found, err := h.Publish(t.Context(), by, noticedef.Template(answers), "Aino Esimerkki", ""); err != nil {
		t.Fatal(found, err)
	}
	if err := h.DB.Do(t.Context(), by, func(tx *db.Tx) error {
		sent = nil
		c, err := h.Campaign.Save(tx, campaign.Campaign{Name: "Uutiset", Purpose: "newsletter", Class: permit.Marketing, Channel: "email",
			From: "news@pohjola-kortti.example", Subject: "Uutiset", Body: "Hei!", Audience: ""})
		if err != nil {
			return err
		}
		which = c.ID
		if err := h.Campaign.Start(tx, which); err != nil {
			return err
		}
		for i := range n {
			p, err := h.Party.Create(tx, party.New{Fields: []party.Pair{{Name: "email", Value: fmt.Sprintf("person%d@people.example", i)}}})
			if err != nil {
				return err
			}
			sent = append(sent, outbox.Message{ID: tx.NewID(), Person: p.ID, Campaign: which, Class: permit.Marketing, Purpose: c.Purpose, Channel: "email",
				State: outbox.Sent, HandedAt: tx.Now(), Done: tx.Now(), Notice: 1})
		}
		return h.Outbox.Add(tx, sent)
	}); err != nil {
		t.Fatal(err)
	}
	return which, sent
}

// dsn is the bounce of a message.
func dsn(h *House, m *outbox.Message, to, said string) string {
	return "From: MAILER-DAEMON@x.example\nSubject: Undelivered Mail\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n" +
		"Reporting-MTA: dns; x.example\n\nFinal-Recipient: rfc822; " + to + "\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; " + said +
		"\n\n--b\nContent-Type: text/rfc822-headers\n\n" + "To: " + to + "\nList-Unsubscribe: <" + h.Outbox.URL("https://r.example", outbox.LinkUnsubscribe, m.Person, m.ID) + ">\n\n--b--\n"
}

func complaint(h *House, m *outbox.Message) string {
	return "From: fbl@x.example\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nVersion: 1\n\n" +
		"--b\nContent-Type: text/rfc822-headers\n\nList-Unsubscribe: <" + h.Outbox.URL("https://r.example", outbox.LinkUnsubscribe, m.Person, m.ID) + ">\n\n--b--\n"
}

// apply reads a mail, and applies all it says.
func apply(t *testing.T, r *Returns, mail string) (done []Returned) {
	t.Helper()
	rep, err := bounce.Parse(strings.NewReader(mail), bounce.Usual)
	if err != nil {
		t.Fatal(err)
	}
	for i := range rep.Outcomes {
		d, err := r.Apply(t.Context(), &rep, &rep.Outcomes[i])
		if err != nil {
			t.Fatal(err)
		}
		done = append(done, d)
	}
	return done
}

// TestReturnsAreApplied takes mails from their text to what follows, and holds that complaints in number pause what is still being sent.
func TestReturnsAreApplied(t *testing.T) {
	h := newHouse(t)
	which, sent := letters(t, h, fewest)
	r := h.Returns(db.System("bounce"))
	for name, c := range map[string]struct {
		mail string
		want Returned
	}{
		"hard":              {dsn(h, &sent[0], "person0@people.example", "550 5.1.1 User unknown"), ReturnSuppressed},
		"full":              {dsn(h, &sent[1], "person1@people.example", "552 5.2.2 Mailbox full"), ReturnNoted},
		"forwarded":         {dsn(h, &sent[2], "else@where.example", "550 5.1.1 User unknown"), ReturnNoted},
		"stranger":          {strings.ReplaceAll(dsn(h, &sent[3], "person3@people.example", "550 5.1.1 User unknown"), "/u/", "/u/A"), ReturnStranger},
		"a person's letter": {"From: a@b.example\nSubject: Hej\n\nHej", ReturnNothing},
	} {
		if got := apply(t, r, c.mail); len(got) != 1 || got[0] != c.want {
			t.Errorf("%s: %v, want %s", name, got, c.want)
		}
	}
	if paused, err := r.Finish(t.Context()); err != nil || len(paused) != 0 {
		t.Error("paused too early:", paused, err)
	}
	r = h.Returns(db.System("bounce"))
	for range 3 { // the same complaint again and again is one
		apply(t, r, complaint(h, &sent[4]))
	}
	paused, err := r.Finish(t.Context())
	if err != nil || len(paused) != 1 || r.String() != "forbidden 1, again 2" {
		t.Error(paused, err, r)
	}
	if err := h.DB.View(t.Context(), db.System("test"), func(tx *db.Tx) error {
		c, err := h.Campaign.Get(tx, which)
		if err == nil && c.State != campaign.Paused {
			t.Error("the newsletter is", c.State)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// TestReturnsInNumber applies a storm of the same few mails: what follows does so once.
func TestReturnsInNumber(t *testing.T) {
	h := newHouse(t)
	_, sent := letters(t, h, 20)
	r := h.Returns(db.System("bounce"))
	start := time.Now()
	for i := range 500 {
		k := i % len(sent)
		apply(t, r, dsn(h, &sent[k], fmt.Sprintf("person%d@people.example", k), "550 5.1.1 User unknown"))
	}
	t.Logf("%v a mail", time.Since(start)/500)
	if got := r.String(); got != "suppressed 20, again 480" {
		t.Error(got)
	}
}
