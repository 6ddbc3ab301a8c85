package post

import (
	"encoding/hex"
	"encoding/json"
	"time"
	"unicode/utf8"

	"kartotek/internal/db"
	"kartotek/internal/fault"
)

// keyLife is how long a key stands for its message.
const keyLife = 30 * 24 * time.Hour

// maxKey is the longest key, in characters.
const maxKey = 200

// use is a key about to be used; nil when the message has none.
type use struct{ key, body string }

func (u *use) digest() string {
	if u == nil {
		return ""
	}
	return u.key
}

// keep stores what a key stands for.
func (u *use) keep(tx *db.Tx, r *Receipt) error {
	if u == nil {
		return nil
	}
	allowed := 0
	if r.Allowed {
		allowed = 1
	}
	_, err := tx.Exec(putKey, u.key, u.body, int64(r.Person), int64(r.Message), allowed, r.Code, tx.Now())
	return err
}

// used looks a message's key up: the answer given for it before, or how to use it.
// Key and message are kept as keyed hashes: they tell nobody what was asked.
func (r *Room) used(tx *db.Tx, m *Mail) (*Receipt, *use, error) {
	if m.Key == "" {
		return nil, nil, nil
	}
	if utf8.RuneCountInString(m.Key) > maxKey || !utf8.ValidString(m.Key) {
		return nil, nil, fault.New(fault.Invalid, "post.key", "a key is a text of at most %d characters", maxKey).In("key")
	}
	raw, err := json.Marshal(m)
	if err != nil {
		return nil, nil, err
	}
	u := &use{key: r.mac("post key", m.Owner+"\n"+m.Key), body: r.mac("post body", string(raw))}
	before := &Receipt{Again: true}
	var body string
	var allowed, at int64
	found, err := tx.One(selKey, []any{&body, &before.Person, &before.Message, &allowed, &before.Code, &at}, u.key)
	if err != nil || !found || at < tx.Now()-keyLife.Milliseconds() {
		return nil, u, err
	}
	if body != u.body {
		return nil, nil, fault.New(fault.Conflict, "post.key_used", "this key was used for another message; every message has a key of its own").In("key")
	}
	before.Allowed = allowed == 1
	return before, nil, nil
}

func (r *Room) mac(use, text string) string {
	return hex.EncodeToString(r.Outbox.Keys.MAC(use, []byte(text)))
}
