package app

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/ledger"
	"kartotek/internal/noticedef"
	"kartotek/internal/staff"
)

// Verified is what Verify found. Problems are listed up to a hundred.
type Verified struct {
	OK       bool             `json:"ok"`
	Entries  int              `json:"ledger_entries"`
	Log      int              `json:"log_entries"`
	Notices  int              `json:"notice_versions"`
	People   int              `json:"people"`
	Problems []ledger.Problem `json:"problems"`
}

func (v *Verified) report(p ledger.Problem) {
	v.OK = false
	if len(v.Problems) < 100 {
		v.Problems = append(v.Problems, p)
	}
}

// Verify computes again what can be computed: the digest of every ledger entry
// and its evidence, every standing, every entry of the log, the hash of every
// version of the notice.
func (h *House) Verify(ctx context.Context, by db.By) (v Verified, err error) {
	v = Verified{OK: true, Problems: []ledger.Problem{}}
	err = h.DB.View(ctx, by, func(tx *db.Tx) error {
		if v.People, err = h.Party.Count(tx); err != nil {
			return err
		}
		if v.Entries, err = h.Ledger.Verify(tx, v.report); err != nil {
			return err
		}
		if v.Log, err = audit.Verify(tx); err != nil {
			if fault.CodeOf(err) == fault.Internal {
				return err
			}
			v.report(ledger.Problem{What: err.Error()})
		}
		return h.verifyNotices(tx, &v)
	})
	return v, err
}

func (h *House) verifyNotices(tx *db.Tx, v *Verified) error {
	all, err := h.Notice.Versions(tx)
	if err != nil {
		return err
	}
	v.Notices = len(all)
	for _, n := range all {
		sum := sha256.Sum256(n.Canonical)
		parsed, _ := noticedef.Parse("notice", []byte(n.Source))
		if n.Hash != "sha256:"+hex.EncodeToString(sum[:]) || parsed == nil || !bytes.Equal(noticedef.Canonical(parsed), n.Canonical) {
			v.report(ledger.Problem{What: fmt.Sprintf("version %d of the notice was changed", n.Number)})
		}
	}
	return nil
}

// AddStaff makes an account whose levels the notice in force knows.
func (h *House) AddStaff(tx *db.Tx, n staff.NewAccount) (*staff.Account, error) {
	in, err := h.version(tx, 0)
	if err != nil {
		return nil, err
	}
	for _, name := range n.Levels {
		if _, ok := in.Level(name); !ok {
			return nil, fault.New(fault.Invalid, "staff.no_level", "the register notice has no access level %q", name).In("level")
		}
	}
	return h.Staff.Create(tx, n)
}
