package seal

import (
	"encoding/hex"
	"errors"

	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/seal/keytree"
)

// personBox is the first byte of what is sealed with a person's key. No sealing key of
// the register has this number.
const personBox = 0xff

// SealFor encrypts plain text about a person for storage, with their own key, bound to
// a context such as a column and row. Of somebody forgotten it gives ErrForgotten.
func (k *Keys) SealFor(who id.ID, context string, plain []byte) ([]byte, error) {
	key, err := k.people.key(who)
	if err != nil {
		return nil, err
	}
	box, err := newBox(key[:])
	if err != nil {
		return nil, err
	}
	const nonce = 12
	out := make([]byte, 1+nonce, 1+nonce+len(plain)+box.Overhead())
	out[0] = personBox
	copy(out[1:], Random(nonce))
	return box.Seal(out, out[1:], plain, []byte(context)), nil
}

// OpenFor decrypts what SealFor made of the same person in the same context, and what
// Seal made before. Of somebody forgotten it gives ErrForgotten.
// law: GDPR 32(1)(a)
func (k *Keys) OpenFor(who id.ID, context string, sealed []byte) ([]byte, error) {
	if len(sealed) == 0 || sealed[0] != personBox {
		return k.Open(context, sealed)
	}
	key, err := k.people.key(who)
	if err != nil {
		return nil, err
	}
	box, err := newBox(key[:])
	if err != nil {
		return nil, err
	}
	n := box.NonceSize()
	if len(sealed) < 1+n {
		return nil, fault.New(fault.Internal, "seal.broken", "sealed data is cut short")
	}
	plain, err := box.Open(nil, sealed[1:1+n], sealed[1+n:], []byte(context))
	if err != nil && k.lost.Load() != 0 {
		return nil, ErrForgotten
	}
	if err != nil {
		return nil, fault.New(fault.Internal, "seal.broken", "sealed data does not open with this person's key")
	}
	return plain, nil
}

// Lost says that the keys of people were lost, and begun anew at a moment, in ms: what
// does not open any more counts as sealed with a key that was destroyed.
func (k *Keys) Lost(at int64) { k.lost.Store(at) }

// LostBefore reports whether the keys of people were lost after a thing was made.
func (k *Keys) LostBefore(thing id.ID) bool {
	at := k.lost.Load()
	return at != 0 && thing < id.First(at)
}

// Forget destroys the keys of people for good: nobody can open what was sealed with
// them any more, wherever a copy of it lies. It gives how many keys there were; doing it
// again does nothing. law: GDPR 17(1)
func (k *Keys) Forget(who ...id.ID) (int, error) {
	if len(who) == 0 {
		return 0, nil
	}
	return k.people.forget(0, who)
}

// ForgetThrough is Forget for a register that lists whose keys are destroyed: it notes
// that the list was followed up to an entry. The note lies in the file of the keys, so
// that whoever puts an old one back begins again where that one was.
func (k *Keys) ForgetThrough(entry id.ID, who ...id.ID) (int, error) {
	return k.people.forget(entry, who)
}

// Through is the entry up to which the list was followed.
func (k *Keys) Through() (id.ID, error) {
	k.people.mu.Lock()
	defer k.people.mu.Unlock()
	err := k.people.fresh()
	return k.people.stem.through, err
}

// Forgot reports whether a person's key was destroyed.
func (k *Keys) Forgot(who id.ID) (bool, error) {
	_, err := k.people.key(who)
	if errors.Is(err, ErrForgotten) {
		return true, nil
	}
	return false, err
}

// Root names the root of people's keys: the same on all copies of a keys folder, also
// after people were forgotten. It is no secret.
func (k *Keys) Root() string {
	k.people.mu.Lock()
	defer k.people.mu.Unlock()
	return hex.EncodeToString(k.people.stem.mark[:])
}

// loadPeople opens the keys of people. Those of keys in memory follow from the master
// key, and are forgotten in memory.
func (k *Keys) loadPeople() (err error) {
	if k.dir == "" {
		k.people = &people{stem: newStem(keytree.Key(k.use("people")))}
		return nil
	}
	k.people, err = openPeople(k.dir, func(name string, content []byte) []byte {
		return k.MAC("people "+name, content)
	})
	return err
}
