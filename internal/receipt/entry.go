package receipt

import (
	"crypto/sha256"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Entry is what the canonical text of an entry says.
type Entry struct {
	Person, ID          string
	Recorded, Effective time.Time
	Kind                Kind
	Purpose, Channel    string
	Scope               string // of a prohibition or its lifting
	SaidBy              string // person, staff or import
	Method, Strength    string
	Expires             time.Time // zero: never
	Notice              int       // version shown; 0 when not known
	Source              string    // the form or import it came by

	Case *Answered `json:"case,omitempty"` // of a request that was answered; nil for what was said

	leaf  byte   // the kind of leaf that stands for it
	bytes []byte // what the digest of a Case is made of
}

// leafLedger is the kind of leaf that stands for an entry of the ledger.
const leafLedger = 'l'

// headers are the first lines of the texts that are understood. A line names the
// kind of log entry and the layout of its text.
var headers = map[string]byte{"kartotek ledger 1": leafLedger, caseHeader: leafAudit}

// names are the lines of a ledger entry in their order. A text with another line,
// or with these in another order, is not one that the register writes.
var names = []string{"person", "entry", "recorded", "effective", "kind", "purpose", "channel", "scope", "said by", "method", "strength",
	"expires", "goods", "notice", "source", "recorded by kind", "recorded by"}

// ParseEntry reads the canonical text of an entry of the ledger, or of one of the audit
// log about a request that was answered.
func ParseEntry(text string) (*Entry, error) {
	header, rest, _ := strings.Cut(text, "\n")
	leaf, known := headers[header]
	if !known {
		return nil, unreadable("the entry in it has a layout that is not known here")
	}
	if leaf == leafAudit {
		return caseEntry(rest)
	}
	value, err := linesOf(rest, names)
	if err != nil {
		return nil, err
	}
	return readEntry(value, leaf)
}

// linesOf reads lines that must have these names in this order.
func linesOf(rest string, names []string) (map[string]string, error) {
	value := map[string]string{}
	lines := strings.Split(rest, "\n")
	if len(lines) != len(names)+1 || lines[len(names)] != "" {
		return nil, unreadable("the entry in it has not the lines an entry has")
	}
	for i, line := range lines[:len(names)] {
		name, v, found := strings.Cut(line, ": ")
		if !found || name != names[i] {
			return nil, unreadable("the entry in it has not the lines an entry has")
		}
		value[name] = unescape(v)
	}
	return value, nil
}

func readEntry(value map[string]string, leaf byte) (*Entry, error) {
	e := &Entry{leaf: leaf, Person: value["person"], ID: value["entry"], Kind: Kind(value["kind"]), Purpose: value["purpose"], Channel: value["channel"],
		Scope: value["scope"], SaidBy: value["said by"], Method: value["method"], Strength: value["strength"], Source: value["source"]}
	if !slices.Contains(Kinds, e.Kind) {
		return nil, unreadable("no receipt is made of an entry of its kind")
	}
	for name, into := range map[string]*time.Time{"recorded": &e.Recorded, "effective": &e.Effective, "expires": &e.Expires} {
		if value[name] == "" && name == "expires" {
			continue
		}
		t, err := time.Parse(entryTime, value[name])
		if err != nil || t.Format(entryTime) != value[name] {
			return nil, unreadable("a time of the entry in it is none")
		}
		*into = t
	}
	n, err := strconv.Atoi(value["notice"])
	if e.Notice = n; err != nil || n < 0 || e.Person == "" || e.ID == "" {
		return nil, unreadable("the entry in it lacks whom or what it is about")
	}
	return e, nil
}

// entryTime is how an entry writes times: UTC to the millisecond.
const entryTime = "2006-01-02T15:04:05.000Z"

// unescape undoes what an entry's text does to backslashes and new lines.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	return strings.NewReplacer(`\\`, `\`, `\n`, "\n").Replace(s)
}

// digestOf is the digest that stands for an entry in the log.
func digestOf(p Proof, e *Entry) []byte {
	if e.leaf == leafAudit {
		return caseDigest(p.Salt, e.bytes)
	}
	return leafDigest(p)
}

// leafDigest is that of an entry of the ledger: SHA-256 over its salt, the digest of its
// evidence, and its text.
func leafDigest(p Proof) []byte {
	h := sha256.New()
	h.Write(p.Salt)
	h.Write(p.EvidenceDigest)
	h.Write([]byte(p.Entry))
	return h.Sum(nil)
}

// evidenceHolds reports whether evidence is what an entry was made with.
func evidenceHolds(p Proof) bool {
	sum := sha256.Sum256(append(slices.Clone(p.Salt), p.Evidence...))
	return string(sum[:]) == string(p.EvidenceDigest)
}

// recordID is the identifier of a receipt's record: a UUID of version 8 (RFC 9562)
// made of the digest that stands for the entry, so that every receipt of one entry
// names the same record and tells nothing of the person.
func recordID(digest []byte, what string) string {
	sum := sha256.Sum256(append([]byte("kartotek "+what+"\n"), digest...))
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80
	const hex = "0123456789abcdef"
	out := make([]byte, 0, 36)
	for i, c := range sum[:16] {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			out = append(out, '-')
		}
		out = append(out, hex[c>>4], hex[c&15])
	}
	return string(out)
}

func itoa(n int) string { return strconv.Itoa(n) }
