package twins

import (
	"strings"

	"kartotek/internal/address"
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/party"
)

// Suspects are two people who may be one.
type Suspects struct {
	A, B  party.Person // A is the older
	Why   []string     // what they share: name, organisation, city, phone, email
	Score int          // 0 to 100, how likely they are one
}

// Cursor is where a search for duplicates goes on. The zero value
// begins; Done is set when everything was looked at.
type Cursor struct {
	Pass int // 0 by name, 1 by phone, 2 by e-mail
	Key  string
	Key2 string
	ID   id.ID
	Done bool
}

// window is how many rows of an index one call reads at most.
const window = 2000

var (
	dupNames = db.SQL(db.Set, `SELECT person_id, last_fold, first_fold, city_fold, org_id, phone FROM persons
		WHERE status < 2 AND (last_fold, first_fold, bucket, person_id) > ($1, $2, $3, $4) ORDER BY last_fold, first_fold, bucket, person_id LIMIT $5`)
	dupPhones = db.SQL(db.Set, `SELECT person_id, phone FROM persons
		WHERE phone <> '' AND status < 2 AND (phone, bucket, person_id) > ($1, $2, $3) ORDER BY phone, bucket, person_id LIMIT $4`)
	dupEmails = db.SQL(db.Set, `SELECT person_id, value FROM identifiers WHERE kind = 'email' AND value > $1 ORDER BY value LIMIT $2`)
)

// Duplicates finds people who may be one and the same: with the same folded name
// and the same organisation, city or phone; with the same phone; or with e-mail
// addresses equal but for dots and "+" parts. Pairs that were told apart by
// Apart are left out.
//
// It walks three indexes, a window of rows a call, so that the work follows the
// number of people and never its square: of k people who share something, k-1
// pairs are given, each with the one before. A call may give fewer pairs than
// limit, even none, and still not be Done; it may give a few more, because
// people who share a name are looked at together. A name borne by more than a
// window of people is looked at in parts.
func (r Room) Duplicates(tx *db.Tx, after Cursor, limit int) (pairs []Suspects, next Cursor, err error) {
	f := finder{r: r, tx: tx, limit: limit, seen: map[[2]id.ID]bool{}}
	switch after.Pass {
	case 0:
		next, err = f.byName(after)
	case 1:
		next, err = f.byPhone(after)
	default:
		next, err = f.byEmail(after)
	}
	return f.pairs, next, err
}

type finder struct {
	r     Room
	tx    *db.Tx
	limit int
	seen  map[[2]id.ID]bool
	pairs []Suspects
}

// full reports whether the page is.
func (f *finder) full() bool { return len(f.pairs) >= f.limit }

// likeness is what the name pass reads of a person.
type likeness struct {
	ID                id.ID
	Last, First, City string
	OrgID             id.ID
	Phone             string
}

func (l likeness) sameName(o likeness) bool { return l.Last == o.Last && l.First == o.First }

// byName looks at the people of one window, name by name. The last name of a full
// window may go on behind it, and is left to the next call.
func (f *finder) byName(c Cursor) (Cursor, error) {
	var rows []likeness
	err := f.tx.Each(dupNames, func(scan db.Scan) error {
		var l likeness
		err := scan(&l.ID, &l.Last, &l.First, &l.City, &l.OrgID, &l.Phone)
		rows = append(rows, l)
		return err
	}, c.Key, c.Key2, c.ID.Bucket(), int64(c.ID), window)
	if err != nil {
		return c, err
	}
	whole := len(rows) < window
	for start := 0; start < len(rows); {
		end := start + 1
		for end < len(rows) && rows[end].sameName(rows[start]) {
			end++
		}
		if end == len(rows) && !whole && start > 0 {
			return c, nil
		}
		if err := f.namesakes(rows[start:end]); err != nil {
			return c, err
		}
		last := rows[end-1]
		c = Cursor{Key: last.Last, Key2: last.First, ID: last.ID}
		if start = end; f.full() && start < len(rows) {
			return c, nil
		}
	}
	if whole {
		c = Cursor{Pass: 1}
	}
	return c, nil
}

// namesakes pairs people of one name who share something more.
func (f *finder) namesakes(group []likeness) error {
	if len(group) < 2 || group[0].Last == "" || group[0].First == "" {
		return nil
	}
	before := map[string]id.ID{}
	for _, l := range group {
		for _, shared := range []string{"o" + l.OrgID.String(), "c" + l.City, "p" + l.Phone} {
			if shared == "o0" || len(shared) == 1 {
				continue
			}
			if other, ok := before[shared]; ok {
				if err := f.suspect(other, l.ID, "name"); err != nil {
					return err
				}
			}
			before[shared] = l.ID
		}
	}
	return nil
}

func (f *finder) byPhone(c Cursor) (Cursor, error) {
	type row struct {
		who   id.ID
		phone string
	}
	rows := []row{{c.ID, c.Key}} // the one before the window
	err := f.tx.Each(dupPhones, func(scan db.Scan) error {
		var x row
		err := scan(&x.who, &x.phone)
		rows = append(rows, x)
		return err
	}, c.Key, c.ID.Bucket(), int64(c.ID), window)
	if err != nil {
		return c, err
	}
	for i := 1; i < len(rows); i++ {
		if rows[i].phone == rows[i-1].phone {
			if err := f.suspect(rows[i-1].who, rows[i].who, "phone"); err != nil {
				return c, err
			}
		}
		c = Cursor{Pass: 1, Key: rows[i].phone, ID: rows[i].who}
		if f.full() {
			return c, nil
		}
	}
	if len(rows) <= window {
		c = Cursor{Pass: 2}
	}
	return c, nil
}

// byEmail looks, for each address of a window, whether a plainer spelling of it
// belongs to somebody else. Addresses that differ in a "+" part stand near each
// other, so two that have no plain one are found when one window holds both.
func (f *finder) byEmail(c Cursor) (Cursor, error) {
	type row struct {
		who   id.ID
		email string
	}
	var rows []row
	err := f.tx.Each(dupEmails, func(scan db.Scan) error {
		var x row
		err := scan(&x.who, &x.email)
		rows = append(rows, x)
		return err
	}, c.Key, window)
	if err != nil {
		return c, err
	}
	var plain []string
	for _, x := range rows {
		plain = append(plain, spellings(x.email)...)
	}
	owner := map[string]id.ID{}
	if err := f.r.Party.Lookup(f.tx, party.KindEmail, plain, owner); err != nil {
		return c, err
	}
	near := map[string]id.ID{}
	for _, x := range rows {
		for _, s := range spellings(x.email) {
			other := owner[s]
			if other == 0 {
				other = near[s]
			}
			if err := f.suspect(other, x.who, "email"); err != nil {
				return c, err
			}
			near[s] = x.who
		}
		c = Cursor{Pass: 2, Key: x.email}
		if f.full() {
			return c, nil
		}
	}
	c.Pass, c.Done = 2, len(rows) < window
	return c, nil
}

// spellings are the plainer forms of an address: without its "+" part, without
// dots, and without both; those that are the address itself are left out.
func spellings(email string) (out []string) {
	local, domain, ok := strings.Cut(email, "@")
	if !ok {
		return nil
	}
	plain := local
	if i := strings.IndexByte(local, '+'); i > 0 {
		plain = local[:i]
	}
	last := local
	for _, l := range []string{plain, strings.ReplaceAll(plain, ".", "")} {
		if l != local && l != last && l != "" {
			out = append(out, l+"@"+domain)
		}
		last = l
	}
	return out
}

// suspect adds a pair, unless it was given on this page, told apart, or holds
// somebody erased. by is what it was found by, which may stand in no row: a
// further address.
func (f *finder) suspect(a, b id.ID, by string) error {
	a, b = min(a, b), max(a, b)
	if a == 0 || a == b || f.seen[[2]id.ID{a, b}] {
		return nil
	}
	f.seen[[2]id.ID{a, b}] = true
	var one int
	if apart, err := f.tx.One(selDifferent, []any{&one}, a.Bucket(), int64(a), int64(b)); err != nil || apart {
		return err
	}
	pa, okA, err := f.r.Party.Get(f.tx, a)
	if err != nil {
		return err
	}
	pb, okB, err := f.r.Party.Get(f.tx, b)
	if err != nil || !okA || !okB || pa.Status == party.Erased || pb.Status == party.Erased {
		return err
	}
	why, score := compare(pa, pb, by)
	f.pairs = append(f.pairs, Suspects{*pa, *pb, why, score})
	return nil
}

// compare says what two people share, and how likely that makes them one. The
// same number alone is weak: families and offices share telephones.
func compare(a, b *party.Person, by string) (why []string, score int) {
	for _, shared := range []struct {
		name   string
		is     bool
		weight int
	}{
		{"name", address.Fold(a.LastName+"\x00"+a.FirstName) == address.Fold(b.LastName+"\x00"+b.FirstName) && a.LastName != "", 40},
		{"organisation", a.OrgID == b.OrgID && a.OrgID != 0, 25},
		{"city", a.City != "" && address.Fold(a.City) == address.Fold(b.City), 15},
		{"phone", a.Phone != "" && a.Phone == b.Phone, 40},
		{"email", a.Email != "" && mailbox(a.Email) == mailbox(b.Email), 50},
	} {
		if shared.is || shared.name == by {
			why, score = append(why, shared.name), score+shared.weight
		}
	}
	return why, min(score, 100)
}

// mailbox is an address without the dots and the "+" part of its local part.
func mailbox(email string) string {
	norm, err := address.Email(email)
	if err != nil {
		return email
	}
	local, domain, _ := strings.Cut(norm, "@")
	local, _, _ = strings.Cut(local, "+")
	return strings.ReplaceAll(local, ".", "") + "@" + domain
}
