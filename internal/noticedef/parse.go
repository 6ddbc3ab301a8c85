package noticedef

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"kartotek/internal/noticedef/facts"
)

// Parse reads a notice file. name is used in messages only. The notice is nil
// when the file is not a YAML mapping at all; otherwise it holds what could be
// read, and the findings (codes Y..) say, by line and field, what could not.
func Parse(name string, src []byte) (*Notice, []Finding) {
	n := &Notice{}
	d, ok := facts.Decode(name, src, n)
	var findings []Finding
	for _, p := range d.Problems {
		findings = append(findings, newFinding(p.Code, p.Position, p.Field, p.Message))
	}
	if !ok {
		return nil, findings
	}
	n.pos = d.Pos
	if n.Schema != 1 && n.Schema != 0 {
		findings = append(findings, newFinding("Y11", d.Pos["notice"], "notice",
			fmt.Sprintf("schema version %d is not known; this program reads version 1", n.Schema)))
	}
	sortFindings(findings)
	return n, findings
}

// Canonical gives the notice's bytes for approval and hashing: JSON with
// sorted keys, composed letters and no blanks. Layout, comments and the order
// of keys in the file do not reach it.
func Canonical(n *Notice) []byte { return facts.Of(n).JSON() }

// Hash is the notice's name by content: "sha256:" and the digest of its
// canonical bytes in hex.
func Hash(n *Notice) string {
	sum := sha256.Sum256(Canonical(n))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Encode writes the notice as a YAML file. Reading it back gives the same
// hash; comments of an earlier file are not part of the facts and are gone.
func Encode(n *Notice) []byte { return facts.Of(n).YAML() }
