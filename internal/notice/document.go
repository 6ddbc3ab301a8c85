package notice

import (
	"slices"
	"time"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/noticedef"
	"kartotek/internal/noticedoc"
)

type docKey struct {
	key
	lang string
}

// written is a document and the day it was written for, because what is overdue
// on a day is said in it.
type written struct {
	day string
	doc noticedoc.Document
}

// Document gives a published version in a language ("sv", "fi", "en") as people
// read it. One document per version and language is kept in memory for the day.
func (r *Room) Document(tx *db.Tx, number int, lang string) (noticedoc.Document, error) {
	in, err := r.Open(tx, number)
	if err != nil {
		return noticedoc.Document{}, err
	}
	if !slices.Contains(noticedoc.Languages, lang) {
		return noticedoc.Document{}, fault.New(fault.NotFound, "notice.no_language", "the notice is not written in that language").In("lang")
	}
	today := tx.Time().UTC().Format(time.DateOnly)
	k := docKey{key{in.Number, in.Hash, in.Effective}, lang}
	if w, ok := r.written.Load(k); ok && w.(written).day == today {
		return w.(written).doc, nil
	}
	doc := noticedoc.Build(in.Notice, in.Laws, lang, meta(in, noticedef.Date(today)))
	r.written.Store(k, written{today, doc})
	return doc, nil
}

// meta is what the register knows of a version besides its facts.
func meta(in *InForce, today noticedef.Date) noticedoc.Meta {
	day, _ := today.Time()
	return noticedoc.Meta{Version: in.Number, Hash: in.Hash, Effective: noticedef.Date(in.Effective),
		Published: noticedef.DateOf(clock.FromMs(in.Published)), Approved: in.ApprovedBy, Supersedes: in.Supersedes,
		OverdueReview: in.Notice.Review.Next.Before(day), Today: today}
}
