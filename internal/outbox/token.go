package outbox

import (
	"encoding/binary"
	"strings"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/seal"
)

// Link is what a public link opens: one act for one person, from one message.
// A link of one kind does not open another.
type Link string

// The kinds of link, and their places under the public address.
const (
	LinkUnsubscribe Link = "u"
	LinkPreferences Link = "p"
	LinkWhy         Link = "w"
)

// Token makes the text of a link. It holds the keys of person and message and a
// MAC over them and the kind of link: HMAC-SHA-256 with the register's key, cut
// to 128 bits (RFC 2104 section 5 asks for at least half the hash). Nobody without
// the key makes a valid one with fewer than some 2^127 guesses, as for a random
// token of that length, and the keys inside tell nothing about the person. A
// million messages then need no million stored hashes. It opens something only
// while its message is in the register: erasing the message ends it.
func Token(keys *seal.Keys, kind Link, who, message id.ID) string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(who))
	binary.BigEndian.PutUint64(b[8:], uint64(message))
	return keys.Sign("link "+string(kind), b[:])
}

// URL is the address of a link under base, such as https://register.example/u/….
func (r *Room) URL(base string, kind Link, who, message id.ID) string {
	return strings.TrimSuffix(base, "/") + "/" + string(kind) + "/" + Token(r.Keys, kind, who, message)
}

// ByToken finds the message a link came with, also when the person was merged
// into another since. Every text that opens nothing gets the same answer.
func (r *Room) ByToken(tx *db.Tx, kind Link, token string) (*Message, error) {
	data, ok := r.Keys.Verify("link "+string(kind), token)
	if !ok || len(data) != 16 {
		return nil, noLink()
	}
	who, err := follow(tx, id.ID(binary.BigEndian.Uint64(data[:8])))
	if err != nil {
		return nil, err
	}
	m, found, err := r.Get(tx, who, id.ID(binary.BigEndian.Uint64(data[8:])))
	if err == nil && !found {
		err = noLink()
	}
	return m, err
}

func noLink() error {
	return fault.New(fault.NotFound, "outbox.no_link", "the link is not complete, or is no longer in use")
}
