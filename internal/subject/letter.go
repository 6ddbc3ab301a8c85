package subject

import (
	"context"
	"strings"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/i18n"
	"kartotek/internal/id"
	"kartotek/internal/job"
	"kartotek/internal/party"
	"kartotek/internal/post"
	"kartotek/internal/seal"
)

// KindLetter is the kind of job that makes the letter of a link.
const KindLetter = "subject.letter"

// Handle gives the room's handler to a runner.
func (r *Room) Handle(run *job.Runner) { run.Handle(KindLetter, r.letter) }

// letter makes the letter of one link, if its address is known. Whatever it finds,
// the sealed address goes.
func (r *Room) letter(ctx context.Context, j *job.Job) error {
	which, err := id.Parse(j.Key)
	if err != nil {
		return job.Permanent(err)
	}
	err = r.DB.Do(ctx, j.By(), func(tx *db.Tx) error {
		if err := j.Hold(tx); err != nil {
			return err
		}
		l, found, err := oneLink(tx, selLink, int64(which), tx.Now())
		if err != nil || !found || len(l.address) == 0 {
			return err // too late, or made already
		}
		return r.make(tx, l)
	})
	if fault.Is(err, fault.Denied) || fault.Is(err, fault.Invalid) {
		return job.Permanent(err) // the notice promises no such letter
	}
	return err
}

// letters are the texts of each kind of link.
var letters = map[string]string{linkSignIn: "in", linkOld: "old", linkNew: "new", linkErase: "erase"}

func (r *Room) make(tx *db.Tx, l *link) error {
	norm, err := r.Keys.Open(sealing(l.id), l.address)
	if err != nil {
		return err
	}
	p, err := r.whose(tx, l, string(norm))
	if err != nil {
		return err
	}
	if p == nil {
		return l.sent(tx, "", 0)
	}
	if l.kind == linkSignIn && p.Kind == party.Legal {
		return r.shared(tx, l, p, string(norm))
	}
	token := seal.Token()
	out, err := r.send(tx, p, l, letters[l.kind], string(norm), token)
	if err != nil {
		return err
	}
	if !out.Allowed {
		token = "" // nothing goes out, such as to an address that is suppressed
	}
	if err := l.sent(tx, token, p.ID); err != nil {
		return err
	}
	return audit.Write(tx, audit.Entry{Action: "subject.link", Kind: "message", Object: out.Message.String(), Person: p.ID, Detail: map[string]string{"kind": l.kind, "code": out.Code}})
}

// whose finds the person a letter is for; nil when none is to be sent. A new address
// that is somebody else's gets none, and nobody is told.
func (r *Room) whose(tx *db.Tx, l *link, norm string) (*party.Person, error) {
	who, found, err := r.Party.ByAddress(tx, norm)
	if err != nil {
		return nil, err
	}
	switch {
	case l.kind == linkNew:
		if found && who != l.person {
			return nil, nil
		}
		who = l.person
	case !found || l.person != 0 && l.person != who:
		return nil, nil
	}
	if l.kind == linkSignIn {
		early, err := tx.One(selSent, []any{new(id.ID)}, l.blind, tx.Now()-Between.Milliseconds())
		if err != nil || early {
			return nil, err
		}
	}
	p, found, err := r.Party.Get(tx, who)
	if err != nil || !found || p.Status == party.Erased {
		return nil, err
	}
	return p, nil
}

// sent takes down that the letter is made; a link without a token opens nothing.
func (l *link) sent(tx *db.Tx, token string, who id.ID) error {
	at := int64(0)
	if token != "" {
		at = tx.Now()
	}
	_, err := tx.Exec(updSent, int64(l.id), hash(token), int64(who), []byte{}, at)
	return err
}

// shared answers for an address that several people read.
func (r *Room) shared(tx *db.Tx, l *link, p *party.Person, norm string) error {
	if _, err := r.send(tx, p, l, "shared", norm, ""); err != nil {
		return err
	}
	_, err := tx.Exec(updSent, int64(l.id), []byte{}, int64(p.ID), []byte{}, tx.Now()) // it counts as a letter
	return err
}

// send writes to one address of a person, in their language, in answer to what they
// asked for. law: GDPR 12(1), 12(2)
func (r *Room) send(tx *db.Tx, p *party.Person, l *link, which, norm, token string) (*post.Receipt, error) {
	purpose, err := r.Purpose(tx)
	if err != nil {
		return nil, err
	}
	lang := p.Language
	if !i18n.Known(lang) {
		lang = l.lang
	}
	t := i18n.For(lang)
	base := strings.TrimSuffix(r.BaseURL, "/")
	path := "/me/confirm/"
	if l.kind == linkSignIn {
		path = "/me/in/"
	}
	// The key is data, so that it is sealed with the message and no part of any text.
	return r.Post.Send(tx, post.Mail{Person: p.ID, To: norm, Asked: true, Purpose: purpose, Language: t.Lang(), Format: "markdown",
		Subject: t.T("subject.letter_" + which + "_title"), Body: t.T("subject.letter_"+which, "link", base+path+"{{ data.key }}", "ask", base+"/ask"), Data: map[string]any{"key": token}})
}
