package receipt

import (
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"kartotek/internal/fault"
	"kartotek/internal/noticedef"
)

// Build makes the receipt of an entry, sealed with the key of the log. The same
// facts give the same bytes. An entry of a kind no receipt is made of is refused.
// skey is the log's signing key, in the form of signed notes.
func Build(f Facts, skey string) ([]byte, error) {
	e, err := ParseEntry(f.Proof.Entry)
	if err != nil {
		return nil, err
	}
	w := &writer{Facts: f, e: e, digest: digestOf(f.Proof, e)}
	if e.Kind == Case {
		return seal(w.buildCase(), skey)
	}
	if w.purposes = affected(f.Notice, e); len(w.purposes) == 0 {
		return nil, fault.New(fault.Conflict, "receipt.no_purpose", "the version of the notice that was shown has no such purpose")
	}
	receipt := object{
		{"@context", w.context()},
		{"@id", "urn:uuid:" + recordID(w.digest, "receipt")},
		{"@type", "dpv:ConsentReceipt"},
		{"dct:conformsTo", ref(profile + "receipt-eu-gdpr")},
		{"dct:identifier", recordID(w.digest, "receipt")},
		{"dct:created", stamp(f.Created)},
		{"dct:publisher", ref(controllerID)},
		{"dct:language", f.Language},
		{"dpv:hasRecordOfActivity", list{w.record()}},
		{"kt:proof", w.proof()},
	}
	return seal(receipt, skey)
}

// seal signs a receipt and writes it.
func seal(receipt object, skey string) ([]byte, error) {
	note, err := sealed(receipt, skey)
	if err != nil {
		return nil, err
	}
	return pretty(append(receipt, member{"kt:seal", note})), nil
}

const (
	profile      = "https://w3id.org/dpv/schema/dpv-27560#"
	controllerID = "urn:kartotek:controller"
)

// writer makes the record of one entry.
type writer struct {
	Facts
	e        *Entry
	digest   []byte
	purposes []noticedef.Purpose // that the entry bears on
}

func ref(id string) object { return object{{"@id", id}} }

// stamp writes a moment as TS 27560 asks: ISO 8601 in UTC.
func stamp(t time.Time) string { return t.UTC().Format(entryTime) }

// title is a text in the receipt's language.
func (w *writer) title(t noticedef.Text) object {
	lang := w.Language
	if t[lang] == "" {
		for _, l := range w.Notice.Languages {
			if t[l] != "" {
				lang = l
				break
			}
		}
	}
	return object{{"@language", lang}, {"@value", t.In(lang)}}
}

// put adds a member unless its value is empty.
func (o object) put(key string, v any) object {
	switch x := v.(type) {
	case string:
		if x == "" {
			return o
		}
	case list:
		if len(x) == 0 {
			return o
		}
	case object:
		if len(x) == 0 {
			return o
		}
	}
	return append(o, member{key, v})
}

func (w *writer) context() object {
	out := object{}
	out = append(out, prefixes...)
	for _, key := range []string{"dct:created", "dpv:isIndicatedAtTime", "kt:recordedAt"} {
		out = append(out, member{key, object{{"@type", "xsd:dateTime"}}})
	}
	return append(out, member{"dct:date", object{{"@type", "xsd:date"}}})
}

// record is the consent record of TS 27560.
func (w *writer) record() object {
	e, n := w.e, w.Notice
	purposes := w.purposes
	out := object{
		{"@id", "urn:uuid:" + recordID(w.digest, "record")},
		{"@type", w.recordTypes()},
		{"dct:conformsTo", ref(profile + "record-eu-gdpr")},
		{"dct:identifier", recordID(w.digest, "record")},
		{"dpv:hasDataSubject", object{{"@id", "urn:kartotek:person:" + e.Person}, {"@type", "dpv:DataSubject"}, {"dct:identifier", e.Person}}},
		{"dpv:hasDataController", w.controller()},
	}
	out = out.put("dpv:hasAuthority", w.authority())
	out = out.put("dpv:hasJurisdiction", country(n.Controller.Address.Country))
	out = append(out, member{"dpv:hasApplicableLaw", ref("legal-eu:law-GDPR")}, member{"dpv:hasNotice", w.notices()})
	out = append(out, member{"dpv:hasRecipient", w.recipients(purposes)}, member{"dpv:hasProcess", w.processes(purposes)})
	out = append(out, member{"dpv:hasConsentControl", w.control()})
	out = out.put("dpv:hasRight", rightsOf(purposes))
	return append(out, w.events()...)
}

func (w *writer) recordTypes() any {
	if w.e.Kind == Prohibition || w.e.Kind == Lift {
		return list{"dpv:ConsentRecord", "dpv:RightExerciseRecord"}
	}
	return "dpv:ConsentRecord"
}

// country names a country as DPV does; empty for one it does not know.
func country(code string) object {
	if !terms()["loc:"+code] {
		return nil
	}
	return ref("loc:" + code)
}

func (w *writer) contacts() (out list) {
	for _, x := range []struct{ scheme, at string }{{"mailto:", w.Notice.Contact.Email}, {"tel:", strings.ReplaceAll(w.Notice.Contact.Phone, " ", "")}} {
		if x.at != "" {
			out = append(out, x.scheme+x.at)
		}
	}
	if len(out) == 0 && w.Notice.Controller.Email != "" {
		out = list{"mailto:" + w.Notice.Controller.Email}
	}
	return out
}

func (w *writer) controller() object {
	c := w.Notice.Controller
	a := c.Address
	address := strings.Join(slices.DeleteFunc([]string{a.Street, strings.TrimSpace(a.Postcode + " " + a.City), a.Country}, func(s string) bool { return s == "" }), ", ")
	out := object{{"@id", controllerID}, {"@type", "dpv:DataController"}}
	return out.put("dct:identifier", c.BusinessID).put("dpv:hasName", c.Name).put("dpv:hasAddress", address).put("dpv:hasContact", w.contacts())
}

func (w *writer) authority() object {
	if id := authorities[w.Notice.Authority]; id != "" {
		return object{{"@id", id}, {"@type", "dpv:DataProtectionAuthority"}}
	}
	return nil
}

// notices are the notice that applied, and where rights are used.
func (w *writer) notices() list {
	id := w.NoticeURL
	if id == "" {
		id = "urn:kartotek:notice:" + itoa(w.Version)
	}
	shown := object{{"@id", id}, {"@type", "dpv:ConsentNotice"}, {"dct:language", w.Language}, {"dct:identifier", w.Hash}, {"kt:version", itoa(w.Version)}}
	shown = shown.put("dct:date", string(w.Notice.Effective))
	if w.e.Notice == 0 {
		shown = append(shown, member{"kt:shown", "not recorded; this version was in force"})
	}
	return list{shown, object{{"@type", "dpv:RightExerciseNotice"}, {"dpv:isExercisedAt", w.contacts()}}}
}

// processes are the purposes the entry bears on, each with what TS 27560 asks of one.
func (w *writer) processes(purposes []noticedef.Purpose) (out list) {
	for _, p := range purposes {
		types, broader := aims(p)
		aim := object{{"@id", "urn:kartotek:purpose:" + p.ID}, {"@type", texts(types)}, {"dct:identifier", p.ID}, {"dct:title", w.title(p.Title)}}
		if broader != "" {
			aim = append(aim, member{"skos:broader", ref(broader)})
		}
		ground := object{}.put("@id", basis(p, w.e))
		if p.Basis.Kind == "legitimate interest" && w.e.Kind == Prohibition {
			ground = append(ground, member{"dpv:hasStatus", ref("dpv:LegitimateInterestObjected")})
		}
		x := object{{"@type", "dpv:Process"}, {"dpv:hasPurpose", aim}}
		x = x.put("dpv:hasLegalBasis", ground).put("dpv:hasPersonalData", w.data(p)).put("dpv:hasRecipient", w.to(p))
		out = append(out, x.put("dpv:hasStorageCondition", w.storage(p)))
	}
	return out
}

func texts(words []string) any {
	if len(words) == 1 {
		return words[0]
	}
	var out list
	for _, s := range words {
		out = append(out, s)
	}
	return out
}

func (w *writer) data(p noticedef.Purpose) (out list) {
	for _, use := range p.Uses {
		if c, ok := w.Notice.Category(use); ok {
			out = append(out, object{{"@id", "urn:kartotek:category:" + c.ID}, {"@type", kinds(c)}, {"dct:identifier", c.ID}, {"dct:title", w.title(c.Title)}})
		}
	}
	return out
}

// to are the recipients of a purpose: the controller itself, and those of the
// notice that get any of its data.
func (w *writer) to(p noticedef.Purpose) list {
	out := list{ref(controllerID)}
	for _, r := range w.Notice.Recipients {
		if receives(r, p) {
			out = append(out, ref("urn:kartotek:recipient:"+r.ID))
		}
	}
	return out
}

func receives(r noticedef.Recipient, p noticedef.Purpose) bool {
	if len(r.Purposes) > 0 && !slices.Contains(r.Purposes, p.ID) {
		return false
	}
	return slices.ContainsFunc(r.Receives, func(c string) bool { return c == noticedef.All || slices.Contains(p.Uses, c) })
}

var roles = map[string]string{"processor": "dpv:DataProcessor", "controller": "dpv:ThirdParty", "authority": "dpv:Authority"}

// recipients names everyone any of the purposes refers to. Processors are reached
// through the controller, who answers for them. law: GDPR 28(1)
func (w *writer) recipients(purposes []noticedef.Purpose) list {
	out := list{ref(controllerID)}
	for _, r := range w.Notice.Recipients {
		if !slices.ContainsFunc(purposes, func(p noticedef.Purpose) bool { return receives(r, p) }) {
			continue
		}
		x := object{{"@id", "urn:kartotek:recipient:" + r.ID}, {"@type", list{"dpv:Recipient", roles[r.Role]}}, {"dct:identifier", r.ID}, {"dpv:hasName", r.Name}, {"dpv:hasAddress", r.Country}}
		out = append(out, x.put("dpv:hasContact", w.contacts()).put("dpv:hasLocation", country(r.Country)))
	}
	return out
}

// storage says where the data lie, and how long.
func (w *writer) storage(p noticedef.Purpose) (out list) {
	places := []string{w.Notice.Controller.Address.Country}
	for _, r := range w.Notice.Recipients {
		if slices.Contains(r.Receives, noticedef.All) && receives(r, p) {
			places = append(places, r.Country)
		}
	}
	slices.Sort(places)
	for _, code := range slices.Compact(places) {
		if at := country(code); at != nil {
			out = append(out, object{{"@type", "dpv:StorageLocation"}, {"dpv:hasLocation", at}})
		}
	}
	kept := p.Keep.While
	if d := period(p.Keep.Then); d != "" && p.Keep.Then.N > 0 {
		kept = strings.TrimPrefix(kept+" + "+d, " + ")
	}
	if kept == "" {
		return out
	}
	return append(out, object{{"@type", "dpv:StorageDuration"}, {"dpv:hasDuration", object{{"@type", "dpv:UntilEventDuration"}, {"rdf:value", kept}}}})
}

// control says how a yes is taken back. law: GDPR 7(3)
func (w *writer) control() object {
	out := object{{"@type", list{"dpv:ProvideConsent", "dpv:WithdrawConsent"}}}
	at := w.contacts()
	if w.NoticeURL != "" {
		at = append(list{w.NoticeURL}, at...)
	}
	return out.put("dpv:isExercisedAt", at)
}

// events says what the person did: the state it brought about, and the rule of an
// objection.
func (w *writer) events() []member {
	e := w.e
	by := object{{"@id", "urn:kartotek:person:" + e.Person}, {"@type", "dpv:DataSubject"}}
	if e.SaidBy != "person" {
		by = object{{"@id", controllerID}, {"@type", "dpv:DataController"}}
	}
	until := object{{"@type", "dpv:UntilEventDuration"}, {"rdf:value", "a later act of the data subject"}}
	if !e.Expires.IsZero() {
		until = object{{"@type", "dpv:UntilTimeDuration"}, {"rdf:value", stamp(e.Expires)}}
	}
	event := object{{"@type", list{states[e.Kind], consentType(e)}}, {"kt:kind", string(e.Kind)}, {"dpv:isIndicatedBy", by}, {"dpv:hasIndicationMethod", e.Method},
		{"dpv:isIndicatedAtTime", stamp(e.Effective)}, {"kt:recordedAt", stamp(e.Recorded)}, {"dpv:hasDuration", until}}
	event = event.put("kt:strength", e.Strength).put("kt:channel", texts(e.channels())).put("kt:source", e.Source)
	out := []member{{"dpv:hasConsentStatus", list{event}}}
	switch e.Kind {
	case Prohibition:
		out = append(out, member{"dpv:hasProhibition", object{{"@type", "dpv:Prohibition"}, {"dpv:hasScope", e.Scope}}},
			member{"dpv:hasEntityInvolvement", object{{"@type", list{"dpv:ObjectingToProcess", "dpv:OptingOutFromProcess"}}, {"dpv:hasRight", ref("eu-gdpr:A21")}}})
	case Lift:
		out = append(out, member{"dpv:hasPermission", object{{"@type", "dpv:Permission"}, {"dpv:hasScope", e.Scope}}},
			member{"dpv:hasEntityInvolvement", object{{"@type", "dpv:OptingInToProcess"}}})
	}
	return out
}

// proof is what shows that the entry stands in the log.
func (w *writer) proof() object {
	p := w.Proof
	out := object{{"@type", "kt:LogProof"}, {"kt:entry", p.Entry}, {"kt:salt", base64.StdEncoding.EncodeToString(p.Salt)},
		{"kt:evidenceDigest", "sha256:" + hex.EncodeToString(p.EvidenceDigest)}}
	if p.Evidence != nil {
		out = append(out, member{"kt:evidence", string(p.Evidence)})
	}
	return append(out, member{"kt:log", p.Log}, member{"kt:key", texts(p.Keys)})
}
