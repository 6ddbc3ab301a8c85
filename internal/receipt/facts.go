package receipt

import (
	"slices"
	"strings"
	"time"

	"kartotek/internal/noticedef"
)

// Kind is what a receipt is of.
type Kind string

// The kinds, named as the ledger names its entries.
const (
	Consent     Kind = "consent"
	Withdrawal  Kind = "withdrawal"
	Prohibition Kind = "prohibition"
	Lift        Kind = "lift"
)

// Kinds are all kinds of entries that a receipt can be made of.
var Kinds = []Kind{Consent, Withdrawal, Prohibition, Lift}

// Facts is all a receipt is made from.
type Facts struct {
	Notice    *noticedef.Notice // the version shown, or in force when the entry was made
	Version   int               // its number
	Hash      string            // of its canonical bytes, "sha256:…"
	NoticeURL string            // where that version can be read; "" when nowhere in public
	Language  string            // of titles: sv, fi or en
	Created   time.Time         // when the receipt is made
	Proof     Proof
}

// Proof is what shows that the entry stands in the log.
type Proof struct {
	Entry          string   // canonical text of the entry
	Salt           []byte   // the entry's, 16 bytes
	EvidenceDigest []byte   // 32 bytes
	Evidence       []byte   // the bytes the digest is of; nil when they are withheld or were erased
	Log            string   // C2SP inclusion proof (package inclusion)
	Keys           []string // public keys that signed, "name+hash+key": one, or two after a change of keys
}

// affected lists the purposes of the notice that an entry bears on, in the
// notice's order. One that names a purpose bears on that alone; a prohibition on
// all that it covers (package permit reads it the same way).
func affected(n *noticedef.Notice, e *Entry) (out []noticedef.Purpose) {
	for _, p := range n.Purposes {
		if e.bearsOn(p) {
			out = append(out, p)
		}
	}
	if len(out) == 0 && e.purpose() == "" { // it covers what the notice does not do; what it does unasked is nearest
		out = slices.DeleteFunc(n.PurposeList(), func(p noticedef.Purpose) bool { return p.Class == "service" })
	}
	return out
}

// purpose is the one purpose an entry is about; "" when it is about several.
func (e *Entry) purpose() string {
	if parts := strings.Split(e.Scope, ":"); parts[0] == "purpose" && len(parts) > 1 {
		return parts[1]
	}
	return e.Purpose
}

func (e *Entry) bearsOn(p noticedef.Purpose) bool {
	if e.Kind == Consent || e.Kind == Withdrawal {
		if e.Purpose == "" {
			return p.Basis.Kind == "consent" && (e.Channel == "" || slices.Contains(p.Channels, e.Channel))
		}
		return e.Purpose == p.ID
	}
	what, rest, _ := strings.Cut(e.Scope, ":")
	switch what {
	case "purpose":
		return e.purpose() == p.ID
	case "channel":
		return p.Class != "service" && slices.Contains(p.Channels, rest)
	case "research":
		return p.Class == "survey"
	case "profiling":
		return p.Class == "internal"
	}
	return p.Class != "service" // all marketing, and whatever nobody can read
}

// channels are the channels an entry is about; none stands for all.
func (e *Entry) channels() []string {
	if e.Channel != "" {
		return []string{e.Channel}
	}
	parts := strings.Split(e.Scope, ":")
	switch {
	case parts[0] == "channel" && len(parts) == 2:
		return parts[1:]
	case parts[0] == "purpose" && len(parts) == 3:
		return parts[2:]
	}
	return nil
}
