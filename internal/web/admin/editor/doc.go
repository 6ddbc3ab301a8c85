// Package editor is the staff pages where letters are written and looked at: the
// editor with its pictures, and a letter as one person gets it.
//
// # The editor
//
// A letter is Markdown, HTML or a list of blocks (package compose/blocks). The editor
// works as a form: every button posts the whole letter; "save" stores it, and the
// others change the blocks and show the form again without storing. Where scripts run,
// htmx swaps only the blocks, and the picture of the letter beside it follows what is
// typed (static/compose.js). What somebody else stored meanwhile is never written over.
//
// Letters are shown in frames without rights: no script, no network, no cookies of
// ours. Pictures of the register are put into the page itself, so that looking at a
// letter asks nothing of anybody.
//
// # Addresses
//
//	GET, POST /outreach/{id}/compose   editor.go    op: save, preview, blocks, add.…, up.…, down.…, copy.…, drop.…, upload
//	POST /outreach/{id}/compose/draft  editor.go    the letter of the form, for the frame
//	GET  /outreach/{id}/preview, body  preview.go   as one person gets it, with the verdict about them
//	POST /outreach/{id}/preview        preview.go   a test to one address
//	GET, POST /pictures       pictures.go  the pictures of letters
//	POST /pictures/{file}[/remove]
package editor

import (
	"kartotek/internal/media"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/door"
)

// maxEditor is more than any letter with one picture on its way up.
const maxEditor = media.MaxUpload + (2 << 20)

// Routes lists the pages of the editor, of previews and of pictures.
func Routes() []door.Route {
	route := func(method, path, level string, h desk.Handler) door.Route {
		return door.Route{Method: method, Path: path, Level: level, Handler: desk.With(h)}
	}
	writes := func(path string, body int64, h desk.Handler) door.Route {
		r := route("POST", path, "send", h)
		r.Body, r.Drafts = body, true
		return r
	}
	return []door.Route{
		route("GET", "/outreach/{id}/compose", "send", openEditor),
		writes("/outreach/{id}/compose", maxEditor, editLetter), writes("/outreach/{id}/compose/draft", maxEditor, showDraft),
		route("GET", "/outreach/{id}/preview", "segment", preview), route("GET", "/outreach/{id}/body", "segment", body),
		writes("/outreach/{id}/preview", 0, sendTest),
		route("GET", "/pictures", "send", listPictures), writes("/pictures", maxEditor, addPicture),
		writes("/pictures/{file}", 0, describePicture), writes("/pictures/{file}/remove", 0, removePicture),
	}
}
