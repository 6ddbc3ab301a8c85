package suppression

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"path/filepath"
	"strings"

	"kartotek/internal/fault"
	"kartotek/internal/outbox/suppress"
	"kartotek/internal/returns"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/page"
)

// maxField is the longest field beside the file, in bytes.
const maxField = 4 << 10

// listFields are the fields of a list to read. The file comes last, so that all else
// is known when its first line arrives and nothing of it need be kept.
func listFields(d *desk.Desk) []page.Field {
	return []page.Field{
		{ID: "name", Label: d.T("suppress.list_name"), Hint: d.T("suppress.list_name_hint"), Required: true, Auto: "off", Max: 100},
		{ID: "source", Label: d.T("suppress.list_source"), Hint: d.T("suppress.list_source_hint"), Auto: "off", Max: 200},
		{ID: "kind", Label: d.T("suppress.kind"), Type: "select", Options: choices(d, "suppress.kind.", "email", "phone")},
		{ID: "list-class", Name: "class", Label: d.T("suppress.class"), Type: "select", Options: choices(d, "suppress.class.", suppress.HoldMarketing, suppress.HoldAll)},
		{ID: "country", Label: d.T("suppress.list_country"), Hint: d.T("suppress.list_country_hint"), Auto: "off", Max: 2},
		{ID: "column", Label: d.T("suppress.list_column"), Hint: d.T("suppress.list_column_hint"), Auto: "off", Max: 100},
		{ID: "file", Label: d.T("suppress.list_file"), Hint: d.T("suppress.list_file_hint"), Type: "file", Accept: ".txt,.csv,text/plain,text/csv", Required: true},
	}
}

// readList reads the file as it arrives.
func readList(d *desk.Desk) error {
	parts, err := d.MultipartReader()
	if err != nil {
		return d.Back(at, fault.New(fault.Invalid, "form.broken", "a form with a file was expected"))
	}
	var l returns.ListFile
	file, err := fields(parts, map[string]*string{"name": &l.Name, "source": &l.Source, "kind": &l.Kind, "class": &l.Class, "country": &l.Country, "column": &l.Column})
	if err != nil {
		return d.Back(at, err)
	}
	if l.Source == "" {
		l.Source = filepath.Base(strings.ReplaceAll(file.FileName(), `\`, "/"))
	}
	done, wrong, err := d.Returns.ReadList(d.Context(), d.By(d.Purpose()), l, file, nil)
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		err = fault.New(fault.TooLarge, "form.too_large", "the upload is larger than %d bytes", large.Limit)
	}
	if err != nil {
		return d.Back(at, err)
	}
	return d.Done(at, d.T("suppress.list_done", "name", done.Name, "n", d.Printer.Number(int(done.Addresses)), "wrong", d.Printer.Number(int(wrong))))
}

// fields reads the parts before the file, and gives the file.
func fields(parts *multipart.Reader, into map[string]*string) (*multipart.Part, error) {
	for {
		p, err := parts.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return nil, fault.New(fault.Invalid, "form.missing", "no file was sent").In("file")
		case err != nil:
			return nil, fault.New(fault.Invalid, "form.broken", "the form could not be read")
		case p.FormName() == "file":
			return p, nil
		}
		text, err := io.ReadAll(io.LimitReader(p, maxField))
		if err != nil {
			return nil, fault.New(fault.Invalid, "form.broken", "the form could not be read")
		}
		if to := into[p.FormName()]; to != nil {
			*to = strings.TrimSpace(string(text))
		}
	}
}

func dropList(d *desk.Desk) error {
	f, err := d.Form(0)
	if err != nil {
		return err
	}
	if err := d.Returns.DropList(d.Context(), d.By(d.Purpose()), f.Get("name")); err != nil {
		return d.Back(at, err)
	}
	return d.Done(at, d.T("suppress.dropped"))
}
