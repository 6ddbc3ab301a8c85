package orgs

import (
	"kartotek/internal/address"
	"kartotek/internal/db"
	"kartotek/internal/id"
)

// Joiner is Join for a load of very many people. It remembers the names it has
// met, so it is used for one load and not concurrently.
type Joiner struct{ known map[string]id.ID }

// NewJoiner makes a joiner.
func NewJoiner() *Joiner { return &Joiner{map[string]id.ID{}} }

// maxRemembered bounds the names kept in memory.
const maxRemembered = 200_000

// Known gives an organisation whose name, in this spelling, was met before.
func (j *Joiner) Known(name string) (id.ID, bool) {
	org, ok := j.known[name]
	return org, ok
}

// Join finds the organisation o names. One that is not there yet is added to
// made, which Write stores.
func (j *Joiner) Join(tx *db.Tx, o Organisation, made *[]Organisation) (id.ID, error) {
	if len(j.known) > maxRemembered {
		clear(j.known)
		for _, m := range *made {
			j.known[address.Fold(m.Name)] = m.ID
		}
	}
	fold := address.Fold(o.Name)
	org, ok := j.known[fold]
	if !ok {
		found, err := tx.One(byName, []any{&org}, fold)
		if err != nil {
			return 0, err
		}
		if !found {
			o.ID, o.Registered, o.Changed = tx.NewID(), tx.Now(), tx.Now()
			*made = append(*made, o)
			org = o.ID
		}
	}
	j.known[fold], j.known[o.Name] = org, org
	return org, nil
}

// Write stores what Join made.
func (j *Joiner) Write(tx *db.Tx, made []Organisation) error {
	return tx.Bulk(insOrgs, len(made), func(i int, dst []any) { fillOrg(&made[i], dst) })
}
