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

// use is a key about to be used.
type use struct{ key, body string }

// Once does what a program asked for, unless the same was done before under the same
// key of the same owner: then it gives the receipt of that time. With an empty key it
// does. Key and what was asked are kept as keyed hashes: they tell nobody what it was.
func (r *Room) Once(tx *db.Tx, owner, key string, asked any, do func() (*Receipt, error)) (*Receipt, error) {
	if key == "" {
		return do()
	}
	before, u, err := r.used(tx, owner, key, asked)
	if err != nil || before != nil {
		return before, err
	}
	out, err := do()
	if err != nil {
		return nil, err
	}
	allowed := 0
	if out.Allowed {
		allowed = 1
	}
	_, err = tx.Exec(putKey, u.key, u.body, int64(out.Person), int64(out.Message), allowed, out.Code, tx.Now())
	return out, err
}

// used looks a key up: the answer given for it before, or how to use it.
func (r *Room) used(tx *db.Tx, owner, key string, asked any) (*Receipt, *use, error) {
	if utf8.RuneCountInString(key) > maxKey || !utf8.ValidString(key) {
		return nil, nil, fault.New(fault.Invalid, "post.key", "a key is a text of at most %d characters", maxKey).In("key")
	}
	raw, err := json.Marshal(asked)
	if err != nil {
		return nil, nil, err
	}
	u := &use{key: r.mac("post key", owner+"\n"+key), body: r.mac("post body", string(raw))}
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
