// Package letters is the staff pages about the letters that are sent because
// something happened: templates of service messages and of series, in each language.
// A letter is looked at with invented data before anything has happened. What may be
// sent is decided by package post, which also refuses promotion in a service message;
// here the words it found are shown beside what was typed.
//
//	GET  /letters                      the list
//	GET  /letters/new, POST /letters   edit.go
//	GET  /letters/{id}/edit, POST      edit.go
//	POST /letters/{id}/delete          edit.go
//	GET  /letters/{id}, body           show.go  as it will be read, with example data
//	POST /letters/{id}/test            show.go  to one address
package letters

import (
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/post"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
)

// languages are those a letter may be written in, with their own names.
var languages = [][2]string{{"sv", "Svenska"}, {"fi", "Suomi"}, {"en", "English"}}

// Routes lists the pages about letters.
func Routes() []door.Route {
	get := func(path string, h desk.Handler) door.Route {
		return door.Route{Method: "GET", Path: path, Level: "segment", Handler: desk.With(h)}
	}
	// A letter that is changed is sent like that from then on, so nothing here is a draft.
	send := func(path string, h desk.Handler) door.Route {
		return door.Route{Method: "POST", Path: path, Level: "send", Handler: desk.With(h)}
	}
	return []door.Route{
		get("/letters", list), get("/letters/new", newLetter), send("/letters", save),
		get("/letters/{id}", show), get("/letters/{id}/body", body), get("/letters/{id}/edit", edit),
		send("/letters/{id}", save), send("/letters/{id}/delete", remove), send("/letters/{id}/test", test),
	}
}

func path(which id.ID) string { return "/letters/" + which.String() }

// read reads the letter a request is about. A reader whose level does not work for
// its purpose gets the answer of one that is not there.
func read(d *desk.Desk, tx *db.Tx) (*post.Template, error) {
	which, err := d.ID("id")
	if err != nil {
		return nil, err
	}
	t, err := d.Post.Template(tx, which)
	if err == nil && !reads(d, t.Purpose) {
		err = fault.New(fault.NotFound, "post.no_template", "there is no such letter")
	}
	return t, err
}

func reads(d *desk.Desk, purpose string) bool {
	return d.MayRead(purpose)
}

func sends(d *desk.Desk, purpose string) error {
	return d.MaySend(purpose)
}

// class is what a purpose's messages are, as a label.
func class(d *desk.Desk, purpose string) page.Chip {
	p, ok := d.Facts.Purpose(purpose)
	if !ok {
		return page.Chip{Text: d.T("letters.no_purpose"), Tone: page.No}
	}
	tone := page.Info
	if p.Class == "service" {
		tone = ""
	}
	return page.Chip{Text: d.Printer.Or("class."+p.Class, p.Class), Tone: tone}
}

func list(d *desk.Desk) error {
	v := page.LettersView{MayNew: d.Can("send")}
	err := d.Look(func(tx *db.Tx) error {
		all, err := d.Post.Templates(tx)
		for i := range all {
			t := &all[i]
			if !reads(d, t.Purpose) {
				continue
			}
			r := page.LetterRow{Href: path(t.ID), Title: t.Title, Name: t.Name, Purpose: d.PurposeTitle(t.Purpose), Event: t.Event, Class: class(d, t.Purpose), Changed: clock.FromMs(t.ChangedAt)}
			for _, x := range t.Texts {
				r.Langs = append(r.Langs, x.Language)
			}
			v.Rows = append(v.Rows, r)
		}
		return err
	})
	if err != nil {
		return err
	}
	v.Frame = d.Frame(d.T("letters.title"), "outreach")
	return d.Render(200, page.Letters(v))
}
