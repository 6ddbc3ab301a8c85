package sender

import (
	"net/http"
	"strconv"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/relay"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/page"
)

// look looks at a domain now and shows what was found.
func look(d *desk.Desk) error {
	f, err := d.Form(0)
	if err != nil {
		return err
	}
	domain, err := f.Line("domain", 253)
	if err != nil {
		return err
	}
	l, err := d.Relay.Look(d.Context(), domain)
	if fault.CodeOf(err) == fault.Unavailable || fault.CodeOf(err) == fault.Invalid {
		return d.Back(at, err)
	}
	if err != nil {
		return err
	}
	return render(d, http.StatusOK, page.SenderView{Domain: page.Field{Value: l.Domain}}, relay.Relay{})
}

// add enters a relay.
func add(d *desk.Desk) error {
	f, err := d.Form(0)
	if err != nil {
		return err
	}
	a := relay.Relay{URL: f.Get("url"), Recipient: f.Get("recipient"), Signs: f.Get("signs") != ""}
	for name, to := range map[string]*string{"name": &a.Name, "pool": &a.Pool} {
		if *to, err = f.Line(name, 40); err != nil {
			return err
		}
	}
	for name, to := range map[string]*int{"priority": &a.Priority, "weight": &a.Weight, "rate": &a.Rate, "daily": &a.Daily} {
		if text := f.Get(name); text != "" {
			if *to, err = strconv.Atoi(text); err != nil {
				return fault.New(fault.Invalid, "relay.limits", "limits are numbers, 0 for none").In(name)
			}
		}
	}
	if f.Get("new") != "" {
		a.Started = d.DB.Now()
	}
	err = d.Do("", func(tx *db.Tx) error { _, err := d.Relay.Add(tx, a); return err })
	if refused(err) {
		return render(d, http.StatusUnprocessableEntity, page.SenderView{Error: d.Explain(err)}, a)
	}
	if err != nil {
		return err
	}
	return d.Done(at+"#relays", d.T("sender.added", "name", a.Name))
}

// turn takes a relay out of use, or into use again.
func turn(d *desk.Desk) error {
	f, err := d.Form(0)
	if err != nil {
		return err
	}
	do, said := d.Relay.Disable, "sender.was_disabled"
	if f.Get("to") == string(relay.Active) {
		do, said = d.Relay.Enable, "sender.was_enabled"
	}
	name, err := f.Line("name", 40)
	if err != nil {
		return err
	}
	if err := d.Do("", func(tx *db.Tx) error { return do(tx, name) }); err != nil {
		if refused(err) {
			return d.Back(at, err)
		}
		return err
	}
	return d.Done(at+"#relays", d.T(said, "name", name))
}

// makeKey makes the keys that a domain lacks.
func makeKey(d *desk.Desk) error {
	f, err := d.Form(0)
	if err != nil {
		return err
	}
	kinds := []string{"rsa"}
	if f.Get("kind") == "both" {
		kinds = append(kinds, "ed25519")
	}
	domain, err := f.Line("domain", 253)
	if err != nil {
		return err
	}
	err = d.Do("", func(tx *db.Tx) error { _, err := d.Relay.DomainKeys(tx, domain, kinds, false); return err })
	if refused(err) {
		return d.Back(at, err)
	}
	if err != nil {
		return err
	}
	return d.Done(at+"#signatures", d.T("sender.key_made"))
}

// useKey signs with a new key at once.
func useKey(d *desk.Desk) error {
	f, err := d.Form(0)
	if err != nil {
		return err
	}
	domain, selector := f.Get("domain"), f.Get("selector")
	if err := d.Do("", func(tx *db.Tx) error { return d.Relay.Use(tx, domain, selector) }); err != nil {
		return err
	}
	return d.Done(at+"#signatures", d.T("sender.key_used"))
}
