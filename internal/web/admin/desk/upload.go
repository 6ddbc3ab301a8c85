package desk

import (
	"io"

	"kartotek/internal/fault"
	"kartotek/internal/scan"
	"kartotek/internal/web/page"
)

// Upload is a file that a form brought.
type Upload struct {
	Name string // as it was sent
	Raw  []byte
}

// mostUploads is how many files one form may bring.
const mostUploads = 20

// Sent reads the files of a field of the form, after Form; each up to a byte more
// than limit, so that whoever judges it sees that it is too large.
func (d *Desk) Sent(field string, limit int64) (out []Upload, err error) {
	if d.MultipartForm == nil {
		return nil, nil
	}
	heads := d.MultipartForm.File[field]
	if len(heads) > mostUploads {
		return nil, fault.New(fault.TooLarge, "form.files", "a form takes %d files at most", mostUploads).In(field)
	}
	for _, h := range heads {
		in, err := h.Open()
		if err != nil {
			return nil, err
		}
		raw, err := io.ReadAll(io.LimitReader(in, limit+1))
		in.Close()
		if err != nil {
			return nil, err
		}
		out = append(out, Upload{h.Filename, raw})
	}
	return out, nil
}

// FileTone is how the state of a document is shown.
var FileTone = map[scan.State]page.Tone{scan.Kept: page.Yes, scan.Refused: page.No, scan.Held: page.Wait, scan.Destroyed: page.Info}
