package log

import (
	"encoding/hex"
	"io"
	"maps"
	"slices"
	"strconv"

	"kartotek/internal/audit"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/inclusion"
	"kartotek/internal/tree"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
)

// room is the log's tree, for looking. It keeps nothing between requests.
func room(r *door.Request) *tree.Room { return &tree.Room{DB: r.DB, Keys: r.Keys} }

// signed says how far the log is signed, or what is wrong with it.
func signed(d *desk.Desk, tx *db.Tx) (verified, broken string, err error) {
	head, err := room(d.Request).Sound(tx)
	switch {
	case fault.Is(err, fault.Conflict):
		return "", wrong(d, err), nil
	case err != nil:
		return "", "", err
	case head.Size == 0:
		return d.T("log.signed_none"), "", nil
	}
	return d.T("log.signed", "n", int(head.Size), "at", d.Printer.Moment(clock.FromMs(head.At))), "", nil
}

func wrong(d *desk.Desk, err error) string {
	return d.Printer.Or("error."+fault.KeyOf(err), d.T("proof.broken"))
}

// entry shows one entry and its proof.
func entry(d *desk.Desk) error {
	which, err := d.ID("id")
	if err != nil {
		return err
	}
	v := page.ProofView{Number: which.String(), Download: "/log/" + which.String() + "/proof"}
	var e audit.Entry
	err = d.Look(func(tx *db.Tx) error {
		var digest []byte
		var found bool
		if e, digest, found, err = audit.Get(tx, which); err != nil {
			return err
		}
		if !found {
			return fault.New(fault.NotFound, "audit.none", "there is no such entry")
		}
		describe(d, &v, &e)
		v.Digest = hex.EncodeToString(digest)
		return prove(d, tx, &v, which, digest)
	})
	if err != nil {
		return err
	}
	if err := d.Seen(audit.Entry{Action: "log.read", Kind: "log", Object: which.String(), Person: e.Person, Count: 1, Purpose: d.Purpose()}); err != nil {
		return err
	}
	v.Frame = d.Frame(d.T("nav.log"), "log")
	return d.Render(200, page.Proof(v))
}

// describe puts the entry in words.
func describe(d *desk.Desk, v *page.ProofView, e *audit.Entry) {
	var a asked
	v.At, v.Who, v.Thing = e.At, page.Link{Text: e.By.Name}, thing(d, e)
	if e.By.ID != 0 && e.By.Kind == "staff" {
		v.Who.Href = a.address("who", e.By.ID.String())
	}
	v.Act = page.Link{Text: Action(d, e.Action), Href: a.address("what", e.Action)}
	v.Outcome = page.Link{Text: outcome(d, e.Outcome), Href: a.address("outcome", e.Outcome)}
	v.Facts = []page.Pair{{Label: d.T("log.purpose"), Value: d.PurposeTitle(e.Purpose)}, {Label: d.T("proof.level"), Value: e.By.Level}, {Label: d.T("proof.device"), Value: e.By.Device}}
	if e.Count > 0 {
		v.Facts = append(v.Facts, page.Pair{Label: d.T("proof.count"), Value: d.Printer.Number(e.Count)})
	}
	for _, k := range slices.Sorted(maps.Keys(e.Detail)) {
		v.Facts = append(v.Facts, page.Pair{Label: d.T("proof.detail") + ": " + k, Value: e.Detail[k]})
	}
}

// prove fills in the proof, or why there is none.
func prove(d *desk.Desk, tx *db.Tx, v *page.ProofView, which id.ID, digest []byte) error {
	leaf := inclusion.Leaf(tree.Audit, digest)
	hash := inclusion.Hash(leaf)
	v.Leaf = hex.EncodeToString(hash[:])
	p, err := room(d.Request).Prove(tx, tree.Audit, which)
	switch {
	case fault.KeyOf(err) == "tree.waits":
		v.Waits = true
		return nil
	case fault.Is(err, fault.Conflict):
		v.Broken = wrong(d, err)
		return nil
	case err != nil:
		return err
	}
	if v.Keys, err = d.Keys.LogVerifiers(); err != nil {
		return err
	}
	head, err := p.Check(leaf, v.Keys...)
	if err != nil {
		v.Broken = wrong(d, err)
		return nil
	}
	newest, _, err := room(d.Request).Head(tx)
	v.Index, v.Size, v.Signed = d.Printer.Number(int(p.Index)), d.Printer.Number(int(head.Size)), clock.FromMs(newest.At)
	v.Root, v.Head = hex.EncodeToString(head.Root[:]), string(p.Checkpoint)
	for _, h := range p.Path {
		v.Path = append(v.Path, hex.EncodeToString(h[:]))
	}
	return err
}

// download gives the proof as a file.
func download(d *desk.Desk) error {
	which, err := d.ID("id")
	if err != nil {
		return err
	}
	var p inclusion.Proof
	err = d.Look(func(tx *db.Tx) error {
		if _, _, found, err := audit.Get(tx, which); err != nil || !found {
			return errorOr(err, fault.New(fault.NotFound, "audit.none", "there is no such entry"))
		}
		p, err = room(d.Request).Prove(tx, tree.Audit, which)
		return err
	})
	if err != nil {
		return err
	}
	if err := d.Seen(audit.Entry{Action: "log.proof", Kind: "log", Object: which.String(), Count: 1, Purpose: d.Purpose()}); err != nil {
		return err
	}
	d.Attach("text/plain; charset=utf-8", which.String()+".tlog-proof")
	_, err = d.W.Write(p.Text())
	return err
}

func errorOr(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// checkpoint gives the newest signed head and the public keys to whoever asks:
// the more people keep a head, the harder it is to shorten the log. The head is
// followed by an empty line and one key a line.
func checkpoint(r *door.Request) error {
	head, found, err := room(r).Latest(r.Context())
	if err != nil {
		return err
	}
	if !found {
		return fault.New(fault.NotFound, "tree.waits", "nothing is in the log yet")
	}
	keys, err := r.Keys.LogVerifiers()
	if err != nil {
		return err
	}
	h := r.W.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Cache-Control", "no-cache")
	text := string(head.Checkpoint) + "\n"
	for _, k := range keys {
		text += k + "\n"
	}
	h.Set("Content-Length", strconv.Itoa(len(text)))
	_, err = io.WriteString(r.W, text)
	return err
}
