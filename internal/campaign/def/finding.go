package def

// Grade is how much a finding matters.
type Grade string

// The grades.
const (
	Fine  Grade = "fine"
	Look  Grade = "look"  // a person should look at it
	Block Grade = "block" // the campaign cannot be sent like this
)

// Finding is one line of the list that is looked through before a campaign is
// sent. What is said to the reader is found by its names, in the reader's language.
type Finding struct {
	Check  string // what was looked at, such as "letter" or "sender"
	Grade  Grade
	Code   string         // what was found; "" when all is well
	Values map[string]any // put into the words
	Fault  error          // why, when a fault says it
}

// Graded is a finding: why something blocks a campaign, or that all is well.
func Graded(check string, wrong error) Finding {
	if wrong != nil {
		return Finding{Check: check, Grade: Block, Fault: wrong}
	}
	return Finding{Check: check, Grade: Fine}
}

// Timing looks at the time planned: whether it lies in quiet hours, and whether
// the clock shows it once.
func (c *Campaign) Timing() []Finding {
	s := c.Options.Schedule
	if s == nil || c.State != Scheduled {
		return nil
	}
	at, odd, err := s.When()
	f := Graded("schedule", err)
	switch {
	case err != nil:
	case odd != "":
		f = Finding{Check: "schedule", Grade: Look, Code: string(odd), Values: map[string]any{"time": s.Time, "at": at}}
	case !c.QuietUntil(at).IsZero():
		f = Finding{Check: "schedule", Grade: Look, Code: "quiet", Values: map[string]any{"until": c.QuietUntil(at)}}
	}
	return []Finding{f}
}
