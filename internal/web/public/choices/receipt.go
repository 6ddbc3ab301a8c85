package choices

import (
	"slices"
	"strings"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/ledger"
	"kartotek/internal/receipt"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
)

// Read fills the page of a receipt with what the file says in plain words. shown
// tells whether what was shown to the person may stand on the page though the file
// leaves it out.
func (g Chooser) Read(v *page.ReceiptView, holder, entry id.ID, data []byte, shown func(*ledger.Entry) bool) error {
	c, err := receipt.Read(data)
	if err != nil {
		return err
	}
	report, err := receipt.Verify(data)
	if err != nil {
		return err
	}
	v.What, v.About, v.Recipients, v.Key, v.VerifyURL = g.Kind(string(c.Kind)), g.About(c.Purpose, c.Channel, c.Scope, c.Purposes), c.Recipients, c.Key, "/receipt/verify"
	v.Given, v.Recorded = c.Effective, c.Recorded
	v.How = g.T("receipt.how", "method", g.Printer.Or("method."+strings.ReplaceAll(c.Method, " ", "_"), c.Method), "who", g.T("receipt.said_by_"+c.SaidBy))
	v.Notice = page.Link{Text: g.T("receipt.version", "n", c.Version), Href: "/notice/" + g.Printer.Lang() + "/v/" + c.Version}
	v.Place = g.T("receipt.fact_place_value", "index", int(report.Index+1), "size", int(report.Size))
	if v.Shown, v.ShownLang = c.Shown, c.ShownLang; v.Shown == "" {
		return g.wording(v, holder, entry, shown)
	}
	return nil
}

// wording shows what was shown to the person, where it may.
func (g Chooser) wording(v *page.ReceiptView, holder, entry id.ID, shown func(*ledger.Entry) bool) error {
	return g.DB.View(g.Context(), g.By(), func(tx *db.Tx) error {
		entries, err := g.Ledger.Entries(tx, holder)
		i := slices.IndexFunc(entries, func(e ledger.Entry) bool { return e.ID == entry })
		if err != nil || i < 0 {
			return err
		}
		ev, err := g.Ledger.EvidenceOf(tx, &entries[i])
		if err != nil || ev == nil {
			return err
		}
		if v.Withheld = true; shown(&entries[i]) {
			v.Shown, v.ShownLang = ev.Text, ev.Language
		}
		return nil
	})
}

// Worded are the ways whose evidence is the text that was shown, the same for
// everybody. That of a letter or an import tells of the person, and the page may
// have been opened by somebody else.
var Worded = map[string]bool{"form": true, "preferences": true}

var tones = map[string]page.Tone{"consent": page.Yes, "withdrawal": page.No, "prohibition": page.No, "lift": page.Yes}

// Kind is an entry's kind as a label.
func (g Chooser) Kind(kind string) page.Chip {
	return page.Chip{Text: g.T("receipt.kind_" + kind), Tone: tones[kind]}
}

// About says what an entry is about: "Newsletter by e-mail".
func (g Chooser) About(purpose, channel, scope string, titles []string) string {
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
	name := g.PurposeName(purpose)
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

// Most is how many entries the preference page lists; the whole ledger is part of
// the copy of one's data.
const Most = 12

// Heard lists what the person has said, newest first, each with its receipt: at most
// so many, all when most is 0. href is the address of an entry's.
func (g Chooser) Heard(tx *db.Tx, most int, href func(entry id.ID) string) (out []page.ReceiptLink, err error) {
	entries, err := g.Ledger.Entries(tx, g.Who)
	for i := range slices.Backward(entries) {
		e := &entries[i]
		if !receipt.Makes(string(e.Kind)) {
			continue
		}
		if most > 0 && len(out) == most {
			break
		}
		text := g.T("receipt.kind_"+string(e.Kind)) + ": " + g.About(e.Purpose, e.Channel, e.Scope, nil)
		out = append(out, page.ReceiptLink{Text: text, At: clock.FromMs(e.Effective), Href: href(e.ID)})
	}
	return out, err
}

// SendReceipt answers with a receipt as a file.
func SendReceipt(r *door.Request, entry id.ID, data []byte) error {
	r.Attach("application/ld+json", "receipt-"+entry.String()+".json")
	_, err := r.W.Write(data)
	return err
}
