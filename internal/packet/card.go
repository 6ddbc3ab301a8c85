package packet

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"

	"kartotek/internal/exchange/dialect"
)

// vCard writes a person as a vCard 4 (RFC 6350): names, position, organisation,
// addresses, language. What the form has no place for stands in the JSON and CSV.
func vCard(p *dialect.Person) ([]byte, error) {
	var c card
	get := fieldsOf(p)
	c.line("BEGIN", "VCARD")
	c.line("VERSION", "4.0")
	c.line("PRODID", "-//Kartotek//NONSGML Kartotek//EN")
	c.line("UID", "urn:kartotek:"+p.ID)
	c.line("FN", plain(fullName(p, get)))
	if get("first_name")+get("last_name") != "" {
		c.line("N", parts(get("last_name"), get("first_name"), "", "", ""))
	}
	c.value("TITLE", get("title"))
	if org := get("organisation"); org != "" {
		c.line("ORG", parts(org))
	}
	for i, e := range p.Emails {
		c.line("EMAIL"+preferred(i)+typed(e.Label), plain(e.Value))
	}
	for i, t := range p.Phones {
		c.line("TEL;VALUE=text"+preferred(i)+typed(t.Label), plain(t.Value))
	}
	c.addresses(p, get)
	c.value("LANG", get("language"))
	if !p.Changed.IsZero() {
		c.line("REV", p.Changed.UTC().Format("20060102T150405Z"))
	}
	c.line("END", "VCARD")
	return []byte(c.String()), nil
}

// card is a vCard being written.
type card struct{ strings.Builder }

func (c *card) addresses(p *dialect.Person, get func(string) string) {
	if get("street")+get("postcode")+get("city")+get("country") != "" {
		c.line("ADR;PREF=1", parts("", "", get("street"), get("city"), "", get("postcode"), get("country")))
	}
	for _, a := range p.Posts {
		part := postal(a.Value)
		c.line("ADR"+typed(a.Label), parts("", "", part[0], part[2], "", part[1], part[3]))
	}
}

// postal parts an address of lines: street, postcode, city, country.
func postal(s string) [4]string {
	var out [4]string
	copy(out[:], strings.SplitN(s, "\n", 4))
	return out
}

func (c *card) value(name, value string) {
	if value != "" {
		c.line(name, plain(value))
	}
}

// line writes a line, folded at 75 octets between characters (RFC 6350 3.2).
func (c *card) line(name, value string) {
	s := name + ":" + value
	for most := 75; len(s) > most; most = 74 { // the space that begins a continued line counts
		cut := most
		for !utf8.RuneStart(s[cut]) {
			cut--
		}
		c.WriteString(s[:cut] + "\r\n ")
		s = s[cut:]
	}
	c.WriteString(s + "\r\n")
}

var (
	textEscapes = strings.NewReplacer(`\`, `\\`, ",", `\,`, "\r\n", `\n`, "\n", `\n`, "\r", `\n`)
	partEscapes = strings.NewReplacer(`\`, `\\`, ",", `\,`, ";", `\;`, "\r\n", `\n`, "\n", `\n`, "\r", `\n`)
)

func plain(s string) string { return textEscapes.Replace(s) }

// parts writes a structured value.
func parts(values ...string) string {
	for i, v := range values {
		values[i] = partEscapes.Replace(v)
	}
	return strings.Join(values, ";")
}

func preferred(i int) string {
	if i == 0 {
		return ";PREF=1"
	}
	return ""
}

func typed(label string) string {
	if label == "work" || label == "home" {
		return ";TYPE=" + label
	}
	return ""
}

func fieldsOf(p *dialect.Person) func(string) string {
	return func(name string) string {
		for _, f := range p.Fields {
			if f.Name == name {
				return f.Value
			}
		}
		return ""
	}
}

func fullName(p *dialect.Person, get func(string) string) string {
	name := join(get("first_name"), get("last_name"))
	if name == "" && len(p.Emails) > 0 {
		name = p.Emails[0].Value
	}
	if name == "" && len(p.Phones) > 0 {
		name = p.Phones[0].Value
	}
	return name
}

// thing is an object of a JSContact card.
type thing map[string]any

// jsContact writes a person as a JSContact card (RFC 9553).
func jsContact(p *dialect.Person) ([]byte, error) {
	get := fieldsOf(p)
	out := thing{"@type": "Card", "version": "1.0", "uid": "urn:kartotek:" + p.ID, "prodId": "Kartotek", "kind": "individual"}
	name := thing{"full": fullName(p, get)}
	var names []thing
	for _, part := range [][2]string{{"given", get("first_name")}, {"surname", get("last_name")}} {
		if part[1] != "" {
			names = append(names, thing{"kind": part[0], "value": part[1]})
		}
	}
	if names != nil {
		name["components"], name["isOrdered"] = names, true
	}
	out["name"] = name
	out.put("emails", points(p.Emails, "address"))
	out.put("phones", points(p.Phones, "number"))
	out.put("addresses", places(p, get))
	if v := get("organisation"); v != "" {
		out["organizations"] = thing{"o1": thing{"name": v}}
	}
	if v := get("title"); v != "" {
		out["titles"] = thing{"t1": thing{"name": v, "kind": "title"}}
	}
	if v := get("language"); v != "" {
		out["preferredLanguages"] = thing{"l1": thing{"language": v}}
	}
	if !p.Changed.IsZero() {
		out["updated"] = p.Changed.UTC().Format("2006-01-02T15:04:05Z")
	}
	return json.MarshalIndent(out, "", "  ")
}

func (t thing) put(name string, value thing) {
	if len(value) > 0 {
		t[name] = value
	}
}

func points(all []dialect.Point, as string) thing {
	out := thing{}
	for i, p := range all {
		one := thing{as: p.Value}
		if i == 0 {
			one["pref"] = 1
		}
		one.context(p.Label)
		out[as[:1]+strconv.Itoa(i+1)] = one
	}
	return out
}

// context says where an address belongs; JSContact calls home private.
func (t thing) context(label string) {
	if name := map[string]string{"work": "work", "home": "private", "billing": "billing"}[label]; name != "" {
		t["contexts"] = thing{name: true}
	}
}

func places(p *dialect.Person, get func(string) string) thing {
	out := thing{}
	add := func(label, street, postcode, city, country string) {
		var components []thing
		for _, c := range [][2]string{{"name", street}, {"postcode", postcode}, {"locality", city}} {
			if c[1] != "" {
				components = append(components, thing{"kind": c[0], "value": c[1]})
			}
		}
		one := thing{}
		if components != nil {
			one["components"] = components
		}
		if len(country) == 2 {
			one["countryCode"] = strings.ToUpper(country)
		} else if country != "" {
			one["components"] = append(components, thing{"kind": "country", "value": country})
		}
		one.context(label)
		if len(one) > 0 {
			out["a"+strconv.Itoa(len(out)+1)] = one
		}
	}
	add("", get("street"), get("postcode"), get("city"), get("country"))
	for _, a := range p.Posts {
		part := postal(a.Value)
		add(a.Label, part[0], part[1], part[2], part[3])
	}
	return out
}
