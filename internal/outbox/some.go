package outbox

import (
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/party"
	"kartotek/internal/permit"
)

// DecideSome answers a question for people that were read in this transaction, such
// as those of a page, with two questions to the database for all of them. fn is
// called in their order; what it is given is reused.
func (r *Room) DecideSome(tx *db.Tx, people []party.Person, q permit.Question, fn func(i int, s *Subject) error) error {
	who, addresses := make([]id.ID, len(people)), make([]string, 0, len(people))
	kind := ""
	for i := range people {
		who[i] = people[i].ID
		if k, v := AddressOf(&people[i], q.Channel); v != "" {
			kind, addresses = k, append(addresses, v)
		}
	}
	stands, err := r.Ledger.Standings(tx, who)
	if err != nil {
		return err
	}
	var held map[string]Held
	if len(addresses) > 0 {
		if held, err = r.Check(tx, kind, addresses); err != nil {
			return err
		}
	}
	d := decider{q: q}
	for i := range people {
		_, v := AddressOf(&people[i], q.Channel)
		if err := fn(i, d.decide(&people[i], stands[who[i]], held[v])); err != nil {
			return err
		}
	}
	return nil
}
