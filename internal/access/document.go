package access

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// document is the canonical form of a round: what its digest covers. The order of
// the fields is that of this type, the order of accounts that of their ids.
type document struct {
	Version  int       `json:"access_review"`
	ID       string    `json:"id"`
	Started  string    `json:"started"`
	By       string    `json:"started_by"`
	Owner    string    `json:"owner"`
	Since    string    `json:"unused_since"`
	Measured string    `json:"measured_since"`
	Closed   string    `json:"closed"`
	ClosedBy string    `json:"closed_by"`
	Next     string    `json:"next"`
	Accounts []account `json:"accounts"`
}

type account struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	Levels      []string `json:"levels"`
	Affiliation string   `json:"affiliation"`
	Processor   string   `json:"processor,omitempty"`
	Until       string   `json:"until"`
	Seen        string   `json:"last_used"`
	Second      bool     `json:"second_factor"`
	Unused      []string `json:"unused"`
	Proposals   []string `json:"proposed"`
	Decision    string   `json:"decision"`
	After       []string `json:"levels_after"`
	UntilAfter  string   `json:"until_after"`
	Reason      string   `json:"reason"`
	DecidedBy   string   `json:"decided_by"`
	DecidedAt   string   `json:"decided"`
	Alone       bool     `json:"alone"`
}

// Document gives a round as JSON: the bytes its digest is taken of. Lines are in
// the order of Lines.
func Document(v Review, lines []Line) []byte {
	d := document{Version: 1, ID: v.ID.String(), Started: stamp(v.StartedAt), By: v.StartedBy.String(), Owner: v.Owner, Since: v.Since, Measured: v.Measured,
		Closed: stamp(v.ClosedAt), ClosedBy: v.ClosedBy.String(), Next: v.Next}
	for _, l := range lines {
		d.Accounts = append(d.Accounts, account{ID: l.Account.String(), Name: l.Name, Levels: l.Levels, Affiliation: l.Affiliation, Processor: l.Processor,
			Until: l.Until, Seen: l.Seen, Second: l.Second, Unused: l.Unused, Proposals: l.Proposals, Decision: l.Decision, After: l.After,
			UntilAfter: l.UntilAfter, Reason: l.Reason, DecidedBy: l.DecidedBy.String(), DecidedAt: stamp(l.DecidedAt), Alone: l.Alone})
	}
	b, _ := json.MarshalIndent(d, "", " ") // texts, numbers and lists always marshal
	return append(b, '\n')
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// DigestOf is the SHA-256 of a round's document, in hex.
func DigestOf(v Review, lines []Line) string {
	sum := sha256.Sum256(Document(v, lines))
	return hex.EncodeToString(sum[:])
}

// outcome counts the decisions: "keep 3 lower 1".
func outcome(lines []Line) string {
	count := map[string]int{}
	for _, l := range lines {
		count[l.Decision]++
	}
	var out []string
	for _, what := range []string{Keep, Lower, EndDate, Disable} {
		if count[what] > 0 {
			out = append(out, fmt.Sprintf("%s %d", what, count[what]))
		}
	}
	return strings.Join(out, " ")
}
