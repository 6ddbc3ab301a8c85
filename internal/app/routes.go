package app

import (
	"slices"

	"kartotek/internal/web/admin"
	"kartotek/internal/web/api"
	"kartotek/internal/web/door"
	"kartotek/internal/web/public"
	"kartotek/internal/web/public/ask"
)

// Routes is the whole sitemap: the public side, the staff's, the programs'.
func Routes() []door.Route {
	return slices.Concat(public.Routes(), ask.Routes(), admin.Routes(), api.Routes())
}
