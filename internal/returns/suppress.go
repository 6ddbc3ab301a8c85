package returns

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/outbox/suppress"
)

// Suppressions counts the addresses that are not to be used.
type Suppressions struct {
	Single []SuppressedFor  `json:"single"` // one by one, by reason
	Lists  []SuppressedList `json:"lists"`
}

// SuppressedFor counts addresses held one by one for one reason.
type SuppressedFor struct {
	Kind   string `json:"kind"`  // email or phone
	Class  string `json:"class"` // all or marketing
	Reason string `json:"reason"`
	N      int    `json:"addresses"`
}

// SuppressedList is a list of addresses from elsewhere.
type SuppressedList struct {
	Name      string `json:"name"`
	Kind      string `json:"kind"`
	Class     string `json:"class"`
	Source    string `json:"source"`
	Addresses int64  `json:"addresses"`
	Read      string `json:"read"` // date; "" when reading it never ended
	By        string `json:"by"`
	At        int64  `json:"-"` // ms
}

// Suppressions counts what is held.
func (r *Room) Suppressions(ctx context.Context, by db.By) (s Suppressions, err error) {
	err = r.DB.View(ctx, by, func(tx *db.Tx) error {
		s = Suppressions{Single: []SuppressedFor{}, Lists: []SuppressedList{}}
		single, err := r.Outbox.Holds().Tally(tx)
		if err != nil {
			return err
		}
		for _, t := range single {
			s.Single = append(s.Single, SuppressedFor{t.Kind, t.Class, t.Reason, t.N})
		}
		lists, err := r.Outbox.Holds().Lists(tx)
		for _, l := range lists {
			read := ""
			if l.At != 0 {
				read = clock.FromMs(l.At).Format(time.DateOnly)
			}
			s.Lists = append(s.Lists, SuppressedList{l.Name, l.Kind, l.Class, l.Source, l.Addresses, read, l.By, l.At})
		}
		return err
	})
	return s, err
}

// KindOf tells an e-mail address from a telephone number.
func KindOf(address string) string {
	if strings.Contains(address, "@") {
		return "email"
	}
	return "phone"
}

// Hold holds messages from an address, and logs that it was done, without the address.
func (r *Room) Hold(ctx context.Context, by db.By, value string, s suppress.Suppression) error {
	return r.DB.Do(ctx, by, func(tx *db.Tx) error {
		if err := r.Outbox.Suppress(tx, value, s); err != nil {
			return err
		}
		return audit.Write(tx, audit.Entry{Action: "suppress.add", Kind: "address", Detail: map[string]string{"kind": s.Kind, "class": s.Class, "reason": s.Reason}})
	})
}

// Liftable reports whether staff may lift a suppression with a reason.
func Liftable(reason string) bool {
	return reason == suppress.ReasonBounce || reason == suppress.ReasonStaff
}

// Lift lets an address be used again that was held for a reason staff may judge:
// what its owner asked for is lifted by nobody else.
func (r *Room) Lift(ctx context.Context, by db.By, value string, s suppress.Suppression) error {
	if !Liftable(s.Reason) {
		return fault.New(fault.Denied, "suppress.not_ours", "only whoever has the address can bring it back")
	}
	return r.DB.Do(ctx, by, func(tx *db.Tx) error {
		held, err := r.Outbox.Holds().Find(tx, s.Kind, value)
		if err != nil {
			return err
		}
		for _, h := range held {
			if h.Class == s.Class && h.Reason == s.Reason {
				if err := r.Outbox.Holds().Release(tx, value, s); err != nil {
					return err
				}
				return audit.Write(tx, audit.Entry{Action: "suppress.lift", Kind: "address", Detail: map[string]string{"kind": s.Kind, "class": s.Class, "reason": s.Reason}})
			}
		}
		return fault.New(fault.NotFound, "suppress.not_held", "the address is not held for that reason")
	})
}

// ListFile says what a file of addresses is.
type ListFile struct {
	Name    string `name:"list" required:"" help:"Name of the list; reading it again replaces what it held."`
	Kind    string `enum:"email,phone" default:"email" help:"What it holds: email or phone."`
	Class   string `enum:"marketing,all" default:"marketing" help:"What is held from its addresses: marketing, or all messages."`
	Source  string `help:"Where the list comes from, and its date."`
	Column  string `help:"Name of the column that holds the addresses; default: the first cell that looks like one."`
	Country string `help:"Country in whose way numbers without a country code are written, such as SE." placeholder:"CC"`
}

// ReadList replaces a list by a file, and logs it.
func (r *Room) ReadList(ctx context.Context, by db.By, f ListFile, in io.Reader, tell func(*suppress.AddressFile)) (suppress.List, int64, error) {
	l := suppress.List{Name: strings.TrimSpace(f.Name), Kind: f.Kind, Class: f.Class, Source: f.Source, Country: strings.ToUpper(f.Country)}
	l, wrong, err := r.Outbox.Holds().ReplaceList(ctx, by, l, suppress.ReadAddresses(in, f.Column), tell)
	if err != nil {
		return l, wrong, err
	}
	return l, wrong, r.DB.Do(ctx, by, func(tx *db.Tx) error {
		return audit.Write(tx, audit.Entry{Action: "suppress.list", Kind: "list", Object: l.ID.String(), Count: int(l.Addresses), Detail: map[string]string{"wrong": strconv.FormatInt(wrong, 10)}})
	})
}

// OpenList is ReadList for a file by its name, or stdin when that is "-"; tell hears
// the file's size too, 0 when it is not known.
func (r *Room) OpenList(ctx context.Context, by db.By, l ListFile, name string, stdin io.Reader, tell func(f *suppress.AddressFile, size int64)) (suppress.List, int64, error) {
	if name == "-" {
		return r.ReadList(ctx, by, l, stdin, func(f *suppress.AddressFile) { tell(f, 0) })
	}
	file, err := os.Open(name)
	if err != nil {
		return suppress.List{}, 0, fault.New(fault.NotFound, "suppress.no_file", "the list cannot be read").Because(err)
	}
	defer file.Close()
	size := int64(0)
	if info, err := file.Stat(); err == nil {
		size = info.Size()
	}
	if l.Source == "" {
		l.Source = filepath.Base(name)
	}
	return r.ReadList(ctx, by, l, file, func(f *suppress.AddressFile) { tell(f, size) })
}

// DropList takes a list away, and logs it.
func (r *Room) DropList(ctx context.Context, by db.By, name string) error {
	if err := r.Outbox.Holds().DropList(ctx, by, name); err != nil {
		return err
	}
	return r.DB.Do(ctx, by, func(tx *db.Tx) error { return audit.Write(tx, audit.Entry{Action: "suppress.drop", Kind: "list"}) })
}

// Why is one reason for which an address is held, without the address.
type Why struct {
	Class  string `json:"class"`
	Reason string `json:"reason"`
	List   string `json:"list,omitempty"`
	Since  string `json:"since"` // date
}

// Explanation is whether an address is held, and why.
type Explanation struct {
	Held bool  `json:"held"`
	Why  []Why `json:"why"`
}

// Explain says whether an address is held, and why.
func (r *Room) Explain(ctx context.Context, by db.By, value string) (e Explanation, err error) {
	var all []suppress.Suppression
	err = r.DB.View(ctx, by, func(tx *db.Tx) error { all, err = r.Outbox.Holds().Find(tx, KindOf(value), value); return err })
	e = Explanation{Held: len(all) > 0, Why: []Why{}}
	for _, s := range all {
		e.Why = append(e.Why, Why{s.Class, s.Reason, s.List, clock.FromMs(s.At).Format(time.DateOnly)})
	}
	return e, err
}
