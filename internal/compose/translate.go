package compose

import (
	"regexp"
	"strings"
)

// Merge tags of the tools people leave: Mailchimp *|FNAME|*, listmonk
// {{ .Subscriber.FirstName }}, Mautic {contactfield=firstname|there}, Brevo
// {{ contact.FIRSTNAME }}, and [FIRST NAME].
var mergeTags = []struct {
	find *regexp.Regexp
	name func(m []string) (name, fallback string)
}{
	{regexp.MustCompile(`\*\|([A-Z0-9_:]+)\|\*`), first},
	{regexp.MustCompile(`\{\{-?\s*\.(?:Subscriber\.)?(?:Attribs\.)?([A-Za-z_]+)\s*-?\}\}`), first},
	{regexp.MustCompile(`\{\{-?\s*([A-Z][A-Za-z]+URL)\s*-?\}\}`), first},
	{regexp.MustCompile(`\{contactfield=([a-z0-9_]+)(?:\|([^}|"]*))?\}`), func(m []string) (string, string) { return m[1], m[2] }},
	{regexp.MustCompile(`\{(unsubscribe_url|webview_url|unsubscribe_text)\}`), first},
	{regexp.MustCompile(`\{\{\s*contact\.([A-Za-z_]+)\s*\}\}`), first},
	{regexp.MustCompile(`\{\{\s*(unsubscribe|update_profile|mirror)\s*\}\}`), first},
	{regexp.MustCompile(`\[(FIRST NAME|LAST NAME|COMPANY|EMAIL|UNSUBSCRIBE)\]`), first},
}

func first(m []string) (string, string) { return m[1], "" }

// mergeNames maps a tag's name, upper case without _ and blanks, to ours.
var mergeNames = map[string]string{
	"FNAME": "person.first_name", "FIRSTNAME": "person.first_name", "LNAME": "person.last_name", "LASTNAME": "person.last_name",
	"EMAIL": "person.email", "PHONE": "person.phone", "SMS": "person.phone", "COMPANY": "person.organisation", "CITY": "person.city",
	"COUNTRY": "person.country", "ZIPCODE": "person.postcode", "ADDRESS1": "person.street", "POSITION": "person.title", "TITLE": "person.title",
	"UNSUB": "links.unsubscribe", "UNSUBSCRIBE": "links.unsubscribe", "UNSUBSCRIBEURL": "links.unsubscribe", "UPDATEPROFILE": "links.preferences",
	"MANAGEURL": "links.preferences", "LIST:COMPANY": "controller.name", "MC:SUBJECT": "campaign.name",
}

// Translate turns the merge tags of other tools into Liquid. What it does not
// know stays as it is, so that the author sees it in the preview.
func Translate(src string) string {
	for _, t := range mergeTags {
		src = t.find.ReplaceAllStringFunc(src, func(s string) string {
			name, fallback := t.name(t.find.FindStringSubmatch(s))
			ours, ok := mergeNames[strings.NewReplacer("_", "", " ", "").Replace(strings.ToUpper(name))]
			switch {
			case !ok:
				return s
			case fallback != "":
				return `{{ ` + ours + ` | default: "` + fallback + `" }}`
			}
			return `{{ ` + ours + ` }}`
		})
	}
	return src
}
