// Package id makes the keys of the register.
//
// An ID is a 63-bit integer made by the program, never by a database:
//
//	milliseconds since 2020 (41 bits) | node (10 bits) | counter (12 bits)
//
// The counter runs on from one millisecond to the next and is never reset, so
// the low 12 bits, which are a person's bucket, fill evenly. A node that makes
// more than 4,096 ids in one millisecond borrows from the next one. Ids order
// roughly by time of making. Outside the program they are short strings
// (Crockford base 32), also in JSON, because JavaScript loses bits over 53.
package id

import (
	"database/sql/driver"
	"fmt"
	"sync"
	"time"
)

// ID is the key of a row. Zero means "none".
type ID int64

// Buckets is the number of groups people are spread over. It is a constant of
// the product for ever: it is stored in every row of a person.
const Buckets = 4096

const (
	epochMs  = 1577836800000 // 2020-01-01T00:00:00Z
	alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
)

// Bucket is the group a person with this id belongs to: id & 4095.
func (i ID) Bucket() int { return int(i) & (Buckets - 1) }

// Ms is the moment the id was made, to the millisecond (since 1970).
func (i ID) Ms() int64 { return int64(i)>>22 + epochMs }

// First is the least id that can have been made at a moment (ms since 1970) or later.
func First(ms int64) ID { return ID(max(0, ms-epochMs) << 22) }

// String writes the id in 13 or fewer characters of base 32.
func (i ID) String() string {
	if i == 0 {
		return "0"
	}
	var b [13]byte
	n, v := len(b), uint64(i)
	for v > 0 {
		n--
		b[n] = alphabet[v&31]
		v >>= 5
	}
	return string(b[n:])
}

// Parse reads what String wrote. Anything else is an error.
func Parse(s string) (ID, error) {
	if s == "" || len(s) > 13 {
		return 0, fmt.Errorf("not an id")
	}
	var v uint64
	for k := 0; k < len(s); k++ {
		d := digit(s[k])
		if d < 0 || v>>58 != 0 {
			return 0, fmt.Errorf("not an id")
		}
		v = v<<5 | uint64(d)
	}
	if v>>63 != 0 || ID(v).String() != s {
		return 0, fmt.Errorf("not an id")
	}
	return ID(v), nil
}

func digit(c byte) int {
	for k := 0; k < len(alphabet); k++ {
		if alphabet[k] == c {
			return k
		}
	}
	return -1
}

// MarshalText implements encoding.TextMarshaler, so JSON carries a string.
func (i ID) MarshalText() ([]byte, error) { return []byte(i.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (i *ID) UnmarshalText(b []byte) (err error) { *i, err = Parse(string(b)); return err }

// Value implements driver.Valuer: the database sees a plain integer.
func (i ID) Value() (driver.Value, error) { return int64(i), nil }

// Maker makes ids for one node. It is safe for concurrent use.
type Maker struct {
	mu      sync.Mutex
	node    int64
	now     func() time.Time
	ms      int64 // guarded by mu: the millisecond being used
	used    int   // guarded by mu: ids made in it
	counter int64 // guarded by mu: never reset
}

// NewMaker makes a maker for node (0–1023) reading time from now.
func NewMaker(node int, now func() time.Time) *Maker {
	return &Maker{node: int64(node) & 1023, now: now}
}

// New makes an id no other call on this node has made or will make, as long as
// the clock does not fall back across a restart by more than it ran ahead.
func (m *Maker) New() ID {
	m.mu.Lock()
	defer m.mu.Unlock()
	if t := m.now().UnixMilli() - epochMs; t > m.ms {
		m.ms, m.used = t, 0
	} else if m.used == Buckets {
		m.ms, m.used = m.ms+1, 0
	}
	m.used++
	m.counter = (m.counter + 1) & (Buckets - 1)
	return ID(m.ms<<22 | m.node<<12 | m.counter)
}
