package dialect

import "kartotek/internal/exchange/dialect/cells"

// Mautic exports contacts without their do-not-contact entries; doNotEmail is
// known from its import files. Fields can be reordered and new ones follow, so
// several of the core names must be there. One contact alone is exported as a
// list of alias and value, which Open sets upright.
func init() { register(&Dialect{Name: "mautic", Match: matchMautic, Bind: bindMautic}) }

func matchMautic(h *Header) int {
	own := h.count("firstname", "lastname", "preferred_locale", "last_active", "attribution", "attribution_date", "points",
		"address1", "zipcode", "stage", "foursquare", "dateAdded", "doNotEmail", "ownerusername", "dateIdentified", "lastActive")
	if own >= 3 && h.has("email") {
		return min(60+5*own, 90)
	}
	return 0
}

func bindMautic(p *plan) {
	p.tagMarks = "|"
	p.aim(p.col("id"), toID)
	// Mautic's title is a form of address (Mr, Ms); its position is the title at work.
	if p.header.has("position") && p.header.has("title") {
		p.aim(p.col("title"), unlisted)
	}
	p.refuse(p.take("doNotEmail"), Prohibition, "channel:email", cells.Refuses)
	p.refuse(p.take("doNotSms"), Prohibition, "channel:sms", cells.Refuses)
}
