package api

import (
	"net/http"
	"strings"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/outbox"
	"kartotek/internal/post"
	"kartotek/internal/series"
)

// messageOperations are the part of the table about single messages and events.
func messageOperations() []operation {
	return []operation{
		{method: "POST", path: "/messages", name: "sendMessage", level: "send", summary: "Sends one message to one person, if the rules allow it; with a key, once.",
			body: newMessage{}, answer: posted{}, status: http.StatusCreated, run: sendMessage},
		{method: "GET", path: "/messages/{id}", name: "getMessage", level: "send", summary: "What became of a message.", answer: message{}, run: getMessage},
		{method: "POST", path: "/events", name: "tellEvent", level: "send", summary: "Tells of something that happened: templates that name it are sent, series it starts take the person in.",
			body: newEvent{}, answer: happened{}, status: http.StatusCreated, run: tellEvent},
	}
}

type newMessage struct {
	Person   id.ID          `json:"person,omitempty" doc:"to whom; or an address of theirs"`
	Address  string         `json:"address,omitempty" doc:"an e-mail address of somebody in the register; the mail goes to their first address"`
	Purpose  string         `json:"purpose,omitempty" doc:"a purpose of the notice, whose class decides; left out, the template's"`
	Template string         `json:"template,omitempty" doc:"name of a template; or subject and body"`
	Language string         `json:"language,omitempty" doc:"sv, fi or en; left out, the person's"`
	Subject  string         `json:"subject,omitempty"`
	Body     string         `json:"body,omitempty" doc:"Markdown or HTML with {{ person.first_name }} and {{ data.… }}"`
	Format   string         `json:"format,omitempty" doc:"markdown or html; left out, it is recognised"`
	From     string         `json:"from,omitempty" doc:"a mailbox; left out, the template's or the controller's"`
	ReplyTo  string         `json:"reply_to,omitempty"`
	Data     map[string]any `json:"data,omitempty" doc:"what data.<name> reads: texts, numbers, lists of at most 100, objects"`
	Key      string         `json:"key,omitempty" doc:"yours for this message, at most 200 characters: within 30 days the same answer is given and nothing is sent again"`
}

type posted struct {
	ID      string `json:"id"`
	Person  id.ID  `json:"person"`
	Allowed bool   `json:"allowed" doc:"false: the rules forbid it, and it is kept as skipped"`
	Code    string `json:"code" doc:"the verdict in a word; see docs/verdicts.md"`
}

// messageID joins the keys of a message: rows of a person are found by the person.
func messageID(who, message id.ID) string { return who.String() + "-" + message.String() }

// limits of what a letter of a program may hold, in bytes; packages post and compose
// have bounds of their own.
const maxLine = 500

func (n *newMessage) check() error {
	for name, v := range map[string]string{"subject": n.Subject, "from": n.From, "reply_to": n.ReplyTo, "address": n.Address, "purpose": n.Purpose,
		"template": n.Template, "language": n.Language, "format": n.Format} {
		if len(v) > maxLine || strings.ContainsFunc(v, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			return invalid("form.one_line", name, "the field takes one line")
		}
	}
	if n.Language != "" && n.Language != "sv" && n.Language != "fi" && n.Language != "en" {
		return invalid("form.choice", "language", "sv, fi or en")
	}
	return nil
}

func sendMessage(c *call) (any, error) {
	if err := c.NeedPeople(); err != nil {
		return nil, err
	}
	var in newMessage
	if err := c.read(&in); err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	m := post.Mail{Person: in.Person, Address: in.Address, Purpose: in.Purpose, Template: in.Template, Language: in.Language, Subject: in.Subject, Body: in.Body,
		Format: in.Format, From: in.From, ReplyTo: in.ReplyTo, Data: in.Data, Owner: c.Actor.Key().ID.String(), Key: in.Key}
	var out *post.Receipt
	err := c.together(func(tx *db.Tx) error {
		tx.Quiet() // a message changes nothing a verdict rests on
		purpose, err := c.purposeOf(tx, &m)
		if err != nil {
			return err
		}
		if out, err = c.Post.Send(tx, m); err != nil || out.Again {
			return err
		}
		return audit.Write(tx, audit.Entry{Action: "message.send", Kind: "person", Object: out.Person.String(), Person: out.Person, Purpose: purpose,
			Detail: map[string]string{"template": m.Template, "code": out.Code}})
	})
	if err != nil {
		return nil, err
	}
	id := messageID(out.Person, out.Message)
	c.W.Header().Set("Location", prefix+"/messages/"+id)
	if out.Again {
		c.W.Header().Set("Idempotent-Replayed", "true")
	}
	return posted{id, out.Person, out.Allowed, out.Code}, nil
}

// together is Act for what programs do many times a second: acts that come at the same
// time share a commit.
func (c *call) together(fn func(tx *db.Tx) error) error {
	return c.DB.Together(c.Context(), c.By(c.Purpose()), fn)
}

// purposeOf finds what a message is for, and refuses a key that does not send for it. A
// template of a purpose the key does not work for is none.
func (c *call) purposeOf(tx *db.Tx, m *post.Mail) (string, error) {
	purpose := m.Purpose
	if m.Template != "" {
		t, err := c.Post.Named(tx, m.Template)
		if err == nil && !c.MayRead(t.Purpose) {
			err = fault.New(fault.NotFound, "post.no_template", "there is no such template")
		}
		if err != nil {
			return "", err
		}
		if purpose == "" {
			purpose = t.Purpose
		}
	}
	if purpose == "" {
		return "", invalid("form.missing", "purpose", "the field is empty")
	}
	return purpose, c.sendsFor(purpose)
}

func (c *call) sendsFor(purpose string) error {
	if c.Actor.CanFor(purpose, "send") {
		return nil
	}
	return fault.New(fault.Denied, "denied.act", "the API key does not send for this purpose")
}

type message struct {
	ID      string `json:"id"`
	Person  id.ID  `json:"person"`
	Purpose string `json:"purpose"`
	Class   string `json:"class"`
	State   string `json:"state" doc:"queued, handed, retry, sent, failed, skipped or uncertain"`
	Code    string `json:"code" doc:"the verdict in a word"`
	Decided string `json:"decided"`
	Handed  string `json:"handed,omitempty" doc:"when it was last given to the mail server"`
	Done    string `json:"done,omitempty"`
	Next    string `json:"next,omitempty" doc:"when it is tried again"`
	Tries   int    `json:"tries"`
	Reply   int    `json:"reply,omitempty" doc:"what the mail server answered at last, such as 250"`
	Status  string `json:"status,omitempty" doc:"its enhanced code, such as 2.0.0"`
}

func getMessage(c *call) (any, error) {
	if err := c.NeedPeople(); err != nil {
		return nil, err
	}
	first, second, _ := strings.Cut(c.PathValue("id"), "-")
	who, err1 := id.Parse(first)
	which, err2 := id.Parse(second)
	none := fault.New(fault.NotFound, "post.none", "there is no such message")
	if err1 != nil || err2 != nil || who == 0 || which == 0 {
		return nil, none
	}
	var m *outbox.Message
	err := c.Look(func(tx *db.Tx) (err error) { m, err = c.Post.Lookup(tx, who, which, c.SeesMessages); return err })
	if err != nil {
		return nil, err
	}
	next := int64(0)
	if m.State == outbox.Retry {
		next = m.Next
	}
	return message{messageID(m.Person, m.ID), m.Person, m.Purpose, string(m.Class), string(m.State), m.Code, stamp(m.Decided), stamp(m.HandedAt), stamp(m.Done),
		stamp(next), m.Attempt, m.Reply.Code, m.Reply.Enhanced}, c.Read("message.read", m.Person)
}

type newEvent struct {
	Type    string         `json:"type" doc:"order.confirmed or another name of yours; date for a date to come"`
	Person  id.ID          `json:"person,omitempty" doc:"about whom; or an address of theirs"`
	Address string         `json:"address,omitempty"`
	Name    string         `json:"name,omitempty" doc:"of a date, such as renewal"`
	Date    string         `json:"date,omitempty" doc:"of a date, ISO"`
	Data    map[string]any `json:"data,omitempty" doc:"what data.<name> reads in the letters that follow"`
	Key     string         `json:"key,omitempty" doc:"yours for this event: within 30 days nothing follows again"`
}

type happened struct {
	ID      id.ID    `json:"id"`
	Person  id.ID    `json:"person"`
	Letters []posted `json:"letters" doc:"sent at once by templates; empty when the event was told of before"`
	Series  []id.ID  `json:"series" doc:"that took the person in"`
}

func tellEvent(c *call) (any, error) {
	if err := c.NeedPeople(); err != nil {
		return nil, err
	}
	var in newEvent
	if err := c.read(&in); err != nil {
		return nil, err
	}
	var done *series.Happened
	err := c.together(func(tx *db.Tx) (err error) {
		tx.Quiet()
		done, err = c.Series.Occur(tx, series.Event{Type: in.Type, Person: in.Person, Address: in.Address, Name: in.Name, Date: in.Date, Data: in.Data,
			May: c.sendsFor, Owner: c.Actor.Key().ID.String(), Key: in.Key})
		if err != nil || done.Again {
			return err
		}
		return audit.Write(tx, audit.Entry{Action: "event.tell", Kind: "person", Object: done.Person.String(), Person: done.Person, Detail: map[string]string{"event": in.Type}})
	})
	if err != nil {
		return nil, err
	}
	if done.Again {
		c.W.Header().Set("Idempotent-Replayed", "true")
	}
	out := happened{ID: done.Event, Person: done.Person, Letters: []posted{}, Series: append([]id.ID{}, done.Series...)}
	for _, l := range done.Letters {
		out.Letters = append(out.Letters, posted{messageID(l.Person, l.Message), l.Person, l.Allowed, l.Code})
	}
	return out, nil
}
