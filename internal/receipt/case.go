package receipt

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"
	"time"

	"kartotek/internal/id"
	"kartotek/internal/rightsdef"
)

// Case is the kind of a receipt about a request that was answered: access, erasure and
// the others. law: GDPR 12(3), 12(4)
const Case Kind = "case"

// CaseAction is the action of the log's entry that such a receipt is made of, and
// CaseStates are the states a case is answered in.
const CaseAction = "rights.receipt"

var caseStates = []rightsdef.State{rightsdef.Fulfilled, rightsdef.Rejected}

// Answered is what an entry says of a request: codes, days and digests, nothing else of
// the person. Its names are those of the entry's detail.
type Answered struct {
	Ref         string   `json:"ref"`
	Asked       string   `json:"asked"` // of rightsdef.Kind
	Scope       []string `json:"scope,omitempty"`
	Channel     string   `json:"channel"`
	Received    string   `json:"received"` // days
	Due         string   `json:"due"`
	Extended    string   `json:"extended,omitempty"` // the person was told that day that it takes longer
	Closed      string   `json:"closed"`
	State       string   `json:"state"`
	Outcome     string   `json:"outcome"`
	Code        string   `json:"code,omitempty"`        // ground of a refusal, whole or in part
	Manifest    string   `json:"manifest,omitempty"`    // SHA-256 of the package's manifest
	Certificate string   `json:"certificate,omitempty"` // number of the certificate of erasure
	Notice      int      `json:"notice"`                // version of the notice
}

// Detail writes it as the detail of a log entry; Ref is the entry's object.
func (a *Answered) Detail() map[string]string {
	out := map[string]string{}
	for _, x := range a.fields() {
		if x[1] != "" {
			out[x[0]] = x[1]
		}
	}
	return out
}

func (a *Answered) fields() [][2]string {
	return [][2]string{{"asked", a.Asked}, {"scope", strings.Join(a.Scope, " ")}, {"channel", a.Channel}, {"received", a.Received}, {"due", a.Due}, {"extended", a.Extended},
		{"closed", a.Closed}, {"state", a.State}, {"outcome", a.Outcome}, {"code", a.Code}, {"manifest", a.Manifest}, {"certificate", a.Certificate}, {"notice", itoa(a.Notice)}}
}

const caseHeader = "kartotek audit 1"

// leafAudit is the kind of leaf that stands for an entry of the audit log.
const leafAudit = 'a'

// caseNames are the lines of an entry of the audit log, in the order of its bytes.
var caseNames = []string{"entry", "recorded", "by id", "person", "count", "by kind", "by", "level", "device", "purpose", "action", "object kind", "object", "detail", "outcome"}

// caseNumbers are those of its values that are eight bytes each.
const caseNumbers = 5

// caseEntry reads the text of an entry about a request.
func caseEntry(rest string) (*Entry, error) {
	value, err := linesOf(rest, caseNames)
	if err != nil {
		return nil, err
	}
	at, err := time.Parse(entryTime, value["recorded"])
	if err != nil || at.Format(entryTime) != value["recorded"] {
		return nil, unreadable("a time of the entry in it is none")
	}
	e := &Entry{leaf: leafAudit, Kind: Case, ID: value["entry"], Person: value["person"], Recorded: at, Effective: at}
	if value["action"] != CaseAction || value["by kind"] != "system" || value["outcome"] != "ok" {
		return nil, unreadable("no receipt is made of an entry of its kind")
	}
	if e.bytes, err = caseBytes(value, at); err != nil {
		return nil, err
	}
	if e.Case, err = answered(value["object"], value["detail"]); err == nil {
		e.Notice = e.Case.Notice
	}
	return e, err
}

// caseBytes are the bytes that the text stands for: numbers in eight bytes, then each
// text with its length before it.
func caseBytes(value map[string]string, at time.Time) ([]byte, error) {
	b := lengthed(nil, caseHeader)
	for _, name := range caseNames[:caseNumbers] {
		n, err := int64(0), error(nil)
		switch name {
		case "recorded":
			n = at.UnixMilli()
		case "count":
			n, err = strconv.ParseInt(value[name], 10, 64)
			if err == nil && strconv.FormatInt(n, 10) != value[name] {
				err = unreadable("")
			}
		default:
			var x id.ID
			if value[name] != "0" {
				x, err = id.Parse(value[name])
			}
			n = int64(x)
		}
		if err != nil {
			return nil, unreadable("a number of the entry in it is none")
		}
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	for _, name := range caseNames[caseNumbers:] {
		b = lengthed(b, value[name])
	}
	return b, nil
}

func lengthed(b []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint32(b, uint32(len(s))), s...)
}

// answered reads the detail of an entry.
func answered(ref, detail string) (*Answered, error) {
	o, err := parse([]byte(detail))
	if err != nil {
		return nil, unreadable("the detail of the entry in it cannot be read")
	}
	n, err := strconv.Atoi(o.text("notice"))
	a := &Answered{Ref: ref, Asked: o.text("asked"), Scope: strings.Fields(o.text("scope")), Channel: o.text("channel"), Received: o.text("received"), Due: o.text("due"),
		Extended: o.text("extended"), Closed: o.text("closed"), State: o.text("state"), Outcome: o.text("outcome"), Code: o.text("code"), Manifest: o.text("manifest"),
		Certificate: o.text("certificate"), Notice: n}
	if err != nil || itoa(n) != o.text("notice") || n < 0 || ref == "" || !rightsdef.Kind(a.Asked).Known() || !slices.Contains(caseStates, rightsdef.State(a.State)) {
		return nil, unreadable("the entry in it does not say what was asked and what came of it")
	}
	return a, nil
}

// caseDigest is the digest that stands for such an entry: SHA-256 over salt and bytes.
func caseDigest(salt, bytes []byte) []byte {
	sum := sha256.Sum256(append(slices.Clone(salt), bytes...))
	return sum[:]
}

const (
	caseType    = "kt:CaseReceipt" // nearest broader: dpv:RightExerciseRecord
	caseProfile = "urn:kartotek:receipt:case:1"
)

// buildCase makes the receipt of a request that was answered.
func (w *writer) buildCase() object {
	return object{
		{"@context", w.context()},
		{"@id", "urn:uuid:" + recordID(w.digest, "receipt")},
		{"@type", caseType},
		{"dct:conformsTo", ref(caseProfile)},
		{"dct:identifier", recordID(w.digest, "receipt")},
		{"dct:created", stamp(w.Created)},
		{"dct:publisher", ref(controllerID)},
		{"dct:language", w.Language},
		{"dpv:hasRecordOfActivity", list{w.caseRecord()}},
		{"kt:proof", w.proof()},
	}
}

// caseRecord says what was asked, when, and what was done: of the person only the key.
func (w *writer) caseRecord() object {
	e, a := w.e, w.e.Case
	out := object{
		{"@id", "urn:uuid:" + recordID(w.digest, "record")},
		{"@type", "dpv:RightExerciseRecord"},
		{"dct:conformsTo", ref(caseProfile)},
		{"dct:identifier", recordID(w.digest, "record")},
		{"kt:case", a.Ref},
		{"dpv:hasDataSubject", object{{"@id", "urn:kartotek:person:" + e.Person}, {"@type", "dpv:DataSubject"}, {"dct:identifier", e.Person}}},
		{"dpv:hasDataController", w.controller()},
	}
	out = out.put("dpv:hasAuthority", w.authority()).put("dpv:hasJurisdiction", country(w.Notice.Controller.Address.Country))
	out = append(out, member{"dpv:hasApplicableLaw", ref("legal-eu:law-GDPR")}, member{"dpv:hasNotice", w.caseNotices()}, member{"dpv:hasRight", ref(rightsdef.Kind(a.Asked).DPV())})
	if len(a.Scope) > 0 {
		out = append(out, member{"dpv:hasScope", texts(a.Scope)})
	}
	return append(out, member{"kt:due", a.Due}, member{"dpv:hasStatus", w.caseEvents()})
}

func (w *writer) caseNotices() list {
	id := w.NoticeURL
	if id == "" {
		id = "urn:kartotek:notice:" + itoa(w.Version)
	}
	shown := object{{"@id", id}, {"@type", "dpv:PrivacyNotice"}, {"dct:language", w.Language}, {"dct:identifier", w.Hash}, {"kt:version", itoa(w.Version)}}
	return list{shown, object{{"@type", "dpv:RightExerciseNotice"}, {"dpv:isExercisedAt", w.contacts()}}}
}

// caseEvents are the states the request went through, each with its day.
func (w *writer) caseEvents() list {
	a := w.e.Case
	out := list{object{{"@type", rightsdef.Initiated.DPV()}, {"dct:date", a.Received}, {"kt:channel", a.Channel}}}
	if a.Extended != "" {
		out = append(out, object{{"@type", rightsdef.Delayed.DPV()}, {"dct:date", a.Extended}})
	}
	end := object{{"@type", rightsdef.State(a.State).DPV()}, {"dct:date", a.Closed}, {"kt:recordedAt", stamp(w.e.Recorded)}, {"kt:outcome", a.Outcome}}
	return append(out, end.put("kt:code", a.Code).put("kt:manifest", a.Manifest).put("kt:certificate", a.Certificate))
}

var caseRules = []rule{{"@id", "record_id"}, {"dct:identifier", "record_id"}, {"kt:case", "reference of the case"}, {"dpv:hasDataSubject", "pii_principal_id"},
	{"dpv:hasDataController", "pii_controllers"}, {"dpv:hasJurisdiction", "jurisdiction"}, {"dpv:hasApplicableLaw", "applicable law"}, {"dpv:hasNotice", "privacy_notice"},
	{"dpv:hasRight", "the right that was used"}, {"kt:due", "last day"}, {"dpv:hasStatus", "event"}}

func (c *checker) caseRecord(r object) {
	c.need("record.@type", "a record of a right", r.text("@type") == "dpv:RightExerciseRecord")
	c.need("record.dct:conformsTo", "schema_version", r.id("dct:conformsTo") == caseProfile)
	c.rules("record.", r, caseRules)
	c.rules("controller.", r.object("dpv:hasDataController"), partyRules)
	events := r.objects("dpv:hasStatus")
	c.need("record.dpv:hasStatus", "arrival and answer", len(events) == 2 || len(events) == 3)
	for _, e := range events {
		c.need("event.@type", "event_state", e.text("@type") != "")
		c.need("event.dct:date", "event_time", e.text("dct:date") != "")
	}
}

// caseDiffers names what the record of a request says otherwise than the entry.
func caseDiffers(rec object, e *Entry) (out []string) {
	a, events := e.Case, rec.objects("dpv:hasStatus")
	if len(events) < 2 || len(events) > 3 {
		return []string{"event"}
	}
	same := func(what string, ok bool) {
		if !ok {
			out = append(out, what)
		}
	}
	first, last, extended := events[0], events[len(events)-1], ""
	if len(events) == 3 {
		extended = events[1].text("dct:date")
		same("extension", events[1].text("@type") == rightsdef.Delayed.DPV())
	}
	same("person", rec.object("dpv:hasDataSubject").text("dct:identifier") == e.Person)
	same("case", rec.text("kt:case") == a.Ref)
	same("right", rec.id("dpv:hasRight") == rightsdef.Kind(a.Asked).DPV())
	same("scope", slices.Equal(rec.texts("dpv:hasScope"), a.Scope))
	same("arrival", first.text("@type") == rightsdef.Initiated.DPV() && first.text("dct:date") == a.Received && first.text("kt:channel") == a.Channel)
	same("last day", rec.text("kt:due") == a.Due)
	same("extension", extended == a.Extended)
	same("answer", last.text("@type") == rightsdef.State(a.State).DPV() && last.text("dct:date") == a.Closed && last.text("kt:outcome") == a.Outcome && last.text("kt:code") == a.Code)
	same("time", last.text("kt:recordedAt") == stamp(e.Recorded))
	same("package", last.text("kt:manifest") == a.Manifest)
	same("certificate", last.text("kt:certificate") == a.Certificate)
	same("notice", slices.ContainsFunc(rec.objects("dpv:hasNotice"), func(n object) bool { return n.text("kt:version") == itoa(a.Notice) }))
	return out
}
