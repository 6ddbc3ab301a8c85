package receipt

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// Missing is a field that a receipt should have, and has not or not rightly.
type Missing struct {
	Field string `json:"field"` // where, in the words of the file: "record.dpv:hasNotice"
	What  string `json:"what"`  // the field of TS 27560, or what is wrong
}

// Check is the lint of receipts: the mandatory fields of ISO/IEC TS 27560, the
// cardinalities of DPV's profile of it (all 1..* unless a field is one alone), and
// that every term of DPV that is used exists in version 2.3. It says field by
// field what is missing; nil means that nothing is.
func Check(data []byte) ([]Missing, error) {
	receipt, err := parse(data)
	if err != nil {
		return nil, err
	}
	return check(receipt), nil
}

// checker collects what is missing.
type checker struct{ out []Missing }

func (c *checker) need(where, what string, ok bool) {
	if !ok {
		c.out = append(c.out, Missing{where, what})
	}
}

// rule is a field that must be there.
type rule struct{ key, what string }

var (
	receiptRules = []rule{{"@id", "receipt id"}, {"dct:identifier", "receipt id"}, {"dct:created", "time of creation"}, {"dct:publisher", "publisher"},
		{"dct:language", "language"}}
	recordRules = []rule{{"@id", "record_id"}, {"dct:identifier", "record_id"}, {"dpv:hasDataSubject", "pii_principal_id"}, {"dpv:hasDataController", "pii_controllers"},
		{"dpv:hasJurisdiction", "jurisdiction"}, {"dpv:hasApplicableLaw", "applicable law"}, {"dpv:hasNotice", "privacy_notice"}, {"dpv:hasProcess", "purpose"},
		{"dpv:hasRecipient", "recipient_third_parties"}, {"dpv:hasConsentControl", "withdrawal_method"}, {"dpv:hasRight", "privacy_rights"}, {"dpv:hasConsentStatus", "event"}}
	noticeRules  = []rule{{"@id", "privacy_notice"}, {"dct:identifier", "privacy_notice"}, {"dct:language", "language"}}
	partyRules   = []rule{{"@id", "party_id"}, {"@type", "party_type"}, {"dct:identifier", "party_id"}, {"dpv:hasName", "party_name"}, {"dpv:hasAddress", "party_address"}, {"dpv:hasContact", "party_contact"}}
	processRules = []rule{{"dpv:hasPurpose", "purpose"}, {"dpv:hasLegalBasis", "lawful_basis"}, {"dpv:hasPersonalData", "pii_information"}, {"dpv:hasRecipient", "recipient_third_parties"},
		{"dpv:hasStorageCondition", "retention_period"}}
	purposeRules = []rule{{"@type", "purpose_type"}, {"dct:identifier", "purpose"}, {"dct:title", "purpose"}}
	eventRules   = []rule{{"@type", "event_type"}, {"dpv:isIndicatedBy", "entity_id"}, {"dpv:isIndicatedAtTime", "event_time"}, {"dpv:hasDuration", "validity_duration"}}
)

func (c *checker) rules(where string, o object, rules []rule) {
	for _, r := range rules {
		c.need(where+r.key, r.what, filled(o.get(r.key)))
	}
}

// filled reports whether a value says anything.
func filled(v any) bool {
	switch v := v.(type) {
	case string:
		return strings.TrimSpace(v) != ""
	case list:
		return len(v) > 0 && !slices.ContainsFunc(v, func(x any) bool { return !filled(x) })
	case object:
		return len(v) > 0
	}
	return false
}

func check(receipt object) []Missing {
	var c checker
	of, form, record := "dpv:ConsentReceipt", profile+"receipt-eu-gdpr", c.record
	if receipt.text("@type") == caseType {
		of, form, record = caseType, caseProfile, c.caseRecord
	}
	c.need("@type", "a consent receipt", receipt.text("@type") == of)
	c.need("dct:conformsTo", "schema_version", receipt.id("dct:conformsTo") == form)
	c.rules("", receipt, receiptRules)
	c.need("dct:created", "a time in UTC", instant(receipt.text("dct:created")))
	c.context(receipt.object("@context"))
	records := receipt.objects("dpv:hasRecordOfActivity")
	c.need("dpv:hasRecordOfActivity", "the record", len(records) == 1)
	for _, r := range records {
		record(r)
	}
	c.terms("", receipt.without("@context").without("kt:proof"))
	return c.out
}

// context holds that the prefixes mean what they should.
func (c *checker) context(o object) {
	for _, p := range prefixes {
		c.need("@context."+p.key, "the vocabulary "+p.val.(string), o.text(p.key) == p.val)
	}
}

func (c *checker) record(r object) {
	c.need("record.@type", "a consent record", slices.Contains(r.texts("@type"), "dpv:ConsentRecord"))
	c.need("record.dct:conformsTo", "schema_version", r.id("dct:conformsTo") == profile+"record-eu-gdpr")
	c.rules("record.", r, recordRules)
	c.rules("controller.", r.object("dpv:hasDataController"), partyRules)
	for _, x := range r.objects("dpv:hasRecipient") {
		if x.text("@id") != controllerID {
			c.rules("recipient.", x, partyRules)
		}
	}
	for _, n := range r.objects("dpv:hasNotice") {
		if n.text("@type") == "dpv:ConsentNotice" {
			c.rules("notice.", n, noticeRules)
		}
	}
	for _, p := range r.objects("dpv:hasProcess") {
		c.process(p)
	}
	control := r.object("dpv:hasConsentControl")
	c.need("record.dpv:hasConsentControl", "withdrawal_method", slices.Contains(control.texts("@type"), "dpv:WithdrawConsent") && filled(control.get("dpv:isExercisedAt")))
	for _, e := range r.objects("dpv:hasConsentStatus") {
		c.event(e)
	}
}

func (c *checker) process(p object) {
	c.rules("process.", p, processRules)
	c.rules("purpose.", p.object("dpv:hasPurpose"), purposeRules)
	for _, d := range p.objects("dpv:hasPersonalData") {
		c.need("data.@type", "pii_type", len(d.texts("@type")) > 1)
	}
	var place, time bool
	for _, s := range p.objects("dpv:hasStorageCondition") {
		place = place || s.text("@type") == "dpv:StorageLocation" && filled(s.get("dpv:hasLocation"))
		time = time || s.text("@type") == "dpv:StorageDuration" && filled(s.get("dpv:hasDuration"))
	}
	c.need("process.dpv:StorageLocation", "storage_locations", place)
	c.need("process.dpv:StorageDuration", "retention_period", time)
}

func (c *checker) event(e object) {
	c.rules("event.", e, eventRules)
	types := e.texts("@type")
	state := slices.ContainsFunc(types, func(t string) bool {
		for _, s := range states {
			if s == t {
				return true
			}
		}
		return false
	})
	c.need("event.@type", "event_state", state)
	c.need("event.@type", "event_type", slices.Contains(types, "dpv:ExpressedConsent") || slices.Contains(types, "dpv:ExplicitlyExpressedConsent"))
	c.need("event.dpv:isIndicatedAtTime", "event_time in UTC", instant(e.text("dpv:isIndicatedAtTime")))
}

func instant(s string) bool {
	_, err := time.Parse(time.RFC3339Nano, s)
	return err == nil && strings.HasSuffix(s, "Z")
}

var compact = regexp.MustCompile(`^([a-z][a-z-]*):([A-Za-z][A-Za-z0-9-]*)$`)

// terms looks for terms of DPV that its version 2.3 has not: as keys, as types,
// and as what an identifier points to.
func (c *checker) terms(key string, v any) {
	switch v := v.(type) {
	case string:
		if key == "@type" || key == "@id" {
			c.term(v)
		}
	case list:
		for _, x := range v {
			c.terms(key, x)
		}
	case object:
		for _, m := range v {
			c.term(m.key)
			c.terms(m.key, m.val)
		}
	}
}

func (c *checker) term(s string) {
	m := compact.FindStringSubmatch(s)
	if m != nil && slices.Contains(vocabularies, m[1]) && !terms()[s] {
		c.need(s, "a term that DPV 2.3 has", false)
	}
}
