package public

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/i18n"
	"kartotek/internal/id"
	"kartotek/internal/ledger"
	"kartotek/internal/outbox"
	"kartotek/internal/receipt"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
)

// The receipts of what a person said (package receipt). By a link of a message one
// may read and download those of the person it went to; whoever has a receipt may
// check it here, or with a file that works without us.
func (l links) receiptRoutes() []door.Route {
	linked := func(path string, kind outbox.Link, which func(*guest) (id.ID, error)) door.Route {
		return door.Route{Method: http.MethodGet, Path: path, Level: door.Public, Token: true,
			Handler: l.with(kind, func(g *guest) error { return l.receipt(g, kind, which) })}
	}
	open := func(path string, h door.Handler) door.Route {
		return door.Route{Method: http.MethodGet, Path: path, Level: door.Public, Handler: h}
	}
	return []door.Route{
		linked("/p/{token}/receipt/{entry}", outbox.LinkPreferences, asked), linked("/w/{token}/receipt", outbox.LinkWhy, behind),
		open("/receipt/verify", verifyPage), open("/receipt/verify/offline", verifyFile),
	}
}

// asked is the entry the address names.
func asked(g *guest) (id.ID, error) { return g.ID("entry") }

// behind is the entry that the decision about the message rests on.
func behind(g *guest) (id.ID, error) { return id.Parse(g.message.Evidence) }

// receipt answers with the file, or with ?view with a page that says the same. An
// entry that is none of this person's is answered like a link that opens nothing.
func (l links) receipt(g *guest, kind outbox.Link, which func(*guest) (id.ID, error)) error {
	entry, err := which(g)
	var data []byte
	if err == nil {
		data, err = g.Receipts().Of(g.Context(), g.by(), g.holder(kind), entry, g.Printer.Lang(), g.mayShow)
	}
	if err != nil && (fault.Is(err, fault.NotFound) || entry == 0) {
		return l.gone(g.Request)
	}
	if err == nil {
		err = g.look("receipt.open")
	}
	if err != nil {
		return err
	}
	if g.URL.Query().Has("view") {
		return g.readReceipt(kind, entry, data)
	}
	return sendReceipt(g.Request, entry, data)
}

// holder is whose entries a link opens: why a message came rests on those of the
// person it was addressed to, who may have been merged since.
func (g *guest) holder(kind outbox.Link) id.ID {
	if kind == outbox.LinkWhy {
		return g.message.Addressee()
	}
	return g.message.Person
}

// mayShow lets the wording into the file where it was the same for everybody, and
// the network address kept with it is that of whoever asks: the link may have been
// passed on with the mail.
func (g *guest) mayShow(e *ledger.Entry, ev *ledger.Evidence) bool {
	return wordings[e.Method] && (ev.IP == "" || g.Client.IsValid() && ev.IP == g.Client.String())
}

func sendReceipt(r *door.Request, entry id.ID, data []byte) error {
	h := r.W.Header()
	h.Set("Content-Type", "application/ld+json")
	h.Set("Content-Disposition", `attachment; filename="receipt-`+entry.String()+`.json"`)
	_, err := r.W.Write(data)
	return err
}

// readReceipt says in plain words what the file says.
func (g *guest) readReceipt(kind outbox.Link, entry id.ID, data []byte) error {
	c, err := receipt.Read(data)
	if err != nil {
		return err
	}
	report, err := receipt.Verify(data)
	if err != nil {
		return err
	}
	v := page.ReceiptView{Public: g.outside(g.T("receipt.title")), Address: g.address, What: g.kind(string(c.Kind)), About: g.about(c.Purpose, c.Channel, c.Scope, c.Purposes),
		Given: c.Effective, Recorded: c.Recorded, Recipients: c.Recipients, Key: c.Key, DownloadURL: g.URL.Path, VerifyURL: "/receipt/verify"}
	v.How = g.T("receipt.how", "method", g.Printer.Or("method."+strings.ReplaceAll(c.Method, " ", "_"), c.Method), "who", g.T("receipt.said_by_"+c.SaidBy))
	v.Notice = page.Link{Text: g.T("receipt.version", "n", c.Version), Href: "/notice/" + g.Printer.Lang() + "/v/" + c.Version}
	v.Place = g.T("receipt.fact_place_value", "index", int(report.Index+1), "size", int(report.Size))
	v.BackURL, v.BackText = g.url(kind), g.T("prefs.back")
	if kind == outbox.LinkWhy {
		v.BackText = g.T("public.why")
	}
	if v.Shown, v.ShownLang = c.Shown, c.ShownLang; v.Shown == "" {
		if err := g.wording(kind, entry, &v); err != nil {
			return err
		}
	}
	for lang := range v.Langs {
		v.Langs[lang] += "&view=1"
	}
	return g.Render(http.StatusOK, page.Receipt(v))
}

// wording shows what was shown to everybody, also where the file leaves it out.
func (g *guest) wording(kind outbox.Link, entry id.ID, v *page.ReceiptView) error {
	return g.DB.View(g.Context(), g.by(), func(tx *db.Tx) error {
		entries, err := g.Ledger.Entries(tx, g.holder(kind))
		i := slices.IndexFunc(entries, func(e ledger.Entry) bool { return e.ID == entry })
		if err != nil || i < 0 {
			return err
		}
		ev, err := g.Ledger.EvidenceOf(tx, &entries[i])
		if err != nil || ev == nil {
			return err
		}
		if v.Withheld = true; wordings[entries[i].Method] {
			v.Shown, v.ShownLang = ev.Text, ev.Language
		}
		return nil
	})
}

var tones = map[string]page.Tone{"consent": page.Yes, "withdrawal": page.No, "prohibition": page.No, "lift": page.Yes}

func (g *guest) kind(kind string) page.Chip {
	return page.Chip{Text: g.T("receipt.kind_" + kind), Tone: tones[kind]}
}

// about says what an entry is about: "Newsletter by e-mail".
func (g *guest) about(purpose, channel, scope string, titles []string) string {
	by := func(c string) string { return g.Printer.Or("by."+c, c) }
	what, rest, _ := strings.Cut(scope, ":")
	switch {
	case what == "channel":
		return g.T("scope.channel", "by", by(rest))
	case what == "purpose":
		purpose, channel, _ = strings.Cut(rest, ":")
	case scope != "":
		return g.Printer.Or("scope."+scope, scope)
	}
	name := g.purpose(purpose)
	if purpose == "" {
		name = g.T("receipt.all_purposes")
	} else if name == purpose && len(titles) == 1 {
		name = titles[0] // the notice of today has it no longer
	}
	if channel == "" {
		return name
	}
	return g.T("scope.purpose_channel", "purpose", name, "by", by(channel))
}

// mostReceipts is how many entries the preference page lists; the whole ledger is
// part of the copy of one's data.
const mostReceipts = 12

// receipts lists what the person has said, newest first, each with its receipt.
func (g *guest) receipts(tx *db.Tx) (out []page.ReceiptLink, err error) {
	entries, err := g.Ledger.Entries(tx, g.message.Person)
	for i := range slices.Backward(entries) {
		e := &entries[i]
		if !receipt.Makes(string(e.Kind)) {
			continue
		}
		if len(out) == mostReceipts {
			break
		}
		text := g.T("receipt.kind_"+string(e.Kind)) + ": " + g.about(e.Purpose, e.Channel, e.Scope, nil)
		out = append(out, page.ReceiptLink{Text: text, At: clock.FromMs(e.Effective), Href: g.url(outbox.LinkPreferences) + "/receipt/" + e.ID.String() + "?view=1"})
	}
	return out, err
}

// verifyPage checks receipts in the reader's browser.
func verifyPage(r *door.Request) error {
	v, err := checking(r)
	if err != nil {
		return err
	}
	v.OfflineURL = "/receipt/verify/offline"
	v.Langs = map[string]string{}
	for _, lang := range i18n.Langs {
		v.Langs[lang] = "/receipt/verify?lang=" + lang
	}
	return r.Render(http.StatusOK, page.ReceiptVerify(v))
}

// verifyFile is the same page as one file, with the register's keys in it.
func verifyFile(r *door.Request) error {
	v, err := checking(r)
	if err != nil {
		return err
	}
	r.W.Header().Set("Content-Disposition", `attachment; filename="check-receipt.html"`)
	return r.Render(http.StatusOK, page.ReceiptOffline(v))
}

func checking(r *door.Request) (v page.ReceiptVerifyView, err error) {
	keys, err := r.Keys.LogVerifiers()
	if err != nil {
		return v, err
	}
	words := map[string]string{}
	for _, key := range i18n.Keys(r.Printer.Lang()) {
		if name, ours := strings.CutPrefix(key, "receipt."); ours {
			words[name] = r.T(key)
		}
	}
	v = page.ReceiptVerifyView{Public: outside(r, r.T("receipt.verify_title")), Rules: string(receipt.Rules())}
	for into, from := range map[*string]any{&v.Words: words, &v.Keys: keys} {
		b, err := json.Marshal(from)
		if err != nil {
			return v, err
		}
		*into = string(b)
	}
	for _, k := range keys {
		v.KeyNames = append(v.KeyNames, receipt.KeyName(k))
	}
	return v, nil
}
