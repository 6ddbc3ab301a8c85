package returns

import (
	"strings"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/outbox"
	"kartotek/internal/outbox/back"
)

// trace is what a mail that came back shows of the message it is about.
type trace struct {
	path            []string // addresses it came to
	listUnsubscribe string   // the field of our letter; its link carries a MAC
	messageID       string   // of our letter, without <>; "" when it is not to be believed
	to              []string // addresses the letter may have gone to
}

// signed reports whether the mail bears a MAC of ours, or what should be one.
func (t *trace) signed() bool {
	return back.OwnPath(t.path) != "" || unsubscribeToken(t.listUnsubscribe) != ""
}

// find finds the message that came back, when it is one that left here; nil
// when it is not. The return path it came to proves it by its MAC, or else the
// link of our letter does; one that proves nothing ends the search: it is forged.
// Without either the Message-ID counts, only together with the address of the
// person that message was for. It has no MAC, so whoever takes mail from strangers
// counts their guesses, and leaves it out when there are many.
func (r *Room) find(tx *db.Tx, t trace) (m *outbox.Message, err error) {
	path := back.OwnPath(t.path)
	switch token := unsubscribeToken(t.listUnsubscribe); {
	case path != "":
		m, err = r.Outbox.ByReturnPath(tx, path)
	case token != "":
		m, err = r.Outbox.ByToken(tx, outbox.LinkUnsubscribe, token)
	default:
		m, err = r.byMessageID(tx, t)
	}
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil || m == nil || m.HandedAt == 0 {
		return nil, err
	}
	return m, nil
}

// unsubscribeToken takes the token out of a List-Unsubscribe field.
func unsubscribeToken(field string) string {
	_, rest, ok := strings.Cut(field, "/"+string(outbox.LinkUnsubscribe)+"/")
	if !ok {
		return ""
	}
	token, _, _ := strings.Cut(rest, ">")
	return strings.TrimSpace(token)
}

func (r *Room) byMessageID(tx *db.Tx, t trace) (*outbox.Message, error) {
	local, _, _ := strings.Cut(t.messageID, "@")
	first, second, _ := strings.Cut(local, ".")
	message, err := id.Parse(first)
	if err != nil {
		return nil, nil
	}
	campaign, err := id.Parse(second)
	if err != nil {
		return nil, nil
	}
	for _, addr := range t.to {
		who, found, err := r.Outbox.Party.ByAddress(tx, addr)
		if err != nil && fault.CodeOf(err) != fault.Invalid {
			return nil, err
		}
		if err != nil || !found {
			continue
		}
		if m, found, err := r.Outbox.Get(tx, who, message); err != nil || found && m.Campaign == campaign {
			return m, err
		}
	}
	return nil, nil
}
