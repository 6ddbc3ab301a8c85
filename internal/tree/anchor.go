package tree

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/inclusion"
	"kartotek/internal/seal"
)

// AnchorFile is the file in the keys folder that holds the newest signed head.
const AnchorFile = "log.anchor"

// signer is the key of the log with the public keys its heads may be signed with.
type signer struct {
	key   string
	known []string
}

func (r *Room) signer() (s signer, err error) {
	if s.key, err = r.Keys.LogSigner(); err != nil {
		return s, err
	}
	s.known, err = r.Keys.LogVerifiers()
	return s, err
}

func (s signer) sign(h Head) (Head, error) {
	text, err := inclusion.Sign(inclusion.Checkpoint{Size: h.Size, Root: h.Root}, s.key)
	h.Checkpoint = text
	return h, err
}

// vouches checks that a head is signed by this register and says what it is signed for.
func (s signer) vouches(h Head) error {
	c, err := inclusion.ParseCheckpoint(h.Checkpoint, s.known...)
	if err != nil || c.Size != h.Size || c.Root != h.Root {
		return fault.New(fault.Conflict, "tree.forged", "the head of the log at %d entries is not signed by this register", h.Size).Because(err)
	}
	return nil
}

// Anchor reads the head that is kept beside the keys; nil when there is none.
func (r *Room) Anchor() (*inclusion.Checkpoint, error) {
	if r.Keys.Dir() == "" {
		return nil, nil
	}
	text, err := os.ReadFile(r.anchorPath())
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return r.Read(text)
}

// Read reads a signed head of this register that was kept elsewhere.
func (r *Room) Read(text []byte) (*inclusion.Checkpoint, error) {
	known, err := r.Keys.LogVerifiers()
	if err != nil {
		return nil, err
	}
	c, err := inclusion.ParseCheckpoint(text, known...)
	if err != nil {
		return nil, fault.New(fault.Conflict, "tree.anchor", "the kept head of the log is not one this register signed").Because(err)
	}
	return &c, nil
}

func (r *Room) anchorPath() string { return filepath.Join(r.Keys.Dir(), AnchorFile) }

// publish writes a signed head to the anchor, and lets the further places know.
func (r *Room) publish(checkpoint []byte) error {
	r.latest.Store(&checkpoint)
	if r.Keys.Dir() == "" {
		return nil
	}
	fresh, err := inclusion.Peek(checkpoint)
	if err != nil {
		return err
	}
	// A pass of another process may have overtaken this one: the anchor never goes back.
	if kept, err := r.Anchor(); err == nil && kept != nil && kept.Size > fresh.Size {
		return nil
	}
	return seal.WriteFile(r.anchorPath(), checkpoint)
}

// accept says what to do when it was a restore.
const accept = `. If the register was restored, here or on another server, say so on each machine that tells this: kartotek verify --accept-restored "why"`

// extends checks that the log, whose newest head is given, begins with a tree
// that was kept elsewhere.
func extends(tx *db.Tx, head Head, kept inclusion.Checkpoint, where string) error {
	if kept.Size > head.Size {
		return fault.New(fault.Conflict, "tree.cut", "the log ends after %d entries, but %s says there were %d: its end was cut off, or an old copy was put back%s", head.Size, where, kept.Size, accept)
	}
	root := head.Root
	if kept.Size != head.Size {
		var err error
		if root, err = tlog.TreeHash(kept.Size, newReader(tx)); err != nil {
			return damaged("the hashes of the log cannot be followed back to %d entries", kept.Size)
		}
	}
	if root != tlog.Hash(kept.Root) {
		return fault.New(fault.Conflict, "tree.rewritten", "the first %d entries of the log are not those that %s was signed for: something was rewritten, or another copy was put back%s", kept.Size, where, accept)
	}
	return nil
}

// Sound gives the newest head after the checks that the sequencer makes before
// each pass: that it is ours, that the tree comes to it, and that the log goes on
// where the anchor left it. What is wrong is a fault of code Conflict. It costs
// some hundred microseconds and no look at the entries themselves.
func (r *Room) Sound(tx *db.Tx) (Head, error) {
	r.init()
	s, err := r.signer()
	if err != nil {
		return Head{}, err
	}
	head, _, err := r.sound(tx, s)
	return head, err
}

// Reanchor begins a new anchor at the newest head, after a person has said that
// the register was restored on purpose. The old anchor is kept beside, under a
// name with its size. A tree that does not hold together by itself is refused:
// that no restore explains. It gives the size the old anchor had, 0 for none.
func (r *Room) Reanchor(ctx context.Context) (was int64, err error) {
	r.init()
	s, err := r.signer()
	if err != nil {
		return 0, err
	}
	var head Head
	err = r.DB.View(ctx, db.System("log"), func(tx *db.Tx) error {
		head, _, err = r.sound(tx, s)
		switch fault.KeyOf(err) {
		case "tree.cut", "tree.rewritten", "tree.anchor": // only the anchor speaks against it
			err = nil
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	if was, err = r.putAside(); err != nil || head.Size == 0 {
		return was, err
	}
	return was, r.publish(head.Checkpoint)
}

// putAside renames the anchor, without replacing one put aside before.
func (r *Room) putAside() (was int64, err error) {
	if r.Keys.Dir() == "" {
		return 0, nil
	}
	text, err := os.ReadFile(r.anchorPath())
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	if c, err := inclusion.Peek(text); err == nil {
		was = c.Size
	}
	name := r.anchorPath() + "." + strconv.FormatInt(was, 10)
	for i := 2; ; i++ {
		there, err := os.ReadFile(name)
		if errors.Is(err, os.ErrNotExist) || err == nil && bytes.Equal(there, text) {
			return was, os.Rename(r.anchorPath(), name)
		}
		if err != nil {
			return was, err
		}
		name = r.anchorPath() + "." + strconv.FormatInt(was, 10) + "-" + strconv.Itoa(i)
	}
}
