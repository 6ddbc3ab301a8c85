// Package clicks tells which links of a letter were followed, how often, and by
// whom only when the person said yes to that.
//
// # What is counted
//
// A letter whose campaign counts clicks holds, in place of each address, one of
// the register's own: /c/ and a token. The token names a link that is stored, and
// carries a MAC, so that the address can lead nowhere else: there is no place in it
// for an address of somebody's choosing. Following it adds one to a count of the
// campaign, the link and the hour, and leads on. Nothing about the reader is kept:
// no IP address, no browser, no cookie. law: GDPR 5(1)(c), 25(2)
//
// Every recipient has the same address, so the register could not tell them apart
// if it wanted to. A campaign may ask for more: a purpose of the notice whose only
// use is to note who followed what, resting on a consent of its own. Then whoever
// gave that consent, and nobody else, gets an address of their own; the rules are
// asked when the letter is made, and again when the link is followed, so that a
// consent withdrawn in between stops it. law: GDPR 7(3), 2002/58 5(3)
//
// # Machines
//
// Half of all clicks are no reader's: mail scanners follow every link within
// seconds. scanner.go is the table of what gives them away. They are counted too,
// apart and by what told them, so that the figure of human clicks can be checked.
// Clicks wait two seconds in memory before they are counted: only then is it seen
// that somebody followed many links at once. What waits is lost with the process.
//
// # Shape
//
//	Token(campaign, address)      the text of a link, the same for everybody
//	Room.Register                 stores a letter's links, when its campaign starts
//	Room.Open                     finds a stored link by its token
//	Room.Hit, Run, Flush          takes a click, and counts those that waited
//	Room.Left                     notes that somebody left by a campaign's message
//	Room.Of, Hours                the figures of a campaign
//
//	click_links    (link_id)                                reference: the addresses of letters
//	click_tallies  (campaign_id, kind, what, hour, part)    counts; of nobody
//	click_people   (bucket, person_id, campaign_id, link_id) who followed what, with their consent
package clicks

import (
	"encoding/binary"
	"net/url"
	"strings"
	"time"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/outbox"
	"kartotek/internal/permit"
	"kartotek/internal/seal"
)

// Room is the open room.
type Room struct {
	DB     *db.DB
	Keys   *seal.Keys
	Outbox *outbox.Room
	// Question gives what the notice in force asks for a purpose and channel.
	Question func(tx *db.Tx, purpose, channel string, at time.Time) (permit.Question, error)

	waiting waiting
}

// Schema is the tables of the room.
var Schema = db.Schema{Room: "clicks", Tables: []db.Table{
	{
		Name: "click_links", Kind: db.ReferenceTable, Key: "link_id",
		Cols:    db.Cols("link_id big, campaign_id big, letter int, place int, address text, purpose text, at big"),
		Indexes: []db.Index{{Name: "click_links_campaign", Cols: "campaign_id, place"}},
	},
	{
		Name: "click_tallies", Kind: db.LocalTable, Key: "campaign_id, kind, what, hour, part",
		Cols: db.Cols("campaign_id big, kind text, what text, hour big, part int, n big"),
	},
	{
		Name: "click_people", Kind: db.PersonTable, Key: "bucket, person_id, campaign_id, link_id",
		Cols: db.Cols("bucket int, person_id big, campaign_id big, link_id big, first_at big personal, last_at big, n big"),
	},
}}

var (
	putLink  = db.SQL(db.Reference, `INSERT INTO click_links (link_id, campaign_id, letter, place, address, purpose, at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (link_id) DO NOTHING`)
	selLink  = db.SQL(db.Reference, `SELECT campaign_id, address, purpose, at FROM click_links WHERE link_id = $1`)
	selLinks = db.SQL(db.Reference, `SELECT link_id, letter, address FROM click_links WHERE campaign_id = $1 ORDER BY letter, place, link_id`)
	addTally = db.SQL(db.Local, `INSERT INTO click_tallies (campaign_id, kind, what, hour, part, n) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (campaign_id, kind, what, hour, part) DO UPDATE SET n = click_tallies.n + excluded.n`)
	selTally = db.SQL(db.Local, `SELECT kind, what, hour, sum(n) FROM click_tallies WHERE campaign_id = $1 GROUP BY kind, what, hour ORDER BY hour, kind, what`)
	sumTally = db.SQL(db.Local, `SELECT kind, what, sum(n) FROM click_tallies WHERE campaign_id = $1 GROUP BY kind, what ORDER BY kind, what`)
)

// maxAddress is the longest address a link may lead to.
const maxAddress = 2000

// Follows reports whether an address can be counted and led to: http or https with
// a host, nobody's name or password in it, nothing a browser reads differently from
// how it is written.
func Follows(address string) bool {
	if len(address) > maxAddress || strings.ContainsFunc(address, func(r rune) bool { return r <= ' ' || r == '\\' || r == 0x7f }) {
		return false
	}
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil && u.Opaque == ""
}

// LinkID is the id of an address in one letter of a campaign, from 1. It follows from
// these and the register's key, so that a letter can be made before its links are stored.
func LinkID(keys *seal.Keys, campaign id.ID, letter int, address string) id.ID {
	data := binary.BigEndian.AppendUint64(nil, uint64(campaign))
	data = binary.BigEndian.AppendUint32(data, uint32(letter))
	mac := keys.MAC("click link", append(data, address...))
	return id.ID(binary.BigEndian.Uint64(mac) >> 1)
}

// use is what tokens are signed for.
const use = "click"

// Token is the text of a link, the same for everybody.
func Token(keys *seal.Keys, link id.ID) string {
	return keys.Sign(use, binary.BigEndian.AppendUint64(nil, uint64(link)))
}

// TokenOf is the text of a link in the message to one person, who consented to
// being noted. It tells nobody without the key who that is.
func TokenOf(keys *seal.Keys, link, who, message id.ID) string {
	data := binary.BigEndian.AppendUint64(nil, uint64(link))
	data = binary.BigEndian.AppendUint64(data, uint64(who))
	return keys.Sign(use, binary.BigEndian.AppendUint64(data, uint64(message)))
}

// Register stores the addresses that one letter of a campaign leads to, in their
// order. Those that cannot be led to are left out; those stored already stay. purpose
// is the one whose consent lets a click be noted of a person; "" for counting alone.
func (r *Room) Register(tx *db.Tx, campaign id.ID, letter int, purpose string, addresses []string) error {
	for place, a := range addresses {
		if !Follows(a) {
			continue
		}
		if _, err := tx.Exec(putLink, int64(LinkID(r.Keys, campaign, letter, a)), int64(campaign), letter, place, a, purpose, tx.Now()); err != nil {
			return err
		}
	}
	return nil
}

// Link is a stored link that somebody follows.
type Link struct {
	ID       id.ID
	Campaign id.ID
	Address  string // where it leads
	Sent     int64  // ms: when the message, or else the campaign, went out
	Purpose  string // whose consent lets the click be noted of a person
	Person   id.ID  // 0 unless the link is one person's own
	Message  id.ID
}

func none() error {
	return fault.New(fault.NotFound, "clicks.none", "the link is not complete, or is no longer in use")
}

// Open finds the link of a token. Everything that is not the token of a stored link
// gets the same answer, NotFound.
func (r *Room) Open(tx *db.Tx, token string) (l Link, err error) {
	data, ok := r.Keys.Verify(use, token)
	if !ok || len(data) != 8 && len(data) != 24 {
		return l, none()
	}
	l.ID = id.ID(binary.BigEndian.Uint64(data))
	if len(data) == 24 {
		l.Person, l.Message = id.ID(binary.BigEndian.Uint64(data[8:])), id.ID(binary.BigEndian.Uint64(data[16:]))
	}
	found, err := tx.One(selLink, []any{&l.Campaign, &l.Address, &l.Purpose, &l.Sent}, int64(l.ID))
	if err == nil && (!found || !Follows(l.Address)) {
		err = none()
	}
	if err == nil && l.Person != 0 {
		err = r.own(tx, &l)
	}
	return l, err
}

// own looks whether a person's own link is still of a message in the register; if
// not, it leads on and is counted for nobody.
func (r *Room) own(tx *db.Tx, l *Link) error {
	m, found, err := r.Outbox.Get(tx, l.Person, l.Message)
	if err != nil {
		return err
	}
	if !found || m.Campaign != l.Campaign {
		l.Person, l.Message = 0, 0
	} else if m.HandedAt != 0 {
		l.Sent = m.HandedAt
	}
	return nil
}
