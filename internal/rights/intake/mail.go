package intake

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
	"time"

	"kartotek/internal/address"
	"kartotek/internal/audit"
	"kartotek/internal/bounce"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/job"
	"kartotek/internal/rights"
	"kartotek/internal/rightsdef"
	"kartotek/internal/rightsdef/recognise"
	"kartotek/internal/scan"
)

// Limits of mail.
const (
	MaxMail    = 25 << 20
	mostFiles  = 30
	casesADay  = 20  // of one address; what comes beyond goes onto the last
	mailsADay  = 200 // of one address; what comes beyond waits
	tellEvery  = time.Hour
	tellAnHour = 200 // confirmations to all addresses
	keepMacs   = 90 * 24 * time.Hour
)

// bounds are those of a mail with attachments.
var bounds = bounce.Limits{Bytes: MaxMail, Fields: 1000, Parts: 200, Depth: 12, Outcome: 20}

// Mail is a mail as it came.
type Mail struct {
	Raw []byte
	// Taken is when the mailbox took it; zero for one that comes in right now.
	Taken time.Time
}

// Outcome is what became of a mail.
type Outcome string

// The outcomes.
const (
	Opened  Outcome = "opened"  // a case
	Added   Outcome = "added"   // onto a case
	Again   Outcome = "again"   // it came before
	Machine Outcome = "machine" // a program wrote it: no request
	Bulk    Outcome = "bulk"    // it went to many, as newsletters do: for somebody to look at
	Later   Outcome = "later"   // too many of the same sender; nothing was done
)

// Result is what became of a mail.
type Result struct {
	Outcome Outcome
	Case    id.ID
	Ref     string
	Whole   bool // all of it is kept; false when a part, such as an attachment, was not
}

// letter is a mail that was read.
type letter struct {
	bounce.Letter
	raw     []byte
	reading recognise.Reading
	files   []scan.Found
	mac     string // of its content: the same mail that comes twice has the same
	idMAC   string
	fromMAC string
	arrived time.Time
}

var (
	insMail  = db.SQL(db.Local, `INSERT INTO intake_mails (mac, id_mac, from_mac, case_id, at, told) VALUES ($1, $2, $3, $4, $5, $6)`)
	selMail  = db.SQL(db.Local, `SELECT case_id FROM intake_mails WHERE mac = $1`)
	selID    = db.SQL(db.Local, `SELECT case_id FROM intake_mails WHERE id_mac {in $1} ORDER BY at DESC LIMIT 1`)
	selFrom  = db.SQL(db.Local, `SELECT count(*), coalesce(max(case_id), 0) FROM intake_mails WHERE from_mac = $1 AND at > $2`)
	selTold  = db.SQL(db.Local, `SELECT coalesce(sum(CASE WHEN from_mac = $1 THEN told ELSE 0 END), 0), coalesce(sum(told), 0) FROM intake_mails WHERE at > $2`)
	selOfOne = db.SQL(db.Local, `SELECT count(*) FROM intake_mails WHERE case_id = $1 AND from_mac = $2`)
	delOld   = db.SQL(db.Local, `DELETE FROM intake_mails WHERE at < $1`)
)

// Take reads a mail and does with it what is to be done, once however often it comes.
// It takes up to 200 MB, as package scan does. law: GDPR 12(2), GDPR 12(3)
func (r *Room) Take(ctx context.Context, by db.By, m Mail) (res Result, err error) {
	l := r.read(m)
	switch {
	case l.Automatic():
		return Result{Outcome: Machine}, nil
	case l.Bulk:
		return Result{Outcome: Bulk}, nil
	}
	err = r.DB.Do(ctx, by, func(tx *db.Tx) error {
		res, err = r.take(tx, l)
		return err
	})
	return res, err
}

// read does all that needs no register: parsing, judging attachments.
func (r *Room) read(m Mail) *letter {
	l := &letter{Letter: bounce.ReadLetter(m.Raw, bounds), raw: m.Raw, arrived: m.Taken}
	if l.Automatic() || l.Bulk {
		return l
	}
	l.reading = recognise.Read(l.Subject, l.Text)
	for i, f := range l.Files {
		if i < mostFiles {
			l.files = append(l.files, r.Scan.Look(f.Name, f.Content))
		}
	}
	if l.Reason == bounce.Unparsed {
		l.files = append(l.files, scan.Unread(m.Raw))
	}
	sum := sha256.Sum256([]byte(l.MessageID + "\x00" + l.From + "\x00" + l.Subject + "\x00" + l.Text))
	if l.Reason == bounce.Unparsed || l.MessageID == "" {
		sum = sha256.Sum256(m.Raw)
	}
	l.mac = r.Keys.Blind("intake mail", hex.EncodeToString(sum[:]))
	if l.MessageID != "" {
		l.idMAC = r.Keys.Blind("intake id", l.MessageID)
	}
	l.fromMAC = r.fromMAC(l.From)
	return l
}

func (r *Room) fromMAC(from string) string {
	if a, err := address.Email(from); err == nil {
		from = a
	}
	return r.Keys.Blind("intake from", strings.ToLower(from))
}

// whole reports whether all of the mail is kept.
func (l *letter) whole() bool {
	for _, f := range l.files {
		if f.Refused != "" {
			return false
		}
	}
	return !l.Cut && len(l.Files) <= mostFiles
}

func (r *Room) take(tx *db.Tx, l *letter) (Result, error) {
	var of id.ID
	seen, err := tx.One(selMail, []any{&of}, l.mac)
	if err != nil || seen {
		return Result{Outcome: Again, Case: of, Whole: l.whole()}, err
	}
	c, err := r.thread(tx, l)
	if err != nil {
		return Result{}, err
	}
	count, last := 0, id.ID(0)
	if _, err := tx.One(selFrom, []any{&count, &last}, l.fromMAC, tx.Time().Add(-24*time.Hour).UnixMilli()); err != nil {
		return Result{}, err
	}
	if count >= mailsADay {
		return Result{Outcome: Later}, nil
	}
	if c == nil && count >= casesADay {
		if c, err = r.openCase(tx, last); err != nil {
			return Result{}, err
		}
	}
	if c != nil {
		return r.add(tx, l, c)
	}
	return r.open(tx, l)
}

// openCase reads a case that is still open; nil when it is not.
func (r *Room) openCase(tx *db.Tx, which id.ID) (*rights.Case, error) {
	if which == 0 {
		return nil, nil
	}
	c, err := r.Rights.Get(tx, which)
	if fault.Is(err, fault.NotFound) || err == nil && !c.Open() {
		return nil, nil
	}
	return c, err
}

var reference = regexp.MustCompile(`(?i)\bR-\d{4}-\d{4,9}\b`)

// thread finds the open case that a mail answers: it names the case, or answers a mail
// of the same thread, and comes from an address that wrote about it before or that the
// case was given. Anybody may write a number into a subject.
func (r *Room) thread(tx *db.Tx, l *letter) (*rights.Case, error) {
	which := id.ID(0)
	if ref := reference.FindString(l.Subject); ref != "" {
		c, err := r.Rights.ByRef(tx, ref)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return nil, err
		}
		if err == nil {
			which = c.ID
		}
	}
	if which == 0 && len(l.Answers) > 0 {
		macs := make([]string, len(l.Answers))
		for i, a := range l.Answers {
			macs[i] = r.Keys.Blind("intake id", a)
		}
		if _, err := tx.One(selID, []any{&which}, macs); err != nil {
			return nil, err
		}
	}
	c, err := r.openCase(tx, which)
	if err != nil || c == nil {
		return nil, err
	}
	ok, err := r.belongs(tx, c, l)
	if err != nil || !ok {
		return nil, err
	}
	return c, nil
}

// belongs reports whether a mail's address is one of the case.
func (r *Room) belongs(tx *db.Tx, c *rights.Case, l *letter) (bool, error) {
	n := 0
	if _, err := tx.One(selOfOne, []any{&n}, int64(c.ID), l.fromMAC); err != nil || n > 0 {
		return n > 0, err
	}
	asked, err := r.Rights.Request(tx, c)
	if err != nil {
		return false, err
	}
	if asked.Requester != nil && asked.Requester.Email != "" && r.fromMAC(asked.Requester.Email) == l.fromMAC {
		return true, nil
	}
	if asked.Agent != nil && asked.Agent.Email != "" && r.fromMAC(asked.Agent.Email) == l.fromMAC {
		return true, nil
	}
	if !c.Matched || l.From == "" {
		return false, nil
	}
	who, found, err := r.Party.ByAddress(tx, l.From)
	if fault.Is(err, fault.Invalid) {
		return false, nil
	}
	return found && who == c.Person, err
}

// add puts a mail onto a case.
func (r *Room) add(tx *db.Tx, l *letter, c *rights.Case) (Result, error) {
	if err := r.Rights.Reply(tx, c, l.words()); err != nil {
		return Result{}, err
	}
	return r.keep(tx, l, c, Added, false)
}

// open makes a case of a mail.
func (r *Room) open(tx *db.Tx, l *letter) (Result, error) {
	in, err := r.asked(tx, l)
	if err != nil {
		return Result{}, err
	}
	own, all := 0, 0
	if _, err := tx.One(selTold, []any{&own, &all}, l.fromMAC, tx.Time().Add(-tellEvery).UnixMilli()); err != nil {
		return Result{}, err
	}
	in.Silent = own > 0 || all >= tellAnHour || l.From == ""
	c, err := r.Rights.Open(tx, in)
	if err != nil {
		return Result{}, err
	}
	return r.keep(tx, l, c, Opened, !in.Silent)
}

// asked is the request that a mail makes.
func (r *Room) asked(tx *db.Tx, l *letter) (rights.Intake, error) {
	in := rights.Intake{Channel: "email", Text: l.words(), Language: l.reading.Language, Certainty: rightsdef.Claimed, Delivery: rightsdef.ToNew,
		Requester: rights.Requester{Name: clip(l.Name, 200), Email: clip(l.From, 320)}, Key: "mail:" + l.mac}
	if in.Requester == (rights.Requester{}) {
		in.Requester.Name = nobody // a mail without a sender is a request too
	}
	var kinds []rightsdef.Kind
	for _, k := range l.reading.Kinds {
		kinds = append(kinds, k.Kind)
	}
	in.Unmatched = !rightsdef.Protects(kinds...)
	if len(kinds) == 0 {
		kinds = append(kinds, rightsdef.Information)
	}
	in.Kind, in.Also = kinds[0], kinds[1:]
	day, err := r.day(tx, l)
	in.Arrived = day
	return in, err
}

// keep notes that a mail came, and what it brought.
func (r *Room) keep(tx *db.Tx, l *letter, c *rights.Case, done Outcome, told bool) (Result, error) {
	for _, f := range l.files {
		if _, err := r.Scan.Arrive(tx, scan.Arrival{Person: c.Person, Case: c.ID, Via: scan.ByMail, Found: f}); err != nil {
			return Result{}, err
		}
	}
	n := 0
	if told {
		n = 1
	}
	if _, err := tx.Exec(insMail, l.mac, l.idMAC, l.fromMAC, int64(c.ID), tx.Now(), n); err != nil {
		return Result{}, err
	}
	res := Result{Outcome: done, Case: c.ID, Ref: c.Ref, Whole: l.whole()}
	return res, audit.Write(tx, audit.Entry{Action: "intake.mail", Kind: "case", Object: c.ID.String(), Person: c.Person,
		Detail: map[string]string{"done": string(done), "language": l.reading.Language}})
}

// KindTidy is the job that forgets; it runs again by itself.
const KindTidy = "intake.tidy"

// Handle makes a runner do the room's work.
func (r *Room) Handle(run *job.Runner) {
	run.Handle(KindTidy, job.Every(r.DB, 24*time.Hour, r.Tidy))
}

// Begin puts the work into the queue that a running register always has.
func (r *Room) Begin(tx *db.Tx) error {
	_, _, err := job.Enqueue(tx, KindTidy, "all", nil, job.Opt{})
	return err
}

// Tidy forgets the hashes of mails that are long past.
func (r *Room) Tidy(tx *db.Tx) error {
	_, err := tx.Exec(delOld, tx.Time().Add(-keepMacs).UnixMilli())
	return err
}

// mostWords is how much of a mail's text a case takes.
const mostWords = 60 << 10

// words is the mail as the case shows it: the subject and the whole text, as it came.
func (l *letter) words() string {
	text := strings.TrimSpace(l.Subject + "\n\n" + l.Text)
	if text == "" {
		text = "(–)"
	}
	return clip(text, mostWords)
}

func clip(s string, n int) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "")
	if len(s) > n {
		s = strings.ToValidUTF8(s[:n], "")
	}
	return s
}
