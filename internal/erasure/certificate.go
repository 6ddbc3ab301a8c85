package erasure

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/erasing"
	"kartotek/internal/fault"
	"kartotek/internal/i18n"
	"kartotek/internal/id"
)

// Certificate says what an erasure did, without saying of whom: counts, codes, dates.
type Certificate struct {
	ID      id.ID          `json:"id"`
	At      int64          `json:"at"` // ms
	Ground  erasing.Ground `json:"ground"`
	Case    string         `json:"case,omitempty"`
	Notice  int            `json:"notice,omitempty"` // version in force
	Gone    []Gone         `json:"gone"`
	Waiting []Gone         `json:"waiting,omitempty"` // what people have yet to do: papers to destroy, recipients to tell
	Kept    []erasing.Line `json:"kept"`
	Key     string         `json:"key,omitempty"` // what became of the person\'s key; "" when it was left
	Digest  string         `json:"digest"`        // "sha256:…" of the rest; the log's entry names it
}

// Gone counts what was removed of one kind, or waits to be.
type Gone struct {
	Kind  string `json:"kind"` // "keeper.kind"
	Count int    `json:"count"`
}

var (
	insErasure = db.SQL(db.Local, `INSERT INTO erasures (erasure_id, at, content, digest) VALUES ($1, $2, $3, $4)`)
	selErasure = db.SQL(db.Local, `SELECT content, digest FROM erasures WHERE erasure_id = $1`)
)

// content is what the digest covers.
func (c *Certificate) content() []byte {
	bare := *c
	bare.Digest = ""
	b, _ := json.Marshal(bare) // texts and numbers always encode
	return b
}

func (c *Certificate) seal() {
	sum := sha256.Sum256(c.content())
	c.Digest = "sha256:" + hex.EncodeToString(sum[:])
}

func (c *Certificate) store(tx *db.Tx) error {
	_, err := tx.Exec(insErasure, int64(c.ID), c.At, string(c.content()), c.Digest)
	return err
}

// Certificate reads one that was made. One that no longer fits its digest is refused.
func (r *Room) Certificate(tx *db.Tx, which id.ID) (*Certificate, error) {
	var content string
	var c Certificate
	found, err := tx.One(selErasure, []any{&content, &c.Digest}, int64(which))
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, fault.New(fault.NotFound, "erasure.no_certificate", "there is no such certificate of an erasure")
	}
	digest := c.Digest
	if err := json.Unmarshal([]byte(content), &c); err != nil {
		return nil, err
	}
	if c.seal(); c.Digest != digest {
		return nil, fault.New(fault.Conflict, "erasure.changed", "the certificate was changed after it was made")
	}
	return &c, nil
}

// Rows are the lines of the certificate as a reader sees them: names and values.
func (c *Certificate) Rows(p *i18n.Printer) (facts, gone, kept [][2]string) {
	facts = [][2]string{{p.T("erasure.number"), c.ID.String()}, {p.T("erasure.at"), p.DateTime(clock.FromMs(c.At))}, {p.T("erasure.ground"), fmt.Sprintf("GDPR %s: %s", c.Ground, c.Ground.Words(p))}}
	if c.Case != "" {
		facts = append(facts, [2]string{p.T("erasure.case"), c.Case})
	}
	if c.Key != "" {
		facts = append(facts, [2]string{p.T("erasure.key"), p.T("erasure.key." + c.Key)})
	}
	facts = append(facts, [2]string{p.T("erasure.digest"), c.Digest})
	for _, g := range c.Gone {
		gone = append(gone, [2]string{p.Or("dossier."+g.Kind, g.Kind), p.Number(g.Count)})
	}
	for _, l := range c.Kept {
		kept = append(kept, [2]string{l.Name(p), l.Words(p)})
	}
	return facts, gone, kept
}

// Waits are the lines of what people have yet to do by hand. law: GDPR 17(1), 19
func (c *Certificate) Waits(p *i18n.Printer) (out [][2]string) {
	for _, w := range c.Waiting {
		out = append(out, [2]string{p.Or("erasure.waits."+w.Kind, w.Kind), p.Number(w.Count)})
	}
	return out
}

// Text writes the certificate as plain text in the printer's language.
func (c *Certificate) Text(p *i18n.Printer) string {
	var b strings.Builder
	facts, gone, kept := c.Rows(p)
	section := func(title string, rows [][2]string) {
		fmt.Fprintf(&b, "\n%s\n", title)
		for _, r := range rows {
			fmt.Fprintf(&b, "  %s: %s\n", r[0], r[1])
		}
	}
	b.WriteString(p.T("erasure.certificate") + "\n")
	section(p.T("erasure.facts"), facts)
	if len(gone) == 0 {
		gone = [][2]string{{p.T("erasure.nothing"), "0"}}
	}
	section(p.T("erasure.gone"), gone)
	if waits := c.Waits(p); len(waits) > 0 {
		section(p.T("erasure.waiting"), waits)
	}
	if len(kept) > 0 {
		section(p.T("erasure.kept"), kept)
	}
	b.WriteString("\n" + p.T("erasure.explain") + "\n")
	return b.String()
}
