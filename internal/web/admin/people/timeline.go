package people

import (
	"slices"
	"strings"

	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/ledger"
	"kartotek/internal/outbox"
	"kartotek/internal/party"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/page"
)

// timelineRows is how many events the page of a person shows at a time.
const timelineRows = 30

// moment is an event with what it is sorted by.
type moment struct {
	at    int64
	event page.Event
}

// timeline is everything that happened, newest first, before a moment (0: now).
func (c *card) timeline(before int64) (out []page.Event, older string, err error) {
	var all []moment
	for _, read := range []func() ([]moment, error){c.permissionEvents, c.messageEvents, c.returnEvents, c.changeEvents} {
		some, err := read()
		if err != nil {
			return nil, "", err
		}
		all = append(all, some...)
	}
	src, err := c.sources.Say(c.p.SourceID, 0)
	if err != nil {
		return nil, "", err
	}
	all = append(all, moment{c.p.Registered, page.Event{Text: c.T("person.registered"), Src: src}})
	slices.SortStableFunc(all, func(a, b moment) int { return int(min(max(b.at-a.at, -1), 1)) })
	for _, m := range all {
		if before != 0 && m.at >= before {
			continue
		}
		if len(out) == timelineRows {
			older = path(c.p.ID) + "?after=" + c.SignCursor(desk.Ms(out[len(out)-1].At))
			break
		}
		m.event.At = desk.Time(m.at)
		out = append(out, m.event)
	}
	return out, older, nil
}

// permissionEvents are what the person allowed and forbade.
func (c *card) permissionEvents() (out []moment, err error) {
	if !c.SeesPermissions() {
		return nil, nil
	}
	for i := range c.entries {
		e := &c.entries[i]
		if e.Kind == ledger.Sale && !c.SeesOrders() {
			continue
		}
		how, err := c.how(e)
		if err != nil {
			return nil, err
		}
		out = append(out, moment{e.Effective, page.Event{Text: c.Entry(e), Src: how,
			More: []page.Link{{Text: c.T("desk.evidence"), Href: path(c.p.ID) + "/evidence/" + e.ID.String()}}}})
	}
	return out, nil
}

// how says in what way an entry came about.
func (c *card) how(e *ledger.Entry) (string, error) {
	var parts []string
	if e.Method != string(e.SaidBy) {
		parts = append(parts, c.Method(e.Method))
	}
	if s := c.Strength(e.Strength); s != "" {
		parts = append(parts, s)
	}
	if e.SaidBy != ledger.ByPerson {
		parts = append(parts, c.Printer.Or("said_by."+string(e.SaidBy), string(e.SaidBy)))
	}
	if e.Source != 0 {
		src, err := c.sources.Of(e.Source)
		if err != nil {
			return "", err
		}
		if src.Label != "" {
			parts = append(parts, src.Label)
		}
	}
	if e.ByKind == "staff" && e.ByName != "" {
		parts = append(parts, e.ByName)
	}
	return strings.Join(parts, " · "), nil
}

func (c *card) entryOf(key string) *ledger.Entry {
	for i := range c.entries {
		if key != "" && c.entries[i].ID.String() == key {
			return &c.entries[i]
		}
	}
	return nil
}

// messageWords say what became of a message, by state.
var messageWords = map[outbox.State]string{outbox.Sent: "person.got", outbox.Skipped: "person.left_out", outbox.Failed: "person.failed",
	outbox.Uncertain: "person.maybe", outbox.Queued: "person.waits", outbox.Handed: "person.waits", outbox.Retry: "person.waits"}

// messageEvents are the letters received, and those that were blocked with why.
func (c *card) messageEvents() (out []moment, err error) {
	for i := range c.messages {
		m := &c.messages[i]
		if !c.SeesMessages(m.Purpose) {
			continue
		}
		name, err := c.letter(m.Campaign)
		if err != nil {
			return nil, err
		}
		e := page.Event{Text: c.T(messageWords[m.State]), Thing: page.Link{Text: name},
			Src:  joined(c.PurposeTitle(m.Purpose), c.Channel(m.Channel), c.Code(m.Code)),
			More: []page.Link{{Text: c.T("desk.why"), Href: path(c.p.ID) + "/verdict/" + m.ID.String()}}}
		if m.Campaign != 0 {
			e.Thing.Href = "/outreach/" + m.Campaign.String()
		}
		e.Chip = page.Chip{Text: c.T("message." + string(m.State)), Tone: stateTone[m.State]}
		if m.State == outbox.Skipped {
			e.Chip.Text, e.Src = c.Code(m.Code), joined(c.PurposeTitle(m.Purpose), c.Channel(m.Channel))
		}
		at := m.Decided
		if m.Done != 0 {
			at = m.Done
		}
		out = append(out, moment{at, e})
	}
	return out, nil
}

var stateTone = map[outbox.State]page.Tone{outbox.Sent: page.Yes, outbox.Skipped: page.No, outbox.Failed: page.No, outbox.Uncertain: page.Wait,
	outbox.Queued: page.Info, outbox.Handed: page.Info, outbox.Retry: page.Wait}

// letter is the name of a campaign, read once.
func (c *card) letter(which id.ID) (string, error) {
	if which == 0 || c.Campaign == nil {
		return c.T("person.a_letter"), nil
	}
	if name, ok := c.letters[which]; ok {
		return name, nil
	}
	found, err := c.Campaign.Get(c.tx, which)
	if fault.Is(err, fault.NotFound) {
		return c.T("person.a_letter"), nil
	}
	if err != nil {
		return "", err
	}
	c.letters[which] = found.Name
	return found.Name, nil
}

// changeEvents are the changes of the card, each with its undo.
func (c *card) changeEvents() (out []moment, err error) {
	for i := range c.changes {
		ch := &c.changes[i]
		src, err := c.sources.Say(ch.Source, 0)
		if err != nil {
			return nil, err
		}
		if ch.Source == 0 {
			src = ""
		}
		e := page.Event{Text: c.changed(ch), Src: joined(ch.ByName, src), Lock: !c.seesChange(ch)}
		if !e.Lock && undoable(c.Desk, ch) {
			e.Undo = path(c.p.ID) + "/undo?change=" + ch.ID.String()
		}
		if ch.Undone {
			e.Chip = page.Chip{Text: c.T("history.undone")}
		}
		out = append(out, moment{ch.At, e})
	}
	return out, nil
}

func joined(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " · ")
}

// changed says what a change changed, naming the values when the reader may see them.
func (c *card) changed(ch *party.Change) string {
	var names []string
	for _, x := range ch.Diff {
		names = append(names, c.Field(x.Field))
	}
	what := strings.Join(slices.Compact(names), ", ")
	text := c.Printer.Or("change."+ch.Kind, c.T("change.edit", "what", what), "what", what)
	if len(ch.Diff) == 1 && ch.Diff[0].New != "" && c.seesChange(ch) {
		text += ": " + ch.Diff[0].New
	}
	return text
}

// seesChange reports whether the reader may see every field a change touched.
func (c *card) seesChange(ch *party.Change) bool {
	for _, x := range ch.Diff {
		if _, listed := c.Facts.Field(x.Field); listed && !c.Sees(x.Field) {
			return false
		}
		if point, ok := strings.CutPrefix(x.Field, "address:"); ok {
			kind, label, _ := strings.Cut(point, ":")
			if !c.seesPoint(party.Point{Kind: kind, Label: label}) {
				return false
			}
		}
	}
	return true
}

// undoable reports whether this reader can take a change back.
func undoable(d *desk.Desk, ch *party.Change) bool {
	if ch.Undone || !slices.Contains([]string{"edit", "tag", "address", "import"}, ch.Kind) {
		return false
	}
	for _, x := range ch.Diff {
		if _, listed := d.Facts.Field(x.Field); listed && !d.Edits(x.Field) {
			return false
		}
	}
	return d.Edits("email") || d.Can("undo")
}
