// Package ask is the form by which anybody asks for what the law gives them: no
// account, no script, no third party.
//
//	/ask    GET    the form
//	/ask    POST   opens a case, and answers with its number
//
// The answer is the same whether the register knows the person or not: what is typed
// proves nothing, so an address is only proposed to the desk as somebody's. Nothing
// personal stands in an address or in the log. law: GDPR 12(2), GDPR 25(2)
//
// Programs that fill in forms are kept out without anybody else's help: a field that
// people do not see, a signed time of when the form was made, a limit for each
// network. None of them loses a request. Whoever is taken for a program sees the form
// again, filled in, with a sentence on what to do. The number of confirmations that
// leave is the desk's to bound, by address.
package ask

import (
	"encoding/binary"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/i18n"
	"kartotek/internal/rights"
	"kartotek/internal/rightsdef"
	"kartotek/internal/rightsdef/recognise"
	"kartotek/internal/seal"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
	view "kartotek/internal/web/page/ask"
)

// Path is where the form is.
const Path = "/ask"

// How quick and how slow somebody may fill the form in; and how many may come from one
// network.
const (
	quickest = 3 * time.Second
	slowest  = 24 * time.Hour
	maxForm  = 64 << 10
	maxAbout = 10_000
)

// Routes are the entries of the sitemap.
func Routes() []door.Route {
	f := form{sent: &door.Limiter{Burst: 10, Every: 3 * time.Minute}}
	return []door.Route{
		{Method: http.MethodGet, Path: Path, Level: door.Public, Handler: f.show},
		{Method: http.MethodPost, Path: Path, Level: door.Public, Body: maxForm, Handler: f.send},
	}
}

type form struct{ sent *door.Limiter }

// answer are the ways to answer, the first being the usual.
var answers = []string{"email", "post", "phone"}

// typed is what somebody filled in.
type typed struct {
	kinds                              []string
	name, email, phone, address, about string
	answer, stamp, trap                string
}

func (f form) show(r *door.Request) error {
	return f.render(r, http.StatusOK, typed{answer: answers[0]}, nil)
}

// render shows the form as it was filled in, with a fresh stamp.
func (f form) render(r *door.Request, status int, t typed, wrong *fault.Error) error {
	v := view.FormView{Public: outside(r, r.T("ask.title")), Stamp: stamp(r), Contact: contact(r), MineURL: mine(r)}
	said := map[string]string{}
	if wrong != nil {
		v.Error = r.T("error." + wrong.Key)
		said[wrong.Field] = v.Error
	}
	for _, k := range rightsdef.Kinds() {
		v.Kinds = append(v.Kinds, view.Kind{ID: string(k), Text: r.T("ask.kind_" + string(k)), Hint: r.T("ask.kind_" + string(k) + "_hint"), On: slices.Contains(t.kinds, string(k))})
	}
	for _, a := range answers {
		v.Answers = append(v.Answers, page.Option{Value: a, Text: r.T("ask.answer_" + a), On: t.answer == a})
	}
	field := func(id, kind, auto, value string, max int) page.Field {
		return page.Field{ID: id, Label: r.T("ask." + id), Type: kind, Auto: auto, Value: value, Max: max, Error: said[id]}
	}
	v.Name, v.Email, v.Phone = field("name", "", "name", t.name, 200), field("email", "email", "email", t.email, 320), field("phone", "tel", "tel", t.phone, 40)
	v.Address, v.About = field("address", "textarea", "street-address", t.address, 500), field("about", "textarea", "", t.about, maxAbout)
	v.Address.Rows, v.About.Rows, v.About.Hint = 3, 6, r.T("ask.about_hint")
	return r.Render(status, view.Form(v))
}

// send opens a case of what was filled in.
func (f form) send(r *door.Request) error {
	fields, err := r.Form(0)
	if err != nil {
		return err
	}
	t, err := read(fields)
	if err == nil {
		err = f.judge(r, t)
	}
	if wrong := fault.CodeOf(err); err != nil && (wrong == fault.Invalid || wrong == fault.TooLarge) {
		return f.render(r, http.StatusUnprocessableEntity, t, asFault(err))
	}
	if err != nil {
		return err
	}
	return f.open(r, t)
}

func asFault(err error) *fault.Error {
	var wrong *fault.Error
	errors.As(err, &wrong)
	return wrong
}

func read(fields door.Fields) (t typed, err error) {
	t = typed{kinds: fields.Values["kind"], answer: fields.Get("answer"), stamp: fields.Get("stamp"), trap: fields.Get(view.Trap)}
	if !slices.Contains(answers, t.answer) {
		t.answer = answers[0]
	}
	for _, x := range []struct {
		to   *string
		name string
		max  int
		line bool
	}{{&t.name, "name", 200, true}, {&t.email, "email", 320, true}, {&t.phone, "phone", 40, true}, {&t.address, "address", 500, false}, {&t.about, "about", maxAbout, false}} {
		get := fields.Text
		if x.line {
			get = fields.Line
		}
		var one error
		if *x.to, one = get(x.name, x.max); one != nil && err == nil {
			err = one
		}
	}
	return t, err
}

// judge refuses what cannot be answered, and what a program seems to have sent: both
// in a way that a person can put right.
func (f form) judge(r *door.Request, t typed) error {
	made, ok := madeAt(r, t.stamp)
	age := r.DB.Now().Sub(made)
	switch {
	case !ok || age > slowest || age < 0:
		return fault.New(fault.Invalid, "ask.stale", "the form is old; it is filled in again, send it once more")
	case age < quickest || t.trap != "":
		return fault.New(fault.Invalid, "ask.quick", "this looks as if a program had sent it; a person sends it once more")
	case len(t.kinds) == 0 && strings.TrimSpace(t.about) == "":
		return fault.New(fault.Invalid, "ask.nothing", "tick what you want, or write it in your own words").In("about")
	case t.name == "" && t.email == "" && t.phone == "" && t.address == "":
		return fault.New(fault.Invalid, "ask.nobody", "give your name and a way to reach you").In("name")
	case t.email == "" && t.phone == "" && t.address == "":
		return fault.New(fault.Invalid, "ask.no_way", "give a way to answer you: e-mail, telephone or postal address").In("email")
	case t.answer == "email" && t.email == "" || t.answer == "post" && t.address == "" || t.answer == "phone" && t.phone == "":
		return fault.New(fault.Invalid, "ask.answer", "the way you want the answer needs its address").In(map[string]string{"email": "email", "post": "address", "phone": "phone"}[t.answer])
	case !f.sent.Take(r.DB.Now(), r.Client):
		return fault.New(fault.TooMany, "ask.too_many", "too many requests came from this network; wait a little, or write to us")
	}
	return nil
}

// open makes the cases, and answers with their numbers.
func (f form) open(r *door.Request, t typed) error {
	in := t.intake(r.Printer.Lang(), r.T("ask.wish", "how", r.T("ask.answer_"+t.answer)))
	var all []*rights.Case
	err := r.DB.Do(r.Context(), db.By{Kind: "person", Name: "public form"}, func(tx *db.Tx) error {
		first, err := r.Rights.Open(tx, in)
		if err != nil {
			return err
		}
		more, err := r.Rights.Together(tx, first)
		all = append([]*rights.Case{first}, more...)
		return err
	})
	if err != nil {
		return err
	}
	v := view.DoneView{Public: outside(r, r.T("ask.done")), At: r.DB.Now(), Due: all[0].Clock.Due.Time(), Contact: contact(r), MineURL: mine(r)}
	for _, c := range all {
		v.Refs = append(v.Refs, view.Ref{Number: c.Ref, Text: r.T("ask.kind_" + string(c.Kind))})
	}
	return r.Render(http.StatusOK, view.Done(v))
}

// intake is the request as the desk takes it. What nobody ticked is looked for in the
// words; the kind can be changed by whoever reads them.
func (t typed) intake(lang, wish string) rights.Intake {
	in := rights.Intake{Channel: "web", Text: strings.TrimSpace(t.about + "\n\n" + wish), Language: lang, Certainty: rightsdef.Claimed, Delivery: rightsdef.ToNew, Key: "form:" + t.stamp,
		Requester: rights.Requester{Name: t.name, Email: t.email, Phone: t.phone, Address: t.address}}
	var kinds []rightsdef.Kind
	for _, k := range t.kinds {
		if k := rightsdef.Kind(k); k.Known() && !slices.Contains(kinds, k) {
			kinds = append(kinds, k)
		}
	}
	if len(kinds) == 0 {
		for _, found := range recognise.Read("", t.about).Kinds {
			kinds = append(kinds, found.Kind)
		}
	}
	if len(kinds) == 0 {
		kinds = append(kinds, rightsdef.Information)
	}
	in.Kind, in.Also, in.Unmatched = kinds[0], kinds[1:], !rightsdef.Protects(kinds...)
	return in
}

// stamped is the use of the form's mark.
const stamped = "ask form"

// stamp is when a form was made, signed, and unlike any other.
func stamp(r *door.Request) string {
	raw := binary.BigEndian.AppendUint64(nil, uint64(r.DB.Now().UnixMilli()))
	return r.Keys.Sign(stamped, append(raw, seal.Random(8)...))
}

func madeAt(r *door.Request, text string) (time.Time, bool) {
	raw, ok := r.Keys.Verify(stamped, text)
	if !ok || len(raw) != 16 {
		return time.Time{}, false
	}
	return time.UnixMilli(int64(binary.BigEndian.Uint64(raw))), true
}

// outside is what the pages need around their content.
func outside(r *door.Request, title string) page.Public {
	p := page.Public{P: r.Printer, Title: title, Controller: "Kartotek", Langs: map[string]string{}}
	if r.InForce != nil {
		p.Controller, p.NoticeURL = r.InForce.Notice.Controller.Name, "/notice/"+r.Printer.Lang()
	}
	if r.Method == http.MethodGet {
		for _, lang := range i18n.Langs {
			p.Langs[lang] = Path + "?lang=" + lang
		}
	}
	return p
}

// contact is an address that people may write to instead.
func contact(r *door.Request) string {
	if r.InForce == nil {
		return ""
	}
	if n := r.InForce.Notice; n.Contact.Email != "" {
		return n.Contact.Email
	}
	return r.InForce.Notice.Controller.Email
}

// mine is where people who can be recognised see their data themselves.
func mine(r *door.Request) string {
	if r.Subject == nil {
		return ""
	}
	return "/me"
}
