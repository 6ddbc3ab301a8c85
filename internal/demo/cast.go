package demo

import (
	"fmt"
	"strings"

	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/nordic"
	"kartotek/internal/party"
	"kartotek/internal/party/orgs"
)

// How many there are of each kind; together 500 after the one merger.
const (
	manyFirms        = 80
	manySubscribed   = 196
	manyUnsubscribed = 36
	manyCleaned      = 17
	manySigned       = 112 // by the form for the newsletter
	manyCustomers    = 64  // entered by customer service
	manyVisitors     = 46  // on the list of the trade fair
	manyMailboxes    = 30  // info@ and the like
)

// cast is everybody in the register.
type cast struct {
	firms                                  []*firm
	subscribed, unsubscribed, cleaned      []*figure // of the Mailchimp export
	signed, customers, visitors, mailboxes []*figure
	taken                                  map[string]bool // addresses
	n                                      int
}

// firm is an organisation.
type firm struct {
	orgs.Organisation
	language, domain string
}

// figure is a person, or a mailbox of a firm.
type figure struct {
	n                                         int
	id                                        id.ID
	first, last, email, phone, title, tag     string
	firm                                      *firm
	street, postcode, city, country, language string
	joined                                    int // days ago
}

func (f *figure) orgName() string {
	if f.firm == nil {
		return ""
	}
	return f.firm.Name
}

// fields are the figure's values as the catalogue names them.
func (f *figure) fields() []party.Pair {
	out := []party.Pair{}
	for _, p := range []party.Pair{{Name: "first_name", Value: f.first}, {Name: "last_name", Value: f.last}, {Name: "title", Value: f.title},
		{Name: "organisation", Value: f.orgName()}, {Name: "email", Value: f.email}, {Name: "phone", Value: f.phone}, {Name: "street", Value: f.street},
		{Name: "postcode", Value: f.postcode}, {Name: "city", Value: f.city}, {Name: "country", Value: f.country}, {Name: "language", Value: f.language}} {
		if p.Value != "" {
			out = append(out, p)
		}
	}
	if f.firm != nil {
		out = append(out, party.Pair{Name: "industry", Value: f.firm.Industry})
	}
	return out
}

func newCast() *cast {
	c := &cast{taken: map[string]bool{}}
	for n := range manyFirms {
		c.firms = append(c.firms, newFirm(n))
	}
	c.subscribed = c.people(manySubscribed, 4, func(i int) int { return days + 30 + i*7 })
	c.unsubscribed = c.people(manyUnsubscribed, 3, func(i int) int { return days + 400 + i*9 })
	c.cleaned = c.people(manyCleaned, 5, func(i int) int { return days + 600 + i*11 })
	c.signed = c.people(manySigned, 3, func(i int) int { return days - 30 - i*(days-44)/manySigned })
	c.customers = c.people(manyCustomers, 9, func(i int) int { return days - 40 - i*10 })
	c.visitors = c.people(manyVisitors, 8, func(int) int { return fairDay })
	for i := range manyMailboxes {
		c.mailboxes = append(c.mailboxes, c.mailbox(i))
	}
	c.failing()
	c.lookAlikes()
	return c
}

// people invents people; of ten, atWork are at one of the firms.
func (c *cast) people(many, atWork int, joined func(i int) int) []*figure {
	out := make([]*figure, many)
	for i := range out {
		out[i] = c.person(c.n%10 < atWork)
		out[i].joined = joined(i)
	}
	return out
}

func (c *cast) person(atWork bool) *figure {
	p := nordic.At(c.n, 0)
	f := &figure{n: c.n, first: p.First, last: p.Last, language: p.Language, country: p.Country, postcode: p.Postcode, street: street(c.n, p.Language)}
	f.city = inLanguage(p.City, p.Language)
	if c.n%13 == 7 {
		f.first, f.last, _ = strings.Cut(visitorsNames[c.n/13%len(visitorsNames)], " ")
		f.language = "en"
	}
	domain := privateDomains[c.n%len(privateDomains)]
	if atWork {
		f.firm = c.firms[c.firmFor(f)]
		f.city, f.postcode, f.street, f.country = f.firm.City, f.firm.Postcode, f.firm.Street, f.firm.Country
		f.title = title(f.language, f.firm.Industry, c.n*3+c.n/10*7)
		domain = f.firm.domain
	}
	if c.n%5 < 3 {
		f.phone = phone(f.country, c.n)
	}
	f.email = c.address(slug(f.first)+"."+slug(f.last), domain)
	c.n++
	return f
}

// firmFor picks an employer; most work where their language is spoken.
func (c *cast) firmFor(f *figure) int {
	i := (c.n*7 + c.n/manyFirms*13) % manyFirms
	if f.language != "en" && c.firms[i].language != f.language {
		i = (i + 1) % manyFirms
	}
	return i
}

// address makes an address nobody else has.
func (c *cast) address(local, domain string) string {
	out := local + "@" + domain
	for k := 2; c.taken[out]; k++ {
		out = fmt.Sprintf("%s%d@%s", local, k, domain)
	}
	c.taken[out] = true
	return out
}

// mailbox is an address of a firm itself, with no person behind it.
func (c *cast) mailbox(i int) *figure {
	o := c.firms[(i*11+3)%manyFirms]
	local := []string{"info", "kontor", "info"}[i%3]
	if o.language == "fi" {
		local = []string{"info", "toimisto", "info"}[i%3]
	}
	f := &figure{n: c.n, firm: o, email: c.address(local, o.domain), phone: o.Phone, city: o.City, country: o.Country, language: o.language, joined: 690 - i*6}
	c.n++
	return f
}

// failing gives a few subscribers addresses that the catcher refuses, each in its
// way: unknown, no longer there, full, refused after the text.
func (c *cast) failing() {
	for i, local := range []string{"fail-550", "fail-551", "late-fail-554", "fail-550", "fail-552"} {
		f := c.subscribed[17+i*31]
		f.email = c.address(local, []string{"brevlada.example", "posti.example", "kirje.example", "laatikko.example", "mejl.example"}[i])
	}
}

// lookAlikes lets some people stand in the register twice, as they do: a customer
// under another address, a visitor of the fair with the same number.
func (c *cast) lookAlikes() {
	for i := range 7 {
		known, again := c.subscribed[5+i*19], c.visitors[2+i*5]
		again.first, again.last, again.language, again.country = known.first, known.last, known.language, known.country
		again.city, again.postcode, again.street, again.firm, again.title = known.city, known.postcode, known.street, known.firm, known.title
		again.email = c.address(strings.ReplaceAll(slug(known.first), "-", "")+slug(known.last), privateDomains[(i+3)%len(privateDomains)])
		if i%2 == 0 {
			known.phone = phone(known.country, 9000+i)
			again.phone = known.phone
		}
	}
}

// recognise finds the keys of those who came by import.
func (c *cast) recognise(people *party.Room) func(tx *db.Tx) error {
	return func(tx *db.Tx) error {
		for _, f := range c.imported() {
			who, found, err := people.ByAddress(tx, f.email)
			if err != nil || !found {
				return fmt.Errorf("somebody of the export is missing: %w", orNotFound(err))
			}
			f.id = who
		}
		return nil
	}
}

func orNotFound(err error) error {
	if err == nil {
		err = party.NotFound()
	}
	return err
}

func (c *cast) imported() []*figure {
	out := append([]*figure{}, c.subscribed...)
	return append(append(out, c.unsubscribed...), c.cleaned...)
}

func newFirm(n int) *firm {
	base, k := nordic.Org(n), n/2
	o := &firm{language: []string{"sv", "fi"}[n%2]}
	kind := (k + k/20*3) % len(industries)
	o.Name, o.Industry = stems[o.language][k%20]+kinds[o.language][kind], industries[kind]
	o.domain = slug(o.Name) + ".example"
	o.Country, o.Postcode, o.City = base.Country, base.Postcode, inLanguage(base.City, o.language)
	switch {
	case o.language == "fi" && o.Country == "FI":
		o.Name, o.BusinessID = o.Name+" Oy", base.BusinessID
	case o.Country == "FI":
		o.Name, o.BusinessID = o.Name+" Ab", base.BusinessID
	default:
		o.Name += " AB"
	}
	o.Street, o.Email, o.Phone = street(n*3+1, o.language), "info@"+o.domain, phone(o.Country, 5000+n)
	return o
}

// title picks what somebody does at a firm of a trade.
func title(language, industry string, n int) string {
	own, list := ownTitles[industry][language], titles[language]
	if own != "" && n%3 == 0 {
		return own
	}
	return list[n%len(list)]
}

func phone(country string, n int) string {
	if country == "SE" {
		return fmt.Sprintf("+46 00 000 %04d", n)
	}
	return fmt.Sprintf("+358 00 000 %04d", n)
}

func street(n int, language string) string {
	list := streets[language]
	if list == nil {
		list = streets["sv"]
	}
	return fmt.Sprintf("%s %d", list[n%len(list)], 1+n*7%60)
}

var plain = strings.NewReplacer("å", "a", "ä", "a", "ö", "o", "é", "e", "Å", "a", "Ä", "a", "Ö", "o", "'", "", " ", "")

func slug(s string) string { return strings.ToLower(plain.Replace(s)) }

// inLanguage gives a town its name in a language.
func inLanguage(city, language string) string {
	for _, pair := range towns {
		if city == pair[0] || city == pair[1] {
			if language == "sv" {
				return pair[1]
			}
			return pair[0]
		}
	}
	return city
}

// towns with two names: Finnish, Swedish.
var towns = [][2]string{{"Helsinki", "Helsingfors"}, {"Espoo", "Esbo"}, {"Tampere", "Tammerfors"}, {"Turku", "Åbo"}, {"Vantaa", "Vanda"},
	{"Oulu", "Uleåborg"}, {"Vaasa", "Vasa"}, {"Porvoo", "Borgå"}, {"Lahti", "Lahtis"}, {"Pori", "Björneborg"}, {"Pietarsaari", "Jakobstad"},
	{"Tammisaari", "Ekenäs"}, {"Kokkola", "Karleby"}, {"Maarianhamina", "Mariehamn"}, {"Lappeenranta", "Villmanstrand"},
	{"Hämeenlinna", "Tavastehus"}, {"Parainen", "Pargas"}, {"Savonlinna", "Nyslott"}, {"Tukholma", "Stockholm"}, {"Göteborg", "Göteborg"}, {"Uumaja", "Umeå"}, {"Luulaja", "Luleå"}}

var (
	industries = strings.Fields("vård skola fastigheter industri handel kontor hotell")
	stems      = map[string][]string{
		"sv": strings.Fields("Fjäll Havs Norrskens Björk Tall Gran Ek Lönn Älv Klint Udd Holm Skär Strand Sund Vik Ängs Skogs Berg Sjö"),
		"fi": strings.Fields("Revontuli Kaisla Suvanto Aalto Kuura Halla Tunturi Saaristo Kanerva Juolukka Vaara Kallio Niitty Lehto Korpi Poukama Niemi Koski Lampi Puro"),
	}
	kinds = map[string][]string{
		"sv": strings.Fields("kliniken skolan fastigheter verken handeln byrån hotellet"),
		"fi": strings.Fields("klinikka koulut kiinteistöt tehtaat kauppa toimistot hotellit"),
	}
	streets = map[string][]string{
		"sv": strings.Fields("Exempelgatan Provvägen Påhittsgränd Norrskensvägen Lyktgränd Havtornsgatan Isblomsvägen"),
		"fi": strings.Fields("Mallikatu Esimerkkitie Testikuja Revontulentie Lyhtykuja Tyrnitie Jääkukantie"),
	}
	titles = map[string][]string{
		"sv": strings.Split("Inköpschef,Verkställande direktör,Fastighetschef,Driftansvarig,Ekonomichef,Arbetarskyddsfullmäktig,Projektledare,Kontorschef", ","),
		"fi": strings.Split("Ostopäällikkö,Toimitusjohtaja,Kiinteistöpäällikkö,Huoltovastaava,Talouspäällikkö,Työsuojeluvaltuutettu,Projektipäällikkö,Toimistopäällikkö", ","),
		"en": strings.Split("Purchasing Manager,Managing Director,Facilities Manager,Head of Maintenance,Finance Manager,Safety Representative,Project Manager,Office Manager", ","),
	}
	// titles that only some trades have.
	ownTitles = map[string]map[string]string{
		"vård":        {"sv": "Avdelningsskötare", "fi": "Osastonhoitaja", "en": "Ward Manager"},
		"skola":       {"sv": "Rektor", "fi": "Rehtori", "en": "Principal"},
		"fastigheter": {"sv": "Disponent", "fi": "Isännöitsijä", "en": "Property Manager"},
		"hotell":      {"sv": "Hotellchef", "fi": "Hotellinjohtaja", "en": "Hotel Manager"},
	}
	privateDomains = strings.Fields("posti.example brevlada.example kirje.example mejl.example laatikko.example hemma.example koti.example")
	visitorsNames  = strings.Split("Priya Raman,James Whitfield,Oksana Koval,Daniel Okafor,Emma Hartley,Luca Moretti,Fatima Rahimi,Tomasz Zielny,"+
		"Grace Adeyemi,Rhys Morgan,Hana Sato,Peter Vandermeer,Nadia Haddad,Colin Fraser,Ines Duarte,Arjun Mehra,Kateryna Bondar,Sean Gallagher,"+
		"Amara Diallo,Helen Carver", ",")
)
