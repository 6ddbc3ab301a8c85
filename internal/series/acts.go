package series

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/job"
	"kartotek/internal/permit"
	"kartotek/internal/post"
)

// Bounds of a series.
const (
	maxName  = 120
	maxSteps = 30
	maxDays  = 730
)

func none() error { return fault.New(fault.NotFound, "series.none", "there is no such series") }

func scan(s db.Scan, x *Series) error {
	var trigger, steps string
	err := s(&x.ID, &x.Name, &x.Purpose, &trigger, &x.Audience, &steps, &x.State, &x.Why, &x.Scanned, &x.CreatedAt, &x.CreatedBy, &x.ChangedAt, &x.ChangedBy, &x.StartedAt)
	if err == nil {
		err = strict(trigger, &x.Trigger)
	}
	if err == nil {
		err = strict(steps, &x.Steps)
	}
	return err
}

// strict reads stored JSON. What it does not know is refused: it would be a rule
// that is not kept.
func strict(text string, into any) error {
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fault.New(fault.Internal, "series.stored", "a series cannot be read").Because(err)
	}
	return nil
}

func read(tx *db.Tx, s *db.Stmt, args ...any) (all []Series, err error) {
	err = tx.Each(s, func(row db.Scan) error {
		var x Series
		err := scan(row, &x)
		all = append(all, x)
		return err
	}, args...)
	return all, err
}

func one(tx *db.Tx, s *db.Stmt, arg any) (*Series, error) {
	all, err := read(tx, s, arg)
	if err == nil && len(all) == 0 {
		err = none()
	}
	if err != nil {
		return nil, err
	}
	return &all[0], nil
}

// Get reads a series.
func (r *Room) Get(tx *db.Tx, which id.ID) (*Series, error) { return one(tx, selOne, int64(which)) }

// PurposeOf is what a series is for; found is false when there is none. It reads no more
// than that, so that whom a series is not for takes as long to be told so as that
// there is none.
func (r *Room) PurposeOf(tx *db.Tx, which id.ID) (purpose string, found bool, err error) {
	found, err = tx.One(selFor, []any{&purpose}, int64(which))
	return purpose, found, err
}

// Named finds a series by its name.
func (r *Room) Named(tx *db.Tx, name string) (*Series, error) { return one(tx, selName, name) }

// List lists all series by name.
func (r *Room) List(tx *db.Tx) ([]Series, error) { return read(tx, selAll) }

// Uses lists the series that send a template.
func (r *Room) Uses(tx *db.Tx, template string) (all []Series, err error) {
	every, err := r.List(tx)
	for _, x := range every {
		if slices.ContainsFunc(x.Steps, func(s Step) bool { return s.Template == template }) {
			all = append(all, x)
		}
	}
	return all, err
}

// Save stores a draft, a new one when its ID is 0. What can never be right is
// refused; whether it could start is for Check.
func (r *Room) Save(tx *db.Tx, x Series) (*Series, error) {
	if x.Name = strings.TrimSpace(x.Name); x.Name == "" || utf8.RuneCountInString(x.Name) > maxName {
		return nil, fault.New(fault.Invalid, "series.name", "a series has a name of 1 to %d characters", maxName).In("name")
	}
	other, err := r.Named(tx, x.Name)
	if err == nil && other.ID != x.ID {
		return nil, fault.New(fault.Conflict, "series.name_taken", "another series has this name").In("name")
	}
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	if err := sensible(&x); err != nil {
		return nil, err
	}
	trigger, err := json.Marshal(x.Trigger)
	if err != nil {
		return nil, err
	}
	steps, err := json.Marshal(append([]Step{}, x.Steps...))
	if err != nil {
		return nil, err
	}
	if x.ID == 0 {
		x.ID = tx.NewID()
		_, err = tx.Exec(insOne, int64(x.ID), x.Name, x.Purpose, string(trigger), x.Audience, string(steps), tx.Now(), tx.By().Name)
	} else {
		err = changed(tx.Exec(updOne, int64(x.ID), x.Name, x.Purpose, string(trigger), x.Audience, string(steps), tx.Now(), tx.By().Name))
	}
	if err != nil {
		return nil, err
	}
	return r.Get(tx, x.ID)
}

func changed(n int64, err error) error {
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "series.started", "a series that has started cannot be changed; its letters can")
	}
	return err
}

// Delete removes a draft.
func (r *Room) Delete(tx *db.Tx, which id.ID) error {
	return changed(tx.Exec(delOne, int64(which)))
}

// sensible refuses a trigger or step that means nothing.
func sensible(x *Series) error {
	if err := x.Trigger.sensible(); err != nil {
		return err
	}
	if len(x.Steps) > maxSteps {
		return fault.New(fault.Invalid, "series.steps", "a series has at most %d steps", maxSteps).In("steps")
	}
	for i, s := range x.Steps {
		bad := fault.New(fault.Invalid, "series.step", "step %d is not complete", i+1).In("steps")
		switch s.Kind {
		case Wait:
			if s.Days < 0 || s.Hours < 0 || s.Days+s.Hours == 0 || s.Days > maxDays || s.Hours > 24*30 {
				return bad
			}
		case If:
			if strings.TrimSpace(s.If) == "" || s.Else != Leave && s.Else != Skip {
				return bad
			}
		case Letter:
			if s.Template == "" {
				return bad
			}
		default:
			return bad
		}
	}
	return nil
}

func (t *Trigger) sensible() error {
	bad := func(field string) error {
		return fault.New(fault.Invalid, "series.trigger", "the series does not say what it starts with").In(field)
	}
	switch t.Kind {
	case SignUp:
		if t.Purpose == "" {
			return bad("trigger_purpose")
		}
	case OnEvent:
		if !post.ValidEvent(t.Event) {
			return fault.New(fault.Invalid, "post.event", "an event is named by small letters and dots, such as order.confirmed").In("event")
		}
	case OnDate:
		if (t.Field == "") == (t.Event == "") || t.Event != "" && !post.ValidEvent(t.Event) {
			return bad("field")
		}
		if t.Hour == "" {
			t.Hour = "09:00"
		}
		if _, err := time.Parse("15:04", t.Hour); err != nil || t.Days > maxDays || t.Days < -maxDays {
			return bad("hour")
		}
	default:
		return bad("trigger")
	}
	return nil
}

// Check looks whether a series could start: the notice promises its purpose by
// e-mail, every letter has a template for that purpose, conditions ask for listed
// fields. It gives the question the rules will be asked. law: GDPR 5(1)(b)
func (r *Room) Check(tx *db.Tx, x *Series) (permit.Question, error) {
	q, terms, err := r.question(tx, x)
	if err != nil {
		return q, err
	}
	if x.Trigger.Kind == SignUp {
		if _, err := terms.Question(x.Trigger.Purpose, "email", tx.Time()); err != nil {
			return q, err
		}
	}
	if x.Trigger.Field != "" && !(terms.Catalogue.HasField(x.Trigger.Field) && terms.Uses(x.Purpose, x.Trigger.Field)) {
		return q, fault.New(fault.Invalid, "series.field", "the notice lists no such field for the purpose of the series").In("field")
	}
	if x.Audience != "" {
		if _, err := r.Segments.Read(tx, x.Audience); err != nil {
			return q, err
		}
	}
	letters := 0
	for _, s := range x.Steps {
		switch s.Kind {
		case If:
			_, err = r.Segments.Read(tx, s.If)
		case Letter:
			letters++
			err = r.checkLetter(tx, x, s.Template)
		}
		if err != nil {
			return q, err
		}
	}
	if letters == 0 {
		return q, fault.New(fault.Invalid, "series.no_letter", "a series has a letter at least").In("steps")
	}
	return q, nil
}

func (r *Room) checkLetter(tx *db.Tx, x *Series, name string) error {
	t, err := r.Post.Named(tx, name)
	if err == nil && t.Purpose != x.Purpose {
		err = fault.New(fault.Conflict, "post.purpose", "the template is for another purpose").In("steps")
	}
	return err
}

func (r *Room) question(tx *db.Tx, x *Series) (permit.Question, *post.Terms, error) {
	terms, err := r.Post.Terms(tx)
	if err != nil {
		return permit.Question{}, nil, err
	}
	q, err := terms.Question(x.Purpose, "email", tx.Time())
	q.At = tx.Time()
	return q, terms, err
}

// Start checks a draft and sets it going: whoever its trigger names from now on is
// taken in.
func (r *Room) Start(tx *db.Tx, which id.ID) error {
	x, err := r.Get(tx, which)
	if err != nil {
		return err
	}
	if _, err := r.Check(tx, x); err != nil {
		return err
	}
	x.StartedAt = tx.Now()
	if err := r.turn(tx, x, Draft, Running, ""); err != nil {
		return err
	}
	return r.Begin(tx)
}

// turn changes the state, if it is still the one expected.
func (r *Room) turn(tx *db.Tx, x *Series, from, to State, why string) error {
	n, err := tx.Exec(updState, int64(x.ID), string(from), string(to), why, x.StartedAt, x.Scanned)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "series.state", "the series is not %s", from)
	}
	return err
}

// Pause moves nobody on; people are still taken in.
func (r *Room) Pause(tx *db.Tx, which id.ID) error {
	x, err := r.Get(tx, which)
	if err != nil {
		return err
	}
	return r.turn(tx, x, Running, Paused, "")
}

// Resume goes on: what came due meanwhile is due now.
func (r *Room) Resume(tx *db.Tx, which id.ID) error {
	x, err := r.Get(tx, which)
	if err != nil {
		return err
	}
	if _, err := r.Check(tx, x); err != nil {
		return err
	}
	if err := r.turn(tx, x, Paused, Running, ""); err != nil {
		return err
	}
	return r.Begin(tx)
}

// Stop ends a series for good, and with it everybody's place in it and the letters
// that wait.
func (r *Room) Stop(tx *db.Tx, which id.ID) error {
	x, err := r.Get(tx, which)
	if err != nil {
		return err
	}
	if x.State != Running && x.State != Paused {
		return fault.New(fault.Conflict, "series.state", "the series is not running")
	}
	if err := r.turn(tx, x, x.State, Stopped, ""); err != nil {
		return err
	}
	_, _, err = job.Enqueue(tx, KindStop, x.ID.String(), x.ID, job.Opt{})
	return err
}

// zone is where days begin and hours are meant.
func (r *Room) zone() *time.Location {
	name := r.Zone
	if name == "" {
		name = "Europe/Helsinki"
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	return zone
}

func (r *Room) today(tx *db.Tx) string { return tx.Time().In(r.zone()).Format(time.DateOnly) }

// moment is a day and time of day as the wall clock shows them.
func (r *Room) moment(day, hour string) (int64, error) {
	at, _, err := clock.Wall(day, hour, r.zone())
	return clock.Ms(at), err
}
