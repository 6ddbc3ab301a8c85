package relay

import (
	"context"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/idna"

	"kartotek/internal/audit"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/outbox/dkim"
)

// The states of a key.
const (
	KeyNew     = "new"    // made; not signed with yet
	KeyActive  = "active" // signs
	KeyRetired = "retired"
)

// Key is a key of DKIM, without its private half.
type Key struct {
	Domain, Selector string
	Kind             dkim.Kind
	Record           string // the TXT record to publish
	Zone             string // the same as a line of a zone file
	State            string
	Made, Seen, Used time.Time // Seen: first found in DNS as it should be
	Retired          time.Time
	MadeBy           string

	sealed []byte
}

// Name is where the record belongs.
func (k *Key) Name() string { return k.Selector + "._domainkey." + k.Domain }

const keyCols = `domain, selector, kind, sealed, record, state, made_at, seen_at, used_at, retired_at, made_by`

var (
	selKeys   = db.SQL(db.Reference, `SELECT `+keyCols+` FROM dkim_keys ORDER BY domain, made_at, selector`)
	insKey    = db.SQL(db.Reference, `INSERT INTO dkim_keys (`+keyCols+`) VALUES ($1, $2, $3, $4, $5, 'new', $6, 0, 0, 0, $7)`)
	updSeen   = db.SQL(db.Reference, `UPDATE dkim_keys SET seen_at = $3 WHERE domain = $1 AND selector = $2 AND seen_at = 0`)
	updUse    = db.SQL(db.Reference, `UPDATE dkim_keys SET state = 'active', used_at = $3 WHERE domain = $1 AND selector = $2 AND state = 'new'`)
	updRetire = db.SQL(db.Reference, `UPDATE dkim_keys SET state = 'retired', retired_at = $4 WHERE domain = $1 AND kind = $2 AND selector <> $3 AND state = 'active'`)
	updEmpty  = db.SQL(db.Reference, `UPDATE dkim_keys SET sealed = $3 WHERE domain = $1 AND selector = $2 AND state = 'retired'`)
)

// Keys lists all keys, by domain, the oldest first.
func (r *Room) DKIM(tx *db.Tx) (all []*Key, err error) {
	err = tx.Each(selKeys, func(scan db.Scan) error {
		k := &Key{}
		var made, seen, used, retired int64
		err := scan(&k.Domain, &k.Selector, (*string)(&k.Kind), &k.sealed, &k.Record, &k.State, &made, &seen, &used, &retired, &k.MadeBy)
		k.Made, k.Seen, k.Used, k.Retired = clock.FromMs(made), clock.FromMs(seen), clock.FromMs(used), clock.FromMs(retired)
		k.Zone = zone(k.Name(), k.Record)
		all = append(all, k)
		return err
	})
	return all, err
}

// zone writes a TXT record in strings of at most 255 characters.
func zone(name, text string) string {
	var parts []string
	for part := range slices.Chunk([]byte(text), 255) {
		parts = append(parts, `"`+string(part)+`"`)
	}
	return name + ". IN TXT ( " + strings.Join(parts, " ") + " )"
}

// domainKeys are the keys of one domain.
func domainKeys(all []*Key, domain string) (out []*Key) {
	for _, k := range all {
		if k.Domain == domain {
			out = append(out, k)
		}
	}
	return out
}

func held(all []*Key) (out []dkim.Held) {
	for _, k := range all {
		out = append(out, dkim.Held{Selector: k.Selector, Kind: k.Kind, Made: k.Made, Seen: k.Seen, Used: k.Used, Retired: k.Retired})
	}
	return out
}

// MakeKey makes a key for a domain. It signs once its record has been in DNS for a
// day (Upkeep), or at once when Use says so.
func (r *Room) MakeKey(tx *db.Tx, domain string, kind dkim.Kind) (*Key, error) {
	all, err := r.DKIM(tx)
	if err != nil {
		return nil, err
	}
	if domain, err = asciiDomain(domain); err != nil {
		return nil, err
	}
	private, err := dkim.Generate(kind)
	if err != nil {
		return nil, err
	}
	made, err := dkim.NewKey(domain, dkim.Selector(held(domainKeys(all, domain)), kind, tx.Time()), private)
	if err != nil {
		return nil, err
	}
	sealed, err := made.Seal(r.Keys)
	if err != nil {
		return nil, err
	}
	k := &Key{Domain: domain, Selector: made.Selector(), Kind: kind, Record: made.Record(), Zone: made.Zone(), State: KeyNew, Made: tx.Time(), MadeBy: tx.By().Name}
	_, err = tx.Exec(insKey, domain, k.Selector, string(kind), sealed, k.Record, tx.Now(), k.MadeBy)
	if err == nil {
		err = k.log(tx, "dkim.make")
	}
	return k, err
}

func asciiDomain(domain string) (string, error) {
	a, err := idna.Lookup.ToASCII(strings.TrimSuffix(strings.TrimSpace(domain), "."))
	if err != nil || !strings.Contains(a, ".") {
		return "", fault.New(fault.Invalid, "dkim.domain", "the domain to sign for is no domain").In("domain")
	}
	return a, nil
}

// Use signs with a new key from now on, and retires the one of its kind before it.
func (r *Room) Use(tx *db.Tx, domain, selector string) error {
	all, err := r.DKIM(tx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(k *Key) bool { return k.Domain == domain && k.Selector == selector && k.State == KeyNew })
	if i < 0 {
		return fault.New(fault.NotFound, "dkim.none", "there is no such new key")
	}
	if _, err := tx.Exec(updUse, domain, selector, tx.Now()); err != nil {
		return err
	}
	if _, err := tx.Exec(updRetire, domain, string(all[i].Kind), selector, tx.Now()); err != nil {
		return err
	}
	return all[i].log(tx, "dkim.use")
}

func (k *Key) log(tx *db.Tx, action string) error {
	return audit.Write(tx, audit.Entry{Action: action, Kind: "dkim key", Object: k.Name(), Detail: map[string]string{"kind": string(k.Kind)}})
}

// signers opens the keys that sign, by domain.
func (r *Room) signers(tx *db.Tx) (map[string]*dkim.Signer, error) {
	all, err := r.DKIM(tx)
	if err != nil {
		return nil, err
	}
	keys := map[string][]dkim.Key{}
	for _, k := range all {
		if k.State != KeyActive {
			continue
		}
		key, err := dkim.Unseal(r.Keys, k.Domain, k.Selector, k.sealed)
		if err != nil {
			return nil, err
		}
		keys[k.Domain] = append(keys[k.Domain], key)
	}
	out := map[string]*dkim.Signer{}
	for domain, some := range keys {
		if out[domain], err = dkim.NewSigner(some...); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// upkeepEvery is how often keys are looked after.
const upkeepEvery = 24 * time.Hour

// Step is what is to be done by people in DNS, or was done.
type Step struct {
	Domain string
	dkim.Step
}

// Steps says what is to be done now with the keys held.
func Steps(all []*Key, now time.Time) (out []Step) {
	done := map[string]bool{}
	for _, k := range all {
		if done[k.Domain] {
			continue
		}
		done[k.Domain] = true
		mine := domainKeys(all, k.Domain)
		for _, s := range dkim.Plan(held(mine), wanted(mine), now) {
			out = append(out, Step{k.Domain, s})
		}
	}
	return out
}

// wanted are the kinds of a domain's keys that are not retired.
func wanted(all []*Key) (out []dkim.Kind) {
	for _, k := range all {
		if k.State != KeyRetired && !slices.Contains(out, k.Kind) {
			out = append(out, k.Kind)
		}
	}
	return out
}

// Upkeep looks whether new keys stand in DNS and does what is due: makes keys,
// signs with those that have stood long enough, and destroys those long retired.
func (r *Room) Upkeep(ctx context.Context) error {
	by := db.System("dkim")
	var all []*Key
	err := r.DB.View(ctx, by, func(tx *db.Tx) (err error) { all, err = r.DKIM(tx); return err })
	if err != nil || len(all) == 0 {
		return err
	}
	var found []*Key
	for _, k := range all {
		if k.State == KeyNew && k.Seen.IsZero() && r.published(ctx, k) {
			found = append(found, k)
		}
	}
	return r.DB.Do(ctx, by, func(tx *db.Tx) error {
		for _, k := range found {
			if _, err := tx.Exec(updSeen, k.Domain, k.Selector, tx.Now()); err != nil {
				return err
			}
		}
		all, err := r.DKIM(tx)
		if err != nil {
			return err
		}
		for _, s := range Steps(all, tx.Time()) {
			if err := r.carryOut(tx, s); err != nil {
				return err
			}
		}
		return nil
	})
}

// carryOut does the steps that are ours; the others are shown to people.
func (r *Room) carryOut(tx *db.Tx, s Step) error {
	switch s.Act {
	case dkim.Make:
		_, err := r.MakeKey(tx, s.Domain, s.Kind)
		return err
	case dkim.Switch:
		return r.Use(tx, s.Domain, s.Selector)
	case dkim.Remove:
		_, err := tx.Exec(updEmpty, s.Domain, s.Selector, []byte{})
		return err
	}
	return nil
}

// published reports whether a key stands in DNS as it should.
func (r *Room) published(ctx context.Context, k *Key) bool {
	if r.Resolver == nil {
		return false
	}
	ctx, stop := context.WithTimeout(ctx, askTime)
	defer stop()
	texts, _ := r.Resolver.LookupTXT(ctx, k.Name()+".")
	_, public, _ := strings.Cut(k.Record, "p=")
	return slices.ContainsFunc(texts, func(t string) bool { return strings.Contains(strings.ReplaceAll(t, " ", ""), "p="+public) })
}

// DomainKeys gives the keys of a domain that are not retired, after making those of
// the kinds that are missing; with use, new keys sign at once.
func (r *Room) DomainKeys(tx *db.Tx, domain string, kinds []string, use bool) (out []*Key, err error) {
	if domain, err = asciiDomain(domain); err != nil {
		return nil, err
	}
	all, err := r.DKIM(tx)
	if err != nil {
		return nil, err
	}
	mine := domainKeys(all, domain)
	for _, kind := range kinds {
		if !slices.Contains(wanted(mine), dkim.Kind(kind)) {
			k, err := r.MakeKey(tx, domain, dkim.Kind(kind))
			if err != nil {
				return nil, err
			}
			mine = append(mine, k)
		}
	}
	for _, k := range mine {
		if k.State == KeyNew && use {
			if err := r.Use(tx, domain, k.Selector); err != nil {
				return nil, err
			}
		}
	}
	if all, err = r.DKIM(tx); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(domainKeys(all, domain), func(k *Key) bool { return k.State == KeyRetired }), nil
}
