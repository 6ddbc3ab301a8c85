package inclusion

import (
	"bytes"
	"encoding/base64"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"kartotek/internal/fault"
)

// Header is the first line of a proof. Source: c2sp.org/tlog-proof
const Header = "c2sp.org/tlog-proof@v1"

// maxPath is how many hashes a proof may have: one a level of the largest tree.
const maxPath = 48

// Proof shows that a leaf stands in a log.
type Proof struct {
	Index      int64      // of the leaf, counted from 0
	Path       [][32]byte // the hashes beside the way up, from the leaf's sibling on
	Checkpoint []byte     // the signed head they lead to
}

// Text writes the proof as a file; its customary name ends in ".tlog-proof".
func (p Proof) Text() []byte {
	var b bytes.Buffer
	b.WriteString(Header + "\nindex " + strconv.FormatInt(p.Index, 10) + "\n")
	for _, h := range p.Path {
		b.WriteString(base64.StdEncoding.EncodeToString(h[:]) + "\n")
	}
	b.WriteByte('\n')
	b.Write(p.Checkpoint)
	return b.Bytes()
}

// ParseProof reads a proof. It checks the form only: whether the proof holds is
// for Check to say. A line of extra data, which nothing vouches for, is passed over.
func ParseProof(text []byte) (Proof, error) {
	bad := fault.New(fault.Invalid, "inclusion.proof", "this is not a proof of a log: it begins with %q, then an index, hashes, an empty line and a checkpoint", Header)
	head, checkpoint, found := bytes.Cut(text, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	if !found || lines[0] != Header {
		return Proof{}, bad
	}
	lines = lines[1:]
	if len(lines) > 0 && strings.HasPrefix(lines[0], "extra ") {
		lines = lines[1:]
	}
	if len(lines) == 0 || len(lines)-1 > maxPath {
		return Proof{}, bad
	}
	index, isIndex := strings.CutPrefix(lines[0], "index ")
	n, err := number(index)
	if !isIndex || err != nil {
		return Proof{}, bad
	}
	p := Proof{Index: n, Checkpoint: checkpoint}
	for _, line := range lines[1:] {
		h, ok := hash(line)
		if !ok {
			return Proof{}, bad
		}
		p.Path = append(p.Path, h)
	}
	return p, nil
}

// Check checks that a leaf (see Leaf) stands at the proof's index in the log
// whose head the proof carries, and that the head is signed with one of the
// public keys. It gives the head.
func (p Proof) Check(leaf []byte, vkeys ...string) (Checkpoint, error) {
	c, err := ParseCheckpoint(p.Checkpoint, vkeys...)
	if err != nil {
		return Checkpoint{}, err
	}
	if p.Index >= c.Size || len(p.Path) > maxPath {
		return Checkpoint{}, fault.New(fault.Invalid, "inclusion.beyond", "the proof is of entry %d, but its log ends at %d", p.Index, c.Size)
	}
	path := make(tlog.RecordProof, len(p.Path))
	for i, h := range p.Path {
		path[i] = h
	}
	if err := tlog.CheckRecord(path, c.Size, tlog.Hash(c.Root), p.Index, tlog.RecordHash(leaf)); err != nil {
		return Checkpoint{}, fault.New(fault.Invalid, "inclusion.broken", "the proof does not lead from this entry to the signed head of the log")
	}
	return c, nil
}
