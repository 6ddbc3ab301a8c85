package rights

import (
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/rights/matter"
)

// What a case holds is described by package matter.
type (
	Item      = matter.Item
	Content   = matter.Content
	Requester = matter.Requester
	Agent     = matter.Agent
)

// The kinds of item, as matter names them.
const (
	ItemRequest, ItemReply, ItemNote = matter.Request, matter.Reply, matter.Note
	ItemLetter, ItemIdentity         = matter.Letter, matter.Identity
	ItemWeighing, ItemPlan           = matter.Weighing, matter.Plan
)

// add stores an item of a case, sealed, under the person the case concerns.
func (r *Room) add(tx *db.Tx, c *Case, kind, state string, content Content) (id.ID, error) {
	item := tx.NewID()
	return item, r.put(tx, c, item, kind, state, 0, content)
}

func (r *Room) put(tx *db.Tx, c *Case, item id.ID, kind, state string, message id.ID, content Content) error {
	x, by := Item{ID: item, Case: c.ID, Kind: kind, Content: content}, tx.By()
	sealed, err := x.Seal(r.Keys)
	if err == nil {
		_, err = tx.Exec(insItem, c.Person.Bucket(), int64(c.Person), int64(c.ID), int64(item), kind, tx.Now(), by.Kind, signed(by), state, int64(message), sealed)
	}
	return err
}

// drop removes items by a statement, and destroys what they were sealed with.
func (r *Room) drop(tx *db.Tx, items []Item, s *db.Stmt, args ...any) error {
	keys, err := matter.KeysOf(r.Keys, items)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(s, args...); err != nil {
		return err
	}
	return r.Spend.Keys(tx, keys...)
}

// signed is who did something, as a case shows it: staff by name, others by what they are.
func signed(by db.By) string {
	if by.Kind == "person" {
		return ""
	}
	return by.Name
}

func (r *Room) readItems(tx *db.Tx, s *db.Stmt, args ...any) (all []Item, err error) {
	err = tx.Each(s, func(scan db.Scan) error {
		var x Item
		var sealed []byte
		if err := scan(&x.Case, &x.ID, &x.Kind, &x.At, &x.ByKind, &x.By, &x.State, &x.Message, &sealed); err != nil {
			return err
		}
		err := x.Open(r.Keys, sealed)
		all = append(all, x)
		return err
	}, args...)
	return all, err
}

// Items reads everything personal of a case, oldest first. Log the reading (audit.Seen)
// before showing it. Documents that came with it lie in package scan.
func (r *Room) Items(tx *db.Tx, c *Case) ([]Item, error) {
	return r.readItems(tx, selItems, c.Person.Bucket(), int64(c.Person), int64(c.ID))
}

// Item reads one item of a case.
func (r *Room) Item(tx *db.Tx, c *Case, item id.ID) (*Item, error) {
	all, err := r.readItems(tx, selItem, c.Person.Bucket(), int64(c.Person), int64(c.ID), int64(item))
	if err == nil && len(all) == 0 {
		err = fault.New(fault.NotFound, "rights.no_item", "the case holds no such document")
	}
	if err != nil {
		return nil, err
	}
	return &all[0], nil
}

// Request reads what a case began with; an empty content when it has been erased.
func (r *Room) Request(tx *db.Tx, c *Case) (Content, error) {
	all, err := r.Items(tx, c)
	for _, x := range all {
		if x.Kind == matter.Request {
			return x.Content, err
		}
	}
	return Content{}, err
}

// Note adds words of the desk to a case. They are in the person's access package.
// law: GDPR 15(3)
func (r *Room) Note(tx *db.Tx, c *Case, text string) error {
	if err := limited("text", text); err != nil {
		return err
	}
	if err := c.may(tx); err != nil {
		return err
	}
	item, err := r.add(tx, c, matter.Note, "", Content{Text: text})
	if err != nil {
		return err
	}
	return r.tell(tx, c, Event{Kind: "note", Item: item})
}

// maxText is how long a text of a case may be, in bytes: a long letter.
const maxText = 100 << 10

func limited(field, text string) error {
	switch {
	case text == "":
		return fault.New(fault.Invalid, "form.missing", "the field is empty").In(field)
	case len(text) > maxText:
		return fault.New(fault.TooLarge, "rights.text", "the text is longer than a case can hold; attach it as a document").In(field)
	}
	return nil
}
