package access

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/staff"
)

// How long things wait.
const (
	Waits = 7 * 24 * time.Hour // a held act, for an answer
	Holds = 24 * time.Hour     // an answer, for the act
)

// The states of a held act. Lapsed is said of one that waited too long.
const (
	Waiting  = "waiting"
	Approved = "approved"
	Declined = "refused"
	Used     = "used"
	Lapsed   = "lapsed"
)

// Act is what somebody is about to do.
type Act struct {
	Account id.ID
	Name    string // the act of the notice, such as "send"
	Route   string // method and pattern
	Object  string // the path, which names the object by its key
	Digest  string // see Room.Digest
}

// Request is a held act with what became of it.
type Request struct {
	Act
	ID        id.ID
	At        time.Time
	State     string
	DecidedBy id.ID
	DecidedAt time.Time
	Reason    string
	UsedAt    time.Time
}

const requestCols = `id, account, act, route, object, digest, at, state, decided_by, decided_at, reason, used_at`

var (
	insertRequest = db.SQL(db.Local, `INSERT INTO access_requests (id, account, act, route, object, digest, at, state, decided_by, decided_at, reason, used_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 'waiting', 0, 0, '', 0)`)
	requestSame = db.SQL(db.Local, `SELECT `+requestCols+` FROM access_requests WHERE account = $1 AND digest = $2 AND act = $3
		AND (state = 'waiting' AND at > $4 OR state = 'approved' AND decided_at > $5) ORDER BY state, id LIMIT 1`)
	requestByID    = db.SQL(db.Local, `SELECT `+requestCols+` FROM access_requests WHERE id = $1`)
	requestsSince  = db.SQL(db.Local, `SELECT `+requestCols+` FROM access_requests WHERE at > $1 ORDER BY at DESC, id DESC LIMIT 200`)
	requestsWait   = db.SQL(db.Local, `SELECT `+requestCols+` FROM access_requests WHERE state = 'waiting' AND at > $1 ORDER BY at, id LIMIT 200`)
	decideRequest  = db.SQL(db.Local, `UPDATE access_requests SET state = $2, decided_by = $3, decided_at = $4, reason = $5 WHERE id = $1 AND state = 'waiting'`)
	useRequest     = db.SQL(db.Local, `UPDATE access_requests SET state = 'used', used_at = $2 WHERE id = $1 AND state = 'approved' AND decided_at > $3`)
	giveBackUnused = db.SQL(db.Local, `UPDATE access_requests SET state = 'approved', used_at = 0 WHERE id = $1 AND state = 'used'`)
)

func scanRequest(scan db.Scan, now time.Time) (r Request, err error) {
	var at, decided, used int64
	err = scan(&r.ID, &r.Account, &r.Name, &r.Route, &r.Object, &r.Digest, &at, &r.State, &r.DecidedBy, &decided, &r.Reason, &used)
	r.At, r.DecidedAt, r.UsedAt = clock.FromMs(at), clock.FromMs(decided), clock.FromMs(used)
	if r.State == Waiting && now.Sub(r.At) >= Waits || r.State == Approved && now.Sub(r.DecidedAt) >= Holds {
		r.State = Lapsed
	}
	return r, err
}

// Digest is the keyed digest of an act: its method, path and fields with their
// values. Another field, value or order of a field's values gives another. The
// key keeps it from telling a value that could be guessed.
func (r *Room) Digest(method, path string, fields url.Values) string {
	var b strings.Builder
	part := func(s string) { b.WriteString(strconv.Itoa(len(s)) + ":" + s) }
	part(method)
	part(path)
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		part(name)
		b.WriteString(strconv.Itoa(len(fields[name])) + "x")
		for _, v := range fields[name] {
			part(v)
		}
	}
	return r.Keys.Blind("held act", b.String())
}

// Hold lets an act through when somebody has agreed to it, which uses the
// agreement up; through then names the request. Otherwise it gives the request
// under which the act waits, new or as it was left.
func (r *Room) Hold(tx *db.Tx, a Act) (req Request, through bool, err error) {
	if req, err = r.same(tx, a); err != nil {
		return req, false, err
	}
	if req.State == Approved {
		n, err := tx.Exec(useRequest, req.ID, tx.Now(), tx.Now()-Holds.Milliseconds())
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "access.used", "the agreement was used already")
		}
		if err == nil {
			err = logRequest(tx, "access.through", req, "")
		}
		return req, err == nil, err
	}
	if req.ID == 0 {
		req, err = begin(tx, a)
	}
	return req, false, err
}

func begin(tx *db.Tx, a Act) (Request, error) {
	req := Request{Act: a, ID: tx.NewID(), At: tx.Time(), State: Waiting}
	if _, err := tx.Exec(insertRequest, req.ID, a.Account, a.Name, a.Route, a.Object, a.Digest, tx.Now()); err != nil {
		return req, err
	}
	return req, logRequest(tx, "access.held", req, "")
}

// Ask gives the request under which an act waits or was agreed to, new if there is
// none, and does not let it through.
func (r *Room) Ask(tx *db.Tx, a Act) (req Request, err error) {
	if req, err = r.same(tx, a); err == nil && req.ID == 0 {
		req, err = begin(tx, a)
	}
	return req, err
}

// Agreed is Hold for an act that only shows something, and so must not make a
// request by being asked for: req is 0 when nobody was asked yet.
func (r *Room) Agreed(tx *db.Tx, a Act) (req Request, through bool, err error) {
	if req, err = r.same(tx, a); err != nil || req.State != Approved {
		return req, false, err
	}
	return r.Hold(tx, a)
}

// same finds the account's request for the same act: an agreement rather than one that waits.
func (r *Room) same(tx *db.Tx, a Act) (Request, error) {
	list, err := requests(tx, requestSame, a.Account, a.Digest, a.Name, tx.Now()-Waits.Milliseconds(), tx.Now()-Holds.Milliseconds())
	if err != nil || len(list) == 0 {
		return Request{}, err
	}
	return list[0], nil
}

func requests(tx *db.Tx, s *db.Stmt, args ...any) (out []Request, err error) {
	err = tx.Each(s, func(scan db.Scan) error {
		q, err := scanRequest(scan, tx.Time())
		out = append(out, q)
		return err
	}, args...)
	return out, err
}

func logRequest(tx *db.Tx, action string, q Request, reason string) error {
	d := map[string]string{"act": q.Name, "route": q.Route, "object": q.Object, "account": q.Account.String()}
	if reason != "" {
		d["reason"] = reason
	}
	return audit.Write(tx, audit.Entry{Action: action, Kind: "held act", Object: q.ID.String(), Detail: d})
}

// GiveBack makes an agreement good again when the act it let through was refused
// after all, so that nothing was done.
func (r *Room) GiveBack(tx *db.Tx, which id.ID) error {
	n, err := tx.Exec(giveBackUnused, which)
	if err == nil && n > 0 {
		err = audit.Write(tx, audit.Entry{Action: "access.give_back", Kind: "held act", Object: which.String()})
	}
	return err
}

// Decide agrees to a held act or refuses it, with a reason. The one who decides
// must hold the act (mayDo) and be somebody else than who asked; trying it on
// one's own is refused with the key access.own.
func (r *Room) Decide(tx *db.Tx, which id.ID, by *staff.Account, mayDo func(act string) bool, agree bool, reason string) error {
	q, err := r.open(tx, which)
	if err != nil {
		return err
	}
	asked, err := staff.Get(tx, q.Account)
	switch {
	case err != nil:
		return err
	case SamePerson(asked, by):
		return fault.New(fault.Denied, "access.own", "nobody agrees to an act of their own")
	case !mayDo(q.Name):
		return fault.New(fault.Denied, "access.not_held", "only somebody who may do the act themselves can agree to it")
	}
	if reason, err = reasonOf(reason); err != nil {
		return err
	}
	state, action := Declined, "access.decline"
	if agree {
		state, action = Approved, "access.approve"
	}
	n, err := tx.Exec(decideRequest, which, state, by.ID, tx.Now(), reason)
	if err == nil && n == 0 {
		err = errDecided()
	}
	if err == nil {
		err = logRequest(tx, action, q, reason)
	}
	return err
}

func errDecided() error {
	return fault.New(fault.Conflict, "access.decided", "somebody has answered already, or it waited too long")
}

// open reads a request that still waits.
func (r *Room) open(tx *db.Tx, which id.ID) (Request, error) {
	list, err := requests(tx, requestByID, which)
	switch {
	case err != nil:
		return Request{}, err
	case len(list) == 0:
		return Request{}, fault.New(fault.NotFound, "access.no_request", "there is no such held act")
	case list[0].State != Waiting:
		return Request{}, errDecided()
	}
	return list[0], nil
}

// Requests lists the held acts of the last 30 days, the latest first, at most 200.
func (r *Room) Requests(tx *db.Tx) ([]Request, error) {
	return requests(tx, requestsSince, tx.Now()-(30*24*time.Hour).Milliseconds())
}

// Waiting lists the held acts that wait for an answer, the oldest first, at most 200.
func (r *Room) Waiting(tx *db.Tx) ([]Request, error) {
	return requests(tx, requestsWait, tx.Now()-Waits.Milliseconds())
}
