package app

import (
	"kartotek/internal/web/admin"
	"kartotek/internal/web/door"
	"kartotek/internal/web/public"
)

// Routes is the whole sitemap: the public side, then the staff's.
func Routes() []door.Route { return append(public.Routes(), admin.Routes()...) }
