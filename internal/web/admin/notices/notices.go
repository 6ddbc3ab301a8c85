// Package notices is the register notice on the staff side: what is in force, its
// versions, a new file checked before anything happens, publishing, and what two
// versions differ in.
//
//	GET  /notices                draft: the id of an uploaded file
//	POST /notices/check          file
//	POST /notices/publish        draft, approved_by, effective
//	POST /notices/drop           draft
//	GET  /notices/{n}/yaml       the file of a version
//	GET  /notices/diff/{a}/{b}
//
// An uploaded file waits in the uploads folder until it is published or dropped;
// it holds no personal data of the register's people.
package notices

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/notice"
	"kartotek/internal/noticedef"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
)

// maxFile is the most bytes of a notice file.
const maxFile = 2 << 20

// Routes lists the pages about the notice.
func Routes() []door.Route {
	return []door.Route{
		{Method: "GET", Path: "/notices", Level: door.SignedIn, Handler: desk.Always(show)},
		{Method: "POST", Path: "/notices/check", Level: "notice", Handler: desk.Always(check), Body: maxFile, Drafts: true},
		{Method: "POST", Path: "/notices/publish", Level: "publish", Handler: desk.Always(publish)},
		{Method: "POST", Path: "/notices/drop", Level: "notice", Handler: desk.Always(drop)},
		{Method: "GET", Path: "/notices/{n}/yaml", Level: door.SignedIn, Handler: desk.Always(source)},
		{Method: "GET", Path: "/notices/diff/{a}/{b}", Level: door.SignedIn, Handler: desk.Always(diff)},
	}
}

// show is the notice in force, its versions, and the file that is being checked.
func show(d *desk.Desk) error {
	v := page.NoticePageView{MayEdit: d.Can("notice"), Name: d.T("nav.notice")}
	var all []*notice.Version
	if err := d.Look(func(tx *db.Tx) (err error) { all, err = d.Rooms.Notice.Versions(tx); return err }); err != nil {
		return err
	}
	v.Versions = versions(d, all)
	if d.Version > 0 && v.MayEdit {
		if i := slices.IndexFunc(all, func(x *notice.Version) bool { return x.Number == d.Version }); i >= 0 {
			v.Text = all[i].Source
		}
	}
	if d.Version > 0 {
		v.Name, v.PublicURL = d.Facts.Register.Name.In(d.Lang()), "/notice/"+d.Lang()
		v.YAMLURL = "/notices/" + strconv.Itoa(d.Version) + "/yaml"
		if d.Can("rights") {
			v.KeepingURL = "/keeping"
		}
		if next, ok := d.Facts.Review.Next.Time(); ok {
			v.Review = d.T("notice.review", "at", next)
		}
		i := slices.IndexFunc(v.Versions, func(n page.NoticeVersion) bool { return n.Number == d.Version })
		if i >= 0 {
			v.InForce = &v.Versions[i]
		}
	}
	if draft := d.URL.Query().Get("draft"); draft != "" && v.MayEdit {
		src, err := readDraft(d, draft)
		if err != nil {
			return err
		}
		v.Draft, v.Text = drafted(d, draft, src), string(src)
	}
	v.Frame = d.Frame(d.T("nav.notice"), "notice")
	return d.Render(http.StatusOK, page.NoticePage(v))
}

func versions(d *desk.Desk, all []*notice.Version) (out []page.NoticeVersion) {
	for _, x := range all {
		day, _ := time.Parse(time.DateOnly, x.Effective)
		n := page.NoticeVersion{Number: x.Number, Href: "/notice/" + d.Lang() + "/v/" + strconv.Itoa(x.Number), Effective: day, Approved: x.ApprovedBy, Hash: x.Hash, State: state(d, x)}
		if x.Supersedes > 0 {
			n.DiffURL = "/notices/diff/" + strconv.Itoa(x.Supersedes) + "/" + strconv.Itoa(x.Number)
		}
		out = append(out, n)
	}
	return out
}

func state(d *desk.Desk, x *notice.Version) page.Chip {
	switch {
	case x.Number == d.Version:
		return page.Chip{Text: d.T("notice.state_now"), Tone: page.Yes}
	case x.Effective > d.Today():
		return page.Chip{Text: d.T("notice.state_coming"), Tone: page.Wait}
	}
	return page.Chip{Text: d.T("notice.state_past")}
}

// number reads a version from the path.
func number(d *desk.Desk, name string) (int, error) {
	n, err := strconv.Atoi(d.PathValue(name))
	if err != nil || n < 1 {
		return 0, fault.New(fault.NotFound, "notice.no_version", "there is no such version")
	}
	return n, nil
}

// source answers with the file of a version.
func source(d *desk.Desk) error {
	n, err := number(d, "n")
	if err != nil {
		return err
	}
	var v *notice.Version
	if err := d.Look(func(tx *db.Tx) (err error) { v, err = d.Rooms.Notice.Version(tx, n); return err }); err != nil {
		return err
	}
	d.Attach("application/yaml; charset=utf-8", "notice-v"+strconv.Itoa(n)+".yaml")
	_, _ = d.W.Write([]byte(v.Source)) // the reader has gone
	return nil
}

// diff shows what two versions differ in.
func diff(d *desk.Desk) error {
	a, err := number(d, "a")
	if err != nil {
		return err
	}
	b, err := number(d, "b")
	if err != nil {
		return err
	}
	var list []noticedef.Change
	if err := d.Look(func(tx *db.Tx) (err error) { list, err = d.Rooms.Notice.Diff(tx, a, b); return err }); err != nil {
		return err
	}
	v := page.NoticeDiffView{Changes: page.NoticeChanges{From: a, To: b, Items: changes(d, list)}}
	v.Frame = d.Frame(d.T("diff.title", "from", a, "to", b), "notice")
	return d.Render(http.StatusOK, page.NoticeDiff(v))
}

func changes(d *desk.Desk, list []noticedef.Change) (out []page.NoticeChange) {
	for _, c := range list {
		tone := map[string]page.Tone{noticedef.Added: page.Yes, noticedef.Removed: page.No, noticedef.Changed: page.Info}[c.Kind]
		out = append(out, page.NoticeChange{Where: c.Path, Kind: page.Chip{Text: d.T("diff.kind_" + c.Kind), Tone: tone}, Before: c.Old, After: c.New, Inform: c.Material})
	}
	return out
}

// fileOf is where an uploaded file waits. The id is one of ours, so that no
// address leads to another file.
func fileOf(d *desk.Desk, draft string) string {
	return filepath.Join(d.Uploads, "notice-"+draft+".yaml")
}

func readDraft(d *desk.Desk, draft string) ([]byte, error) {
	if err := isDraft(draft); err != nil {
		return nil, err
	}
	src, err := os.ReadFile(fileOf(d, draft))
	if os.IsNotExist(err) {
		err = noDraft()
	}
	return src, err
}
