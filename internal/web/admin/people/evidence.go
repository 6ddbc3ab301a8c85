package people

import (
	"encoding/hex"
	"strconv"
	"time"
	"unicode"
	"unicode/utf8"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/ledger"
	"kartotek/internal/receipt"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/page"
)

// evidence shows one entry of the ledger with what proves it. law: GDPR 7(1)
func evidence(d *desk.Desk) error {
	who, err := d.ID("id")
	if err != nil {
		return err
	}
	entry, err := d.ID("entry")
	if err != nil {
		return err
	}
	if !d.SeesPermissions() {
		return fault.New(fault.Denied, "denied.permissions", "the access level does not see permissions")
	}
	var v page.EvidenceView
	err = d.Look(func(tx *db.Tx) error {
		c, err := open(d, tx, who)
		if err != nil {
			return err
		}
		e := c.entryOf(entry.String())
		if e == nil || e.Kind == ledger.Sale && !c.SeesOrders() {
			return fault.New(fault.NotFound, "page.none", "there is no such entry")
		}
		v, err = c.evidence(e)
		return err
	})
	if err != nil {
		return err
	}
	if err := d.Read("evidence.read", who); err != nil {
		return err
	}
	v.Frame = d.Frame(v.Person.Text, "people")
	return d.Render(200, page.PersonEvidence(v))
}

func (c *card) evidence(e *ledger.Entry) (page.EvidenceView, error) {
	v := page.EvidenceView{Person: page.Link{Text: c.p.Name(), Href: path(c.p.ID)}, Scope: capital(c.EntryScope(e)),
		Act: page.Chip{Text: c.T("kind." + string(e.Kind)), Tone: kindTone[e.Kind]}, Given: desk.Time(e.Effective), Entered: desk.Time(e.At),
		EnteredBy: e.ByName, Hash: hex.EncodeToString(e.Digest), StillValid: c.stillValid(e)}
	if e.Notice > 0 {
		v.Notice = page.Link{Text: c.T("notice.number", "n", e.Notice), Href: "/notice/" + c.Lang() + "/v/" + strconv.Itoa(e.Notice)}
	}
	if receipt.Makes(string(e.Kind)) {
		v.Proof = path(c.p.ID) + "/evidence/" + e.ID.String() + "/receipt"
	}
	how, err := c.how(e)
	if err != nil {
		return v, err
	}
	v.How = how
	proof, err := c.Ledger.EvidenceOf(c.tx, e)
	switch {
	case err != nil:
		return v, err
	case proof != nil:
		v.Wording, v.WordingLang, v.IP = proof.Text, proof.Language, masked(proof.IP)
		v.Received, v.Signed = day(proof.Received), day(proof.Signed)
	case e.Evidence != 0:
		v.Erased = true
	default:
		src, err := c.sources.Say(e.Source, 0)
		if err != nil {
			return v, err
		}
		v.Wording = c.T("evidence.none", "source", src)
	}
	return v, nil
}

var kindTone = map[ledger.Kind]page.Tone{ledger.Consent: page.Yes, ledger.Withdrawal: page.No, ledger.Prohibition: page.No, ledger.Lift: page.Yes,
	ledger.Sale: page.Info, ledger.Role: page.Info}

// stillValid says what an entry means today.
func (c *card) stillValid(e *ledger.Entry) string {
	key := e.ID.String()
	for _, g := range c.standing.Consents {
		if g.Entry == key && g.Withdrawn == 0 || g.Ended == key {
			return c.T("evidence.holds")
		}
	}
	for _, p := range c.standing.Prohibitions {
		if p.Entry == key {
			return c.T("evidence.holds")
		}
	}
	if e.Kind == ledger.Consent || e.Kind == ledger.Prohibition {
		return c.T("evidence.replaced")
	}
	return c.T("evidence.noted")
}

// day reads an ISO date; the zero time for none.
func day(iso string) time.Time {
	t, err := time.Parse(time.DateOnly, iso)
	if err != nil {
		return time.Time{}
	}
	return t.Add(12 * time.Hour) // the same day in every zone of the reader's
}

// masked hides the last part of a network address.
func masked(ip string) string {
	for i := len(ip) - 1; i > 0; i-- {
		if ip[i] == '.' || ip[i] == ':' {
			return ip[:i+1] + "…"
		}
	}
	return ip
}

// capital makes a sentence's beginning of a word.
func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(unicode.ToUpper(r)) + s[n:]
}
