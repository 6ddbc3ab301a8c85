package desk

import (
	"strconv"

	"kartotek/internal/returns"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
)

// BoxFields are the fields of the mailbox; the password is never shown.
func BoxFields(d *Desk, s *returns.BoxSettings, entered bool) []page.Field {
	line := func(id, value string) page.Field {
		return page.Field{ID: id, Label: d.T("returns.field." + id), Value: value, Required: true, Auto: "off", Max: 200}
	}
	password := page.Field{ID: "password", Label: d.T("returns.field.password"), Type: "password", Auto: "off", Required: !entered}
	if entered {
		password.Hint = d.T("returns.password_kept")
	}
	security := page.Field{ID: "security", Label: d.T("returns.field.security"), Type: "select"}
	for _, o := range []string{returns.SecurityTLS, returns.SecurityStart, returns.SecurityNone} {
		security.Options = append(security.Options, page.Option{Value: o, Text: d.T("returns.security." + o), On: o == s.Security})
	}
	return []page.Field{line("host", s.Host), line("port", strconv.Itoa(s.Port)), security, line("user", s.User), password, line("folder", s.Folder), line("handled", s.Handled)}
}

// BoxSettings reads the fields of BoxFields.
func BoxSettings(f door.Fields) returns.BoxSettings {
	port, _ := strconv.Atoi(f.Get("port")) // 0 is refused by name
	return returns.BoxSettings{Host: f.Get("host"), Port: port, Security: f.Get("security"), User: f.Get("user"), Password: f.Get("password"), Folder: f.Get("folder"), Handled: f.Get("handled")}
}
