package staff

import (
	"slices"
	"strings"
	"time"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"kartotek/internal/audit"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
)

// The affiliations of an account.
const (
	Own       = "own"       // employed by the controller
	Processor = "processor" // works for a processor that the notice lists
)

// Account is one person who works with the register.
type Account struct {
	ID          id.ID
	Name        string
	Email       string
	Affiliation string
	Processor   string    // the recipient's id in the notice, for Affiliation Processor
	Until       string    // last day, ISO date; "" when open
	Levels      []string  // names of access levels of the notice in force
	HasPassword bool      // false until an invitation was followed
	Second      bool      // has a second factor, which every sign-in then asks for
	ShortWord   bool      // its password is one that suffices only beside a second factor
	CreatedAt   time.Time // UTC
	DisabledAt  time.Time // zero while enabled

	password string // PHC
}

// Active reports whether the account may be used at a time.
func (a *Account) Active(now time.Time) bool {
	return a.DisabledAt.IsZero() && (a.Until == "" || now.UTC().Format(time.DateOnly) <= a.Until)
}

// UnderContract reports whether an account of a processor still rests on a contract:
// one that is over ends the account's use the day after, whatever its own last day.
func (r *Room) UnderContract(a *Account, at time.Time) bool {
	return a.Affiliation != Processor || r.Contract == nil || r.Contract(a.Processor, at)
}

const accountCols = `a.id, a.name, a.email, a.affiliation, a.processor, a.until, a.levels, a.password, a.short, a.second, a.created_at, a.disabled_at`

var (
	insertAccount = db.SQL(db.Reference, `INSERT INTO staff_accounts (id, name, email, email_key, affiliation, processor, until, levels, password, short, second, created_at, disabled_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', 0, 0, $9, 0) ON CONFLICT DO NOTHING`)
	accountByID    = db.SQL(db.Reference, `SELECT `+accountCols+` FROM staff_accounts a WHERE a.id = $1`)
	accountByEmail = db.SQL(db.Reference, `SELECT `+accountCols+` FROM staff_accounts a WHERE a.email_key = $1`)
	allAccounts    = db.SQL(db.Reference, `SELECT `+accountCols+` FROM staff_accounts a ORDER BY a.email_key`)
	disableAccount = db.SQL(db.Reference, `UPDATE staff_accounts SET disabled_at = $2 WHERE id = $1 AND disabled_at = 0`)
	enableAccount  = db.SQL(db.Reference, `UPDATE staff_accounts SET disabled_at = 0 WHERE id = $1 AND disabled_at > 0`)
	setLevels      = db.SQL(db.Reference, `UPDATE staff_accounts SET levels = $2 WHERE id = $1`)
	setUntil       = db.SQL(db.Reference, `UPDATE staff_accounts SET until = $2 WHERE id = $1`)
	setPassword    = db.SQL(db.Reference, `UPDATE staff_accounts SET password = $2, short = $3 WHERE id = $1`)
	setSecond      = db.SQL(db.Reference, `UPDATE staff_accounts SET second = $2 WHERE id = $1`)
	anyAccount     = db.SQL(db.Reference, `SELECT a.id FROM staff_accounts a LIMIT 1`)
)

func scanAccount(scan db.Scan, more ...any) (*Account, error) {
	var a Account
	var levels string
	var created, disabled int64
	var short, second int
	dest := []any{&a.ID, &a.Name, &a.Email, &a.Affiliation, &a.Processor, &a.Until, &levels, &a.password, &short, &second, &created, &disabled}
	err := scan(append(dest, more...)...)
	a.ShortWord, a.Second = short != 0, second != 0
	a.Levels, a.HasPassword = strings.Fields(levels), a.password != ""
	a.CreatedAt, a.DisabledAt = clock.FromMs(created), clock.FromMs(disabled)
	return &a, err
}

func oneAccount(tx *db.Tx, s *db.Stmt, args ...any) (found *Account, err error) {
	err = tx.Each(s, func(scan db.Scan) error { found, err = scanAccount(scan); return err }, args...)
	return found, err
}

// Get reads an account.
func Get(tx *db.Tx, account id.ID) (*Account, error) {
	a, err := oneAccount(tx, accountByID, account)
	if err == nil && a == nil {
		err = errNoAccount()
	}
	return a, err
}

// Find reads the account with an e-mail address, however it is written.
func Find(tx *db.Tx, email string) (*Account, error) {
	a, err := oneAccount(tx, accountByEmail, emailKey(email))
	if err == nil && a == nil {
		err = errNoAccount()
	}
	return a, err
}

func errNoAccount() error {
	return fault.New(fault.NotFound, "staff.no_account", "there is no such account")
}

// List reads all accounts, by address.
func List(tx *db.Tx) (out []*Account, err error) {
	err = tx.Each(allAccounts, func(scan db.Scan) error {
		a, err := scanAccount(scan)
		out = append(out, a)
		return err
	})
	return out, err
}

// Any reports whether there is an account at all. A register without one tells its
// operator how to make the first.
func Any(tx *db.Tx) (bool, error) {
	var first id.ID
	return tx.One(anyAccount, []any{&first})
}

// emailKey is the form of an address by which accounts are told apart.
func emailKey(email string) string {
	return cases.Fold().String(norm.NFKC.String(strings.TrimSpace(email)))
}

// NewAccount is what Create needs.
type NewAccount struct {
	Name, Email string
	Affiliation string // Own when empty
	Processor   string
	Until       string
	Levels      []string // none: the account may do nothing yet
}

func (n *NewAccount) check(now time.Time) error {
	n.Name, n.Email = strings.TrimSpace(n.Name), strings.TrimSpace(n.Email)
	if n.Affiliation == "" {
		n.Affiliation = Own
	}
	local, domain, _ := strings.Cut(n.Email, "@")
	switch {
	case n.Name == "" || len(n.Name) > 200 || strings.ContainsFunc(n.Name, control):
		return fault.New(fault.Invalid, "staff.name", "give the person's name").In("name")
	case local == "" || domain == "" || strings.Contains(domain, "@") || len(n.Email) > 254 || strings.ContainsFunc(n.Email, notInAddress):
		return fault.New(fault.Invalid, "staff.email", "give one e-mail address").In("email")
	case n.Affiliation != Own && n.Affiliation != Processor, n.Affiliation == Processor && n.Processor == "", n.Affiliation == Own && n.Processor != "":
		return fault.New(fault.Invalid, "staff.affiliation", "an account belongs to the controller's own staff, or to a processor that is named").In("affiliation")
	}
	return checkUntil(n.Until, now)
}

func control(r rune) bool { return r < ' ' || r == 0x7f || r == 0x2028 || r == 0x2029 }

func notInAddress(r rune) bool { return control(r) || strings.ContainsRune(" ,;<>()[]\\\"", r) }

func checkUntil(until string, now time.Time) error {
	if until == "" {
		return nil
	}
	if _, err := time.Parse(time.DateOnly, until); err != nil || until < now.UTC().Format(time.DateOnly) {
		return fault.New(fault.Invalid, "staff.until", "the last day is a date from today on, such as 2027-06-30").In("until")
	}
	return nil
}

// Create makes an account without a password: its owner sets one by following an
// invitation (Link).
func (r *Room) Create(tx *db.Tx, n NewAccount) (*Account, error) {
	if err := n.check(tx.Time()); err != nil {
		return nil, err
	}
	account := tx.NewID()
	made, err := tx.Exec(insertAccount, account, n.Name, n.Email, emailKey(n.Email), n.Affiliation, n.Processor, n.Until, joinLevels(n.Levels), tx.Now())
	if err == nil && made == 0 {
		err = fault.New(fault.Conflict, "staff.exists", "there is an account with this address already").In("email")
	}
	if err == nil {
		err = log(tx, "staff.create", account, map[string]string{"levels": joinLevels(n.Levels), "affiliation": n.Affiliation})
	}
	if err != nil {
		return nil, err
	}
	return Get(tx, account)
}

func joinLevels(levels []string) string {
	levels = slices.Clone(levels)
	slices.Sort(levels)
	return strings.Join(slices.Compact(levels), " ")
}

func log(tx *db.Tx, action string, account id.ID, detail map[string]string) error {
	return audit.Write(tx, audit.Entry{Action: action, Kind: "account", Object: account.String(), Detail: detail})
}

// Disable closes an account. Its sessions and links end with this transaction.
func (r *Room) Disable(tx *db.Tx, account id.ID) error {
	for _, s := range []*db.Stmt{endLinks, endHalves} {
		if _, err := tx.Exec(s, account); err != nil {
			return err
		}
	}
	return r.change(tx, "staff.disable", account, nil, disableAccount, account, tx.Now())
}

// Enable opens a disabled account again; its owner signs in as before.
func (r *Room) Enable(tx *db.Tx, account id.ID) error {
	return r.change(tx, "staff.enable", account, nil, enableAccount, account)
}

// SetLevels gives an account other access levels and ends its sessions, so that
// none goes on with the old ones.
func (r *Room) SetLevels(tx *db.Tx, account id.ID, levels []string) error {
	l := joinLevels(levels)
	return r.change(tx, "staff.levels", account, map[string]string{"levels": l}, setLevels, account, l)
}

// SetUntil changes the last day of an account; "" leaves it open.
func (r *Room) SetUntil(tx *db.Tx, account id.ID, until string) error {
	if err := checkUntil(until, tx.Time()); err != nil {
		return err
	}
	return r.change(tx, "staff.until", account, map[string]string{"until": until}, setUntil, account, until)
}

// SetSecond says whether an account has a second factor. Package factor keeps it
// true; it is kept with the account because every request reads that anyway.
func SetSecond(tx *db.Tx, account id.ID, has bool) error {
	second := 0
	if has {
		second = 1
	}
	n, err := tx.Exec(setSecond, account, second)
	if err == nil && n == 0 {
		err = errNoAccount()
	}
	return err
}

// Reset is for somebody who can no longer sign in, or whose account may be in the
// wrong hands: the password is gone, every session, half and link ends, and the
// count of wrong tries begins again. A second factor stays. Give them a Link then.
func (r *Room) Reset(tx *db.Tx, account id.ID) error {
	a, err := Get(tx, account)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(setPassword, account, "", 0); err != nil {
		return err
	}
	if err := r.endAll(tx, account, 0); err != nil {
		return err
	}
	for _, who := range r.triesFor(a) {
		if _, err := tx.Exec(clearTries, who); err != nil {
			return err
		}
	}
	return log(tx, "staff.reset", account, nil)
}

// change runs a statement on an account, ends the account's sessions, and logs it.
func (r *Room) change(tx *db.Tx, action string, account id.ID, detail map[string]string, s *db.Stmt, args ...any) error {
	n, err := tx.Exec(s, args...)
	if err == nil && n == 0 {
		err = errNoAccount()
	}
	if err == nil {
		_, err = tx.Exec(endSessions, account, id.ID(0))
	}
	if err == nil {
		err = log(tx, action, account, detail)
	}
	return err
}
