// Package keys is the page of one's own API keys: which there are, what each may
// do, when it was last used; making one and revoking it.
//
//	GET  /account/keys
//	POST /account/keys         makes a key; the answer shows its text, once
//	POST /account/keys/revoke  ends one
//
// Making a key asks for a fresh proof of who sits there, because a key outlives the
// session. The text is in the answer to the form itself and nowhere else: not in an
// address, not in a cookie, not in the log. Package apikey decides.
package keys

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/noticedef"
	"kartotek/internal/staff/apikey"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
	"kartotek/internal/web/page/office"
)

const maxForm = 64 << 10

// Routes lists the pages.
func Routes() []door.Route {
	return []door.Route{
		{Method: "GET", Path: "/account/keys", Level: door.SignedIn, Handler: desk.Always(show)},
		{Method: "POST", Path: "/account/keys", Level: door.SignedIn, Handler: desk.Always(makeKey), Body: maxForm, Confirm: door.Strongest},
		{Method: "POST", Path: "/account/keys/revoke", Level: door.SignedIn, Handler: desk.Always(revoke)},
	}
}

func show(d *desk.Desk) error { return render(d, http.StatusOK, office.KeysView{}, nil) }

// render fills the view with the keys and the form; chosen are the rights a refused
// form had ticked.
func render(d *desk.Desk, status int, v office.KeysView, chosen []string) error {
	err := d.View("", func(tx *db.Tx) error {
		all, err := d.APIKey.List(tx, d.Actor.Who())
		for _, k := range all {
			v.Keys = append(v.Keys, row(d, k))
		}
		return err
	})
	if err != nil {
		return err
	}
	today := d.Today()
	v.Form.First, v.Form.Last = today, d.DB.Now().UTC().AddDate(1, 0, 0).Format(time.DateOnly)
	v.Form.Groups = groups(d, chosen)
	v.Form.NothingToGive = len(v.Form.Groups) == 0
	v.Frame = d.Frame(d.T("keys.title"), "account")
	return d.Render(status, office.Keys(v))
}

func row(d *desk.Desk, k *apikey.Key) office.KeyRow {
	now := d.DB.Now()
	r := office.KeyRow{ID: k.ID.String(), Name: k.Name, Until: day(d, k.Until), Used: day(d, k.UsedOn), Works: k.Works(now)}
	switch {
	case r.Works:
		r.State = page.Chip{Text: d.T("keys.works"), Tone: page.Yes}
	case !k.RevokedAt.IsZero():
		r.State = page.Chip{Text: d.T("keys.ended"), Tone: page.No}
	default:
		r.State = page.Chip{Text: d.T("keys.over"), Tone: page.No}
	}
	r.Rights = words(d, k.Rights)
	return r
}

func day(d *desk.Desk, iso string) string {
	t, err := time.ParseInLocation(time.DateOnly, iso, d.Printer.Zone())
	if err != nil {
		return ""
	}
	return d.Printer.Date(t)
}

// words says what a key may do, a line for each category of a purpose.
func words(d *desk.Desk, rights apikey.Rights) (out []string) {
	last := ""
	order := []string{noticedef.See, noticedef.Search, noticedef.Edit}
	for _, r := range slices.SortedStableFunc(slices.Values(rights), func(a, b apikey.Right) int {
		return cmp.Or(cmp.Compare(a.Purpose, b.Purpose), cmp.Compare(a.Category, b.Category), cmp.Compare(slices.Index(order, a.Action), slices.Index(order, b.Action)))
	}) {
		what := d.T("may_act." + r.Action)
		head := d.PurposeTitle(r.Purpose)
		if r.Category != "" {
			head += ", " + category(d, r.Category)
			what = d.T("keys." + r.Action)
		}
		switch {
		case len(out) > 0 && head == last:
			out[len(out)-1] += ", " + what
		case head == "":
			out = append(out, what)
		default:
			out = append(out, head+": "+what)
		}
		last = head
	}
	return out
}

func category(d *desk.Desk, code string) string {
	if c, ok := d.Facts.Category(code); ok {
		return c.Title.In(d.Lang())
	}
	return code
}

// groups is what the owner may give a key, by purpose.
func groups(d *desk.Desk, chosen []string) (out []office.KeyGroup) {
	ticked := map[string]bool{}
	for _, c := range chosen {
		ticked[c] = true
	}
	at := map[string]int{}
	for _, r := range offer(d) {
		i, ok := at[r.Purpose]
		if !ok {
			i = len(out)
			at[r.Purpose] = i
			title := d.PurposeTitle(r.Purpose)
			if r.Purpose == "" {
				title = d.T("keys.general")
			}
			out = append(out, office.KeyGroup{Title: title})
		}
		o := page.Option{Value: r.String(), On: ticked[r.String()]}
		out[i].Open = out[i].Open || o.On
		add(d, &out[i], r, o)
	}
	return out
}

func add(d *desk.Desk, g *office.KeyGroup, r apikey.Right, o page.Option) {
	if r.Category == "" {
		o.Text = d.T("may_act." + r.Action)
		g.Acts = append(g.Acts, o)
		return
	}
	o.Text = d.T("keys." + r.Action)
	title := category(d, r.Category)
	if n := len(g.Rows); n == 0 || g.Rows[n-1].Title != title {
		g.Rows = append(g.Rows, office.KeyCategory{Title: title})
	}
	c := &g.Rows[len(g.Rows)-1]
	c.Actions = append(c.Actions, o)
}

// offer is what the account's own levels allow: one taken up for a while is not
// given to a key, which would outlive it.
func offer(d *desk.Desk) []apikey.Right {
	if d.InForce == nil {
		return nil
	}
	var own []noticedef.Level
	for _, name := range d.Actor.Account.Levels {
		if l, ok := d.InForce.Level(name); ok {
			own = append(own, l)
		}
	}
	return apikey.Offer(d.Facts, own)
}

func makeKey(d *desk.Desk) error {
	f, err := d.Form(0)
	if err != nil {
		return err
	}
	n := apikey.New{Until: f.Get("until"), Rights: f.Values["right"]}
	if n.Name, err = f.Line("name", 200); err != nil {
		return err
	}
	var text string
	var k *apikey.Key
	err = d.Do("", func(tx *db.Tx) error {
		text, k, err = d.APIKey.Make(tx, d.Actor.Signed, offer(d), n)
		return err
	})
	switch fault.CodeOf(err) {
	case fault.Invalid, fault.Conflict:
		form := office.KeyForm{Name: n.Name, Until: n.Until, Error: d.Explain(err)}
		return render(d, http.StatusUnprocessableEntity, office.KeysView{Form: form}, n.Rights)
	}
	if err != nil {
		return err
	}
	return render(d, http.StatusOK, office.KeysView{Made: text, MadeName: k.Name}, nil)
}

func revoke(d *desk.Desk) error {
	f, err := d.Form(0)
	if err != nil {
		return err
	}
	key, err := id.Parse(f.Get("key"))
	if err != nil {
		return fault.New(fault.NotFound, "apikey.none", "there is no such key, or it was revoked already")
	}
	if err := d.Do("", func(tx *db.Tx) error { return d.APIKey.Revoke(tx, d.Actor.Who(), key) }); err != nil {
		return err
	}
	return d.Done("/account/keys", d.T("keys.revoked"))
}
