// Package inclusion is the arithmetic and the text of proofs that something
// stands in a log.
//
// A log that can be checked is a tree of hashes (RFC 6962). Each entry is a
// leaf; each node is the hash of its two children; the root therefore depends on
// every entry and on their order. Whoever holds the root, signed, needs only the
// hashes beside the way from a leaf up to the root, twenty for a million entries,
// to be sure that the leaf is in the tree. Three texts carry that, all defined at
// c2sp.org and readable by the tools of others:
//
//   - a checkpoint (c2sp.org/tlog-checkpoint): three lines, who keeps the log, how
//     many entries it has, and the root;
//   - a signed note (c2sp.org/signed-note): a checkpoint and a signature (Ed25519)
//     under it, made with a key whose name is the keeper's;
//   - a proof (c2sp.org/tlog-proof): the index of a leaf, the hashes, and the
//     signed checkpoint they lead to. It needs nothing else to be checked, and no
//     network, but the public key of the register.
//
// What a leaf is of is not said here beyond its form (Leaf): a byte that tells
// which kind of entry it stands for, and the salted digest of the entry, which
// tells nothing of the person.
//
// The package is pure. Types: Checkpoint, Proof.
package inclusion

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"kartotek/internal/fault"
)

// MaxSize is the largest log understood here. The arithmetic would go on to
// 2^62; a forged size beyond this is refused before it is calculated with.
const MaxSize = 1 << 48

// Leaf is the record a leaf of the log stands for: the kind of entry, then the
// 32 bytes of its digest. The leaf's hash is that of RFC 6962 over these bytes.
func Leaf(kind byte, digest []byte) []byte {
	return append(append(make([]byte, 0, 33), kind), digest...)
}

// Hash is the hash of a leaf: SHA-256 of a zero byte and the record. Source: RFC 6962, section 2.1
func Hash(leaf []byte) [32]byte { return tlog.RecordHash(leaf) }

// Checkpoint says how a log stood at a moment.
type Checkpoint struct {
	Origin string   // names the log; the name of the key that signs it
	Size   int64    // how many leaves
	Root   [32]byte // of the tree over them
}

// Text writes the checkpoint's three lines, as they are signed.
func (c Checkpoint) Text() string {
	return c.Origin + "\n" + strconv.FormatInt(c.Size, 10) + "\n" + base64.StdEncoding.EncodeToString(c.Root[:]) + "\n"
}

// Sign signs a checkpoint with a signing key in the form of signed notes
// ("PRIVATE+KEY+name+…"). The key's name becomes the checkpoint's origin.
func Sign(c Checkpoint, skey string) ([]byte, error) {
	signer, err := note.NewSigner(skey)
	if err != nil {
		return nil, fault.New(fault.Internal, "inclusion.key", "the signing key of the log cannot be read").Because(err)
	}
	c.Origin = signer.Name()
	return note.Sign(&note.Note{Text: c.Text()}, signer)
}

// ParseCheckpoint reads a signed checkpoint and checks its signature. It is
// taken when one of the public keys ("name+…") signed it and has the name of the
// checkpoint's origin; signatures of witnesses beside it are passed over.
func ParseCheckpoint(signed []byte, vkeys ...string) (Checkpoint, error) {
	var known []note.Verifier
	for _, k := range vkeys {
		v, err := note.NewVerifier(k)
		if err != nil {
			return Checkpoint{}, fault.New(fault.Invalid, "inclusion.key", "a public key of a log looks like name+12345678+…; this one does not")
		}
		known = append(known, v)
	}
	n, err := note.Open(signed, note.VerifierList(known...))
	var stranger *note.UnverifiedNoteError
	switch {
	case errors.As(err, &stranger):
		return Checkpoint{}, fault.New(fault.Invalid, "inclusion.stranger", "the checkpoint is not signed with a key of this register")
	case err != nil:
		return Checkpoint{}, fault.New(fault.Invalid, "inclusion.signature", "the checkpoint is not a signed note, or was changed after it was signed").Because(err)
	}
	c, err := parseText(n.Text)
	if err != nil {
		return Checkpoint{}, err
	}
	for _, s := range n.Sigs {
		if s.Name == c.Origin {
			return c, nil
		}
	}
	return Checkpoint{}, fault.New(fault.Invalid, "inclusion.stranger", "the checkpoint is signed, but not by the log it names")
}

// Peek reads a signed checkpoint without checking its signature, to tell which
// log and size it speaks of before its key is known.
func Peek(signed []byte) (Checkpoint, error) {
	text, _, _ := bytes.Cut(signed, []byte("\n\n"))
	return parseText(string(text) + "\n")
}

// parseText reads a checkpoint's lines. Lines after the third are extensions of
// the format; they are signed too, and passed over.
func parseText(text string) (c Checkpoint, err error) {
	bad := fault.New(fault.Invalid, "inclusion.checkpoint", "a checkpoint is three lines: the log's name, its size, and its root")
	lines := strings.Split(text, "\n")
	if len(lines) < 4 || lines[0] == "" || lines[len(lines)-1] != "" {
		return c, bad
	}
	root, ok := hash(lines[2])
	if c.Size, err = number(lines[1]); err != nil || !ok {
		return Checkpoint{}, bad
	}
	c.Origin, c.Root = lines[0], root
	return c, nil
}

// number reads a decimal without sign or leading zeroes, at most MaxSize.
func number(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || n > MaxSize || strconv.FormatInt(n, 10) != s {
		return 0, errors.New("not a number of entries")
	}
	return n, nil
}

// hash reads the one way of writing a hash in base 64.
func hash(s string) (h [32]byte, ok bool) {
	b, err := base64.StdEncoding.Strict().DecodeString(s)
	if err != nil || len(b) != len(h) || base64.StdEncoding.EncodeToString(b) != s {
		return h, false
	}
	return [32]byte(b), true
}
