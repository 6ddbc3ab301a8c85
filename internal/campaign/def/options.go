package def

import (
	"bytes"
	"encoding/json"

	"kartotek/internal/fault"
)

// Options are how a campaign is sent, beside what it says and to whom. They are
// kept as one JSON text in the column options; the zero value is the plainest
// campaign: at once, one letter, to everybody the rules allow.
type Options struct {
	Schedule *Schedule `json:"schedule,omitempty"` // when it starts by itself; nil: when somebody starts it
	Split    *Split    `json:"split,omitempty"`    // a test of several letters; nil: one letter
	Cap      *Cap      `json:"cap,omitempty"`      // most messages a person gets; nil: no limit
	Quiet    *Quiet    `json:"quiet,omitempty"`    // hours in which nothing is handed over; nil: none
	Archive  bool      `json:"archive,omitempty"`  // readable by everybody in the public archive once sent
	Clicks   bool      `json:"clicks,omitempty"`   // links lead by way of the register, which counts them
	// ClicksFor is the purpose of the notice whose own consent lets clicks be noted of a
	// person; "": they are counted of nobody. law: GDPR 6(1)(a)
	ClicksFor string `json:"clicks_for,omitempty"`
	Relay     string `json:"relay,omitempty"` // name of the relay pool; "": the house's own
}

// Schedule is a start at a time of the clock on the wall. Date and time are kept
// as they were said, with the zone they were said in, so that a later change of
// the zone's rules moves the moment and not the hour.
type Schedule struct {
	Date string `json:"date"` // 2027-03-28
	Time string `json:"time"` // 03:30
	Zone string `json:"zone"` // Europe/Helsinki
	// Failed is the fault that kept the campaign from starting then: it is a draft again.
	Failed string `json:"failed,omitempty"`
}

// Split is a test of 2 to 4 letters on a share of the audience; the rest gets the
// one that did best. The campaign's own subject and body are the first.
type Split struct {
	Others  []Variant `json:"others"`  // the second letter, the third, the fourth
	Share   int       `json:"share"`   // percent of the audience that takes part, 1 to 100
	Measure string    `json:"measure"` // clicks, unsubscribes or complaints
	Hours   int       `json:"hours"`   // from the end of the test to the choice
	// What follows is written when the test is out, and when a letter is chosen.
	Due      int64   `json:"due,omitempty"`    // ms, of the choice
	Winner   int     `json:"winner,omitempty"` // 1 for the first letter; 0 while none is chosen
	ChosenAt int64   `json:"chosen_at,omitempty"`
	By       string  `json:"by,omitempty"`    // who chose it
	Tried    []Trial `json:"tried,omitempty"` // the figures it was chosen on
}

// Variant is what another letter of a test says. An empty subject or body is the
// campaign's own.
type Variant struct {
	Subject string `json:"subject,omitempty"`
	Body    string `json:"body,omitempty"`
}

// Cap limits how many marketing messages a person gets, of all campaigns.
type Cap struct {
	Most int `json:"most"`
	Days int `json:"days"`
}

// Quiet is the part of the day in which no marketing is handed over: from one
// time of the wall clock to another, over midnight when From is the later.
type Quiet struct {
	From string `json:"from"` // 21:00
	To   string `json:"to"`   // 08:00
	Zone string `json:"zone"`
}

// Text writes options as they are stored.
func (o Options) Text() (string, error) {
	raw, err := json.Marshal(o)
	return string(raw), err
}

// ParseOptions reads what Text wrote. A key it does not know is refused: it would
// be a rule of sending that is not kept.
func ParseOptions(text string) (o Options, err error) {
	if text == "" {
		return o, nil
	}
	dec := json.NewDecoder(bytes.NewReader([]byte(text)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&o); err != nil || dec.More() {
		return Options{}, fault.New(fault.Internal, "campaign.options", "the options of a newsletter cannot be read").Because(err)
	}
	return o, nil
}

// Bounds of the options.
const (
	maxCap   = 100
	maxDays  = 365
	maxHours = 14 * 24 // between the end of a test and the choice
)

// Check refuses options that can never be right. counted tells whether clicks can be
// counted here at all.
func (o *Options) Check(counted bool) error {
	if s := o.Split; s != nil {
		if err := s.check(counted && o.Clicks); err != nil {
			return err
		}
	}
	if c := o.Cap; c != nil && (c.Most < 1 || c.Most > maxCap || c.Days < 1 || c.Days > maxDays) {
		return fault.New(fault.Invalid, "campaign.cap", "a limit is 1 to %d messages in 1 to %d days", maxCap, maxDays).In("cap_most")
	}
	if q := o.Quiet; q != nil {
		if _, err := q.hours(); err != nil {
			return err
		}
	}
	return nil
}

func (s *Split) check(counted bool) error {
	switch {
	case len(s.Others) < 1 || len(s.Others) >= MaxLetters:
		return fault.New(fault.Invalid, "campaign.letters", "a test has 2 to %d letters", MaxLetters).In("variant_subject_2")
	case s.Share < 1 || s.Share > 100:
		return fault.New(fault.Invalid, "campaign.share", "the share is 1 to 100 percent").In("share")
	case s.Hours < 0 || s.Hours > maxHours:
		return fault.New(fault.Invalid, "campaign.hours", "the wait is 0 to %d hours", maxHours).In("hours")
	case s.Measure != Clicks && s.Measure != Unsubscribes && s.Measure != Complaints:
		return fault.New(fault.Invalid, "campaign.measure", "the measure is clicks, unsubscribes or complaints").In("measure")
	case s.Measure == Clicks && !counted:
		return fault.New(fault.Invalid, "campaign.no_clicks", "clicks decide only when they are counted").In("measure")
	}
	for _, v := range s.Others {
		if v.Subject == "" && v.Body == "" {
			return fault.New(fault.Invalid, "campaign.same_letter", "a further letter of a test has a subject or a text of its own").In("variant_subject_2")
		}
	}
	return nil
}
