package door

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/inclusion"
	"kartotek/internal/ledger"
	"kartotek/internal/notice"
	"kartotek/internal/receipt"
	"kartotek/internal/rights"
	"kartotek/internal/seal"
	"kartotek/internal/tree"
)

// Receipts makes the receipts of entries of the permission ledger, and of requests that
// were answered, for every door.
// law: GDPR 7(1)
type Receipts struct {
	DB      *db.DB
	Keys    *seal.Keys
	Notice  *notice.Room
	Ledger  *ledger.Room
	BaseURL string // public address, for the address of the notice; "" leaves it out
	Rights  *rights.Room
}

// Receipts is the maker of receipts of the open rooms.
func (r *Rooms) Receipts() Receipts {
	return Receipts{DB: r.DB, Keys: r.Keys, Notice: r.Notice, Ledger: r.Ledger, BaseURL: r.BaseURL, Rights: r.Rights}
}

// Show decides whether the evidence of an entry goes into its receipt.
type Show func(*ledger.Entry, *ledger.Evidence) bool

// Withheld leaves the evidence out: its digest alone is in the receipt.
func Withheld(*ledger.Entry, *ledger.Evidence) bool { return false }

// Of makes the receipt of a person's entry, its titles in a language. An entry
// that is none of the person's, or of a kind without receipts, is not found. One so
// young that the log has not taken it in is waited for, a second and a half at
// most; then the fault receipt.not_yet says so. Logging the read is the caller's.
func (m Receipts) Of(ctx context.Context, by db.By, who, entry id.ID, lang string, show Show) (data []byte, err error) {
	return m.made(ctx, by, func(tx *db.Tx) (receipt.Facts, error) { return m.facts(tx, who, entry, lang, show) })
}

// OfCase makes the receipt of a request of the person's that was answered: what was
// asked, when it came, what was done and when. lang is that of titles; "" is the case's.
// A case of somebody else's, or without an answer, is not found. Logging the read is
// the caller's. law: GDPR 12(3), 12(4)
func (m Receipts) OfCase(ctx context.Context, by db.By, who, which id.ID, lang string) ([]byte, error) {
	return m.made(ctx, by, func(tx *db.Tx) (f receipt.Facts, err error) {
		c, err := m.Rights.Get(tx, which)
		if err != nil {
			return f, err
		}
		if c.Person != who {
			return f, rights.NotFound()
		}
		entry, err := m.Rights.Receipt(tx, c)
		if err != nil {
			return f, err
		}
		if lang == "" {
			lang = c.Language
		}
		in, err := m.Notice.Open(tx, c.Notice)
		if err != nil {
			return f, err
		}
		f = m.about(tx, in, lang)
		if f.Proof.Entry, f.Proof.Salt, err = audit.Witnessed(tx, entry); err != nil {
			return f, err
		}
		f.Proof.EvidenceDigest = make([]byte, 32)
		return f, m.stands(tx, &f.Proof, tree.Audit, entry)
	})
}

// made builds a receipt, and waits for the log to take its entry in.
func (m Receipts) made(ctx context.Context, by db.By, facts func(*db.Tx) (receipt.Facts, error)) (data []byte, err error) {
	for try := range tries {
		if data, err = m.try(ctx, by, facts); fault.KeyOf(err) != "tree.waits" {
			return data, err
		}
		if try == tries-2 { // nobody takes entries in: no server runs on this register
			_, _ = (&tree.Room{DB: m.DB, Keys: m.Keys}).Sequence(ctx)
			continue
		}
		if err := wait(ctx, pause); err != nil {
			return nil, err
		}
	}
	return nil, fault.New(fault.Conflict, "receipt.not_yet", "the entry is not in the log yet; try again in a moment").Because(err)
}

const (
	tries = 11
	pause = 150 * time.Millisecond
)

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

func (m Receipts) try(ctx context.Context, by db.By, facts func(*db.Tx) (receipt.Facts, error)) ([]byte, error) {
	var f receipt.Facts
	err := m.DB.View(ctx, by, func(tx *db.Tx) (err error) { f, err = facts(tx); return err })
	if err != nil {
		return nil, err
	}
	skey, err := m.Keys.LogSigner()
	if err != nil {
		return nil, err
	}
	return receipt.Build(f, skey)
}

func (m Receipts) facts(tx *db.Tx, who, entry id.ID, lang string, show Show) (f receipt.Facts, err error) {
	e, err := m.entry(tx, who, entry)
	if err != nil {
		return f, err
	}
	in, err := m.version(tx, e)
	if err != nil {
		return f, err
	}
	f = m.about(tx, in, lang)
	f.Proof, err = m.proof(tx, e, show)
	return f, err
}

// about is what a receipt says of the notice.
func (m Receipts) about(tx *db.Tx, in *notice.InForce, lang string) receipt.Facts {
	f := receipt.Facts{Notice: in.Notice, Version: in.Number, Hash: in.Hash, Language: lang, Created: tx.Time()}
	if m.BaseURL != "" {
		f.NoticeURL = m.BaseURL + "/notice/" + lang + "/v/" + strconv.Itoa(in.Number)
	}
	return f
}

func (m Receipts) entry(tx *db.Tx, who, entry id.ID) (*ledger.Entry, error) {
	all, err := m.Ledger.Entries(tx, who)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(e ledger.Entry) bool { return e.ID == entry && receipt.Makes(string(e.Kind)) })
	if i < 0 {
		return nil, fault.New(fault.NotFound, "receipt.none", "there is no such entry, or no receipt is made of its kind")
	}
	return &all[i], nil
}

// version is the version of the notice that was shown, or was in force when the
// entry was made, or else the first there is.
func (m Receipts) version(tx *db.Tx, e *ledger.Entry) (*notice.InForce, error) {
	if e.Notice > 0 {
		return m.Notice.Open(tx, e.Notice)
	}
	for _, at := range []time.Time{clock.FromMs(e.At), tx.Time()} {
		if in, found, err := m.Notice.InForceAt(tx, at); err != nil || found {
			return in, err
		}
	}
	return nil, fault.New(fault.Conflict, "receipt.no_notice", "no register notice was in force when the entry was made")
}

func (m Receipts) proof(tx *db.Tx, e *ledger.Entry, show Show) (p receipt.Proof, err error) {
	p = receipt.Proof{Entry: e.Text(), Salt: e.Salt, EvidenceDigest: e.EvidenceDigest()}
	ev, err := m.Ledger.EvidenceOf(tx, e)
	if err != nil {
		return p, err
	}
	if ev != nil && show(e, ev) {
		p.Evidence, _ = json.Marshal(ev) // a struct of texts always encodes
	}
	return p, m.stands(tx, &p, tree.Ledger, e.ID)
}

// stands proves that an entry stands in the log.
func (m Receipts) stands(tx *db.Tx, p *receipt.Proof, kind byte, entry id.ID) error {
	proof, err := (&tree.Room{DB: m.DB, Keys: m.Keys}).Prove(tx, kind, entry)
	if err != nil {
		return err
	}
	p.Log = string(proof.Text())
	p.Keys, err = m.signers(proof.Checkpoint)
	return err
}

// signers are the keys a receipt made now needs: the one that signed the head, and
// the one in use, which seals; the same one unless it was changed in between.
func (m Receipts) signers(head []byte) (out []string, err error) {
	all, err := m.Keys.LogVerifiers()
	for i, k := range all {
		if _, e := inclusion.ParseCheckpoint(head, k); e == nil || i == len(all)-1 {
			out = append(out, k)
		}
	}
	return out, err
}
