package requests

import (
	"net/http"
	"strconv"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/law"
	"kartotek/internal/party"
	"kartotek/internal/rights"
	"kartotek/internal/rightsdef"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/door"
)

// act is something done with a case by its form.
type act struct {
	name string
	do   func(d *desk.Desk, tx *db.Tx, c *rights.Case, f door.Fields) error
	does string // the act of the notice that it is beside the desk's own, if any
}

// acts are all of them; forms.go has their forms.
var acts = []act{
	{name: "match", do: doMatch}, {name: "verify", do: doVerify}, {name: "ask", do: doAsk}, {name: "resume", do: doResume}, {name: "extend", do: doExtend}, {name: "refuse", do: doRefuse}, {name: "fulfil", do: doFulfil}, {name: "erase", do: doErase, does: erases},
	{name: "nothing", do: func(d *desk.Desk, tx *db.Tx, c *rights.Case, _ door.Fields) error {
		return d.Rights.Fulfil(tx, c, rights.Fulfilment{Nothing: true})
	}},
	{name: "change", do: doChange}, {name: "split", do: doSplit}, {name: "close", do: doClose}, {name: "lift", do: doLift}, {name: "note", do: doNote}, {name: "printed", do: doPrinted},
	{name: "unmatch", do: func(d *desk.Desk, tx *db.Tx, c *rights.Case, _ door.Fields) error { return d.Rights.Unmatch(tx, c) }},
	{name: "withdraw", do: func(d *desk.Desk, tx *db.Tx, c *rights.Case, _ door.Fields) error { return d.Rights.Withdraw(tx, c) }},
	{name: "reopen", do: func(d *desk.Desk, tx *db.Tx, c *rights.Case, _ door.Fields) error { return d.Rights.Reopen(tx, c) }},
	{name: "take", do: func(d *desk.Desk, tx *db.Tx, c *rights.Case, _ door.Fields) error {
		return d.Rights.Assign(tx, c, d.Actor.Who(), d.Actor.Name())
	}},
}

// handler answers the form of an act: the case again, with what was done or what is wrong.
func (a act) handler() desk.Handler {
	return func(d *desk.Desk) error {
		f, err := d.Form(0)
		if err != nil {
			return err
		}
		var at id.ID
		err = d.Act(func(tx *db.Tx) error {
			c, err := read(d, tx)
			if err != nil {
				return err
			}
			at = c.ID
			return a.do(d, tx, c, f)
		})
		switch fault.CodeOf(err) {
		case fault.Invalid, fault.Conflict, fault.TooLarge:
			if at != 0 && a.name != "match" && a.name != "printed" {
				return showWith(d, http.StatusUnprocessableEntity, a.name, err)
			}
			return d.Back(path(at), err)
		}
		if err != nil {
			return err
		}
		return d.Done(path(at), d.T("casework.done_"+a.name))
	}
}

// texts reads several fields of text at once.
func texts(f door.Fields, names ...string) (map[string]string, error) {
	out := map[string]string{}
	for _, n := range names {
		v, err := f.Text(n, text)
		if err != nil {
			return nil, err
		}
		out[n] = v
	}
	return out, nil
}

func doMatch(d *desk.Desk, tx *db.Tx, c *rights.Case, f door.Fields) error {
	who, err := id.Parse(f.Get("person"))
	if err != nil {
		return party.NotFound()
	}
	if err := d.NeedPeople(); err != nil {
		return err
	}
	return d.Rights.Match(tx, c, who)
}

func doVerify(d *desk.Desk, tx *db.Tx, c *rights.Case, f door.Fields) error {
	t, err := texts(f, "method", "document", "checked")
	if err != nil {
		return err
	}
	method, _ := rightsdef.ParseCertainty(t["method"])
	return d.Rights.VerifyIdentity(tx, c, rights.Verification{Method: method, Matches: f.Get("differs") == "", Document: t["document"], Note: t["checked"]})
}

func doAsk(d *desk.Desk, tx *db.Tx, c *rights.Case, f door.Fields) error {
	t, err := texts(f, "why", "question", "doubt", "want", "rests")
	if err != nil {
		return err
	}
	a := rights.Asking{Why: t["why"], Text: t["question"], Note: t["rests"]}
	if a.Why == rightsdef.WaitIdentity {
		a.Doubt, a.Text = t["doubt"], ""
		a.Want, _ = rightsdef.ParseCertainty(t["want"])
	}
	return d.Rights.Ask(tx, c, a)
}

func doResume(d *desk.Desk, tx *db.Tx, c *rights.Case, f door.Fields) error {
	t, err := texts(f, "resumed_on", "reply")
	if err != nil {
		return err
	}
	on, err := law.ParseDate(t["resumed_on"])
	if err != nil {
		return fault.New(fault.Invalid, "rights.answered_on", "the day of the answer lies between the question and today").In("resumed_on")
	}
	return d.Rights.Resume(tx, c, on, t["reply"])
}

func doExtend(d *desk.Desk, tx *db.Tx, c *rights.Case, f door.Fields) error {
	t, err := texts(f, "delay", "delay_reasons")
	if err != nil {
		return err
	}
	return d.Rights.Extend(tx, c, t["delay"], t["delay_reasons"])
}

func doRefuse(d *desk.Desk, tx *db.Tx, c *rights.Case, f door.Fields) error {
	t, err := texts(f, "code", "reasons", "part", "objective", "subjective", "intent")
	if err != nil {
		return err
	}
	return d.Rights.Refuse(tx, c, rights.Refusal{Code: t["code"], Reasons: t["reasons"], Part: t["part"],
		Weighing: rightsdef.Weighing{Objective: t["objective"], Subjective: t["subjective"], Intent: t["intent"]}})
}

func doFulfil(d *desk.Desk, tx *db.Tx, c *rights.Case, f door.Fields) error {
	if c.Kind == rightsdef.Erasure {
		return fault.New(fault.Denied, "rights.erase_apart", "a request for erasure is carried out by its own form")
	}
	t, err := texts(f, "besides")
	if err != nil {
		return err
	}
	x := rights.Fulfilment{Text: t["besides"], ByHand: f.Get("by_hand") != ""}
	for n := range places {
		at := string(rune('1' + n))
		field, value := f.Get("field"+at), f.Get("value"+at)
		if field == "" {
			continue
		}
		if !d.Edits(field) {
			return fault.New(fault.Denied, "denied.field", "the access level does not change this field").In("field" + at)
		}
		x.Values = append(x.Values, party.Pair{Name: field, Value: value})
	}
	return d.Rights.Fulfil(tx, c, x)
}

// erases is the act of the notice that carrying out an erasure is: who may only deal
// with requests prepares it, and leaves this step to somebody who may erase. Where the
// notice asks for a second person, they agree to one person and one ground; the
// address names the person, so that their consent holds for nobody else.
const erases = "erase"

func doErase(d *desk.Desk, tx *db.Tx, c *rights.Case, f door.Fields) error {
	if !d.Can(erases) {
		return fault.New(fault.Denied, "denied.erase", "the access level does not erase people")
	}
	q, err := d.Query()
	if err != nil {
		return err
	}
	if c.Kind != rightsdef.Erasure || q.Get("person") != c.Person.String() {
		return fault.New(fault.Conflict, "rights.changed", "the case is about something else now; look at it again")
	}
	t, err := texts(f, "besides", "ground")
	if err != nil {
		return err
	}
	return d.Rights.Fulfil(tx, c, rights.Fulfilment{Text: t["besides"], ByHand: f.Get("by_hand") != "", Erasing: rights.Erasing{Ground: t["ground"]}})
}

func doChange(d *desk.Desk, tx *db.Tx, c *rights.Case, f door.Fields) error {
	return d.Rights.Change(tx, c, rightsdef.Kind(f.Get("kind")), f.Values["scope"])
}

func doSplit(d *desk.Desk, tx *db.Tx, c *rights.Case, f door.Fields) error {
	t, err := texts(f, "split_name", "split_email", "split_address")
	if err != nil {
		return err
	}
	_, err = d.Rights.Split(tx, c, rights.Requester{Name: t["split_name"], Email: t["split_email"], Address: t["split_address"]})
	return err
}

// doClose closes a case that nothing is owed to, or joins it to the one it follows.
func doClose(d *desk.Desk, tx *db.Tx, c *rights.Case, f door.Fields) error {
	if f.Get("outcome") != rightsdef.OutcomeJoined || c.Linked == 0 {
		return d.Rights.Close(tx, c, f.Get("outcome"))
	}
	into, err := d.Rights.Get(tx, c.Linked)
	if err != nil {
		return err
	}
	return d.Rights.Join(tx, c, into)
}

func doLift(d *desk.Desk, tx *db.Tx, c *rights.Case, f door.Fields) error {
	why, err := f.Text("lift_why", text)
	if err != nil {
		return err
	}
	days, err := strconv.Atoi(f.Get("days"))
	if err != nil {
		return fault.New(fault.Invalid, "form.number", "the field takes a whole number").In("days")
	}
	return d.Rights.AnnounceLift(tx, c, why, days)
}

func doNote(d *desk.Desk, tx *db.Tx, c *rights.Case, f door.Fields) error {
	words, err := f.Text("words", text)
	if err != nil {
		return err
	}
	return d.Rights.Note(tx, c, words)
}

func doPrinted(d *desk.Desk, tx *db.Tx, c *rights.Case, f door.Fields) error {
	item, err := id.Parse(f.Get("item"))
	if err != nil {
		return fault.New(fault.NotFound, "rights.no_item", "the case holds no such document")
	}
	return d.Rights.Printed(tx, c, item)
}
