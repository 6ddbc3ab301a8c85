// Package seal holds the keys of the register and everything made with them.
//
// Keys live in files beside, never inside, the database: a stolen database
// alone opens no session, forges no link and reveals no suppressed address.
// One master key of 32 random bytes is kept in the keys folder (mode 0600);
// each use has its own key derived from it by HKDF (RFC 5869), so that a link
// can never be mistaken for a cursor.
//
//   - Random and Token: unguessable values, 128 bits or more.
//   - HashToken: what is stored of a token, so that the database cannot be used to sign in.
//   - MAC: marks a value as ours (page cursors, links).
//   - Blind: a keyed hash of an address, for suppression that outlives erasure. law: GDPR 17(3)
//   - Seal and Open: authenticated encryption of secrets and evidence at rest (AES-256-GCM).
//   - SealFor, OpenFor and Forget: the same with a key for each person, which can be destroyed.
//   - LogSigner and LogVerifiers: the key that signs the head of the log (Ed25519).
//
// # A key for each person
//
// What is sealed about a person is sealed with a key of their own. When they are erased
// the key is destroyed, and what lies of them in old backups and stolen copies of the
// database cannot be read any more. law: GDPR 17(1)
//
// A store of a million keys would have to be kept like the register itself. Instead all
// keys follow from one random root by walking down a tree (package keytree): a person's
// bucket, then the node and the millisecond of their id. To forget somebody, what their
// key can be made of is replaced by what all others can be made of. So nothing is written
// when a person comes, and only who was erased costs room: about 1.4 KB, less among
// people who came at the same time. The root does not follow from the master key, which
// stays: it would be there again.
//
// The files of people's keys are the only ones of which an old copy is a danger: it holds
// what was destroyed since. Copies of the folder are to be overwritten by newer ones. Of
// one that is put back, whoever uses it destroys again what the register says was
// destroyed; so does each of several servers with its own copy.
//
// # Rotation
//
// Two keys can be replaced: the one that signs the log, and the one that seals.
// The old are kept for what was made with them. The keys of MAC and Blind stay for
// the life of the register, on purpose: with another MAC key the links in every
// letter already sent would be dead, among them those to unsubscribe, and with
// another Blind key nobody who must not be written to would be recognised again.
//
//	master.key     32 bytes in hex, from which the others are derived
//	log.key        signs the heads of the log; log.keys.pub: every public key that did
//	log.anchor     the last signed head, kept by the log's room
//	box.keys       sealing keys made by rotation
//	people/        what is left of the tree of people's keys: stem.keys, and a file for each
//	               bucket of people of whom somebody was forgotten
package seal

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"kartotek/internal/fault"
)

// Keys are an open keyring. It is safe for concurrent use.
type Keys struct {
	dir    string // of the key files; "" when the keys live in memory only
	master []byte
	macs   sync.Pool // of HMACs with the key for marks
	blind  []byte
	box    atomic.Pointer[boxes]
	people *people
	lost   atomic.Int64 // ms; when the keys of people were begun anew because they were lost
}

const fileName = "master.key"

// Open reads the keyring in a folder, making it on first use.
func Open(dir string) (*Keys, error) {
	file := filepath.Join(dir, fileName)
	raw, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		raw, err = create(dir, file, hex.EncodeToString(Random(32)))
	}
	if err != nil {
		return nil, err
	}
	if len(raw) != 64 {
		return nil, fault.New(fault.Invalid, "seal.key_file", "%s is not a key file; restore it from the backup of the keys folder", file)
	}
	master := make([]byte, 32)
	if _, err := hex.Decode(master, raw); err != nil {
		return nil, fault.New(fault.Invalid, "seal.key_file", "%s is not a key file", file)
	}
	return derive(dir, master)
}

// create makes a key file, without ever replacing one made meanwhile, and gives
// what it then holds. It is written under another name first, so that nobody sees
// half of it.
func create(dir, file, key string) ([]byte, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(dir, "new-key-") // mode 0600
	if err != nil {
		return nil, err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(key)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, err
	}
	if err := os.Link(f.Name(), file); err != nil && !errors.Is(err, os.ErrExist) {
		return nil, err
	}
	SyncDir(dir)
	return os.ReadFile(file)
}

// Exists reports whether a folder holds a keyring.
func Exists(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, fileName))
	return err == nil
}

// Fixed gives the keyring of a known master key, for tests and the gallery.
func Fixed(master [32]byte) *Keys {
	k, err := derive("", master[:])
	if err != nil {
		panic(err) // a key of 32 bytes is long enough for every derivation: only a change of derive can break it
	}
	return k
}

func derive(dir string, master []byte) (*Keys, error) {
	k := &Keys{dir: dir, master: master}
	mac := k.use("mac")
	k.macs.New = func() any { return hmac.New(sha256.New, mac) }
	k.blind = k.use("blind")
	if _, err := k.loadBoxes(); err != nil {
		return nil, err
	}
	return k, k.loadPeople()
}

// Dir is the keys folder; "" for keys that live in memory only.
func (k *Keys) Dir() string { return k.dir }

func (k *Keys) use(name string) []byte {
	key, err := hkdf.Key(sha256.New, k.master, nil, "kartotek "+name, 32)
	if err != nil {
		panic(err) // only a wrong length can fail
	}
	return key
}

// Random gives n unguessable bytes.
func Random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never fails; crashes the program if the system has no randomness
	return b
}

// Token makes an unguessable text of 26 characters, 128 bits, safe in a URL.
func Token() string { return rand.Text() }

// HashToken gives what is stored of a token.
func HashToken(token string) []byte {
	h := sha256.Sum256([]byte("kartotek token\x00" + token))
	return h[:]
}

// MAC marks data as made by this register for a use; 16 bytes.
func (k *Keys) MAC(use string, data []byte) []byte {
	m := k.macs.Get().(hash.Hash) // a letter has three, and setting one up costs as much as the rest
	defer k.macs.Put(m)
	m.Reset()
	io.WriteString(m, use)
	m.Write([]byte{0})
	m.Write(data)
	return m.Sum(nil)[:16]
}

// Sign writes data and its mark as one URL-safe text.
func (k *Keys) Sign(use string, data []byte) string {
	return base64.RawURLEncoding.EncodeToString(append(k.MAC(use, data), data...))
}

// Verify reads what Sign wrote for the same use; ok is false for anything else.
func (k *Keys) Verify(use, text string) (data []byte, ok bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) < 16 {
		return nil, false
	}
	if !hmac.Equal(raw[:16], k.MAC(use, raw[16:])) {
		return nil, false
	}
	return raw[16:], true
}

// Blind is the keyed hash of a normalised address: the same address always gives
// the same 32 hex digits, which tell nothing without the key.
func (k *Keys) Blind(kind, value string) string {
	m := hmac.New(sha256.New, k.blind)
	m.Write([]byte(kind))
	m.Write([]byte{0})
	m.Write([]byte(value))
	return hex.EncodeToString(m.Sum(nil)[:16])
}
