package mine

import (
	"context"
	"net/http"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/i18n"
	"kartotek/internal/id"
	"kartotek/internal/rights"
	"kartotek/internal/subject"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
	view "kartotek/internal/web/page/mine"
	"kartotek/internal/web/public/choices"
)

// planLines says what erasing would do, line by line; none while the house does not
// work it out.
func planLines(r *door.Request, tx *db.Tx, who id.ID) (out []string, err error) {
	if r.Mine.Plan == nil {
		return nil, nil
	}
	plan, err := r.Mine.Plan(tx, who)
	if err != nil {
		return nil, err
	}
	for _, l := range plan.Lines {
		out = append(out, l.Sentence(r.Printer))
	}
	return out, nil
}

func masked(s string) string { return choices.Mask(s) }

// lookConfirm shows what a letter confirms, with the button. Addresses are masked, and
// of what is held it says only how much: the letter may have been passed on.
func (e *entrance) lookConfirm(r *door.Request) error {
	v, err := e.confirmation(r, func(tx *db.Tx) (*subject.Confirmation, error) { return r.Subject.LookConfirm(tx, r.PathValue("token")) }, r.DB.View)
	if err != nil {
		return e.gone(r, err)
	}
	return r.Render(http.StatusOK, view.Confirm(v))
}

// confirmation fills the page of a change.
func (e *entrance) confirmation(r *door.Request, find func(*db.Tx) (*subject.Confirmation, error), in func(ctx context.Context, by db.By, fn func(*db.Tx) error) error) (v view.ConfirmView, err error) {
	var c *subject.Confirmation
	v = view.ConfirmView{Action: r.URL.Path}
	err = in(r.Context(), db.System("subject"), func(tx *db.Tx) error {
		if c, err = find(tx); err != nil {
			return err
		}
		if !r.Chosen && i18n.Known(c.Lang) {
			r.Printer = i18n.For(c.Lang)
		}
		p, found, err := r.Party.Get(tx, c.Person)
		if err == nil && found && !c.FromNew {
			v.From = masked(p.Email)
		}
		if err == nil && c.Change.Kind == subject.Erase {
			v.Lines, err = planLines(r, tx, c.Person)
		}
		return err
	})
	if err != nil {
		return v, err
	}
	v.Kind, v.To, v.FromNew = string(c.Change.Kind), masked(c.Change.Address), c.FromNew
	v.Public, v.AtOnce = outside(r, r.T("mine.confirm_title_"+v.Kind)), atOnce(r, c.Certainty, c.Misuse)
	return v, r.Audit.Seen(r.Context(), r.ByPerson(c.Person, ""), audit.Entry{Action: "subject.read", Kind: "page", Object: "confirm", Person: c.Person})
}

// confirm does what the letter was for.
func (e *entrance) confirm(r *door.Request) error {
	var c *subject.Confirmation
	var opened *rights.Case
	err := r.DB.Do(r.Context(), db.System("subject"), func(tx *db.Tx) (err error) {
		opened = nil
		if c, err = r.Subject.Confirm(tx, r.PathValue("token")); err != nil {
			return err
		}
		if c.Change.Kind == subject.Erase {
			opened, err = openErasure(r, tx, c, atOnce(r, c.Certainty, c.Misuse))
		}
		return err
	})
	if err != nil {
		return e.gone(r, err)
	}
	if !r.Chosen && i18n.Known(c.Lang) {
		r.Printer = i18n.For(c.Lang)
	}
	v := view.ConfirmView{Kind: string(c.Change.Kind), To: masked(c.Change.Address), FromNew: c.FromNew, Done: true}
	v.Public = outside(r, r.T("mine.confirmed"))
	if c.Change.Kind == subject.Move {
		v.Waits, v.Next = moved(r, c)
		return r.Render(http.StatusOK, view.Confirm(v))
	}
	return e.erase(r, c, opened, v)
}

// moved says what a confirmed change of address still waits for.
func moved(r *door.Request, c *subject.Confirmation) (string, page.Link) {
	switch {
	case c.Change.DoneAt != 0:
		return r.T("mine.moved"), page.Link{Text: r.T("mine.title"), Href: "/me"}
	case c.FromNew:
		return r.T("mine.waits_old"), page.Link{}
	}
	return r.T("mine.waits_new"), page.Link{}
}
