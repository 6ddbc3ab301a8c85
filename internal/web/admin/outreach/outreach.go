// Package outreach is the staff pages about newsletters and campaigns: writing,
// looking at one as a person gets it, sending with the numbers named first, and
// what came of it, down to the person and the reason.
//
//	GET  /outreach                     list.go
//	GET  /outreach/new, POST /outreach edit.go      a draft
//	GET  /outreach/{id}/edit, POST     edit.go
//	POST /outreach/{id}/delete         edit.go
//	GET  /outreach/{id}                show.go      before, while and after it goes
//	GET  /outreach/{id}/live           show.go      the part that changes
//	GET  /outreach/{id}/people         outcome.go   by outcome: code, state
//	POST /outreach/{id}/settle         outcome.go   what became of an uncertain letter
//	POST /outreach/{id}/send, pause, resume, stop   run.go
//	GET  /outreach/{id}/results        results.go   what came of it; .csv: results_files.go
//	POST /outreach/{id}/archive        results_archive.go
//	GET  /outreach/compare             results_compare.go
//	GET, POST /outreach/{id}/options   options.go   limits, the test of several letters
//	POST /outreach/{id}/schedule, unschedule, copy, test, choose   sending.go
package outreach

import (
	"kartotek/internal/campaign"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
)

// area is the pages with what they remember between requests.
type area struct{ forecasts forecasts }

// Routes lists the pages about newsletters.
func Routes() []door.Route {
	a := &area{}
	get := func(path string, h desk.Handler) door.Route {
		return door.Route{Method: "GET", Path: path, Level: "segment", Handler: desk.With(h)}
	}
	post := func(path string, h desk.Handler) door.Route {
		return door.Route{Method: "POST", Path: path, Level: "send", Handler: desk.With(h)}
	}
	// What sends nothing yet, and what holds a sending back, waits for nobody.
	alone := func(path string, h desk.Handler) door.Route { r := post(path, h); r.Drafts = true; return r }
	return append(append(resultRoutes(), sendingRoutes()...), []door.Route{
		get("/outreach", list), get("/outreach/new", newLetter), alone("/outreach", saveLetter),
		get("/outreach/{id}", a.show), get("/outreach/{id}/live", a.live),
		get("/outreach/{id}/edit", a.edit), alone("/outreach/{id}", saveLetter), alone("/outreach/{id}/delete", remove),
		get("/outreach/{id}/people", outcome),
		post("/outreach/{id}/send", act("start", (*campaign.Room).Start)), alone("/outreach/{id}/pause", act("pause", (*campaign.Room).Pause)),
		post("/outreach/{id}/resume", act("resume", (*campaign.Room).Resume)), alone("/outreach/{id}/stop", act("stop", (*campaign.Room).Stop)),
		alone("/outreach/{id}/settle", settle),
	}...)
}

// Path is the address of a newsletter's page.
func Path(which id.ID) string { return path(which) }

// Open reads the newsletter a request is about, for the pages beside these.
func Open(d *desk.Desk, tx *db.Tx) (*campaign.Campaign, error) { return read(d, tx) }

// Sends reports whether the reader may send for a newsletter's purpose.
func Sends(d *desk.Desk, c *campaign.Campaign) bool { return sends(d, c) }

func path(which id.ID) string { return "/outreach/" + which.String() }

// read reads the newsletter a request is about. A reader whose level does not
// work for its purpose gets the answer of one that is not there.
func read(d *desk.Desk, tx *db.Tx) (*campaign.Campaign, error) {
	which, err := d.ID("id")
	if err != nil {
		return nil, err
	}
	c, err := d.Campaign.Get(tx, which)
	if err == nil && !Reads(d, c) {
		err = fault.New(fault.NotFound, "campaign.none", "there is no such newsletter")
	}
	return c, err
}

// Reads reports whether the reader's level works for a newsletter's purpose; a
// purpose the notice no longer has can still be looked back at.
func Reads(d *desk.Desk, c *campaign.Campaign) bool { return d.MayRead(c.Purpose) }

// sends reports whether the reader may send for a newsletter's purpose.
func sends(d *desk.Desk, c *campaign.Campaign) bool { return d.Actor.CanFor(c.Purpose, "send") }

var stateTone = map[campaign.State]page.Tone{campaign.Draft: "", campaign.Scheduled: page.Info, campaign.Choosing: page.Wait, campaign.Deciding: page.Info, campaign.Sending: page.Info,
	campaign.Paused: page.Wait, campaign.Done: page.Yes, campaign.Stopped: page.No}

// State is a newsletter's state as a label.
func State(d *desk.Desk, s campaign.State) page.Chip {
	return page.Chip{Text: d.Printer.Or("outreach.state."+string(s), string(s)), Tone: stateTone[s]}
}
