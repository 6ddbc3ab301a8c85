package letter

import (
	"strings"

	"kartotek/internal/i18n"
	"kartotek/internal/law"
	"kartotek/internal/noticedef"
	"kartotek/internal/rightsdef"
)

// Received confirms that a request came in. effective tells that an objection or a
// withdrawal stopped what it is about already, restricted that the data are only
// stored until the case is decided; also names the further cases the same request
// became. law: GDPR 12(3), 18(1)(a)
func Received(f Facts, effective, restricted bool, also ...string) Letter {
	w := begin(&f, Receipt, "receipt.title")
	w.body("receipt.body")
	if len(also) > 0 {
		w.say("receipt.also")
		w.list(also)
	}
	if effective {
		w.say("receipt.effective")
	}
	if restricted {
		w.say("receipt.restricted")
	}
	w.say("receipt.due", "due", w.day(f.Due))
	w.say("receipt.misuse")
	return w.end()
}

// AskIdentity asks the person to make sure that it is they who ask, says why, and how
// by the mildest way. The reason is put so that a stranger learns nothing of anybody.
// law: GDPR 12(6)
func AskIdentity(f Facts, doubt string, want rightsdef.Certainty) Letter {
	w := begin(&f, Identity, "identity.title")
	w.body("identity.body")
	w.say("identity.why", "doubt", w.p.T("letter.doubt."+doubt))
	rung := want.String()
	if want == rightsdef.Session {
		rung = rightsdef.Control.String()
	}
	w.say("identity."+rung, "ref", f.Ref, "post", f.From.Address())
	w.say("identity.clock")
	return w.end()
}

// AskClarification asks what a request means. law: GDPR 12(2)
func AskClarification(f Facts, question string) Letter {
	w := begin(&f, Clarification, "clarification.title")
	w.body("clarification.body")
	w.para(question)
	w.say("clarification.clock")
	return w.end()
}

// Extend tells that two more months are needed, and why. Facts.Due is the new day.
// law: GDPR 12(3)
func Extend(f Facts, why rightsdef.Reason, reasons string) Letter {
	w := begin(&f, Extension, "extension.title")
	w.body("extension.body")
	w.say("extension.why", "code", lower(w.p.T("rights.code."+string(why.Code))))
	w.para(reasons)
	return w.end()
}

// Refuse tells that a request, or the part of it that is named, is not carried out.
// law: GDPR 12(4), 12(5)
func Refuse(f Facts, why rightsdef.Reason, reasons, part string) Letter {
	title, body := "refusal.title", "refusal.body"
	if part != "" {
		title, body = "refusal.title_part", "refusal.body_part"
	}
	w := begin(&f, Refusal, title)
	w.body(body, "part", part)
	w.heading("refusal.ground")
	w.say("refusal.ground_text", "code", w.p.T("rights.code."+string(why.Code)), "citation", w.citation(why.Citation))
	w.heading("refusal.reasons")
	w.para(reasons)
	w.heading("refusal.rights")
	w.complaint()
	w.say("refusal.free")
	return w.end()
}

// complaint names the authority and the way to a court. law: GDPR 12(4), 77, 79
func (w *writer) complaint() {
	a := w.Authority
	w.para(a.Complain.In(w.l.Lang))
	w.say("refusal.authority", "name", a.Name.In(w.l.Lang), "post", a.Post.In(w.l.Lang), "visit", a.Visit.In(w.l.Lang), "phone", a.Phone, "email", a.Email, "url", a.URL.In(w.l.Lang))
	w.para(a.Court.In(w.l.Lang))
}

// citation writes a provision as the language does: artikel 17.3 e, 17 artiklan 3
// kohdan e alakohta, Article 17(3)(e).
func (w *writer) citation(ref string) string {
	parts := strings.FieldsFunc(strings.TrimPrefix(ref, "GDPR "), func(r rune) bool { return r == '(' || r == ')' || r == ' ' })
	get := func(i int) string {
		if i < len(parts) {
			return parts[i]
		}
		return ""
	}
	art, para, point := get(0), get(1), get(2)
	switch w.l.Lang {
	case "sv":
		out := "artikel " + art
		if para != "" {
			out += "." + para
		}
		return strings.TrimSpace(out+" "+point) + " i dataskyddsförordningen"
	case "fi":
		switch {
		case point != "":
			return "tietosuoja-asetuksen " + art + " artiklan " + para + " kohdan " + point + " alakohta"
		case para != "":
			return "tietosuoja-asetuksen " + art + " artiklan " + para + " kohta"
		}
		return "tietosuoja-asetuksen " + art + " artikla"
	}
	out := "Article " + art
	if para != "" {
		out += "(" + para + ")"
	}
	if point != "" {
		out += "(" + point + ")"
	}
	return out + " of the General Data Protection Regulation"
}

// Done is what a request came to.
type Done struct {
	Nothing    bool     // access: nothing is held
	Items      []string // what was rectified, erased or kept, or what an objection covers
	Effective  law.Date // of an objection or withdrawal
	Recipients bool     // they were told
	Part       bool     // a part was refused by another letter
	Fetch      string   // access, portability: the address the person can fetch it at; "" when it is handed over otherwise
	Text       string   // what the desk adds
}

// Answer tells that a request was carried out, and how. law: GDPR 12(3)
func Answer(f Facts, d Done) Letter {
	w := begin(&f, Fulfilment, "fulfilment.title")
	w.body("fulfilment.body")
	w.done(d)
	w.para(d.Text)
	if d.Recipients {
		w.say("fulfilment.recipients")
	}
	if d.Part {
		w.say("fulfilment.part")
	}
	w.say("fulfilment.complain", "name", f.Authority.Name.In(w.l.Lang), "url", f.Authority.URL.In(w.l.Lang))
	return w.end()
}

func (w *writer) done(d Done) {
	switch w.Kind {
	case rightsdef.Access, rightsdef.Portability:
		if d.Nothing {
			w.say("fulfilment.nothing")
			return
		}
		w.say("fulfilment." + string(w.Kind))
		if d.Fetch != "" {
			w.say("fulfilment.fetch", "url", d.Fetch)
		}
	case rightsdef.Rectification, rightsdef.Erasure:
		key := "fulfilment." + string(w.Kind)
		if len(d.Items) == 0 {
			key += "_plain"
		}
		w.say(key)
	case rightsdef.Objection, rightsdef.Withdrawal:
		w.say("fulfilment."+string(w.Kind), "effective", w.day(d.Effective))
	default:
		w.say("fulfilment." + string(w.Kind))
	}
	w.list(d.Items)
	if w.Kind == rightsdef.Erasure {
		w.say("fulfilment.suppression")
	}
}

// Lift tells beforehand that a restriction will be lifted on a day. law: GDPR 18(3)
func Lift(f Facts, day law.Date, why string) Letter {
	w := begin(&f, Lifting, "lifting.title")
	w.say("lifting.body", "day", w.day(day))
	if why != "" {
		w.say("lifting.why")
		w.para(why)
	}
	w.say("lifting.object")
	return w.end()
}

// lower begins a text with a small letter, to stand within a sentence.
func lower(s string) string {
	for _, r := range s {
		return strings.ToLower(string(r)) + s[len(string(r)):]
	}
	return s
}

// Scope names what an objection or withdrawal covers; what has no words of ours, such
// as a purpose of the notice, is named as it is.
func Scope(lang, scope string) string {
	if text := i18n.For(lang).T("letter.scope." + scope); text != "letter.scope."+scope {
		return text
	}
	return scope
}

// Field names a field of the catalogue, as the notice's forms do.
func Field(lang, field string) string {
	if t, ok := noticedef.KnownField(field); ok && t[lang] != "" {
		return t[lang]
	}
	return field
}
