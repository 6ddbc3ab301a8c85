package sample

import (
	"kartotek/internal/web/page"
	"kartotek/internal/web/page/incoming"
)

// incoming is the documents of a case, and the mailbox of requests.
func (s set) incoming() []Sample {
	t := s.p.T
	files := incoming.FilesView{Frame: s.frame("requests", t("scan.title")), Ref: "R-2026-0042", CaseURL: "/requests/3k", Action: "/requests/3k/files", MayAdd: true, Files: []incoming.File{
		{Name: "brev.pdf", Size: s.p.Bytes(240_000), From: t("scan.via_mail"), State: page.Chip{Text: t("scan.state.kept"), Tone: page.Yes}, At: now, Kept: true, Href: "/requests/3k/files/1", Base: "/requests/3k/files/1"},
		{Name: "fullmakt.pdf", Size: s.p.Bytes(80_000), From: t("scan.via_clerk"), State: page.Chip{Text: t("scan.state.kept"), Tone: page.Yes}, Text: t("scan.others_is"), Kept: true, Others: true, At: now, Href: "/requests/3k/files/2", Base: "/requests/3k/files/2"},
		{Name: "passport.jpg", Size: s.p.Bytes(900_000), From: t("scan.via_mail"), State: page.Chip{Text: t("scan.state.held"), Tone: page.Wait}, Text: t("error.scan.held"), At: now, Base: "/requests/3k/files/3", Held: true},
		{Name: "logo.svg", Size: s.p.Bytes(3_000), From: t("scan.via_mail"), State: page.Chip{Text: t("scan.state.refused"), Tone: page.No}, Text: t("scan.refused.svg"), At: now, Base: "/requests/3k/files/4"},
		{Name: t("scan.nameless"), Size: s.p.Bytes(700_000), From: t("scan.via_mail"), State: page.Chip{Text: t("scan.state.destroyed"), Tone: page.Info}, Text: t("scan.gone.shown"), At: now, Gone: true},
	}}
	none := incoming.FilesView{Frame: files.Frame, Ref: files.Ref, CaseURL: files.CaseURL, Error: t("scan.no_file")}
	line := func(id, value string) page.Field {
		return page.Field{ID: id, Label: t("returns.field." + id), Value: value, Required: true}
	}
	box := incoming.MailboxView{Frame: s.frame("requests", t("askbox.title")), User: "privacy@nordanvind.example", State: page.Chip{Text: t("returns.reads"), Tone: page.Yes}, Read: now, Taken: 41,
		Form: []page.Field{line("host", "imap.nordanvind.example"), line("port", "993"), line("user", "privacy@nordanvind.example"), line("folder", "INBOX"), line("handled", "Handled")}}
	return []Sample{
		{Name: "case-files", Component: incoming.Files(files)},
		{Name: "case-files-none", Component: incoming.Files(none)},
		{Name: "request-mailbox", Component: incoming.Mailbox(box)},
	}
}
