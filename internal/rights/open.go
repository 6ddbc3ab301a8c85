package rights

import (
	"fmt"
	"slices"
	"strings"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/i18n"
	"kartotek/internal/id"
	"kartotek/internal/law"
	"kartotek/internal/party"
	"kartotek/internal/rights/matter"
	"kartotek/internal/rightsdef"
	"kartotek/internal/rightsdef/letter"
)

// Intake is a request as it arrived.
type Intake struct {
	Kind    rightsdef.Kind
	Also    []rightsdef.Kind // further kinds the same letter asks for; each is a case of its own, linked
	Scope   []string         // what of: categories of the notice, purposes, or marketing, profiling, research, all
	Channel string           // of rightsdef.Channels
	// Arrived is the day it came to any address of the company, read or not; "" is
	// today. law: GDPR 12(3)
	Arrived law.Date
	Text    string // what was written or said
	// Person is whom it concerns, where that is known; otherwise Requester's addresses
	// are looked up.
	Person    id.ID
	Requester Requester
	Agent     *Agent
	Language  string              // "" is the person's, or the register's
	Certainty rightsdef.Certainty // how sure it is who asks, when it arrived
	Delivery  rightsdef.Delivery  // "" is ToKnown
	// Paper is what is known of a letter besides what it says: days it was signed, what the
	// envelope says. By code; each is a value of the access package.
	Paper map[string]string
	// Doubt is a code of what speaks against the agent's authority; the timeline says it,
	// and the clock runs all the same.
	Doubt string
	// Key is the asker's own for this request, such as the Message-ID of a mail: the
	// same key gives the case made the first time. "" for none.
	Key string
	// Unmatched makes no match by address, which proves nothing: the desk decides
	// (intake.Proposed).
	Unmatched bool
	// Silent sends no confirmation now, as when the person is told on the spot.
	Silent bool
}

// Open makes a case of a request, or several that are linked, and gives the first.
// The clock starts on the day of arrival. A confirmation leaves at once. A request of
// the same kind by the same person that is still open is linked, and the desk may
// join them; nothing is refused here. law: GDPR 12(2), 12(3)
func (r *Room) Open(tx *db.Tx, in Intake) (*Case, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	if before, err := r.before(tx, in.Key); err != nil || before != nil {
		return before, err
	}
	terms, err := r.Terms(tx)
	if err != nil {
		return nil, err
	}
	c := &Case{Scope: in.Scope, Channel: in.Channel, State: rightsdef.Initiated, Language: in.Language, Country: terms.Country, Opened: tx.Now(), OpenedBy: signed(tx.By()),
		Certainty: in.Certainty, Delivery: in.Delivery, Agent: in.Agent != nil, Notice: terms.Version, stage: rightsdef.InTime, key: r.mac(in.Key)}
	p, err := r.whose(tx, c, &in)
	if err != nil {
		return nil, err
	}
	c.speak(p, terms)
	if err := c.arrive(tx, in.Arrived); err != nil {
		return nil, err
	}
	if err := r.ownStaff(tx, c, &in, p); err != nil {
		return nil, err
	}
	var all []*Case
	for _, kind := range append([]rightsdef.Kind{in.Kind}, in.Also...) {
		one := *c
		one.Kind = kind
		if len(all) > 0 {
			one.Linked, one.key = all[0].ID, ""
		}
		if err := r.openOne(tx, &one, &in, p); err != nil {
			return nil, err
		}
		all = append(all, &one)
	}
	if in.Silent {
		return all[0], nil
	}
	return all[0], r.confirm(tx, all)
}

func (in *Intake) check() error {
	for _, k := range append([]rightsdef.Kind{in.Kind}, in.Also...) {
		if !k.Known() {
			return fault.New(fault.Invalid, "rights.kind", "say which right is asked for").In("kind")
		}
	}
	if !slices.Contains(rightsdef.Channels, in.Channel) {
		return fault.New(fault.Invalid, "rights.channel", "say which way the request came").In("channel")
	}
	if in.Language != "" && !i18n.Known(in.Language) {
		return fault.New(fault.Invalid, "rights.language", "letters are written in Swedish, Finnish or English").In("language")
	}
	if in.Agent != nil && strings.TrimSpace(in.Agent.Name) == "" {
		return fault.New(fault.Invalid, "rights.agent", "say who asks in the person's name").In("agent")
	}
	if in.Person == 0 && in.Requester == (Requester{}) {
		return fault.New(fault.Invalid, "rights.nobody", "say who asks: a name or an address at least").In("name")
	}
	if in.Delivery == "" {
		in.Delivery = rightsdef.ToKnown
	}
	if len(in.Text) > maxText {
		return limited("text", in.Text)
	}
	return nil
}

// before finds the case a key made.
func (r *Room) before(tx *db.Tx, key string) (*Case, error) {
	if key == "" {
		return nil, nil
	}
	all, err := readCases(tx, selKey, r.mac(key))
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return all[0], nil
}

func (r *Room) mac(key string) string {
	if key == "" {
		return ""
	}
	return r.Keys.Blind("case key", key)
}

// whose finds whom the request concerns; nil when the register knows nobody, who then
// gets a fresh id.
func (r *Room) whose(tx *db.Tx, c *Case, in *Intake) (*party.Person, error) {
	who := in.Person
	for _, address := range []string{in.Requester.Email, in.Requester.Phone} {
		if who != 0 || address == "" || in.Unmatched {
			continue
		}
		found, ok, err := r.Party.ByAddress(tx, address)
		if err != nil && !fault.Is(err, fault.Invalid) {
			return nil, err // what is no address finds nobody, and is kept as it was written
		}
		if ok {
			who = found
			c.Certainty = max(c.Certainty, fromKnown(in))
		}
	}
	if who != 0 {
		to, err := r.Party.Forward(tx, who)
		if err != nil {
			return nil, err
		}
		p, found, err := r.Party.Get(tx, to)
		if err != nil {
			return nil, err
		}
		if found && p.Status != party.Erased {
			c.Person, c.Matched = p.ID, true
			return p, r.answerKnown(tx, c, (&Content{Requester: &in.Requester, Agent: in.Agent}).From())
		}
		if in.Person != 0 {
			return nil, party.NotFound()
		}
	}
	c.Person = tx.NewID()
	return nil, nil
}

// answerKnown has the answer to a request that came from an address the register has of
// the person go to them as the register knows them, like that of any request from there.
func (r *Room) answerKnown(tx *db.Tx, c *Case, from string) error {
	if c.Delivery != rightsdef.ToNew || from == "" || c.Channel != "email" && c.Channel != "web" {
		return nil
	}
	who, found, err := r.Party.ByAddress(tx, from)
	if fault.Is(err, fault.Invalid) || err == nil && !found {
		return nil // no address at all, or nobody's
	}
	if err == nil {
		who, err = r.Party.Forward(tx, who)
	}
	if err == nil && who == c.Person {
		c.Delivery = rightsdef.ToKnown
	}
	return err
}

// fromKnown is what an address of the person's says of who asks: a mail that bears it
// may come from them; an address merely written down says nothing.
func fromKnown(in *Intake) rightsdef.Certainty {
	if in.Channel == "email" && in.Agent == nil {
		return rightsdef.Known
	}
	return rightsdef.Claimed
}

// speak chooses the language of the letters. law: GDPR 12(1)
func (c *Case) speak(p *party.Person, t *Terms) {
	if c.Language == "" && p != nil && i18n.Known(p.Language) {
		c.Language = p.Language
	}
	if c.Language == "" {
		c.Language = t.Language
	}
	if !i18n.Known(c.Language) {
		c.Language = i18n.Default
	}
}

// arrive starts the clock.
func (c *Case) arrive(tx *db.Tx, day law.Date) error {
	today := c.today(tx)
	if day == "" {
		day = today
	}
	if _, err := law.ParseDate(string(day)); err != nil || day > today {
		return fault.New(fault.Invalid, "rights.arrived", "the day of arrival is a day that has come, year-month-day").In("arrived")
	}
	c.Received, c.Recognised = day, today
	return c.wind(today)
}

// ownStaff notes that the requester works here. law: GDPR 24(1)
func (r *Room) ownStaff(tx *db.Tx, c *Case, in *Intake, p *party.Person) error {
	if r.StaffOf == nil {
		return nil
	}
	addresses := []string{in.Requester.Email}
	if p != nil {
		addresses = append(addresses, p.Email)
	}
	for _, a := range addresses {
		if a == "" || c.Staff != 0 {
			continue
		}
		account, err := r.StaffOf(tx, a)
		if err != nil {
			return err
		}
		c.Staff = account
	}
	return nil
}

// number gives the next reference of a year.
func number(tx *db.Tx, year int) (string, error) {
	if _, err := tx.Exec(insNumber, year); err != nil {
		return "", err
	}
	n := 0
	_, err := tx.One(selNumber, []any{&n}, year)
	return fmt.Sprintf("R-%d-%04d", year, n), err
}

// openOne stores one case with what was written.
func (r *Room) openOne(tx *db.Tx, c *Case, in *Intake, p *party.Person) (err error) {
	c.ID = tx.NewID()
	if c.Ref, err = number(tx, c.Recognised.Time().Year()); err != nil {
		return err
	}
	if err := r.follows(tx, c); err != nil {
		return err
	}
	if err := c.insert(tx); err != nil {
		return err
	}
	item, err := r.add(tx, c, matter.Request, "", Content{Text: in.Text, Requester: &in.Requester, Agent: in.Agent, Facts: in.Paper})
	if err != nil {
		return err
	}
	if err := r.tell(tx, c, Event{Kind: "opened", Item: item, Detail: map[string]string{"channel": c.Channel, "received": string(c.Received), "due": string(c.Clock.Due)}}); err != nil {
		return err
	}
	if in.Doubt != "" {
		if err := r.tell(tx, c, Event{Kind: "authority", Code: in.Doubt}); err != nil {
			return err
		}
	}
	if p != nil && otherName(p, in.Requester.Name) && in.Agent == nil {
		if err := r.tell(tx, c, Event{Kind: "doubtful", Code: "name-differs"}); err != nil {
			return err
		}
	}
	return r.effects(tx, c)
}

// follows links a case to an open one of the same kind by the same person.
func (r *Room) follows(tx *db.Tx, c *Case) error {
	if !c.Matched || c.Linked != 0 {
		return nil
	}
	all, err := r.Of(tx, c.Person)
	for _, x := range all {
		if x.Open() && x.Kind == c.Kind {
			c.Linked = x.ID
			if x.Linked != 0 {
				c.Linked = x.Linked
			}
		}
	}
	return err
}

// otherName reports whether a name given is surely not that of a person of the
// register: no word of it is in their name.
func otherName(p *party.Person, name string) bool {
	words := strings.Fields(strings.ToLower(name))
	own := strings.Fields(strings.ToLower(p.FirstName + " " + p.LastName))
	if len(words) == 0 || len(own) == 0 {
		return false
	}
	return !slices.ContainsFunc(words, func(w string) bool { return slices.Contains(own, w) })
}

// confirm writes one letter for all cases of one request, and notes it in each. That
// nobody could be written to does not stop the clock.
func (r *Room) confirm(tx *db.Tx, all []*Case) error {
	f, p, err := r.facts(tx, all[0])
	if err != nil {
		return err
	}
	var also []string
	effective, limits := false, false
	for i, c := range all {
		effective, limits = effective || c.Effective != "", limits || c.Limits
		if i > 0 {
			also = append(also, c.Ref+": "+i18n.For(c.Language).T("rights.kind."+string(c.Kind)))
		}
	}
	item, err := r.write(tx, all[0], p, letter.Received(f, effective, limits, also...))
	if err != nil {
		return err
	}
	for _, c := range all {
		if c.State, err = rightsdef.Next(c.State, rightsdef.Acknowledge); err != nil {
			return err
		}
		if err := r.save(tx, c, Event{Kind: "acknowledged", Item: item}); err != nil {
			return err
		}
	}
	return nil
}

// Split opens a case for another person named in the same request, such as a spouse
// in a letter signed by both. Its clock starts on the same day.
func (r *Room) Split(tx *db.Tx, c *Case, who Requester) (*Case, error) {
	if err := c.may(tx); err != nil {
		return nil, err
	}
	asked, err := r.Request(tx, c)
	if err != nil {
		return nil, err
	}
	other, err := r.Open(tx, Intake{Kind: c.Kind, Scope: c.Scope, Channel: c.Channel, Arrived: c.Received, Text: asked.Text, Requester: who, Agent: asked.Agent, Language: c.Language})
	if err != nil {
		return nil, err
	}
	if other.Linked == 0 {
		other.Linked = c.ID
		if c.Linked != 0 {
			other.Linked = c.Linked
		}
	}
	return other, r.save(tx, other, Event{Kind: "split", Code: c.Ref})
}

// Change reads a request anew: as another kind, or of something else. Its clock goes on.
func (r *Room) Change(tx *db.Tx, c *Case, kind rightsdef.Kind, scope []string) error {
	if !kind.Known() {
		return fault.New(fault.Invalid, "rights.kind", "say which right is asked for").In("kind")
	}
	if err := c.may(tx); err != nil {
		return err
	}
	if !c.Open() {
		return fault.New(fault.Conflict, "rights.closed", "the case is closed")
	}
	if err := matter.Settled(tx, KindCarry, c.ID); err != nil {
		return err
	}
	was := c.Kind
	c.Kind, c.Scope = kind, scope
	if err := r.save(tx, c, Event{Kind: "changed", Code: string(was)}); err != nil {
		return err
	}
	return r.effects(tx, c)
}
