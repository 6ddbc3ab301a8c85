package editor

import (
	"net/url"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/media"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/page"
)

const (
	picturesAt   = "/pictures"
	picturesRows = 40
)

// listPictures shows the pictures of letters, the newest first.
func listPictures(d *desk.Desk) error {
	var from media.Cursor
	if _, err := d.Cursor(&from); err != nil {
		return err
	}
	v := page.PicturesView{Action: picturesAt}
	err := d.Look(func(tx *db.Tx) error {
		all, err := d.Media.List(tx, from, picturesRows+1)
		if err != nil {
			return err
		}
		if len(all) > picturesRows {
			last := all[picturesRows-1]
			all, v.Next = all[:picturesRows], picturesAt+"?after="+url.QueryEscape(d.SignCursor(media.Cursor{At: last.At, File: last.File}))
		}
		used, err := d.Campaign.Holding(tx, addresses(all))
		for _, p := range all {
			v.Rows = append(v.Rows, pictureRow(d, p, used[media.Path+p.File]))
		}
		return err
	})
	if err != nil {
		return err
	}
	v.Frame = d.Frame(d.T("pictures.title"), "outreach")
	return d.Render(200, page.Pictures(v))
}

func addresses(all []media.Picture) (out []string) {
	for _, p := range all {
		out = append(out, media.Path+p.File)
	}
	return out
}

func pictureRow(d *desk.Desk, p media.Picture, used int) page.PictureRow {
	r := page.PictureRow{Src: media.Path + p.File, Action: picturesAt + "/" + p.File, At: desk.Time(p.At), By: p.By, Used: used, Width: p.Width, Height: p.Height, Size: d.Printer.Bytes(p.Size)}
	r.Name = page.Field{ID: "name-" + p.File[:8], Name: "name", Label: d.T("pictures.name"), Value: p.Name, Max: media.MaxName, Required: true}
	r.Alt = page.Field{ID: "alt-" + p.File[:8], Name: "alt", Label: d.T("pictures.alt"), Value: p.Alt, Max: media.MaxAlt}
	return r
}

// addPicture takes a picture in.
func addPicture(d *desk.Desk) error {
	f, err := d.Form(0)
	if err != nil {
		return err
	}
	alt, err := f.Line("alt", media.MaxAlt)
	if err != nil {
		return d.Back(picturesAt, err)
	}
	if d.MultipartForm == nil || len(d.MultipartForm.File["file"]) == 0 {
		return d.Back(picturesAt, fault.New(fault.Invalid, "media.kind", "no file was sent").In("file"))
	}
	if _, err := store(d, d.MultipartForm.File["file"][0], alt); err != nil {
		return d.Back(picturesAt, err)
	}
	return d.Done(picturesAt, d.T("pictures.added"))
}

func describePicture(d *desk.Desk) error {
	f, err := d.Form(0)
	if err != nil {
		return err
	}
	err = d.Act(func(tx *db.Tx) error { return d.Media.Describe(tx, d.PathValue("file"), f.Get("name"), f.Get("alt")) })
	if err != nil {
		return d.Back(picturesAt, err)
	}
	return d.Done(picturesAt, d.T("edit.saved"))
}

func removePicture(d *desk.Desk) error {
	err := d.Act(func(tx *db.Tx) error { return d.Media.Remove(tx, d.PathValue("file")) })
	if err != nil {
		return d.Back(picturesAt, err)
	}
	return d.Done(picturesAt, d.T("pictures.removed"))
}
