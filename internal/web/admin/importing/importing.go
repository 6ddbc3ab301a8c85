// Package importing is the staff pages that bring people in from another tool:
// files are uploaded, a dry run says what would become of everybody, and only then
// does anything happen; while it runs there is a bar, and afterwards the figures,
// the rejected rows, and the way back.
//
//	GET  /import                start.go    the form, and earlier imports
//	POST /import                upload.go   files, streamed to the uploads folder
//	GET  /import/{id}/plan      plan.go     the dry run of an upload
//	POST /import/{id}/mapping   mapping.go  how its columns are read; the dry run anew
//	POST /import/{id}/start     run.go      begins the import of an upload
//	POST /import/{id}/drop      run.go      forgets an upload
//	GET  /import/{id}           show.go     an import under way or ended
//	GET  /import/{id}/live      show.go     the part that changes
//	GET  /import/{id}/rejects   show.go     the rejected rows, CSV
//	POST /import/{id}/undo      run.go
//
// An upload is a folder of its own with the files and a note of what was asked
// (0700, files 0600). It is removed when its import has ended, when it is dropped,
// or after a day. The dry run of a large upload is a job (PlanJob), so that nobody
// waits for an answer from the server.
package importing

import (
	"kartotek/internal/id"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/door"
)

// maxUpload is the most bytes of one upload.
const maxUpload = 2 << 30

// Routes lists the pages about imports.
func Routes() []door.Route {
	get := func(path string, h desk.Handler) door.Route {
		return door.Route{Method: "GET", Path: path, Level: "import", Handler: desk.With(h)}
	}
	post := func(path, level string, h desk.Handler) door.Route {
		return door.Route{Method: "POST", Path: path, Level: level, Handler: desk.With(h)}
	}
	return []door.Route{
		get("/import", start),
		{Method: "POST", Path: "/import", Level: "import", Handler: desk.With(upload), Body: maxUpload, Drafts: true}, // the dry run
		get("/import/{id}/plan", plan), post("/import/{id}/mapping", "import", remap),
		post("/import/{id}/start", "import", begin), post("/import/{id}/drop", "import", drop),
		get("/import/{id}", show), get("/import/{id}/live", live), get("/import/{id}/rejects", rejects),
		post("/import/{id}/undo", "undo", undo),
	}
}

func path(which id.ID) string { return "/import/" + which.String() }
