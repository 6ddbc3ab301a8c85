package outbox

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"kartotek/internal/permit"
)

// Known is what is stored of the facts of a decision: all that does not come
// from the ledger, and a mark of the ledger's standing then. The ledger itself is
// append-only and is folded again for a replay.
type Known struct {
	Country    string   `json:"c,omitempty"`
	Subject    string   `json:"s,omitempty"` // "" is natural
	Restricted bool     `json:"r,omitempty"`
	Erased     bool     `json:"e,omitempty"`
	Suppressed []string `json:"x,omitempty"`
	Held       []string `json:"h,omitempty"` // prohibitions that came from the suppression list
	Asked      bool     `json:"a,omitempty"` // the person asked for the message
	Standing   string   `json:"l,omitempty"` // first 64 bits of SHA-256 of the packed standing; "" when nothing stood
}

func knownOf(s *Subject) Known {
	k := Known{Country: s.Facts.Country, Restricted: s.Facts.Restricted, Erased: s.Facts.Erased, Suppressed: s.Facts.Suppressed, Asked: s.Facts.Asked, Standing: markOf(s.Packed)}
	if s.Facts.Subject != "natural" {
		k.Subject = s.Facts.Subject
	}
	if n := len(s.Facts.Prohibitions); s.held && n > 0 {
		k.Held = s.Facts.Prohibitions[n-1:]
	}
	return k
}

// markOf marks a standing.
func markOf(packed string) string {
	if packed == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(packed))
	return hex.EncodeToString(sum[:8])
}

func (k Known) text() string {
	b, err := json.Marshal(k)
	if err != nil {
		panic(err) // only texts and truths
	}
	return string(b)
}

// facts are the facts of a decision, less the ledger's.
func (k Known) facts() permit.Facts {
	f := permit.Facts{Country: k.Country, Subject: k.Subject, Restricted: k.Restricted, Erased: k.Erased, Suppressed: k.Suppressed, Asked: k.Asked}
	if f.Subject == "" {
		f.Subject = "natural"
	}
	return f
}
