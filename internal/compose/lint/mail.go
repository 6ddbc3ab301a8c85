package lint

import (
	"bytes"
	"mime"
	"net/mail"
	"slices"
	"strings"
)

// Mail looks at one finished mail of a letter: what stands in its head, and that it
// has both forms. class is the letter's. Receivers of many mails ask for these since
// 2024 (the sender guidelines of Gmail and Yahoo; RFC 8058, 2919, 5322).
func Mail(raw []byte, class string) (found []Finding) {
	add := func(grade Grade, code, detail string) {
		found = append(found, Finding{Code: code, Grade: grade, Place: "mail", Detail: detail, Points: structural[code]})
	}
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		add(Stop, "mail_broken", "")
		return found
	}
	h := m.Header
	if class != "service" {
		if h.Get("List-Unsubscribe") == "" || h.Get("List-Unsubscribe-Post") == "" {
			add(Stop, "unsubscribe_none", "")
		} else if strings.HasPrefix(strings.Trim(h.Get("List-Unsubscribe"), "<"), "http://") {
			add(Warn, "unsubscribe_http", "")
		}
		if h.Get("List-Id") == "" {
			add(Warn, "list_id_none", "")
		}
	}
	for header, code := range map[string]string{"Date": "date_none", "Message-Id": "message_id_none"} {
		if h.Get(header) == "" {
			add(Stop, code, "")
		}
	}
	if kind, _, _ := mime.ParseMediaType(h.Get("Content-Type")); kind != "multipart/alternative" {
		add(Warn, "html_only", kind)
	}
	return append(found, from(h.Get("From"), h.Get("Reply-To"))...)
}

// from looks at the address that readers see, and answer to.
func from(header, reply string) (found []Finding) {
	a, err := mail.ParseAddress(header)
	if err != nil {
		return []Finding{{Code: "mail_broken", Grade: Stop, Place: "mail"}}
	}
	local, domain, _ := strings.Cut(strings.ToLower(a.Address), "@")
	if slices.Contains(words.Freemail, domain) {
		found = append(found, Finding{Code: "from_freemail", Grade: Warn, Place: "sender", Detail: domain, Points: structural["from_freemail"]})
	}
	if slices.Contains(words.Noreply, local) && reply == "" {
		found = append(found, Finding{Code: "from_noreply", Grade: Warn, Place: "sender", Detail: local}) // law: 2002/58 13(4)
	}
	if strings.TrimSpace(a.Name) == "" {
		found = append(found, Finding{Code: "from_name", Grade: Note, Place: "sender"})
	}
	return found
}
