package letters

import (
	"kartotek/internal/compose"
	"kartotek/internal/db"
	"kartotek/internal/party"
	"kartotek/internal/post"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/page"
)

// made is a template's text in one language, with example data.
type made struct {
	t      *post.Template
	x      *post.Text
	letter compose.Message
	data   map[string]any
	wrong  error
	series []page.Link
}

// take reads and makes what a page shows.
func take(d *desk.Desk) (m made, err error) {
	q, err := d.Query()
	if err != nil {
		return m, err
	}
	err = d.Look(func(tx *db.Tx) error {
		if m.t, err = read(d, tx); err != nil {
			return err
		}
		terms, err := d.Post.Terms(tx)
		if err != nil {
			return err
		}
		lang := q.Get("text")
		if lang == "" {
			lang = d.Lang()
		}
		var ok bool
		if m.x, ok = m.t.In(lang, terms.Language); !ok {
			m.x = &post.Text{Language: terms.Language}
		}
		m.data = post.Example(m.x.Subject, m.x.Body)
		question, wrong := terms.Question(m.t.Purpose, "email", tx.Time())
		if m.wrong = wrong; wrong == nil {
			m.letter, m.wrong = d.Post.Preview(terms, question, m.t.From, m.t.ReplyTo, m.x, &party.Person{}, m.data)
		}
		used, err := d.Series.Uses(tx, m.t.Name)
		for _, s := range used {
			m.series = append(m.series, page.Link{Text: s.Name, Href: "/series/" + s.ID.String()})
		}
		return err
	})
	return m, err
}

// show shows a letter as it will be read.
func show(d *desk.Desk) error {
	m, err := take(d)
	if err != nil {
		return err
	}
	t, at := m.t, path(m.t.ID)
	v := page.LetterView{Title: t.Title, Name: t.Name, Purpose: d.PurposeTitle(t.Purpose), Event: t.Event, From: t.From, Class: class(d, t.Purpose),
		Subject: m.letter.Subject, Text: m.letter.Text, Lang: m.x.Language, Series: m.series}
	if v.From == "" {
		v.From = d.Facts.Controller.Name + " <" + d.Facts.Controller.Email + ">"
	}
	if len(m.data) > 0 {
		v.Example = post.DataText(m.data)
	}
	for _, x := range t.Texts {
		v.Langs = append(v.Langs, page.Filter{Text: name(x.Language), Href: at + "?text=" + x.Language, On: x.Language == m.x.Language})
	}
	if m.wrong != nil {
		v.Wrong = d.Explain(m.wrong)
	} else {
		v.FrameURL = at + "/body?text=" + m.x.Language
	}
	if sends(d, t.Purpose) == nil {
		v.EditHref, v.TestPost = at+"/edit", at+"/test"
		v.To = page.Field{ID: "to", Label: d.T("letters.test_to"), Type: "email", Required: true, Auto: "email", Max: 320}
	}
	v.Frame = d.Frame(t.Title, "outreach")
	return d.Render(200, page.Letter(v))
}

func name(lang string) string {
	for _, l := range languages {
		if l[0] == lang {
			return l[1]
		}
	}
	return lang
}

// body is the letter alone, for the frame of the page.
func body(d *desk.Desk) error {
	m, err := take(d)
	if err == nil {
		err = m.wrong
	}
	if err != nil {
		return err
	}
	d.Framed()
	_, _ = d.W.Write([]byte(m.letter.HTML)) // the reader has gone
	return nil
}

// test sends the letter to one address.
func test(d *desk.Desk) error {
	f, err := d.Form(0)
	if err != nil {
		return err
	}
	to, err := f.Need("to", 320)
	if err != nil {
		return err
	}
	var t *post.Template
	err = d.Look(func(tx *db.Tx) (err error) { t, err = read(d, tx); return err })
	if err == nil {
		err = sends(d, t.Purpose)
	}
	if err != nil {
		return err
	}
	if err := d.Post.Test(d.Context(), d.By(t.Purpose), t, f.Get("lang"), to); err != nil {
		return d.Back(path(t.ID), err)
	}
	return d.Done(path(t.ID), d.T("letters.test_done"))
}
