package matter

import (
	"errors"

	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/seal"
)

// KeyOf names the key that something of a case is sealed with: the case's own, which is
// destroyed when what was written in it is erased. What identity was checked by goes
// sooner and has a key of its own, and so has what is added to a case whose person was
// erased meanwhile.
func KeyOf(k *seal.Keys, kind string, of, thing id.ID) (id.ID, error) {
	if kind == Identity || of == 0 {
		return thing, nil
	}
	gone, err := k.Forgot(of)
	if gone {
		return thing, err
	}
	return of, err
}

// Seal seals something of a case in a context.
func Seal(k *seal.Keys, kind string, of, thing id.ID, context string, plain []byte) ([]byte, error) {
	key, err := KeyOf(k, kind, of, thing)
	if err != nil {
		return nil, err
	}
	return k.SealFor(key, context, plain)
}

// Open opens what Seal sealed. Of what was erased since it gives seal.ErrForgotten: it
// stands there again because an old copy of the register was put back.
func Open(k *seal.Keys, kind string, of, thing id.ID, context string, sealed []byte) ([]byte, error) {
	key, err := KeyOf(k, kind, of, thing)
	if err != nil {
		return nil, err
	}
	plain, err := k.OpenFor(key, context, sealed)
	if key == thing && kind != Identity && of != 0 && fault.KeyOf(err) == "seal.broken" {
		err = seal.ErrForgotten // it was sealed with the key of its case
	}
	return plain, err
}

// Erased reports whether an error of Open says that the content was erased.
func Erased(err error) bool { return errors.Is(err, seal.ErrForgotten) }
