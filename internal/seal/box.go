package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"kartotek/internal/fault"
)

// boxFile holds the sealing keys made by rotation, one a line in hex, the oldest
// first. Key 0 follows from the master key and has no line.
const boxFile = "box.keys"

// maxBoxes is how many sealing keys there may be beside key 0: their number is one byte
// of what is sealed, of which one value says that a person's key sealed it.
const maxBoxes = personBox - 1

// boxes are the sealing keys, by number.
type boxes []cipher.AEAD

func newBox(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// readBoxes opens key 0 and those of the file.
func (k *Keys) readBoxes() (boxes, error) {
	first, err := newBox(k.use("box"))
	if err != nil {
		return nil, err
	}
	all := boxes{first}
	if k.dir == "" {
		return all, nil
	}
	file := filepath.Join(k.dir, boxFile)
	raw, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return all, nil
	}
	if err != nil {
		return nil, err
	}
	for line := range strings.FieldsSeq(string(raw)) {
		key, err := hex.DecodeString(line)
		if err != nil || len(key) != 32 || len(all) > maxBoxes {
			return nil, fault.New(fault.Invalid, "seal.key_file", "%s is not a file of sealing keys; restore it from the backup of the keys folder", file)
		}
		box, err := newBox(key)
		if err != nil {
			return nil, err
		}
		all = append(all, box)
	}
	return all, nil
}

// loadBoxes reads the sealing keys again; another process may have made one.
func (k *Keys) loadBoxes() (boxes, error) {
	all, err := k.readBoxes()
	if err == nil {
		k.box.Store(&all)
	}
	return all, err
}

// RotateBox makes a new key for what is sealed from now on. What was sealed
// before opens with the key it was sealed with, which is kept. It gives the
// number of the new key.
func (k *Keys) RotateBox() (number int, err error) {
	if k.dir == "" {
		return 0, inMemory()
	}
	all, err := k.loadBoxes()
	if err != nil {
		return 0, err
	}
	if len(all) > maxBoxes {
		return 0, fault.New(fault.Conflict, "seal.many_keys", "there are %d sealing keys already, as many as there can be", maxBoxes)
	}
	file := filepath.Join(k.dir, boxFile)
	raw, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return 0, err
	}
	if err := WriteFile(file, append(raw, hex.EncodeToString(Random(32))+"\n"...)); err != nil {
		return 0, err
	}
	_, err = k.loadBoxes()
	return len(all), err
}

// Seal encrypts plain text for storage, bound to a context such as a column and
// row. The first byte is the number of the key, the newest this process knows.
func (k *Keys) Seal(context string, plain []byte) []byte {
	all := *k.box.Load()
	box := all[len(all)-1]
	nonce := Random(box.NonceSize())
	return box.Seal(append([]byte{byte(len(all) - 1)}, nonce...), nonce, plain, []byte(context))
}

// Open decrypts what Seal made in the same context, with whichever key it was
// made. law: GDPR 32(1)(a)
func (k *Keys) Open(context string, sealed []byte) ([]byte, error) {
	all := *k.box.Load()
	if len(sealed) > 0 && int(sealed[0]) >= len(all) {
		var err error
		if all, err = k.loadBoxes(); err != nil {
			return nil, err
		}
	}
	if len(sealed) == 0 || int(sealed[0]) >= len(all) {
		return nil, fault.New(fault.Internal, "seal.broken", "sealed data is cut short, or its key is not in the keys folder")
	}
	box, sealed := all[sealed[0]], sealed[1:]
	n := box.NonceSize()
	if len(sealed) < n {
		return nil, fault.New(fault.Internal, "seal.broken", "sealed data is cut short")
	}
	plain, err := box.Open(nil, sealed[:n], sealed[n:], []byte(context))
	if err != nil {
		return nil, fault.New(fault.Internal, "seal.broken", "sealed data does not open with this register's key")
	}
	return plain, nil
}
