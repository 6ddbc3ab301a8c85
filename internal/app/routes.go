package app

import (
	"kartotek/internal/web/admin/account"
	"kartotek/internal/web/admin/log"
	"kartotek/internal/web/admin/mail"
	"kartotek/internal/web/admin/notices"
	"kartotek/internal/web/admin/organisations"
	"kartotek/internal/web/admin/outreach"
	"kartotek/internal/web/admin/people"
	"kartotek/internal/web/admin/search"
	"kartotek/internal/web/admin/segments"
	"kartotek/internal/web/admin/today"
	"kartotek/internal/web/door"
	"kartotek/internal/web/public"
)

// Routes is the whole sitemap: the public side, then the staff's folder by folder.
func Routes() []door.Route {
	var all []door.Route
	for _, routes := range []func() []door.Route{public.Routes, account.Routes, today.Routes, people.Routes, organisations.Routes,
		outreach.Routes, segments.Routes, search.Routes, notices.Routes, log.Routes, mail.Routes} {
		all = append(all, routes()...)
	}
	return all
}
