package app

import (
	"slices"

	"kartotek/internal/web/admin"
	"kartotek/internal/web/api"
	"kartotek/internal/web/door"
	"kartotek/internal/web/public"
)

// Routes is the whole sitemap: the public side, the staff's, the programs'.
func Routes() []door.Route {
	return slices.Concat(public.Routes(), admin.Routes(), api.Routes())
}
