// Package known is what is stored of the facts of a decision, so that it can be made
// again: all that does not come from the ledger, and a mark of the ledger's standing
// then. The ledger itself is append-only and is folded again for a replay.
// law: GDPR 5(2)
package known

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"kartotek/internal/permit"
)

// Known are the facts as they are stored with a message.
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

// Of takes down what a decision rested on. held tells that the last prohibition came
// from the suppression list.
func Of(f *permit.Facts, packed string, held bool) Known {
	k := Known{Country: f.Country, Restricted: f.Restricted, Erased: f.Erased, Suppressed: f.Suppressed, Asked: f.Asked, Standing: Mark(packed)}
	if f.Subject != "natural" {
		k.Subject = f.Subject
	}
	if n := len(f.Prohibitions); held && n > 0 {
		k.Held = f.Prohibitions[n-1:]
	}
	return k
}

// Mark marks a standing.
func Mark(packed string) string {
	if packed == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(packed))
	return hex.EncodeToString(sum[:8])
}

// Text is how it is stored.
func (k Known) Text() string {
	b, err := json.Marshal(k)
	if err != nil {
		panic(err) // only texts and truths
	}
	return string(b)
}

// Parse reads what Text wrote.
func Parse(text string) (k Known, err error) {
	err = json.Unmarshal([]byte(text), &k)
	return k, err
}

// Facts are the facts of a decision, less the ledger's.
func (k Known) Facts() permit.Facts {
	f := permit.Facts{Country: k.Country, Subject: k.Subject, Restricted: k.Restricted, Erased: k.Erased, Suppressed: k.Suppressed, Asked: k.Asked}
	if f.Subject == "" {
		f.Subject = "natural"
	}
	return f
}
