package noticedef

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"kartotek/internal/law"
	"kartotek/internal/noticedef/facts"
)

// soon is how long before a date passes that a warning is given.
const soon = 30

// checker walks one notice and collects findings.
type checker struct {
	n        *Notice
	law      Law
	today    time.Time
	findings []Finding
}

// Lint reads a file and checks it by the rule packs it names: everything wrong
// with it, by line. A file that names a pack which does not exist is judged by
// the base pack alone.
func Lint(name string, src []byte, today time.Time) (*Notice, []Finding) {
	n, findings := Parse(name, src)
	if n == nil {
		return nil, findings
	}
	rules, err := LawOf(n, today)
	if err != nil {
		if rules, err = law.For(nil, today); err != nil {
			return n, append(findings, newFinding("Y10", facts.Position{Line: 1, Column: 1}, "law", "no rule pack holds on this day"))
		}
	}
	findings = append(findings, Check(n, rules, today)...)
	sortFindings(findings)
	return n, findings
}

// Check judges a notice by what law asks of it. It reports everything that
// can be told from the facts alone; what needs a live page or a crawl (which
// cookies are really set, which hosts really load, how the server answers) is
// measured elsewhere. today is the day the judgement is made for.
func Check(n *Notice, rules Law, today time.Time) []Finding {
	c := &checker{n: n, law: rules, today: today}
	for _, part := range []func(){
		c.dates, c.controller, c.contactPoints, c.items, c.identifiers,
		c.categories, c.purposes, c.sources, c.recipients, c.rights,
		c.security, c.levels, c.cookies, c.translations, c.wording,
	} {
		part()
	}
	sortFindings(c.findings)
	return c.findings
}

// err reports an error at a field, or at the nearest field above it that the
// file has.
func (c *checker) err(code, field, format string, args ...any) {
	c.findings = append(c.findings, newFinding(code, c.at(field), field, fmt.Sprintf(format, args...)))
}

func (c *checker) warn(code, field, format string, args ...any) {
	c.err(code, field, format, args...)
	c.findings[len(c.findings)-1].Severity = SeverityWarning
}

// at finds where a field stands in the file.
func (c *checker) at(field string) facts.Position {
	for f := field; f != ""; {
		if p, ok := c.n.pos[f]; ok {
			return p
		}
		i := strings.LastIndexAny(f, ".[")
		if i < 0 {
			break
		}
		f = f[:i]
	}
	if c.n.pos == nil {
		return facts.Position{}
	}
	return facts.Position{Line: 1, Column: 1}
}

// passed judges a date that must lie ahead: an error once it has passed, a
// warning when it soon will.
func (c *checker) passed(code, field, what string, d Date) {
	switch {
	case d.Before(c.today):
		c.err(code, field, "%s was %s, which has passed", what, d)
	case d.Before(c.today.AddDate(0, 0, soon)):
		c.warn(code, field, "%s is %s, within %d days", what, d, soon)
	}
}

func hasAuthority(country string) bool {
	_, ok := law.AuthorityOf(country)
	return ok
}

func (c *checker) dates() {
	n := c.n
	for i, code := range n.Law {
		if _, err := law.For([]string{code}, n.holds(c.today)); err != nil {
			c.err("Y10", fmt.Sprintf("law[%d]", i), "there is no rule pack %q", facts.Clip(code))
		}
	}
	if n.Compiled == "" {
		c.err("R53", "compiled", "say which day the notice was compiled")
	}
	if n.Effective == "" {
		c.err("R53", "effective", "say which day the notice begins to apply")
	}
	if n.Compiled != "" && n.Effective != "" && n.Effective < n.Compiled {
		c.err("R53", "effective", "the notice cannot apply (%s) before it was compiled (%s)", n.Effective, n.Compiled)
	}
	if !n.Review.Every.Set() || n.Review.Next == "" {
		c.err("N29", "review", "say how often the notice is reviewed and when next: {every: 12 months, next: 2027-11-01, owner: ...}")
		return
	}
	c.passed("N29", "review.next", "the next review", n.Review.Next)
}

func (c *checker) controller() {
	k := c.n.Controller
	for _, f := range []struct{ value, key, what string }{
		{k.Name, "name", "the company's name"},
		{k.Address.Street, "address.street", "the street address"},
		{k.Address.Postcode, "address.postcode", "the postcode"},
		{k.Address.City, "address.city", "the city"},
		{k.Address.Country, "address.country", "the country"},
	} {
		if f.value == "" {
			c.err("N01", "controller."+f.key, "%s of the controller is missing", f.what)
		}
	}
	if k.Email == "" && k.Phone == "" {
		c.err("N01", "controller", "give an e-mail address or a telephone number of the controller")
	}
	if c.n.Authority == "" || !hasAuthority(c.n.Authority) {
		c.err("N11", "authority", "name the country whose supervisory authority hears complaints, such as FI or SE")
	}
}

// contactPoints checks that every way the notice tells people to use exists,
// and that letters have one address.
func (c *checker) contactPoints() {
	n, k := c.n, c.n.Contact
	if k.Name == "" || k.Role == "" {
		c.err("N03", "contact", "name whom people write to about their data, and say whether it is a contact person or a data protection officer")
	}
	if k.Address != "controller" {
		c.err("N18", "contact.address", "letters go to the controller's one address; write address: controller")
	}
	have := map[string]bool{
		"email": k.Email != "",
		"phone": k.Phone != "" || n.Controller.Phone != "",
		"post":  n.Controller.Address.Street != "" && n.Controller.Address.Postcode != "",
	}
	for i, ch := range n.Rights.Channels {
		if ok, told := have[ch]; told && !ok {
			c.err("N19", fmt.Sprintf("rights.channels[%d]", i), "people are told to use %s, and the notice gives none", ch)
		}
	}
	for field, email := range map[string]string{"controller.email": n.Controller.Email, "contact.email": k.Email, "officer.email": n.Officer.Email} {
		if email != "" && !emailRE.MatchString(email) {
			c.err("N19", field, "this is not an e-mail address")
		}
	}
}

// items checks the statements that are made or explained away.
func (c *checker) items() {
	n := c.n
	type item struct {
		code, key string
		Item
		hint string
	}
	for _, it := range []item{
		{"N02", "representative", n.Representative, "a controller outside the EEA names its representative; any other says why none is needed"},
		{"N03", "officer", n.Officer, "name the data protection officer, or say why none is appointed"},
		{"N12", "obligation", n.Obligation, "say whether people must give their data, and what follows if they do not"},
		{"N13", "automated_decisions", n.AutomatedDecisions, "describe automated decisions and their logic, or say that there are none"},
		{"N17", "joint_controllers", n.JointControllers, "give the essence of the arrangement between joint controllers, or say that there is only one"},
	} {
		if it.key == "officer" && n.Contact.Role == "data protection officer" {
			continue
		}
		if !it.Given() {
			c.err(it.code, it.key, "%s: %s: {not_applicable: {sv: ..., fi: ..., en: ...}}", it.hint, it.key)
		}
	}
	home := n.Controller.Address.Country
	if home != "" && !law.IsEEA(home) && len(n.Representative.NotApplicable) > 0 {
		c.err("N02", "representative", "a controller in %s needs a representative in the EEA", home)
	}
}

func (c *checker) categories() {
	if len(c.n.Categories) == 0 {
		c.err("N14", "categories", "list the categories of data and their fields")
	}
	seen := map[string]string{}
	for _, k := range c.n.Categories {
		path := "categories." + k.ID
		c.category(path, k)
		for i, f := range k.Fields {
			at := fmt.Sprintf("%s.fields[%d]", path, i)
			if other := seen[f.Name]; other != "" {
				c.err("Y03", at, "field %q already belongs to category %q; a field has one place", f.Name, other)
			}
			seen[f.Name] = k.ID
			if len(titleOf(f)) == 0 {
				c.err("N30", at, "field %q has no title a person can read; write {name: %s, title: {sv: ..., fi: ..., en: ...}}", f.Name, f.Name)
			}
		}
	}
}

func (c *checker) category(path string, k Category) {
	if len(k.Title) == 0 {
		c.err("N14", path, "category %q has no title", k.ID)
	}
	if len(k.Fields) == 0 && k.Record == "" {
		c.err("N14", path, "category %q names neither fields nor a kind of record", k.ID)
	}
	if slices.Contains(openIDs, k.ID) {
		c.err("N21", path, "a category %q is open; say what it holds", k.ID)
	}
	if len(c.n.UsedBy(k.ID)) == 0 {
		c.err("L3", path, "no purpose uses category %q; take it away, or add it to a purpose's uses", k.ID)
	}
	if k.Special != "" && !strings.HasPrefix(k.Special, "9(2)(") {
		c.err("L1", path+".special", "give the ground, such as 9(2)(a)")
	}
	if k.Keep != nil {
		c.keep(path+".keep", *k.Keep)
	}
}

func (c *checker) keep(path string, k Keep) {
	if k.While == "" || !k.Then.Set() {
		c.err("N08", path, "say how long: {while: relation, then: 24 months}")
	}
	if k.Law == "" {
		return
	}
	acts := c.law.ActsIn(k.Law)
	if _, err := LawOf(c.n, c.today); len(acts) == 0 && err == nil { // where a pack is missing, that is what is wrong
		c.err("N20", path+".law", "the rule packs of this notice hold no act %q; write its number as the country does, such as 1336/1997", facts.Clip(k.Law))
	}
	on := c.n.holds(c.today)
	for _, act := range acts {
		if day := law.DateOf(on); day < act.InForce {
			c.err("N20", path+".law", "%s (%s) applies from %s, which is after the notice begins to apply", act.Title.In("en"), act.Number, act.InForce)
		}
	}
}

func (c *checker) sources() {
	if len(c.n.Sources) == 0 {
		c.err("N15", "sources", "say where the data comes from")
	}
}

func (c *checker) rights() {
	r := c.n.Rights
	if len(r.Channels) == 0 || r.AnswerWithin == "" {
		c.err("N09", "rights", "say how people use their rights: channels, identity, answer_within: pack")
		return
	}
	phone := c.n.Controller.Phone != "" || c.n.Contact.Phone != ""
	for _, ch := range []string{"web", "email", "post", "phone", "in_person", "agent"} {
		if !slices.Contains(r.Channels, ch) && (ch != "phone" || phone) {
			c.err("N24", "rights.channels", "a request that comes by %q counts too; no channel can be closed", ch)
		}
	}
	if c.anyPurpose(func(p Purpose) bool { return p.Basis.Kind == "consent" }) && len(r.Withdraw) == 0 {
		c.err("N10", "rights.withdraw", "say how consent is withdrawn; it must be as easy as giving it")
	}
	if c.anyPurpose(func(p Purpose) bool { return p.Class == "marketing" }) && len(r.Object) == 0 {
		c.err("N16", "rights.object", "say how direct marketing is stopped; the notice presents it separately")
	}
	c.identity(r.Identity)
}

func (c *checker) identity(id Identity) {
	if len(id.Ladder) == 0 || id.Ladder[0] == "photo_id_shown" {
		c.err("N25", "rights.identity.ladder", "begin with the mildest way to know a person, such as session or known_address")
	}
	if id.PhotoID != "on recorded doubt only" && slices.Contains(id.Ladder, "photo_id_shown") {
		c.err("N25", "rights.identity.photo_id", "an identity document is asked for only on recorded doubt; write photo_id: on recorded doubt only")
	}
	if id.Copies != "never kept" {
		c.err("N25", "rights.identity.copies", "a copy of an identity document is not kept; write copies: never kept")
	}
}

func (c *checker) anyPurpose(is func(Purpose) bool) bool {
	return slices.ContainsFunc(c.n.Purposes, is)
}

// security checks that each sentence has a measure behind it that is alive.
func (c *checker) security() {
	if len(c.n.Security) == 0 {
		c.err("N32", "security", "describe the security measures, each with owner, evidence and next check")
	}
	for _, m := range c.n.Security {
		path := "security." + m.ID
		if len(m.Text) == 0 {
			c.err("N32", path+".text", "measure %q has no sentence for people to read", m.ID)
		}
		if m.Measured {
			continue
		}
		for key, value := range map[string]string{"owner": m.Owner, "evidence": m.Evidence, "next": string(m.Next)} {
			if value == "" {
				c.err("N32", path+"."+key, "measure %q has no %s", m.ID, key)
			}
		}
		c.passed("N32", path+".next", "the next check of "+m.ID, m.Next)
	}
}

func (c *checker) levels() {
	if len(c.n.Levels) == 0 {
		c.err("R47", "levels", "define the access levels; without one nobody can work in the register")
	}
	for _, p := range c.n.Purposes {
		if p.ID == All || slices.Contains(LevelWords, p.ID) {
			c.err("R47", "purposes."+p.ID, "a level uses the word %q for itself, so no level could name this purpose; call it something else", p.ID)
		}
	}
	for _, k := range c.n.Categories {
		if k.ID == "act" || k.ID == All {
			c.err("R47", "categories."+k.ID, "a level uses the word %q for itself, so no level could name this category; call it something else", k.ID)
		}
	}
	for _, l := range c.n.Levels {
		c.level(l)
	}
}

// cookies checks the tables of what is stored on a device and of who else is
// on the pages. Whether they tell the truth is for a crawl to find.
func (c *checker) cookies() {
	n := c.n
	if n.Cookies == nil {
		c.err("N27", "cookies", "list what is stored on a visitor's device; write cookies: [] when nothing is")
	}
	for i, k := range n.Cookies {
		path := fmt.Sprintf("cookies[%d]", i)
		if k.Name == "" || k.Provider == "" || k.Class == "" || len(k.Purpose) == 0 || !k.Lifetime.Set() {
			c.err("N27", path, "a cookie needs name, provider, class, purpose and lifetime")
		}
		if k.Provider != "" && k.Provider != "controller" && !c.declared(k.Provider) {
			c.err("N28", path+".provider", "%q is not among third_parties", k.Provider)
		}
	}
	if n.ThirdParties == nil {
		c.err("N28", "third_parties", "list whatever pages load from elsewhere; write third_parties: [] when nothing is")
	}
	for i, t := range n.ThirdParties {
		if t.Name == "" || t.Host == "" || t.Class == "" || t.Country == "" || len(t.Loads) == 0 || len(t.Purpose) == 0 {
			c.err("N28", fmt.Sprintf("third_parties[%d]", i), "a third party needs name, host, country, class, loads and purpose")
		}
		if t.Host != "" && !hostRE.MatchString(t.Host) {
			c.err("N28", fmt.Sprintf("third_parties[%d].host", i), "write one host name, such as maps.example; no scheme, path or wildcard")
		}
	}
}

func (c *checker) declared(name string) bool {
	return slices.ContainsFunc(c.n.ThirdParties, func(t ThirdParty) bool { return t.Name == name || t.Host == name })
}
