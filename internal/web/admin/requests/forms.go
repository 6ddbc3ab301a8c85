package requests

import (
	"slices"

	"kartotek/internal/rights"
	"kartotek/internal/rightsdef"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/page"
	"kartotek/internal/web/page/casework"
)

// text is how long what is typed into a case may be.
const text = 8000

// forms are the acts a case is open to now, the next one first and open.
func forms(d *desk.Desk, c *rights.Case) (out []casework.Act) {
	may := rightsdef.May(c.State)
	add := func(on bool, name string, build func(*desk.Desk, *rights.Case, *casework.Act)) {
		if !on {
			return
		}
		a := casework.Act{ID: name, Title: d.T("casework.act_" + name), Lead: d.Printer.Or("casework.lead_"+name, ""), Action: path(c.ID) + "/" + name, Button: d.T("casework.do_" + name)}
		if build != nil {
			build(d, c, &a)
		}
		out = append(out, a)
	}
	can := func(a rightsdef.Act) bool { return slices.Contains(may, a) }
	sure := c.Certainty >= rightsdef.Enough(c.Kind, c.Delivery)
	add(can(rightsdef.Resume), "resume", resumeForm)
	ready, erasing := can(rightsdef.Fulfil) && c.Matched && sure, c.Kind == rightsdef.Erasure
	add(ready && !erasing, "fulfil", fulfilForm)
	add(ready && erasing && d.Can(erases), "erase", eraseForm)
	add(can(rightsdef.Verify) && c.Matched && !sure, "verify", verifyForm)
	add(can(rightsdef.Fulfil) && c.Kind == rightsdef.Access && !c.Matched, "nothing", nil)
	add(can(rightsdef.Ask), "ask", askForm)
	add(can(rightsdef.Extend) && c.Clock.Extended == "", "extend", extendForm)
	add(can(rightsdef.Refuse), "refuse", refuseForm)
	add(c.Open(), "change", changeForm)
	add(c.Open() && c.Matched, "unmatch", nil)
	add(c.Open(), "split", splitForm)
	add(can(rightsdef.Withdraw), "withdraw", nil)
	add(can(rightsdef.Close), "close", closeForm)
	add(can(rightsdef.Reopen), "reopen", nil)
	add(c.Limits, "lift", liftForm)
	add(c.Open() && c.HandlerID != d.Actor.Who(), "take", nil)
	add(true, "note", noteForm)
	for i := range out { // what the case waits for, never an answer nobody has looked into
		out[i].Open = i == 0 && c.Open() && out[i].ID != "nothing" && out[i].ID != "ask"
	}
	return out
}

// choose makes a select of codes with their words.
func choose[T ~string](d *desk.Desk, id, label, prefix, chosen string, values ...T) page.Field {
	f := page.Field{ID: id, Label: d.T(label), Type: "select", Required: true}
	for _, v := range values {
		f.Options = append(f.Options, page.Option{Value: string(v), Text: d.T(prefix + string(v)), On: string(v) == chosen})
	}
	return f
}

func area(d *desk.Desk, id, label string, required bool) page.Field {
	return page.Field{ID: id, Label: d.T(label), Hint: d.Printer.Or(label+"_hint", ""), Type: "textarea", Rows: 3, Required: required, Max: text}
}

func date(d *desk.Desk, id, label string) page.Field {
	return page.Field{ID: id, Label: d.T(label), Type: "date", Value: d.Today(), Required: true}
}

func resumeForm(d *desk.Desk, c *rights.Case, a *casework.Act) {
	a.Fields = []page.Field{date(d, "resumed_on", "casework.answered_on"), area(d, "reply", "casework.reply", false)}
}

func verifyForm(d *desk.Desk, c *rights.Case, a *casework.Act) {
	var methods []string
	for _, r := range rungs {
		if r > c.Certainty && r >= rightsdef.Control {
			methods = append(methods, r.String())
		}
	}
	a.Fields = []page.Field{choose(d, "method", "casework.method", "rights.certainty.", "", methods...),
		{ID: "document", Label: d.T("casework.document"), Hint: d.T("casework.document_hint"), Max: 60}, area(d, "checked", "casework.checked", false)}
	a.Checks = []casework.Check{{Name: "differs", Value: "1", Text: d.T("casework.differs")}}
}

func askForm(d *desk.Desk, c *rights.Case, a *casework.Act) {
	var wants []string
	for _, r := range rungs {
		if r > c.Certainty && r >= rightsdef.Control {
			wants = append(wants, r.String())
		}
	}
	a.Fields = []page.Field{choose(d, "why", "casework.ask_why", "casework.wait_", rightsdef.WaitClarification, rightsdef.WaitClarification, rightsdef.WaitIdentity), area(d, "question", "casework.question", false),
		optional(choose(d, "doubt", "casework.doubt", "rights.doubt.", "", rightsdef.Doubts...)), choose(d, "want", "casework.want", "rights.certainty.", "", wants...), area(d, "rests", "casework.rests", false)}
}

// optional lets a select be left open.
func optional(f page.Field) page.Field {
	f.Required = false
	f.Options = append([]page.Option{{Value: "", Text: "–", On: true}}, f.Options...)
	return f
}

func codes(list []rightsdef.Reason) (out []rightsdef.Code) {
	for _, r := range list {
		out = append(out, r.Code)
	}
	return out
}

func extendForm(d *desk.Desk, c *rights.Case, a *casework.Act) {
	a.Fields = []page.Field{choose(d, "delay", "casework.code", "rights.code.", "", codes(rightsdef.ReasonsFor(rightsdef.ForDelay, c.Kind))...), area(d, "delay_reasons", "casework.reasons", true)}
}

func refuseForm(d *desk.Desk, c *rights.Case, a *casework.Act) {
	all := append(rightsdef.ReasonsFor(rightsdef.ForRefusal, c.Kind), rightsdef.ReasonsFor(rightsdef.ForKeeping, c.Kind)...)
	a.Fields = []page.Field{choose(d, "code", "casework.code", "rights.code.", "", codes(all)...), area(d, "reasons", "casework.reasons", true),
		{ID: "part", Label: d.T("casework.part"), Hint: d.T("casework.part_hint"), Max: 200},
		area(d, "objective", "casework.objective", false), area(d, "subjective", "casework.subjective", false), optional(choose(d, "intent", "casework.intent", "rights.code.", "", rightsdef.Intents...))}
	a.Danger = true
}

// grounds are those an erasure may rest on.
func grounds(c *rights.Case) []rightsdef.Reason {
	return rightsdef.ReasonsFor(rightsdef.ForErasure, c.Kind)
}

// places for new values in the form of a rectification.
const places = 3

func eraseForm(d *desk.Desk, c *rights.Case, a *casework.Act) {
	a.Action += "?person=" + c.Person.String()
	a.Fields, a.Danger = []page.Field{choose(d, "ground", "casework.ground", "rights.code.", "", codes(grounds(c))...)}, true
	fulfilForm(d, c, a)
}

func fulfilForm(d *desk.Desk, c *rights.Case, a *casework.Act) {
	a.Lead = d.T("casework.fulfil_" + string(c.Kind))
	if c.Kind == rightsdef.Rectification {
		a.Fields = append(a.Fields, valueFields(d)...)
	}
	a.Fields = append(a.Fields, area(d, "besides", "casework.besides", c.Kind == rightsdef.Information))
	if c.Kind != rightsdef.Information {
		a.Checks = []casework.Check{{Name: "by_hand", Value: "1", Text: d.T("casework.by_hand")}}
	}
}

func valueFields(d *desk.Desk) (out []page.Field) {
	for n := range places {
		at := string(rune('1' + n))
		f := page.Field{ID: "field" + at, Label: d.T("casework.field"), Type: "select", Options: []page.Option{{Value: "", Text: "–", On: true}}}
		for _, x := range d.Facts.Fields() {
			if d.Edits(x.Name) {
				f.Options = append(f.Options, page.Option{Value: x.Name, Text: d.Field(x.Name)})
			}
		}
		out = append(out, f, page.Field{ID: "value" + at, Label: d.T("casework.value"), Max: 2000})
	}
	return out
}

func changeForm(d *desk.Desk, c *rights.Case, a *casework.Act) {
	a.Fields = []page.Field{choose(d, "kind", "casework.kind", "rights.kind.", string(c.Kind), rightsdef.Kinds()...)}
	for _, s := range []string{"marketing", "research", "profiling", rightsdef.Contested} {
		a.Checks = append(a.Checks, casework.Check{Name: "scope", Value: s, Text: d.T("casework.scope_" + s), On: slices.Contains(c.Scope, s)})
	}
}

func splitForm(d *desk.Desk, c *rights.Case, a *casework.Act) {
	a.Fields = []page.Field{{ID: "split_name", Label: d.T("casework.name"), Required: true, Max: 200}, {ID: "split_email", Label: d.T("casework.email"), Type: "email", Max: 200},
		{ID: "split_address", Label: d.T("casework.address"), Type: "textarea", Rows: 3, Max: 500}}
}

func closeForm(d *desk.Desk, c *rights.Case, a *casework.Act) {
	a.Fields = []page.Field{choose(d, "outcome", "casework.outcome", "rights.outcome.", "", rightsdef.OutcomeAnswered, rightsdef.OutcomeNoRequest)}
	if c.Linked != 0 {
		a.Fields[0].Options = append(a.Fields[0].Options, page.Option{Value: rightsdef.OutcomeJoined, Text: d.T("rights.outcome.joined")})
	}
}

func liftForm(d *desk.Desk, c *rights.Case, a *casework.Act) {
	a.Fields = []page.Field{area(d, "lift_why", "casework.reasons", true), {ID: "days", Label: d.T("casework.lift_days"), Type: "number", Value: "14", Required: true}}
}

func noteForm(d *desk.Desk, c *rights.Case, a *casework.Act) {
	a.Fields = []page.Field{area(d, "words", "casework.words", true)}
}
