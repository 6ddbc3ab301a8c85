package post

import (
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"kartotek/internal/compose"
	"kartotek/internal/compose/lint"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/permit"
)

// Template is a letter that is sent again and again, in several languages.
type Template struct {
	ID        id.ID
	Name      string // how programs and series name it: order-confirmed
	Title     string // how staff name it
	Purpose   string // of the notice; its class decides who may get it
	From      string // a mailbox; "" is the controller's
	ReplyTo   string
	Event     string // the event that sends it (order.confirmed); "" for none
	Texts     []Text // by language
	CreatedAt int64
	CreatedBy string
	ChangedAt int64
	ChangedBy string
}

// Text is a template's letter in one language. What was sent keeps naming the row
// it was made of, also when the text has changed since.
type Text struct {
	ID       id.ID
	Template id.ID
	Language string
	Subject  string
	Body     string
	Format   string // markdown or html; "" detects
}

// In gives the text in a language, else that in another, else the first.
func (t *Template) In(lang, other string) (*Text, bool) {
	for _, want := range []string{lang, other} {
		for i := range t.Texts {
			if t.Texts[i].Language == want {
				return &t.Texts[i], true
			}
		}
	}
	if len(t.Texts) == 0 {
		return nil, false
	}
	return &t.Texts[0], true
}

var (
	goodName  = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,58}[a-z0-9])?$`)
	goodEvent = regexp.MustCompile(`^[a-z][a-z0-9_]{0,29}([.-][a-z0-9_]{1,30}){0,3}$`)
	goodLang  = []string{"sv", "fi", "en"}
)

// ValidEvent reports whether a text can name an event: lower-case words joined by dots.
func ValidEvent(name string) bool { return goodEvent.MatchString(name) }

func noTemplate() error {
	return fault.New(fault.NotFound, "post.no_template", "there is no such template")
}

func scanTemplate(scan db.Scan, t *Template) error {
	return scan(&t.ID, &t.Name, &t.Title, &t.Purpose, &t.From, &t.ReplyTo, &t.Event, &t.CreatedAt, &t.CreatedBy, &t.ChangedAt, &t.ChangedBy)
}

func readTemplates(tx *db.Tx, s *db.Stmt, args ...any) (all []Template, err error) {
	err = tx.Each(s, func(scan db.Scan) error {
		var t Template
		err := scanTemplate(scan, &t)
		all = append(all, t)
		return err
	}, args...)
	for i := range all {
		if err == nil {
			all[i].Texts, err = readTexts(tx, selTexts, int64(all[i].ID))
		}
	}
	return all, err
}

func readTexts(tx *db.Tx, s *db.Stmt, arg any) (all []Text, err error) {
	err = tx.Each(s, func(scan db.Scan) error {
		var t Text
		err := scan(&t.ID, &t.Template, &t.Language, &t.Subject, &t.Body, &t.Format)
		all = append(all, t)
		return err
	}, arg)
	return all, err
}

func oneTemplate(tx *db.Tx, s *db.Stmt, arg any) (*Template, error) {
	all, err := readTemplates(tx, s, arg)
	if err == nil && len(all) == 0 {
		if _, err = readTexts(tx, selTexts, 0); err == nil { // as many statements as for one that is there, and not for this reader
			err = noTemplate()
		}
	}
	if err != nil {
		return nil, err
	}
	return &all[0], nil
}

// Template reads a template.
func (r *Room) Template(tx *db.Tx, which id.ID) (*Template, error) {
	return oneTemplate(tx, selTemplate, int64(which))
}

// Named finds a template by its name.
func (r *Room) Named(tx *db.Tx, name string) (*Template, error) {
	return oneTemplate(tx, selName, name)
}

// Templates lists all templates by name.
func (r *Room) Templates(tx *db.Tx) ([]Template, error) { return readTemplates(tx, selTemplates) }

// For lists the templates that an event sends.
func (r *Room) For(tx *db.Tx, event string) ([]Template, error) {
	return readTemplates(tx, selEvent, event)
}

// SaveTemplate stores a template, a new one when its ID is 0, with its texts. It is
// refused when it could never be sent: a purpose the notice does not promise, a
// text that cannot be made, promotion in a service message.
func (r *Room) SaveTemplate(tx *db.Tx, t Template) (*Template, error) {
	if err := r.CheckTemplate(tx, &t); err != nil {
		return nil, err
	}
	other, err := r.Named(tx, t.Name)
	if err == nil && other.ID != t.ID {
		return nil, fault.New(fault.Conflict, "post.name_taken", "another template has this name").In("name")
	}
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	if t.ID == 0 {
		t.ID = tx.NewID()
		_, err = tx.Exec(insTemplate, int64(t.ID), t.Name, t.Title, t.Purpose, t.From, t.ReplyTo, t.Event, tx.Now(), tx.By().Name)
	} else {
		err = changed(tx.Exec(updTemplate, int64(t.ID), t.Name, t.Title, t.Purpose, t.From, t.ReplyTo, t.Event, tx.Now(), tx.By().Name))
	}
	if err == nil {
		err = saveTexts(tx, &t)
	}
	if err != nil {
		return nil, err
	}
	return r.Template(tx, t.ID)
}

func changed(n int64, err error) error {
	if err == nil && n == 0 {
		err = noTemplate()
	}
	return err
}

// saveTexts writes a new row for each text that is new or changed, and lets go of
// those in languages the template no longer has.
func saveTexts(tx *db.Tx, t *Template) error {
	old, err := readTexts(tx, selTexts, int64(t.ID))
	if err != nil {
		return err
	}
	same := func(a, b Text) bool {
		return a.Language == b.Language && a.Subject == b.Subject && a.Body == b.Body && a.Format == b.Format
	}
	for _, o := range old {
		if !slices.ContainsFunc(t.Texts, func(n Text) bool { return same(o, n) }) {
			if _, err := tx.Exec(oldText, int64(t.ID), o.Language); err != nil {
				return err
			}
		}
	}
	for _, n := range t.Texts {
		if slices.ContainsFunc(old, func(o Text) bool { return same(o, n) }) {
			continue
		}
		if _, err := tx.Exec(insText, int64(tx.NewID()), int64(t.ID), n.Language, n.Subject, n.Body, n.Format, tx.Now(), tx.By().Name); err != nil {
			return err
		}
	}
	return nil
}

// DeleteTemplate removes a template; its texts stay for what was sent with them.
func (r *Room) DeleteTemplate(tx *db.Tx, which id.ID) error {
	if err := changed(tx.Exec(delTemplate, int64(which))); err != nil {
		return err
	}
	_, err := tx.Exec(oldTexts, int64(which))
	return err
}

// CheckTemplate looks whether a template could be sent, and tidies it.
func (r *Room) CheckTemplate(tx *db.Tx, t *Template) error {
	for _, s := range []*string{&t.Name, &t.Title, &t.From, &t.ReplyTo, &t.Event} {
		*s = strings.TrimSpace(*s)
	}
	switch {
	case !goodName.MatchString(t.Name):
		return fault.New(fault.Invalid, "post.name", "a template has a name of 1 to 60 small letters, digits and hyphens").In("name")
	case t.Title == "" || utf8.RuneCountInString(t.Title) > 120:
		return fault.New(fault.Invalid, "post.title", "a template has a title of 1 to 120 characters").In("title")
	case t.Event != "" && !ValidEvent(t.Event):
		return fault.New(fault.Invalid, "post.event", "an event is named by small letters and dots, such as order.confirmed").In("event")
	case len(t.Texts) == 0:
		return fault.New(fault.Invalid, "post.no_text", "a template has a text in one language at least").In("body")
	}
	terms, q, err := r.ask(tx, t.Purpose)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for i := range t.Texts {
		x := &t.Texts[i]
		if !slices.Contains(goodLang, x.Language) || seen[x.Language] {
			return fault.New(fault.Invalid, "post.language", "a text is in sv, fi or en, one in each").In("language")
		}
		seen[x.Language] = true
		if _, err := checkText(terms, q, t.From, t.ReplyTo, x); err != nil {
			return err
		}
	}
	return nil
}

// ask gives the terms and what the notice says of a purpose.
func (r *Room) ask(tx *db.Tx, purpose string) (*Terms, permit.Question, error) {
	terms, err := r.Terms(tx)
	if err != nil {
		return nil, permit.Question{}, err
	}
	q, err := terms.Question(purpose, channel, tx.Time())
	if err == nil && q.Class == permit.Internal {
		err = fault.New(fault.Invalid, "post.internal", "purpose %q is internal work and sends no messages", purpose).In("purpose")
	}
	q.At = tx.Time()
	return terms, q, err
}

// checkText compiles a text and refuses what may not be sent whatever is put in.
func checkText(t *Terms, q permit.Question, from, replyTo string, x *Text) (*compose.Template, error) {
	if _, err := headers(t, q, from, replyTo); err != nil {
		return nil, err
	}
	tpl, err := compile(t, q, x)
	if err != nil {
		return nil, err
	}
	for _, f := range lint.Stopped(lint.Letter(tpl.Outline())) {
		return nil, fault.New(fault.Invalid, "campaign.lint."+f.Code, "the letter cannot be sent like this: %s", strings.ReplaceAll(f.Code, "_", " ")).In("body")
	}
	if q.Class == permit.Service {
		return tpl, refusePromotion(Promotion(x.Subject + "\n" + x.Body))
	}
	return tpl, nil
}

func compile(t *Terms, q permit.Question, x *Text) (*compose.Template, error) {
	return compose.Compile(compose.Source{Subject: x.Subject, Body: x.Body, Format: x.Format, Lang: x.Language, Class: string(q.Class),
		Sender: t.Sender, Base: t.Base, KnownField: t.Catalogue.HasField, MayUse: func(field string) bool { return t.Uses(q.Purpose, field) }, Data: true})
}

// headers are those of a message for a purpose.
func headers(t *Terms, q permit.Question, from, replyTo string) (h compose.Headers, err error) {
	if from == "" {
		from = (&mail.Address{Name: t.Sender.Name, Address: t.Sender.Contact}).String()
	}
	a, err := mail.ParseAddress(from)
	if err != nil {
		return h, fault.New(fault.Invalid, "post.from", "the sender is an address such as orders@company.example, or Name <orders@company.example>").In("from")
	}
	h = compose.Headers{FromName: a.Name, From: a.Address, ReplyTo: replyTo, FeedbackID: "post:" + q.Purpose + ":" + string(q.Class) + ":kartotek", Auto: q.Class == permit.Service}
	if q.Class != permit.Service {
		h.ListID, h.ListName = strings.ReplaceAll(q.Purpose, "_", "-")+"."+domainOf(a.Address), t.Sender.Name
	}
	return h, nil
}

func domainOf(addr string) string { return addr[strings.LastIndexByte(addr, '@')+1:] }
