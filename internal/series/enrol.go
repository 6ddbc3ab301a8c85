package series

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/ledger"
	"kartotek/internal/outbox"
	"kartotek/internal/party"
	"kartotek/internal/permit"
	"kartotek/internal/post"
	"kartotek/internal/seal"
	"kartotek/internal/segdef"
	"kartotek/internal/segment"
)

// Place is somebody's place in a series. Times are ms.
type Place struct {
	Person  id.ID
	Series  id.ID
	Origin  int64
	Step    int // the next one
	Due     int64
	State   string // waiting, done, left, stopped
	Code    string
	At      int64 // taken in
	Changed int64
	sealed  []byte
}

// States of a place.
const (
	waiting = "waiting"
	done    = "done"
	left    = "left"
)

func scanPlace(s db.Scan, p *Place) error {
	return s(&p.Person, &p.Series, &p.Origin, &p.Step, &p.Due, &p.State, &p.Code, &p.sealed, &p.At, &p.Changed)
}

func readPlaces(tx *db.Tx, s *db.Stmt, args ...any) (all []Place, err error) {
	err = tx.Each(s, func(row db.Scan) error {
		var p Place
		err := scanPlace(row, &p)
		all = append(all, p)
		return err
	}, args...)
	return all, err
}

// Of lists a person's places, oldest first.
func (r *Room) Of(tx *db.Tx, who id.ID) ([]Place, error) {
	return readPlaces(tx, selOf, who.Bucket(), int64(who))
}

// sealing names the place of sealed data, wherever its person is moved to.
func sealing(series id.ID, origin int64) string {
	return "series:" + series.String() + ":" + strconv.FormatInt(origin, 10)
}

// enrol takes a person in, unless they are in, or were: fresh tells.
func (r *Room) enrol(tx *db.Tx, x *Series, who id.ID, origin, due int64, data map[string]any) (fresh bool, err error) {
	if ok, err := r.named(tx, x.Audience, who); err != nil || !ok {
		return false, err
	}
	sealed := []byte{}
	if len(data) > 0 {
		raw, err := json.Marshal(data)
		if err != nil {
			return false, err
		}
		if sealed, err = r.Outbox.Keys.SealFor(who, sealing(x.ID, origin), raw); err != nil {
			return false, err
		}
	}
	n, err := tx.Exec(insPlace, who.Bucket(), int64(who), int64(x.ID), origin, due, sealed, tx.Now())
	return n > 0, err
}

// reseal seals what a place was made with anew, with the key of the person its own became.
func (r *Room) reseal(p *Place, to id.ID) error {
	if len(p.sealed) == 0 || p.Person == to {
		return nil
	}
	raw, err := r.Outbox.Keys.OpenFor(p.Person, sealing(p.Series, p.Origin), p.sealed)
	if err == nil {
		p.sealed, err = r.Outbox.Keys.SealFor(to, sealing(p.Series, p.Origin), raw)
	}
	return err
}

// data opens what a place was made with.
func (r *Room) data(p *Place) (map[string]any, error) {
	if len(p.sealed) == 0 {
		return nil, nil
	}
	raw, err := r.Outbox.Keys.OpenFor(p.Person, sealing(p.Series, p.Origin), p.sealed)
	if errors.Is(err, seal.ErrForgotten) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out map[string]any
	if err := json.Unmarshal(raw, &out); err != nil {
		return nil, fault.New(fault.Internal, "series.stored", "the data of a place cannot be read").Because(err)
	}
	return post.Data(out)
}

// named asks a condition about one person; "" names everybody.
func (r *Room) named(tx *db.Tx, condition string, who id.ID) (bool, error) {
	if condition == "" {
		return true, nil
	}
	e, err := r.Segments.Read(tx, condition)
	if err != nil {
		return false, err
	}
	s, err := r.Outbox.DecideOne(tx, who, permit.Question{At: tx.Time()}, nil)
	if err != nil {
		return false, err
	}
	return r.matches(tx, e, s)
}

func (r *Room) matches(tx *db.Tx, e *segdef.Expr, s *outbox.Subject) (bool, error) {
	bucket := s.Person.ID.Bucket()
	f, err := segment.NewFilter(tx, r.Outbox.Party, e, outbox.Range{Lo: bucket, Hi: bucket})
	if err != nil {
		return false, err
	}
	return f.Names(s), nil
}

// Heard is told by the ledger what a person said (ledger.Room.Heard): a consent
// brings them into the series it starts, and a no takes them out of those it forbids.
func (r *Room) Heard(tx *db.Tx, who id.ID, said []ledger.Entry) error {
	var yes []string
	no := false
	for i := range said {
		switch e := &said[i]; e.Kind {
		case ledger.Consent:
			if e.SaidBy == ledger.ByPerson && e.Channel == "email" {
				yes = append(yes, e.Purpose)
			}
		case ledger.Withdrawal, ledger.Prohibition:
			no = true
		}
	}
	if no {
		if err := r.release(tx, who); err != nil {
			return err
		}
	}
	if len(yes) == 0 {
		return nil
	}
	live, err := read(tx, selLive)
	for i := range live {
		x := &live[i]
		if err == nil && x.Trigger.Kind == SignUp && slices.Contains(yes, x.Trigger.Purpose) {
			_, err = r.enrol(tx, x, who, 0, tx.Now(), nil)
		}
	}
	return err
}

// release takes a person out of every series whose letters they may no longer get.
func (r *Room) release(tx *db.Tx, who id.ID) error {
	all, err := r.Of(tx, who)
	if err != nil {
		return err
	}
	for i := range all {
		p := &all[i]
		if p.State != waiting {
			continue
		}
		x, err := r.Get(tx, p.Series)
		if err != nil {
			return err
		}
		q, _, err := r.question(tx, x)
		if fault.Is(err, fault.Denied) {
			continue // its next step tells
		}
		if err != nil {
			return err
		}
		s, err := r.Outbox.DecideOne(tx, who, q, nil)
		if err != nil {
			return err
		}
		if !s.Verdict.Allowed {
			if err := p.end(tx, left, s.Verdict.Code); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *Place) end(tx *db.Tx, state, code string) error {
	p.State, p.Code, p.Due = state, code, 0
	return p.store(tx)
}

// store writes a place; what it was made with is not kept beyond its end. law: GDPR 5(1)(e)
func (p *Place) store(tx *db.Tx) error {
	_, err := tx.Exec(updPlace, p.Person.Bucket(), int64(p.Person), int64(p.Series), p.Origin, p.Step, p.Due, p.State, p.Code, tx.Now(), []byte{})
	return err
}

// Event is something a program tells of.
type Event struct {
	Type string `json:"type"` // order.confirmed, or "date" for a date to come
	// About whom: a person, or an address of theirs.
	Person  id.ID          `json:"person,omitempty"`
	Address string         `json:"address,omitempty"`
	Data    map[string]any `json:"data,omitempty"`
	Name    string         `json:"name,omitempty"` // of a date, such as renewal
	Date    string         `json:"date,omitempty"` // of a date, ISO
	// May, when set, refuses a purpose that whoever tells does not send for.
	May   func(purpose string) error `json:"-"`
	Owner string                     `json:"-"` // whose keys Key is one of
	Key   string                     `json:"-"` // for once and no more; "" for none
}

// Happened is what followed of an event.
type Happened struct {
	Person  id.ID
	Event   id.ID
	Again   bool           // it was told of before, and nothing followed now
	Letters []post.Receipt // of templates that the event sends
	Series  []id.ID        // that took the person in
}

// Occur takes an event: the templates that name it are sent, and the series it
// starts take the person in.
func (r *Room) Occur(tx *db.Tx, e Event) (*Happened, error) {
	var err error
	if e.Data, err = post.Data(e.Data); err != nil {
		return nil, err
	}
	if err := e.sensible(); err != nil {
		return nil, err
	}
	out := &Happened{}
	receipt, err := r.Post.Once(tx, e.Owner, e.Key, e, func() (*post.Receipt, error) {
		out.Event = tx.NewID()
		if out.Person, err = r.about(tx, &e); err != nil {
			return nil, err
		}
		if err := r.follow(tx, &e, out); err != nil {
			return nil, err
		}
		return &post.Receipt{Person: out.Person, Message: out.Event, Allowed: true}, nil
	})
	if err != nil {
		return nil, err
	}
	out.Person, out.Event, out.Again = receipt.Person, receipt.Message, receipt.Again
	return out, nil
}

func (e *Event) sensible() error {
	if !post.ValidEvent(e.Type) {
		return fault.New(fault.Invalid, "post.event", "an event is named by small letters and dots, such as order.confirmed").In("type")
	}
	if e.Type != OnDate {
		if e.Name != "" || e.Date != "" {
			return fault.New(fault.Invalid, "series.date_only", "name and date belong to events of the type date").In("type")
		}
		return nil
	}
	if !post.ValidEvent(e.Name) {
		return fault.New(fault.Invalid, "post.event", "a date is named by small letters and dots, such as renewal").In("name")
	}
	if _, err := time.Parse(time.DateOnly, e.Date); err != nil {
		return fault.New(fault.Invalid, "form.date", "the day is a date").In("date")
	}
	return nil
}

func (r *Room) about(tx *db.Tx, e *Event) (id.ID, error) {
	if (e.Person == 0) == (e.Address == "") {
		return 0, fault.New(fault.Invalid, "post.whom", "name a person or an address, one of them").In("person")
	}
	who := e.Person
	if who == 0 {
		found := false
		var err error
		if who, found, err = r.Outbox.Party.ByAddress(tx, e.Address); err != nil {
			return 0, err
		}
		if !found {
			return 0, fault.New(fault.NotFound, "post.no_person", "nobody in the register has this address; enter the person first")
		}
	}
	_, found, err := r.Outbox.Party.Get(tx, who)
	if err == nil && !found {
		err = party.NotFound()
	}
	return who, err
}

func (r *Room) follow(tx *db.Tx, e *Event, out *Happened) error {
	templates, err := r.Post.For(tx, e.Type)
	if err != nil {
		return err
	}
	for _, t := range templates {
		if err := e.may(t.Purpose); err != nil {
			return err
		}
		letter, err := r.Post.Send(tx, post.Mail{Person: out.Person, Template: t.Name, Data: e.Data})
		if err != nil {
			return err
		}
		out.Letters = append(out.Letters, *letter)
	}
	live, err := read(tx, selLive)
	if err != nil {
		return err
	}
	for i := range live {
		if !live[i].Trigger.starts(e) {
			continue
		}
		if err := e.may(live[i].Purpose); err != nil {
			return err
		}
		fresh, err := r.eventIn(tx, &live[i], e, out)
		if err != nil {
			return err
		}
		if fresh {
			out.Series = append(out.Series, live[i].ID)
		}
	}
	return nil
}

func (e *Event) may(purpose string) error {
	if e.May == nil {
		return nil
	}
	return e.May(purpose)
}

// starts reports whether an event is what a series begins with.
func (t *Trigger) starts(e *Event) bool {
	return t.Kind == OnEvent && t.Event == e.Type || t.Kind == OnDate && e.Type == OnDate && t.Event == e.Name
}

// eventIn takes the person of an event into a series that it starts.
func (r *Room) eventIn(tx *db.Tx, x *Series, e *Event, out *Happened) (bool, error) {
	if x.Trigger.Kind == OnDate {
		return r.dateIn(tx, x, out.Person, e.Date, e.Data)
	}
	origin := int64(0)
	if x.Trigger.Again {
		origin = int64(out.Event)
	}
	return r.enrol(tx, x, out.Person, origin, tx.Now(), e.Data)
}

// dateIn takes a person in for a date they have; a day that has passed brings nothing.
// A place for another date that has not begun is given up: the date was moved.
func (r *Room) dateIn(tx *db.Tx, x *Series, who id.ID, date string, data map[string]any) (bool, error) {
	day, _ := time.Parse(time.DateOnly, date)
	due, err := r.moment(day.AddDate(0, 0, x.Trigger.Days).Format(time.DateOnly), x.Trigger.Hour)
	if err != nil || due < tx.Now()-(24*time.Hour).Milliseconds() {
		return false, err
	}
	all, err := r.Of(tx, who)
	if err != nil {
		return false, err
	}
	origin := originOf(date)
	for i := range all {
		p := &all[i]
		switch {
		case p.Series != x.ID:
		case p.Origin == origin && p.Code == CodeReplaced: // moved back to where it was
			_, err = tx.Exec(delPlace, p.Person.Bucket(), int64(p.Person), int64(p.Series), p.Origin)
		case p.Origin != origin && p.State == waiting && p.Step == 0:
			err = p.end(tx, left, CodeReplaced)
		case p.Origin != origin && p.Code != CodeReplaced && !x.Trigger.Again:
			return false, nil // once for each person, and it has begun
		}
		if err != nil {
			return false, err
		}
	}
	return r.enrol(tx, x, who, origin, due, data)
}

// originOf writes a date as a number: 20270501.
func originOf(date string) int64 {
	n, _ := strconv.ParseInt(strings.ReplaceAll(date, "-", ""), 10, 64)
	return n
}
