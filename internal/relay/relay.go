package relay

import (
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
)

// State is whether a relay is used.
type State string

// The states.
const (
	Active   State = "active"
	Disabled State = "disabled"
)

// Relay is one server that takes our mail. Times are UTC.
type Relay struct {
	ID        id.ID // 0: the one given at the program's start
	Name      string
	URL       string // smtp:// or smtps://, with user:password@; never shown
	Host      string // host:port, to be shown
	Recipient string // id of the processor in the notice
	Pool      string // group that campaigns choose by; "" is everybody's
	Priority  int    // the lowest is used while one of it is well
	Weight    int    // share among those of the same priority, 1 to 100
	Signs     bool   // it signs with DKIM itself
	// Connections at once, Rate messages a minute and Daily messages a day to one
	// provider; 0 does not limit.
	Connections, Rate, Daily int
	Started                  time.Time // when it is new, from when on it is warmed up; zero: it is warm
	State                    State
	CreatedAt                time.Time
	CreatedBy                string
	ChangedAt                time.Time
	ChangedBy                string
}

const cols = `relay_id, name, address, host, recipient, pool, priority, weight, signs, connections, rate, daily, started_at, state, created_at, created_by, changed_at, changed_by`

var (
	selAll  = db.SQL(db.Reference, `SELECT `+cols+` FROM relays ORDER BY priority, name`)
	selName = db.SQL(db.Reference, `SELECT `+cols+` FROM relays WHERE name = $1`)
	insOne  = db.SQL(db.Reference, `INSERT INTO relays (`+cols+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`)
	updOne  = db.SQL(db.Reference, `UPDATE relays SET address = $2, host = $3, recipient = $4, pool = $5, priority = $6, weight = $7, signs = $8, connections = $9,
		rate = $10, daily = $11, started_at = $12, state = $13, changed_at = $14, changed_by = $15 WHERE relay_id = $1`)
)

// sealing names the place of a sealed address, so that one moved to another relay does not open.
func sealing(which id.ID) string { return "relay:" + which.String() }

func (r *Room) scan(scan db.Scan) (*Relay, error) {
	var a Relay
	var sealed []byte
	var signs int
	var started, created, changed int64
	err := scan(&a.ID, &a.Name, &sealed, &a.Host, &a.Recipient, &a.Pool, &a.Priority, &a.Weight, &signs, &a.Connections, &a.Rate, &a.Daily, &started,
		(*string)(&a.State), &created, &a.CreatedBy, &changed, &a.ChangedBy)
	if err != nil {
		return nil, err
	}
	a.Signs, a.Started, a.CreatedAt, a.ChangedAt = signs == 1, clock.FromMs(started), clock.FromMs(created), clock.FromMs(changed)
	plain, err := r.Keys.Open(sealing(a.ID), sealed)
	a.URL = string(plain)
	return &a, err
}

// List gives all relays, those used first before the others.
func (r *Room) List(tx *db.Tx) (all []*Relay, err error) { return r.read(tx, selAll) }

func (r *Room) read(tx *db.Tx, s *db.Stmt, args ...any) (all []*Relay, err error) {
	err = tx.Each(s, func(scan db.Scan) error {
		a, err := r.scan(scan)
		all = append(all, a)
		return err
	}, args...)
	return all, err
}

// Named finds a relay by its name.
func (r *Room) Named(tx *db.Tx, name string) (*Relay, error) {
	all, err := r.read(tx, selName, name)
	if err == nil && len(all) == 0 {
		err = fault.New(fault.NotFound, "relay.none", "there is no such relay")
	}
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

var relayName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{0,39}$`)

// check brings a relay into order, or says what cannot be right.
func (a *Relay) check() error {
	a.Name, a.Pool = strings.ToLower(strings.TrimSpace(a.Name)), strings.ToLower(strings.TrimSpace(a.Pool))
	a.Weight = max(1, a.Weight)
	if a.State == "" {
		a.State = Active
	}
	var err error
	if a.Host, err = hostOf(a.URL); err != nil {
		return err
	}
	switch {
	case !relayName.MatchString(a.Name):
		return fault.New(fault.Invalid, "relay.name", "a relay is named with small letters, digits, dots and hyphens, at most 40").In("name")
	case a.Pool != "" && !relayName.MatchString(a.Pool):
		return fault.New(fault.Invalid, "relay.pool", "a pool is named with small letters, digits, dots and hyphens, at most 40").In("pool")
	case a.Priority < 0 || a.Priority > 100 || a.Weight > 100:
		return fault.New(fault.Invalid, "relay.order", "priority is a number from 0 to 100, weight from 1 to 100").In("priority")
	case a.Connections < 0 || a.Connections > 1000 || a.Rate < 0 || a.Rate > 1e7 || a.Daily < 0 || a.Daily > 1e9:
		return fault.New(fault.Invalid, "relay.limits", "limits are numbers, 0 for none").In("rate")
	}
	return nil
}

// hostOf checks an address, and gives host and port.
func hostOf(raw string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" || u.Scheme != "smtp" && u.Scheme != "smtps" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
		return "", fault.New(fault.Invalid, "relay.url", "write the mail server as smtp://host:port or smtps://host:port, with user:password@ before the host if it asks").In("url")
	}
	return u.Host, nil
}

// local reports whether a relay is on this machine.
func (a *Relay) local() bool {
	host := a.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// Add enters a relay. Its processor must be one that the notice in force allows.
func (r *Room) Add(tx *db.Tx, a Relay) (*Relay, error) {
	if err := a.check(); err != nil {
		return nil, err
	}
	if err := r.admit(tx, &a); err != nil {
		return nil, err
	}
	switch _, err := r.Named(tx, a.Name); {
	case err == nil:
		return nil, fault.New(fault.Conflict, "relay.taken", "another relay has this name").In("name")
	case !fault.Is(err, fault.NotFound):
		return nil, err
	}
	a.ID, a.CreatedAt, a.ChangedAt, a.CreatedBy, a.ChangedBy = tx.NewID(), tx.Time(), tx.Time(), tx.By().Name, tx.By().Name
	_, err := tx.Exec(insOne, int64(a.ID), a.Name, r.Keys.Seal(sealing(a.ID), []byte(a.URL)), a.Host, a.Recipient, a.Pool, int64(a.Priority), int64(a.Weight), bit(a.Signs),
		int64(a.Connections), int64(a.Rate), int64(a.Daily), clock.Ms(a.Started), string(a.State), tx.Now(), a.CreatedBy, tx.Now(), a.ChangedBy)
	if err == nil {
		err = number(tx, a.Recipient)
	}
	if err == nil {
		err = a.log(tx, "relay.add")
	}
	return &a, err
}

// Change stores another version of a relay; its name stays. Without a URL the
// address stays too.
func (r *Room) Change(tx *db.Tx, a Relay) (*Relay, error) {
	old, err := r.Named(tx, a.Name)
	if err != nil {
		return nil, err
	}
	if a.ID = old.ID; a.URL == "" {
		a.URL = old.URL
	}
	if err := a.check(); err != nil {
		return nil, err
	}
	if a.State == Active {
		if err := r.admit(tx, &a); err != nil {
			return nil, err
		}
	}
	_, err = tx.Exec(updOne, int64(a.ID), r.Keys.Seal(sealing(a.ID), []byte(a.URL)), a.Host, a.Recipient, a.Pool, int64(a.Priority), int64(a.Weight), bit(a.Signs),
		int64(a.Connections), int64(a.Rate), int64(a.Daily), clock.Ms(a.Started), string(a.State), tx.Now(), tx.By().Name)
	if err == nil {
		err = number(tx, a.Recipient)
	}
	if err == nil {
		err = a.log(tx, "relay.change")
	}
	return &a, err
}

// Disable takes a relay out of use; sessions under way end with their group.
func (r *Room) Disable(tx *db.Tx, name string) error { return r.turn(tx, name, Disabled) }

// Enable takes it into use again.
func (r *Room) Enable(tx *db.Tx, name string) error { return r.turn(tx, name, Active) }

func (r *Room) turn(tx *db.Tx, name string, to State) error {
	a, err := r.Named(tx, name)
	if err != nil || a.State == to {
		return err
	}
	a.State = to
	_, err = r.Change(tx, *a)
	return err
}

func (a *Relay) log(tx *db.Tx, action string) error {
	return audit.Write(tx, audit.Entry{Action: action, Kind: "relay", Object: a.Name,
		Detail: map[string]string{"host": a.Host, "recipient": a.Recipient, "state": string(a.State)}})
}

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
