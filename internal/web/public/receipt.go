package public

import (
	"encoding/json"
	"net/http"
	"strings"

	"kartotek/internal/fault"
	"kartotek/internal/i18n"
	"kartotek/internal/id"
	"kartotek/internal/ledger"
	"kartotek/internal/outbox"
	"kartotek/internal/receipt"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
	"kartotek/internal/web/public/choices"
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
		data, err = g.Receipts().Of(g.Context(), g.By(), g.holder(kind), entry, g.Printer.Lang(), g.mayShow)
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
	return choices.SendReceipt(g.Request, entry, data)
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
	return choices.Worded[e.Method] && (ev.IP == "" || g.Client.IsValid() && ev.IP == g.Client.String())
}

// readReceipt says in plain words what the file says.
func (g *guest) readReceipt(kind outbox.Link, entry id.ID, data []byte) error {
	v := page.ReceiptView{Public: g.outside(g.T("receipt.title")), Address: g.address, DownloadURL: g.URL.Path, BackURL: g.url(kind), BackText: g.T("prefs.back")}
	if kind == outbox.LinkWhy {
		v.BackText = g.T("public.why")
	}
	everybody := func(e *ledger.Entry) bool { return choices.Worded[e.Method] }
	if err := g.Read(&v, g.holder(kind), entry, data, everybody); err != nil {
		return err
	}
	for lang := range v.Langs {
		v.Langs[lang] += "&view=1"
	}
	return g.Render(http.StatusOK, page.Receipt(v))
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
