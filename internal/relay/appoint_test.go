package relay

import (
	"slices"
	"testing"

	"kartotek/internal/db"
	"kartotek/internal/noticedef"
	"kartotek/internal/outbox"
)

// TestAppoint holds that a mail server named at the command line is the controller's own
// on this machine, and elsewhere that of a processor the notice lets have addresses.
func TestAppoint(t *testing.T) {
	w := small(t)
	everybody := w.notice.Recipients
	two := []noticedef.Recipient{everybody[0], everybody[0]}
	two[1].ID = "second"
	for _, x := range []struct {
		name, server, processor string
		listed                  []noticedef.Recipient
		want, who               string
	}{
		{"the controller's own", "smtp://127.0.0.1:25", "", everybody, "", ""}, {"by name", "smtp://localhost", "", nil, "", ""}, {"IPv6", "smtp://[::1]:25", "", nil, "", ""},
		{"a way to a processor's", "smtp://127.0.0.1:25", "mail-relay", everybody, "", "mail-relay"},
		{"the only one", "smtps://user:secret@mail.example", "", everybody, "", "mail-relay"}, {"named", "smtp://mail.example", "far-clauses", everybody, "", "far-clauses"},
		{"two deliver mail", "smtp://mail.example", "", two, "relay.whose", ""}, {"none does", "smtp://mail.example", "", everybody[1:], "relay.whose", ""},
		{"an address near by", "smtp://10.0.0.8:25", "", everybody[1:], "relay.whose", ""},
		{"unlisted", "smtp://mail.example", "nobody", everybody, "relay.not_listed", ""}, {"no contract", "smtp://mail.example", "over", everybody, "relay.no_contract", ""},
		{"no address", "smtp://mail.example", "blind", everybody, "relay.not_given", ""}, {"no tool", "smtp://mail.example", "far", everybody, "relay.no_transfer", ""},
		{"no server", "", "mail-relay", everybody, "relay.processor_alone", ""}, {"relays of the register", "", "", everybody, "", ""},
	} {
		w.notice.Recipients, w.Simple, w.Processor = x.listed, x.server, ""
		got := keyOf(w.DB.Do(t.Context(), by, func(tx *db.Tx) error { return w.Appoint(tx, x.processor) }))
		if got != x.want || w.Processor != x.who {
			t.Errorf("%s: %q %q", x.name, got, w.Processor)
		}
	}
}

// TestAppointedCarries holds that each message names the processor whose server it went
// by, that one of the controller's own names nobody, and that a contract which ends stops it.
func TestAppointedCarries(t *testing.T) {
	for _, processor := range []string{"", "mail-relay"} {
		w := small(t)
		w.Simple = server(t, nil).URL()
		w.do(func(tx *db.Tx) error { return w.Appoint(tx, processor) })
		out := w.send("", "asta@people.example")
		if out.State != outbox.Sent || (out.Carrier == 0) != (processor == "") {
			t.Fatalf("%+v", out)
		}
		w.do(func(tx *db.Tx) error {
			for _, bits := range []int64{out.Carrier, outbox.SomeCarrier} { // also when its sender died
				if got, err := w.Carriers(tx, bits); err != nil || processor != "" && !slices.Equal(got, []string{processor}) || processor == "" && len(got) != 0 {
					t.Errorf("%q %d: %v %v", processor, bits, got, err)
				}
			}
			return nil
		})
		w.notice.Recipients[0].Contract = nil
		w.clock.move(rereadAfter)
		if again := w.send("", "asta@people.example"); (again.State == outbox.Sent) != (processor == "") {
			t.Errorf("%q after the contract: %+v", processor, again)
		}
	}
}
