package seal

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"kartotek/internal/fault"
)

// The files of the log's key: what signs, and every public key that ever did.
const (
	logKeyFile  = "log.key"
	logKeysFile = "log.keys.pub"
)

// LogOrigin names the register's log, as the first line of its signed heads and
// as the name of its key. It follows from the master key: it is the same on every
// node, and stays when the register moves to another host or is restored, which a
// host name would not.
func (k *Keys) LogOrigin() string { return "kartotek/" + hex.EncodeToString(k.use("log origin")[:8]) }

// LogSigner is the key that signs the head of the log now, in the form of signed
// notes. It is read anew each time, so that a rotation by another process counts
// at once. The first key follows from the master key, so that nodes of one
// register that each make the file make the same.
func (k *Keys) LogSigner() (skey string, err error) {
	first, vkey := k.noteKey(k.use("log key"))
	if k.dir == "" {
		return first, nil
	}
	file := filepath.Join(k.dir, logKeyFile)
	raw, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		if err := k.addVerifier(vkey); err != nil {
			return "", err
		}
		raw, err = create(k.dir, file, first)
	}
	if err != nil {
		return "", err
	}
	skey = strings.TrimSpace(string(raw))
	if !strings.HasPrefix(skey, "PRIVATE+KEY+"+k.LogOrigin()+"+") {
		return "", fault.New(fault.Invalid, "seal.log_key", "%s is not the key of this register's log; restore it from the backup of the keys folder", file)
	}
	return skey, nil
}

// LogVerifiers are the public keys that signed the log's heads, the oldest first
// and the one in use last. They are no secret: whoever has them can check receipts.
func (k *Keys) LogVerifiers() ([]string, error) {
	if _, err := k.LogSigner(); err != nil { // makes the files on first use
		return nil, err
	}
	if k.dir == "" {
		_, vkey := k.noteKey(k.use("log key"))
		return []string{vkey}, nil
	}
	raw, err := os.ReadFile(filepath.Join(k.dir, logKeysFile))
	return strings.Fields(string(raw)), err
}

// RotateLogKey makes a new key for the heads to come and gives its public half.
// Old public keys are kept, so that heads and receipts signed before still verify.
func (k *Keys) RotateLogKey() (vkey string, err error) {
	if k.dir == "" {
		return "", inMemory()
	}
	if _, err := k.LogVerifiers(); err != nil {
		return "", err
	}
	skey, vkey := k.noteKey(Random(ed25519.SeedSize))
	// The public half first: a crash between leaves a key nobody signs with, not
	// heads that nobody can check.
	if err := k.addVerifier(vkey); err != nil {
		return "", err
	}
	return vkey, WriteFile(filepath.Join(k.dir, logKeyFile), []byte(skey+"\n"))
}

func inMemory() error {
	return fault.New(fault.Conflict, "seal.in_memory", "these keys live in memory only and cannot be rotated")
}

// addVerifier adds a public key to those that are kept, unless it is there.
func (k *Keys) addVerifier(vkey string) error {
	file := filepath.Join(k.dir, logKeysFile)
	raw, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, os.ErrNotExist) || bytes.Contains(raw, []byte(vkey)) {
		return err
	}
	return WriteFile(file, append(raw, vkey+"\n"...))
}

// noteKey writes an Ed25519 key in the two forms of signed notes: one that signs,
// one that verifies. Source: c2sp.org/signed-note
func (k *Keys) noteKey(seed []byte) (skey, vkey string) {
	const ed25519Kind = 1
	name := k.LogOrigin()
	public := append([]byte{ed25519Kind}, ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)...)
	sum := sha256.Sum256(append([]byte(name+"\n"), public...))
	short := binary.BigEndian.Uint32(sum[:])
	enc := base64.StdEncoding.EncodeToString
	return fmt.Sprintf("PRIVATE+KEY+%s+%08x+%s", name, short, enc(append([]byte{ed25519Kind}, seed...))),
		fmt.Sprintf("%s+%08x+%s", name, short, enc(public))
}

// WriteFile replaces a file in one step that a crash cannot halve: written beside
// under another name, brought to the disk, renamed. Mode 0600.
func WriteFile(file string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(file), ".new-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(content)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), file); err != nil {
		return err
	}
	SyncDir(filepath.Dir(file))
	return nil
}

// SyncDir lets the names in a folder, too, survive a power cut, where the system can.
func SyncDir(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync()
		d.Close()
	}
}
