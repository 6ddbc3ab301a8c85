package demo

import (
	"fmt"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/ledger"
	"kartotek/internal/party"
	"kartotek/internal/staff"
)

// ownerEmail is the account the demonstration signs in as.
const ownerEmail = "linnea.exempel@nordanvind.example"

// fairDay is how many days ago the trade fair was.
const fairDay = 500

// staffList are the people who work at Nordanvind. Henrik left.
var staffList = []staff.NewAccount{
	{Name: "Linnea Exempel", Email: ownerEmail, Levels: []string{"owner", "admin", "service", "marketing", "finance", "analyst", "clerk", "dpo"}},
	{Name: "Mikael Prov", Email: "mikael.prov@nordanvind.example", Levels: []string{"admin"}},
	{Name: "Elsa Testinen", Email: "elsa.testinen@nordanvind.example", Levels: []string{"service", "clerk"}},
	{Name: "Oskar Provsson", Email: "oskar.provsson@nordanvind.example", Levels: []string{"marketing"}},
	{Name: "Kaisa Esimerkki", Email: "kaisa.esimerkki@nordanvind.example", Levels: []string{"dpo"}},
	{Name: "Henrik Förlaga", Email: "henrik.forlaga@nordanvind.example", Levels: []string{"dpo"}},
}

// Who acts when nobody of the staff does.
var (
	operator = db.By{Kind: "cli", Name: "cli:mikael"}
	visitor  = db.By{Kind: "person", Name: "form:newsletter", Purpose: "newsletter"}
	citizen  = db.By{Kind: "person", Name: "preferences"}
)

// begin opens the register: a notice, accounts, organisations.
func (s *story) begin() error {
	s.moveTo(Start(s.now))
	if err := s.DB.Do(s.ctx, operator, s.publish(s.first(), "Henrik Förlaga")); err != nil {
		return err
	}
	s.moveTo(clockAt(s.now, days, 9, 0))
	if err := s.DB.Do(s.ctx, operator, s.hire); err != nil {
		return err
	}
	s.scene(days, 10, 0, s.desk["Elsa"], s.openFirms)
	s.plan()
	return s.play(days - 14)
}

// hire makes the accounts, and what their owners sign their acts with.
func (s *story) hire(tx *db.Tx) error {
	s.desk = map[string]db.By{}
	for i, n := range staffList {
		a, err := s.Staff.Create(tx, n)
		if err != nil {
			return err
		}
		level := n.Levels[0]
		s.desk[firstWord(n.Name)] = db.By{Kind: "staff", ID: a.ID, Name: n.Name, Level: level, Device: []string{"Firefox on Linux", "Chrome on Windows"}[i%2],
			Purpose: map[string]string{"service": "relationship", "marketing": "newsletter"}[level]}
	}
	return nil
}

func firstWord(name string) string {
	var first string
	_, _ = fmt.Sscan(name, &first) // a name is never empty
	return first
}

// openFirms enters the organisations, and the sources that staff and forms name.
func (s *story) openFirms(tx *db.Tx) error {
	for _, src := range []struct {
		to          *id.ID
		kind, label string
	}{{&s.from.staff, "staff", "kundtjänst"}, {&s.from.form, "form", "nyhetsbrev"}, {&s.from.fair, "form", "lista vid montern på Inneluftsmässan"},
		{&s.from.trade, "third_party", "handelsregistret"}} {
		var err error
		if *src.to, err = s.Party.AddSource(tx, src.kind, src.label); err != nil {
			return err
		}
	}
	for _, f := range s.cast.firms {
		f.SourceID = s.from.trade
		o, err := s.Party.CreateOrganisation(tx, f.Organisation)
		if err != nil {
			return err
		}
		f.Organisation = *o
	}
	return nil
}

// plan lists the scenes that do not depend on what became of a letter.
func (s *story) plan() {
	c, elsa := s.cast, s.desk["Elsa"]
	for _, f := range c.signed {
		s.scene(f.joined, 10+f.n%11, f.n%60, visitor, func(tx *db.Tx) error { return s.signUp(tx, f) })
	}
	for i, f := range c.customers {
		s.scene(f.joined, 9+f.n%7, f.n%60, elsa, func(tx *db.Tx) error { return s.enterCustomer(tx, f, i) })
	}
	s.scene(fairDay-3, 13, 20, elsa, s.enterVisitors)
	for i, f := range c.mailboxes {
		s.scene(f.joined, 14, f.n%60, elsa, func(tx *db.Tx) error { return s.enterMailbox(tx, f, i) })
	}
	s.scene(310, 15, 0, s.desk["Linnea"], s.henrikLeaves)
	s.scene(presentNotice, 11, 0, s.desk["Linnea"], s.publish(s.present(), "Kaisa Esimerkki"))
	s.planEdits()
	s.planObjections()
	s.planSegments()
}

func (s *story) henrikLeaves(tx *db.Tx) error { return s.Staff.Disable(tx, s.desk["Henrik"].ID) }

// enter makes a figure's row and logs that.
func (s *story) enter(tx *db.Tx, f *figure, kind party.Kind, source id.ID, tags ...string) error {
	p, err := s.Party.Create(tx, party.New{Kind: kind, Fields: f.fields(), Tags: tags, Source: source})
	if err != nil {
		return err
	}
	f.id = p.ID
	return s.log(tx, "person.create", f)
}

func (s *story) log(tx *db.Tx, action string, f *figure) error {
	return audit.Write(tx, audit.Entry{Action: action, Kind: "person", Object: f.id.String(), Person: f.id})
}

// version is the number of the notice in force.
func (s *story) version(tx *db.Tx) (int, error) {
	in, _, err := s.Notice.InForceAt(tx, tx.Time())
	if err != nil {
		return 0, err
	}
	return in.Number, nil
}

// record adds entries to the ledger under the notice in force.
func (s *story) record(tx *db.Tx, f *figure, ev *ledger.Evidence, entries ...ledger.Entry) error {
	n, err := s.version(tx)
	if err != nil {
		return err
	}
	for i := range entries {
		entries[i].Notice = n
	}
	_, err = s.Ledger.Record(tx, f.id, ev, entries...)
	return err
}

// signUp is somebody confirming the newsletter from the mail they were sent.
func (s *story) signUp(tx *db.Tx, f *figure) error {
	if err := s.enter(tx, f, party.Natural, s.from.form); err != nil {
		return err
	}
	if err := s.Party.SetAddressState(tx, f.id, party.KindEmail, 0, party.Verified); err != nil {
		return err
	}
	text := signUpWords[f.language]
	yes := ledger.Entry{Kind: ledger.Consent, Purpose: "newsletter", Channel: "email", SaidBy: ledger.ByPerson, Method: "form", Strength: "double opt-in", Source: s.from.form}
	entries := []ledger.Entry{yes}
	if f.n%5 == 0 {
		survey := yes
		survey.Purpose, text = "survey", text+"\n"+surveyWords[f.language]
		entries = append(entries, survey)
	}
	return s.record(tx, f, &ledger.Evidence{Text: text, IP: fmt.Sprintf("198.51.100.%d", 1+f.n%250), Language: f.language}, entries...)
}

// enterCustomer is customer service noting a customer with their purchase. Of
// every ten, eight were told at the sale that they can refuse newsletters.
func (s *story) enterCustomer(tx *db.Tx, f *figure, i int) error {
	if i%11 == 4 {
		f.email, f.phone = "", phone(f.country, 7000+f.n)
	}
	tags := []string{"kund"}
	if i%3 == 0 {
		tags = append(tags, "serviceavtal")
	}
	if err := s.enter(tx, f, party.Natural, s.from.staff, tags...); err != nil {
		return err
	}
	sale := ledger.Entry{Kind: ledger.Sale, Scope: "cpo", SaidBy: ledger.ByStaff, Method: "staff", Goods: []string{"air-purifiers filters", "filters", "air-purifiers service-plans"}[i%3]}
	if i%5 == 3 {
		sale.Scope = "cp" // nobody told them at the sale that they can say no
	}
	order := fmt.Sprintf("Order %d-%04d", tx.Time().Year(), 1000+i*3)
	if err := s.record(tx, f, &ledger.Evidence{Text: order, Language: "sv"}, sale); err != nil || f.firm == nil || i%2 == 1 {
		return err
	}
	role := ledger.Entry{Kind: ledger.Role, Purpose: "campaign", SaidBy: ledger.ByStaff, Method: "staff"}
	return s.record(tx, f, &ledger.Evidence{Text: "Ansvarar för ventilation och inneluft i lokalerna, enligt samtal vid beställningen.", Language: "sv"}, role)
}

// enterVisitors types in the list from the trade fair. Some had signed that they
// want the newsletter for a year; the others only left their card.
func (s *story) enterVisitors(tx *db.Tx) error {
	day := clockAt(s.now, fairDay, 12, 0)
	for i, f := range s.cast.visitors {
		if err := s.enter(tx, f, party.Natural, s.from.fair, "mässa"); err != nil {
			return err
		}
		if i%4 != 1 {
			continue
		}
		yes := ledger.Entry{Kind: ledger.Consent, Purpose: "newsletter", Channel: "email", SaidBy: ledger.ByPerson, Method: "in person", Strength: "signed",
			Source: s.from.fair, Effective: clock.Ms(day), Expires: clock.Ms(day.AddDate(1, 0, 0))}
		ev := &ledger.Evidence{Text: fairWords[f.language], Signed: day.Format(time.DateOnly), Received: day.Format(time.DateOnly), Language: f.language}
		if err := s.record(tx, f, ev, yes); err != nil {
			return err
		}
	}
	return nil
}

// enterMailbox notes a firm's own address; for half of them why our goods concern it.
func (s *story) enterMailbox(tx *db.Tx, f *figure, i int) error {
	if err := s.enter(tx, f, party.Legal, s.from.trade); err != nil || i%2 == 1 {
		return err
	}
	role := ledger.Entry{Kind: ledger.Role, Purpose: "newsletter", SaidBy: ledger.ByStaff, Method: "staff"}
	return s.record(tx, f, &ledger.Evidence{Text: "Adressen tar emot offerter om luftrenare och filter för företagets lokaler.", Language: "sv"}, role)
}
