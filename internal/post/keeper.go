package post

import (
	"errors"

	"kartotek/internal/db"
	"kartotek/internal/dossier"
	"kartotek/internal/id"
	"kartotek/internal/party"
	"kartotek/internal/seal"
)

var (
	_ dossier.Keeper = (*Room)(nil)
	_ party.Mover    = (*Room)(nil)
)

// Name implements dossier.Keeper.
func (r *Room) Name() string { return "post" }

// Columns implements dossier.Keeper.
func (r *Room) Columns() []string { return []string{"posts.content"} }

// letters reads what a person's messages were made of.
func (r *Room) letters(tx *db.Tx, who id.ID) (out []dossier.Record, err error) {
	type row struct {
		message, text id.ID
		sealed        []byte
		at            int64
	}
	var all []row
	err = tx.Each(selOf, func(scan db.Scan) error {
		var x row
		err := scan(&x.message, &x.text, &x.sealed, &x.at)
		all = append(all, x)
		return err
	}, who.Bucket(), int64(who))
	texts := map[id.ID]*Text{} // each is read once
	for _, x := range all {
		if err != nil {
			return nil, err
		}
		var rec dossier.Record
		var c *content
		if c, err = r.open(who, x.message, x.sealed); errors.Is(err, seal.ErrForgotten) {
			c, err = &content{}, nil // the person was erased since the copy of the register was made that was put back
		}
		if err != nil {
			return nil, err
		}
		if rec, err = letterRecord(tx, x.message, x.text, c, texts); err == nil {
			rec.At = x.at
			out = append(out, rec)
		}
	}
	return out, err
}

func letterRecord(tx *db.Tx, message, text id.ID, c *content, texts map[id.ID]*Text) (dossier.Record, error) {
	rec := dossier.Record{Keeper: "post", Kind: "letters", ID: message}
	subject, body := c.Subject, c.Body
	if text != 0 && texts[text] == nil {
		all, err := readTexts(tx, selText, int64(text))
		if err != nil {
			return rec, err
		}
		texts[text] = &Text{}
		if len(all) > 0 {
			texts[text] = &all[0]
		}
	}
	if text != 0 {
		subject, body = texts[text].Subject, texts[text].Body
	}
	rec.Values = []dossier.Value{{Name: "subject", Text: subject}, {Name: "body", Text: body}}
	rec.Values = append(rec.Values, dossier.Values("from", c.From, "email", c.To, "reply_to", c.ReplyTo)...)
	if len(c.Data) > 0 {
		rec.Values = append(rec.Values, dossier.Value{Name: "data", Text: DataText(c.Data)})
	}
	return rec, nil
}

// Kinds implements dossier.Described.
func (r *Room) Kinds() []dossier.Kind {
	return []dossier.Kind{{Name: "letters", From: dossier.Ours, Values: []string{"subject", "body", "data", "from", "email", "reply_to"}}}
}

// Holdings implements dossier.Keeper.
func (r *Room) Holdings(tx *db.Tx, who id.ID) ([]dossier.Holding, error) {
	all, err := r.letters(tx, who)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return []dossier.Holding{{Keeper: "post", Kind: "letters", Count: len(all), First: all[0].At, Last: all[len(all)-1].At}}, nil
}

// Export implements dossier.Keeper: what each message was made of.
func (r *Room) Export(tx *db.Tx, who id.ID, w dossier.Writer) error {
	all, err := r.letters(tx, who)
	for i := range all {
		if err == nil {
			err = w(all[i])
		}
	}
	return err
}

// Erase implements dossier.Keeper. With the letters go the keys that led to them.
// law: GDPR 17(1)
func (r *Room) Erase(tx *db.Tx, who id.ID, plan dossier.Plan) ([]dossier.Holding, error) {
	held, err := r.Holdings(tx, who)
	if err != nil || plan.Keeps("post", "letters") {
		return nil, err
	}
	_, err = tx.Exec(delKeys, int64(who))
	if err == nil {
		_, err = tx.Exec(delOf, who.Bucket(), int64(who))
	}
	return held, err
}

// Restrict implements dossier.Keeper: nothing to do, the person's status alone stops
// every message.
func (r *Room) Restrict(*db.Tx, id.ID, bool) error { return nil }

// reseal seals anew, with the key of the person two became, what was sealed with that of
// one of them.
func (r *Room) reseal(tx *db.Tx, from, to id.ID) error {
	boxes := map[id.ID][]byte{}
	err := tx.Each(selOf, func(scan db.Scan) error {
		var message id.ID
		var sealed []byte
		err := scan(&message, new(id.ID), &sealed, new(int64))
		boxes[message] = sealed
		return err
	}, from.Bucket(), int64(from))
	for message, box := range boxes {
		if err != nil {
			return err
		}
		if len(box) == 0 {
			continue
		}
		var raw []byte
		if raw, err = r.Outbox.Keys.OpenFor(from, sealing(message), box); err == nil {
			box, err = r.sealed(to, message, raw)
		}
		if err == nil {
			_, err = tx.Exec(updContent, to.Bucket(), int64(to), int64(message), box)
		}
	}
	return err
}

// Move implements dossier.Keeper. What waits goes to the person the two became.
func (r *Room) Move(tx *db.Tx, from, to id.ID) error {
	if _, err := tx.Exec(cpyPosts, to.Bucket(), int64(to), from.Bucket(), int64(from)); err != nil {
		return err
	}
	if err := r.reseal(tx, from, to); err != nil {
		return err
	}
	if _, err := tx.Exec(movKeys, int64(from), int64(to)); err != nil {
		return err
	}
	_, err := tx.Exec(delOf, from.Bucket(), int64(from))
	return err
}
