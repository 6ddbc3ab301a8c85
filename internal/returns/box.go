package returns

import (
	"encoding/json"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/job"
)

// Box is a mailbox elsewhere that is read over IMAP, and how the reading goes.
type Box struct {
	BoxSettings
	Looked  int64  // ms: when it was last looked at, 0 never
	Read    int64  // ms: when that last worked
	Failed  int    // times in a row that it did not
	Error   string // a code of why: box.…; "" when it worked
	Handled int64  // mails acted on since it was entered

	entered        int64  // ms: a reading of settings that changed meanwhile is not stored
	validity, last uint32 // what was read: UIDVALIDITY and the highest UID (RFC 9051 2.3.1.1)
}

// BoxSettings are stored sealed.
type BoxSettings struct {
	Host     string `json:"host"`
	Port     int    `json:"port"`
	Security string `json:"security"` // SecurityTLS, SecurityStart or SecurityNone
	User     string `json:"user"`
	Password string `json:"password"`
	Folder   string `json:"folder"`  // read, such as INBOX
	Handled  string `json:"handled"` // where mails go that were acted on; such as Handled
}

// How the connection is secured.
const (
	SecurityTLS   = "tls"      // from the first byte
	SecurityStart = "starttls" // after a command
	SecurityNone  = "none"     // on this machine only
)

var boxTable = db.Table{
	Name: "mailboxes", Kind: db.LocalTable, Key: "mailbox_id",
	Cols: db.Cols(`mailbox_id big, settings blob, looked_at big, read_at big, failed int, error text, handled big, uid_validity big, uid_last big, changed_at big, by_name text`),
}

// Keys of the mailboxes: that of returning mail, and that of requests.
const (
	theBox    = 1
	handedBox = 2
)

func (r *Room) boxKey() int64 {
	if r.Hand != nil {
		return handedBox
	}
	return theBox
}

// boxContext binds the sealed settings to their place.
const boxContext = "mailboxes.settings"

var (
	selBox = db.SQL(db.Local, `SELECT settings, looked_at, read_at, failed, error, handled, uid_validity, uid_last, changed_at FROM mailboxes WHERE mailbox_id = $1`)
	putBox = db.SQL(db.Local, `INSERT INTO mailboxes (mailbox_id, settings, looked_at, read_at, failed, error, handled, uid_validity, uid_last, changed_at, by_name)
		VALUES ($1, $2, 0, 0, 0, '', 0, 0, 0, $3, $4) ON CONFLICT (mailbox_id) DO UPDATE SET settings = excluded.settings, failed = 0, error = '',
		uid_validity = 0, uid_last = 0, changed_at = excluded.changed_at, by_name = excluded.by_name`)
	updBox = db.SQL(db.Local, `UPDATE mailboxes SET looked_at = $2, read_at = $3, failed = $4, error = $5, handled = handled + $6, uid_validity = $7, uid_last = $8
		WHERE mailbox_id = $1 AND changed_at = $9`)
	delBox = db.SQL(db.Local, `DELETE FROM mailboxes WHERE mailbox_id = $1`)
)

// Box reads the mailbox's settings, with the password, and its state; found is false
// when none was entered.
func (r *Room) Box(tx *db.Tx) (b Box, found bool, err error) {
	var sealed []byte
	found, err = tx.One(selBox, []any{&sealed, &b.Looked, &b.Read, &b.Failed, &b.Error, &b.Handled, &b.validity, &b.last, &b.entered}, r.boxKey())
	if err != nil || !found {
		return b, false, err
	}
	plain, err := r.Keys.Open(boxContext, sealed)
	if err == nil {
		err = json.Unmarshal(plain, &b.BoxSettings)
	}
	return b, err == nil, err
}

// SaveBox enters the mailbox, and has it read. An empty password keeps the one there is.
func (r *Room) SaveBox(tx *db.Tx, s BoxSettings) error {
	var err error
	if s.Password, err = r.PasswordFor(tx, s); err != nil {
		return err
	}
	if err := s.check(); err != nil {
		return err
	}
	plain, err := json.Marshal(s)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(putBox, r.boxKey(), r.Keys.Seal(boxContext, plain), tx.Now(), tx.By().Name); err != nil {
		return err
	}
	if err := r.PollNow(tx); err != nil {
		return err
	}
	return audit.Write(tx, audit.Entry{Action: "returns.mailbox", Kind: "mailbox"})
}

// PasswordFor is the password of settings as typed: the one given, or when none is the
// one there is, if it is for the same server and user: it goes to no other.
func (r *Room) PasswordFor(tx *db.Tx, s BoxSettings) (string, error) {
	old, found, err := r.Box(tx)
	if s.Password == "" && found && s.Host == old.Host && s.User == old.User {
		return old.Password, err
	}
	return s.Password, err
}

// PollNow has the mailbox read at once, whenever it was to be read next.
func (r *Room) PollNow(tx *db.Tx) error {
	if err := r.stopPolling(tx); err != nil {
		return err
	}
	_, _, err := job.Enqueue(tx, r.kind(), "mailbox", nil, job.Opt{})
	return err
}

func (r *Room) stopPolling(tx *db.Tx) error {
	j, err := job.Latest(tx, r.kind(), "mailbox")
	if fault.Is(err, fault.NotFound) || err == nil && j.State != job.Ready {
		return nil
	}
	if err != nil {
		return err
	}
	return job.Cancel(tx, j.ID)
}

// DropBox forgets the mailbox.
func (r *Room) DropBox(tx *db.Tx) error {
	if _, err := tx.Exec(delBox, r.boxKey()); err != nil {
		return err
	}
	if err := r.stopPolling(tx); err != nil {
		return err
	}
	return audit.Write(tx, audit.Entry{Action: "returns.mailbox_drop", Kind: "mailbox"})
}

func (s *BoxSettings) check() error {
	s.Host, s.User = strings.TrimSpace(s.Host), strings.TrimSpace(s.User)
	switch {
	case s.Host == "" || strings.ContainsAny(s.Host, " /@\r\n\x00"):
		return wrongBox("host", "give the name of the IMAP server")
	case s.Port < 1 || s.Port > 65535:
		return wrongBox("port", "a port is a number from 1 to 65535")
	case s.User == "" || s.Password == "":
		return wrongBox("password", "give user and password of the mailbox")
	case strings.ContainsAny(s.User+s.Password+s.Folder+s.Handled, "\r\n\x00"):
		return wrongBox("user", "the fields take one line each")
	case s.Folder == "" || s.Handled == "" || strings.EqualFold(s.Folder, s.Handled):
		return wrongBox("folder", "name the folder to read, and another for what was handled")
	case s.Security == SecurityNone && !local(s.Host):
		return wrongBox("security", "a password travels encrypted, except on this machine")
	case s.Security != SecurityTLS && s.Security != SecurityStart && s.Security != SecurityNone:
		return wrongBox("security", "choose how the connection is secured")
	}
	return nil
}

func wrongBox(field, text string) error {
	return fault.New(fault.Invalid, "returns.box_"+field, "%s", text).In(field)
}

func local(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

func (s *BoxSettings) addr() string { return net.JoinHostPort(s.Host, strconv.Itoa(s.Port)) }

// looked stores how a reading went.
func (b *Box) looked(tx *db.Tx, key, handled int64) error {
	b.Looked = tx.Now()
	if b.Error == "" {
		b.Read, b.Failed = tx.Now(), 0
	} else {
		b.Failed++
	}
	_, err := tx.Exec(updBox, key, b.Looked, b.Read, int64(b.Failed), b.Error, handled, int64(b.validity), int64(b.last), b.entered)
	return err
}
