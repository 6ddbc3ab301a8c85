// Package admin is the staff side: what everybody who works with the register
// sees behind the sign-in.
//
// Each area is a package, one file per action, so that the tree is the sitemap:
//
//	account        signing in and out, one's own account
//	keys           /account/keys  one's own API keys
//	today          /             what is due, what is running, what changed
//	people         /people       the list, a person, permissions, evidence, merging
//	organisations  /organisations
//	search         /search       what the search box finds
//	importing      /import
//	outreach       /outreach     newsletters
//	editor         /outreach/{id}/compose, preview; /pictures
//	suppression    /outreach/suppression  addresses not to be used
//	letters        /letters      templates of service messages and series
//	series         /series       letters that follow a sign-up, a date or an event
//	sender         /sender       how our mail is received, and the servers it goes by
//	segments       /segments
//	requests       /requests     people's requests about their own data
//	notices        /notices      the register notice and its versions
//	staff          /staff        accounts and access levels
//	log            /log          who did, read or exported what
//	access         /access       levels for a time, approvals, access review, measures
//	incoming       /requests/{id}/files, /requests/mailbox  what comes in with requests
//	mail           /mail         letters caught in the demo
//	desk                         what they share
package admin

import (
	"slices"

	"kartotek/internal/web/admin/access"
	"kartotek/internal/web/admin/account"
	"kartotek/internal/web/admin/editor"
	"kartotek/internal/web/admin/importing"
	"kartotek/internal/web/admin/incoming"
	"kartotek/internal/web/admin/keeping"
	"kartotek/internal/web/admin/keys"
	"kartotek/internal/web/admin/letters"
	"kartotek/internal/web/admin/log"
	"kartotek/internal/web/admin/mail"
	"kartotek/internal/web/admin/notices"
	"kartotek/internal/web/admin/organisations"
	"kartotek/internal/web/admin/outreach"
	"kartotek/internal/web/admin/people"
	"kartotek/internal/web/admin/requests"
	"kartotek/internal/web/admin/search"
	"kartotek/internal/web/admin/segments"
	"kartotek/internal/web/admin/sender"
	"kartotek/internal/web/admin/series"
	"kartotek/internal/web/admin/staff"
	"kartotek/internal/web/admin/suppression"
	"kartotek/internal/web/admin/today"
	"kartotek/internal/web/door"
)

// Routes are the staff side's entries of the sitemap.
func Routes() []door.Route {
	return slices.Concat(account.Routes(), keys.Routes(), today.Routes(), people.Routes(), organisations.Routes(), search.Routes(), importing.Routes(),
		outreach.Routes(), letters.Routes(), series.Routes(), editor.Routes(), sender.Routes(), suppression.Routes(), segments.Routes(), requests.Routes(), notices.Routes(), staff.Routes(), log.Routes(), access.Routes(), mail.Routes(), incoming.Routes(), keeping.Routes())
}
