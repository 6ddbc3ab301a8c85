// Package requests is the rights desk: the staff pages about people's requests about
// their own data.
//
//	GET  /requests                        board.go    cases by what is due
//	GET  /requests/figures                figures.go  what an authority may ask for
//	GET  /requests/new, POST /requests    new.go      a request that came by post, phone, in person
//	GET  /requests/{id}                   show.go     one case: clock, identity, letters, what can be done
//	POST /requests/{id}/{act}             acts.go     forms.go has the forms
//	GET  /requests/{id}/letters/{item}    letter.go   a letter as the person gets it; …/pdf
//	POST /requests/{id}/package           package.go  the package of a case, to be handed over
//	GET  /requests/{id}/receipt           package.go  the receipt of a request that was answered
//
// The rules are those of packages rightsdef and rights. A case is personal data: each
// page that shows one logs the reading first.
package requests

import (
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/rights"
	"kartotek/internal/scan"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/door"
)

// level is the act of the notice's access levels that opens the desk.
const level = "rights"

// Routes lists the desk's pages.
func Routes() []door.Route {
	get := func(path string, h desk.Handler) door.Route {
		return door.Route{Method: "GET", Path: path, Level: level, Handler: desk.With(h)}
	}
	post := func(path string, h desk.Handler) door.Route {
		return door.Route{Method: "POST", Path: path, Level: level, Handler: desk.With(h)}
	}
	takeDown := post("/requests", create)
	takeDown.Body = 4*scan.MaxFile + 1<<20 // a letter of some pages
	all := []door.Route{
		get("/requests", board), get("/requests/figures", figures), get("/requests/new", newCase), takeDown,
		get("/requests/{id}", show), get("/requests/{id}/letters/{item}", letter), get("/requests/{id}/letters/{item}/pdf", letterPDF), get("/requests/{id}/receipt", receiptOf),
	}
	handOver := post("/requests/{id}/package", handOver)
	handOver.Long = true
	all = append(all, handOver)
	for _, a := range acts {
		r := post("/requests/{id}/"+a.name, a.handler())
		r.Does = a.does
		all = append(all, r)
	}
	return all
}

func path(c id.ID) string { return "/requests/" + c.String() }

// read gives the case of the address.
func read(d *desk.Desk, tx *db.Tx) (*rights.Case, error) {
	which, err := d.ID("id")
	if err != nil {
		return nil, err
	}
	return d.Rights.Get(tx, which)
}
