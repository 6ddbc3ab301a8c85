package clicks

import (
	"slices"
	"strconv"
	"time"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/dossier"
	"kartotek/internal/id"
	"kartotek/internal/party"
)

var (
	putPerson = db.SQL(db.OnePerson, `INSERT INTO click_people (bucket, person_id, campaign_id, link_id, first_at, last_at, n) VALUES ($1, $2, $3, $4, $5, $5, 1)
		ON CONFLICT (bucket, person_id, campaign_id, link_id) DO UPDATE SET last_at = excluded.last_at, n = click_people.n + 1`)
	selPerson = db.SQL(db.OnePerson, `SELECT campaign_id, link_id, first_at, last_at, n FROM click_people WHERE bucket = $1 AND person_id = $2 ORDER BY campaign_id, link_id`)
	delPerson = db.SQL(db.OnePerson, `DELETE FROM click_people WHERE bucket = $1 AND person_id = $2`)
	cpyPerson = db.SQL(db.Set, `INSERT INTO click_people (bucket, person_id, campaign_id, link_id, first_at, last_at, n)
		SELECT CAST($1 AS BIGINT), CAST($2 AS BIGINT), campaign_id, link_id, first_at, last_at, n FROM click_people WHERE bucket = $3 AND person_id = $4
		ON CONFLICT (bucket, person_id, campaign_id, link_id) DO NOTHING`)
)

var (
	_ dossier.Keeper = (*Room)(nil)
	_ party.Mover    = (*Room)(nil)
)

// Name implements dossier.Keeper.
func (r *Room) Name() string { return "clicks" }

// Columns implements dossier.Keeper. Counts are of nobody.
func (r *Room) Columns() []string { return []string{"click_people.first_at"} }

// Noted is a link that a person followed, while they consented to its being noted.
type Noted struct {
	Campaign, Link id.ID
	Address        string
	First, Last    int64 // ms
	Times          int
}

// By lists what was noted of a person.
func (r *Room) By(tx *db.Tx, who id.ID) (all []Noted, err error) {
	err = tx.Each(selPerson, func(scan db.Scan) error {
		var n Noted
		err := scan(&n.Campaign, &n.Link, &n.First, &n.Last, &n.Times)
		all = append(all, n)
		return err
	}, who.Bucket(), int64(who))
	if err != nil {
		return nil, err
	}
	return all, addressed(tx, all)
}

var selAddresses = db.SQL(db.Reference, `SELECT link_id, address FROM click_links WHERE link_id {in $1}`)

// addressed fills in where links lead, many at a time.
func addressed(tx *db.Tx, all []Noted) error {
	at := map[id.ID]string{}
	for some := range slices.Chunk(all, 500) {
		ids := make([]id.ID, len(some))
		for i := range some {
			ids[i] = some[i].Link
		}
		err := tx.Each(selAddresses, func(scan db.Scan) error {
			var link id.ID
			var address string
			err := scan(&link, &address)
			at[link] = address
			return err
		}, ids)
		if err != nil {
			return err
		}
	}
	for i := range all {
		all[i].Address = at[all[i].Link]
	}
	return nil
}

// Kinds implements dossier.Described.
func (r *Room) Kinds() []dossier.Kind {
	return []dossier.Kind{{Name: "clicks", From: dossier.Observed, Values: []string{"link", "campaign", "times", "last"}}}
}

// Holdings implements dossier.Keeper.
func (r *Room) Holdings(tx *db.Tx, who id.ID) ([]dossier.Holding, error) {
	all, err := r.By(tx, who)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	h := dossier.Holding{Keeper: "clicks", Kind: "clicks", Count: len(all), First: all[0].First, Last: all[0].Last}
	for _, n := range all {
		h.First, h.Last = min(h.First, n.First), max(h.Last, n.Last)
	}
	return []dossier.Holding{h}, nil
}

// Export implements dossier.Keeper.
func (r *Room) Export(tx *db.Tx, who id.ID, w dossier.Writer) error {
	all, err := r.By(tx, who)
	for _, n := range all {
		if err == nil {
			err = w(dossier.Record{Keeper: "clicks", Kind: "clicks", ID: n.Link, At: n.First, Values: []dossier.Value{
				{Name: "link", Text: n.Address}, {Name: "campaign", Text: n.Campaign.String()}, {Name: "times", Text: strconv.Itoa(n.Times)}, {Name: "last", Text: clock.FromMs(n.Last).Format(time.RFC3339)}}})
		}
	}
	return err
}

// Erase implements dossier.Keeper.
func (r *Room) Erase(tx *db.Tx, who id.ID, plan dossier.Plan) ([]dossier.Holding, error) {
	held, err := r.Holdings(tx, who)
	if err != nil || plan.Keeps("clicks", "clicks") {
		return nil, err
	}
	_, err = tx.Exec(delPerson, who.Bucket(), int64(who))
	return held, err
}

// Restrict implements dossier.Keeper: nothing to do. A restricted person is sent
// nothing, and the rules that are asked before a click is noted say no.
func (r *Room) Restrict(*db.Tx, id.ID, bool) error { return nil }

// Move implements dossier.Keeper. What both records followed is kept once.
func (r *Room) Move(tx *db.Tx, from, to id.ID) error {
	if _, err := tx.Exec(cpyPerson, to.Bucket(), int64(to), from.Bucket(), int64(from)); err != nil {
		return err
	}
	_, err := tx.Exec(delPerson, from.Bucket(), int64(from))
	return err
}
