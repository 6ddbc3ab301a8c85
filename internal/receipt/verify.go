package receipt

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"kartotek/internal/inclusion"
)

// The steps of a verification, in their order. Each has its sentence in
// internal/i18n/text/receipt.*.json: receipt.step_<name>, and receipt.step_<name>_no.
const (
	StepForm     = "form"     // the fields of TS 27560 are there, in terms that exist
	StepKey      = "key"      // the key is one that was given
	StepSeal     = "seal"     // nothing in the file was changed after it was made
	StepLog      = "log"      // the entry, its salt and the digest of its evidence make a leaf that stands in the log
	StepHead     = "head"     // the head of the log is signed with one of the keys
	StepSame     = "same"     // the record says what the entry says
	StepEvidence = "evidence" // the evidence is that of the entry
)

// The notes of steps that hold because there was nothing to compare.
const (
	NoteOwn      = "own"      // the key is the receipt's own
	NoteNone     = "none"     // no evidence belongs to the entry
	NoteWithheld = "withheld" // the evidence is not in the receipt; its digest is
)

// Step is one step of a verification.
type Step struct {
	Name string `json:"step"`
	OK   bool   `json:"ok"`
	Note string `json:"note,omitempty"` // what is wrong, in English; or one of the notes
}

// Report says how a verification went.
type Report struct {
	OK    bool     `json:"ok"` // every step holds
	Steps []Step   `json:"steps"`
	Kind  Kind     `json:"kind"`
	Entry string   `json:"entry"` // id of the entry
	Index int64    `json:"index"` // of the entry in the log
	Size  int64    `json:"size"`  // of the log when it was proved
	Log   string   `json:"log"`   // the log's name
	Keys  []string `json:"keys"`  // the keys it was checked with
	Own   bool     `json:"own"`   // they are those the receipt itself names, compared with nothing
	// Case is what it says of a request that was answered; nil for other kinds.
	Case *Answered `json:"case,omitempty"`
}

func (r *Report) step(name string, ok bool, note string) {
	if ok && note != NoteOwn && note != NoteNone && note != NoteWithheld {
		note = ""
	}
	r.OK = r.OK && ok
	r.Steps = append(r.Steps, Step{name, ok, note})
}

// Failed gives the names of the steps that do not hold.
func (r Report) Failed() (out []string) {
	for _, s := range r.Steps {
		if !s.OK {
			out = append(out, s.Name)
		}
	}
	return out
}

// Verify checks a receipt, offline. vkeys are the public keys of the register's
// log, as the register tells them; without any, those the receipt itself names are
// used, which shows that it is whole, but not whose it is. The error tells that it
// cannot be read as a receipt at all; what does not hold is in the report.
func Verify(data []byte, vkeys ...string) (Report, error) {
	r := Report{OK: true}
	receipt, err := parse(data)
	if err != nil {
		return r, err
	}
	p, err := proofOf(receipt)
	if err != nil {
		return r, err
	}
	e, err := ParseEntry(p.Entry)
	if err != nil {
		return r, err
	}
	if (e.Kind == Case) != (receipt.text("@type") == caseType) {
		return r, unreadable("its entry is of another kind than itself")
	}
	r.Kind, r.Entry, r.Case = e.Kind, e.ID, e.Case
	missing := check(receipt)
	r.step(StepForm, len(missing) == 0, say(missing))
	r.keys(p.Keys, vkeys)
	r.step(StepSeal, sealHolds(receipt, r.Keys), "something in the file was changed after it was sealed, or another key sealed it")
	r.log(p, e)
	differ := differences(receipt, e)
	r.step(StepSame, len(differ) == 0, "the record and the entry differ in: "+strings.Join(differ, ", "))
	r.evidence(p)
	return r, nil
}

func say(missing []Missing) string {
	var out []string
	for _, m := range missing {
		out = append(out, m.Field+" ("+m.What+")")
	}
	return strings.Join(out, "; ")
}

// keys decides which keys count: those given, or else the receipt's own.
func (r *Report) keys(own, given []string) {
	r.Keys, r.Own = given, len(given) == 0
	if r.Own {
		r.Keys = own
		r.step(StepKey, true, NoteOwn)
		return
	}
	known := len(own) > 0
	for _, k := range own {
		known = known && slices.Contains(given, k)
	}
	note := ""
	if !known {
		note = "the receipt names a key that is not among those given"
	}
	r.step(StepKey, known, note)
}

// log follows the proof from the entry to the head, and from the head to its key.
// The first is arithmetic and is checked with the receipt's own keys too, so that a
// key nobody knows is not taken for an entry that does not stand in the log.
func (r *Report) log(p Proof, e *Entry) {
	proof, err := inclusion.ParseProof([]byte(p.Log))
	if err != nil {
		r.step(StepLog, false, err.Error())
		r.step(StepHead, false, err.Error())
		return
	}
	_, stands := proof.Check(inclusion.Leaf(e.leaf, digestOf(p, e)), readable(append(slices.Clone(r.Keys), p.Keys...))...)
	r.step(StepLog, stands == nil, because(stands))
	head, signed := inclusion.ParseCheckpoint(proof.Checkpoint, readable(r.Keys)...)
	r.step(StepHead, signed == nil, because(signed))
	r.Index, r.Size, r.Log = proof.Index, head.Size, head.Origin
}

// readable gives the keys that are keys, each once.
func readable(vkeys []string) []string {
	vkeys = slices.Clone(vkeys)
	slices.Sort(vkeys)
	vkeys = slices.Compact(vkeys)
	return slices.DeleteFunc(vkeys, func(k string) bool { _, err := note.NewVerifier(k); return err != nil })
}

func because(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func (r *Report) evidence(p Proof) {
	switch {
	case p.Evidence != nil:
		r.step(StepEvidence, evidenceHolds(p), map[bool]string{false: "the evidence is not that of the entry"}[evidenceHolds(p)])
	case bytes.Equal(p.EvidenceDigest, make([]byte, 32)):
		r.step(StepEvidence, true, NoteNone)
	default:
		r.step(StepEvidence, true, NoteWithheld)
	}
}

// proofOf reads the proof part strictly: its texts have one way to be written.
func proofOf(receipt object) (p Proof, err error) {
	o := receipt.object("kt:proof")
	if t := receipt.text("@type"); t != "dpv:ConsentReceipt" && t != caseType || o == nil {
		return p, unreadable("it has no proof, or is none of a permission or a request")
	}
	p = Proof{Entry: o.text("kt:entry"), Log: o.text("kt:log"), Keys: o.texts("kt:key")}
	p.Salt, err = base64.StdEncoding.Strict().DecodeString(o.text("kt:salt"))
	if err != nil || len(p.Salt) != 16 {
		return p, unreadable("its salt is not 16 bytes in base 64")
	}
	sum, found := strings.CutPrefix(o.text("kt:evidenceDigest"), "sha256:")
	p.EvidenceDigest, err = hex.DecodeString(sum)
	if !found || err != nil || len(p.EvidenceDigest) != 32 || strings.ToLower(sum) != sum {
		return p, unreadable("the digest of its evidence is none")
	}
	if s, ok := o.get("kt:evidence").(string); ok {
		p.Evidence = []byte(s)
	}
	return p, nil
}

// differences names what the record says otherwise than the entry. What the entry
// does not hold (names of recipients, retention) is vouched for by the seal alone.
func differences(receipt object, e *Entry) (out []string) {
	records := receipt.objects("dpv:hasRecordOfActivity")
	if len(records) != 1 {
		return []string{"record"}
	}
	rec := records[0]
	if e.Kind == Case {
		return caseDiffers(rec, e)
	}
	events := rec.objects("dpv:hasConsentStatus")
	if len(events) != 1 {
		return []string{"event"}
	}
	ev := events[0]
	same := func(what string, ok bool) {
		if !ok {
			out = append(out, what)
		}
	}
	same("person", rec.object("dpv:hasDataSubject").text("dct:identifier") == e.Person)
	same("kind", ev.text("kt:kind") == string(e.Kind) && slices.Contains(ev.texts("@type"), states[e.Kind]))
	same("time", ev.text("dpv:isIndicatedAtTime") == stamp(e.Effective) && ev.text("kt:recordedAt") == stamp(e.Recorded))
	same("expiry", expiry(ev) == e.Expires.IsZero() && (e.Expires.IsZero() || ev.object("dpv:hasDuration").text("rdf:value") == stamp(e.Expires)))
	same("channel", slices.Equal(ev.texts("kt:channel"), e.channels()))
	same("method", ev.text("dpv:hasIndicationMethod") == e.Method && ev.text("kt:strength") == e.Strength)
	same("who said it", (ev.object("dpv:isIndicatedBy").text("@type") == "dpv:DataSubject") == (e.SaidBy == "person"))
	same("notice", e.Notice == 0 || slices.ContainsFunc(rec.objects("dpv:hasNotice"), func(n object) bool { return n.text("kt:version") == strconv.Itoa(e.Notice) }))
	same("purpose", purposeAgrees(rec, e))
	same("scope", scopeAgrees(rec, e))
	return out
}

// expiry reports whether the record says that the act has no end of its own.
func expiry(ev object) bool {
	return ev.object("dpv:hasDuration").text("@type") != "dpv:UntilTimeDuration"
}

// purposeAgrees holds that an entry about one purpose has a record about that alone.
func purposeAgrees(rec object, e *Entry) bool {
	want := e.purpose()
	processes := rec.objects("dpv:hasProcess")
	if want == "" {
		return len(processes) > 0
	}
	return len(processes) == 1 && processes[0].object("dpv:hasPurpose").text("dct:identifier") == want
}

func scopeAgrees(rec object, e *Entry) bool {
	want := map[Kind]string{Prohibition: "dpv:hasProhibition", Lift: "dpv:hasPermission"}[e.Kind]
	for _, key := range []string{"dpv:hasProhibition", "dpv:hasPermission"} {
		has := rec.object(key)
		if key == want && has.text("dpv:hasScope") != e.Scope || key != want && has != nil {
			return false
		}
	}
	return true
}

// evidence is the layout of the evidence's bytes.
type evidence struct{ Text, IP, Signed, Received, Language string }

func readEvidence(b []byte) (e evidence) {
	_ = json.Unmarshal(b, &e) // what cannot be read is not shown
	return e
}
