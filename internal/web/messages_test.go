package web_test

import (
	"net/http"
	"strings"
	"testing"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/ledger"
	"kartotek/internal/outbox"
	"kartotek/internal/party"
	"kartotek/internal/post"
	"kartotek/internal/series"
)

// letters stores a confirmation and a series that follows an order.
func (w *world) letters() {
	w.t.Helper()
	w.do(func(tx *db.Tx) error {
		for _, name := range []string{"order-confirmed", "how-was-it"} {
			t := post.Template{Name: name, Title: name, Purpose: "relationship", Texts: []post.Text{{Language: "sv", Subject: "Order {{ data.number }}", Body: "Tack, {{ person.first_name }}!"}}}
			if name == "order-confirmed" {
				t.Event = "order.confirmed"
			}
			if _, err := w.Post.SaveTemplate(tx, t); err != nil {
				return err
			}
		}
		x, err := w.Series.Save(tx, series.Series{Name: "After an order", Purpose: "relationship", Trigger: series.Trigger{Kind: series.OnEvent, Event: "order.confirmed", Again: true},
			Steps: []series.Step{{Kind: series.Wait, Days: 3}, {Kind: series.Letter, Template: "how-was-it"}}})
		if err != nil {
			return err
		}
		return w.Series.Start(tx, x.ID)
	})
}

func TestAPIMessages(t *testing.T) {
	w := newWorld(t)
	w.letters()
	key, _ := w.key("maja@nordanvind.example", []string{"owner"})
	other, _ := w.key("other@nordanvind.example", []string{"owner"})
	who := w.person().String()
	body := `{"person":"` + who + `","template":"order-confirmed","data":{"number":"A-17","lines":[{"n":2}]},"key":"o17"}`
	status, first := w.call(key, "POST", "/messages", body)
	if status != http.StatusCreated || first["allowed"] != true || first["person"] != who {
		t.Fatal(status, first)
	}
	if status, again := w.call(key, "POST", "/messages", body); status != http.StatusCreated || again["id"] != first["id"] {
		t.Error("the same again:", status, again)
	}
	if status, got := w.call(key, "POST", "/messages", strings.Replace(body, "A-17", "A-18", 1)); status != http.StatusConflict || got["code"] != "post.key_used" {
		t.Error("the same key, another message:", status, got)
	}
	if status, got := w.call(other, "POST", "/messages", body); status != http.StatusCreated || got["id"] == first["id"] {
		t.Error("another key's key:", status, got)
	}
	status, got := w.call(key, "GET", "/messages/"+first["id"].(string), "")
	if status != 200 || got["state"] != "queued" || got["class"] != "service" || got["purpose"] != "relationship" {
		t.Error(status, got)
	}
	for _, bad := range []string{"1-1", "nonsense", who + "-" + who, "-"} {
		if status, got := w.call(key, "GET", "/messages/"+bad, ""); status != http.StatusNotFound {
			t.Errorf("%s: %d %v", bad, status, got)
		}
	}
	w.do(func(tx *db.Tx) error {
		all, err := audit.Read(tx, audit.Filter{Action: "message.send"})
		if len(all) != 2 || all[0].Person.String() != who || strings.Contains(all[0].Detail["template"], "A-17") {
			t.Errorf("the log holds %+v", all)
		}
		return err
	})
}

func TestAPIMessagesRefused(t *testing.T) {
	w := newWorld(t)
	w.letters()
	key, _ := w.key("maja@nordanvind.example", []string{"owner"})
	who := w.person().String()
	for body, want := range map[string]string{
		`{"person":"` + who + `","purpose":"relationship","subject":"Hi","body":"Passa på: 20 % rabatt"}`: "post.promotion",
		`{"person":"` + who + `","purpose":"relationship","subject":"Hi"}`:                                "form.missing",
		`{"person":"` + who + `","subject":"Hi","body":"x"}`:                                              "form.missing",
		`{"person":"` + who + `","purpose":"hobby","subject":"Hi","body":"x"}`:                            "denied.act",
		`{"person":"` + who + `","template":"none"}`:                                                      "post.no_template",
		`{"address":"nobody@fjord.example","template":"order-confirmed"}`:                                 "post.no_person",
		`{"template":"order-confirmed"}`:                                                                  "post.whom",
		`{"person":"` + who + `","template":"order-confirmed","class":"service"}`:                         "api.unknown",
		`{"person":"` + who + `","template":"order-confirmed","data":{"a b":1}}`:                          "post.data",
		`{"person":"` + who + `","template":"order-confirmed","language":"de"}`:                           "form.choice",
		`{"person":"` + who + `","purpose":"relationship","subject":"a\nBcc: x@y.example","body":"x"}`:    "form.one_line",
	} {
		if status, got := w.call(key, "POST", "/messages", body); status < 400 || status >= 500 || got["code"] != want {
			t.Errorf("%s: %d %v", body, status, got)
		}
	}
	narrow, _ := w.key("lena@nordanvind.example", []string{"owner"}, "newsletter/", "newsletter//send")
	if status, got := w.call(narrow, "POST", "/messages", `{"person":"`+who+`","template":"order-confirmed"}`); status != http.StatusNotFound {
		t.Error("for a purpose the key does not send for:", status, got)
	}
	if status, got := w.call(narrow, "POST", "/events", `{"type":"order.confirmed","person":"`+who+`"}`); status != http.StatusForbidden {
		t.Error("an event that sends for such a purpose:", status, got)
	}
}

func TestAPIEvents(t *testing.T) {
	w := newWorld(t)
	w.letters()
	key, _ := w.key("maja@nordanvind.example", []string{"owner"})
	who := w.person()
	body := `{"type":"order.confirmed","person":"` + who.String() + `","data":{"number":"A-17"},"key":"o17"}`
	status, got := w.call(key, "POST", "/events", body)
	if status != http.StatusCreated || len(got["letters"].([]any)) != 1 || len(got["series"].([]any)) != 1 {
		t.Fatal(status, got)
	}
	if status, again := w.call(key, "POST", "/events", body); status != http.StatusCreated || again["id"] != got["id"] || len(again["letters"].([]any)) != 0 {
		t.Error(status, again)
	}
	for body, want := range map[string]string{
		`{"type":"Order!","person":"` + who.String() + `"}`:                                         "post.event",
		`{"type":"date","person":"` + who.String() + `","name":"renewal","date":"soon"}`:            "form.date",
		`{"type":"order.confirmed","person":"` + who.String() + `","name":"x","date":"2027-01-01"}`: "series.date_only",
		`{"type":"order.confirmed"}`: "post.whom",
	} {
		if status, got := w.call(key, "POST", "/events", body); status != http.StatusUnprocessableEntity || got["code"] != want {
			t.Errorf("%s: %d %v", body, status, got)
		}
	}
	w.do(func(tx *db.Tx) error {
		all, err := w.Outbox.Of(tx, who, 0, 10)
		if len(all) != 1 || all[0].State != outbox.Queued {
			t.Errorf("%+v", all)
		}
		places, err2 := w.Series.Of(tx, who)
		if len(places) != 1 {
			t.Errorf("%+v", places)
		}
		return errorsOf(err, err2)
	})
}

func errorsOf(all ...error) error {
	for _, err := range all {
		if err != nil {
			return err
		}
	}
	return nil
}

// The links in a letter that belongs to no newsletter work like any other's, and
// whoever says no by them leaves the series.
func TestLinksOfSeries(t *testing.T) {
	w := newWorld(t)
	var who id.ID
	w.do(func(tx *db.Tx) error {
		p, err := w.Party.Create(tx, party.New{Fields: []party.Pair{{Name: "email", Value: "asa@fjord.example"}, {Name: "country", Value: "FI"}, {Name: "language", Value: "sv"}}})
		if err != nil {
			return err
		}
		who = p.ID
		if _, err := w.Post.SaveTemplate(tx, post.Template{Name: "welcome", Title: "Welcome", Purpose: "newsletter", Texts: []post.Text{{Language: "sv", Subject: "Hej", Body: "Hej!"}}}); err != nil {
			return err
		}
		x, err := w.Series.Save(tx, series.Series{Name: "Welcome", Purpose: "newsletter", Trigger: series.Trigger{Kind: series.SignUp, Purpose: "newsletter"},
			Steps: []series.Step{{Kind: series.Wait, Days: 1}, {Kind: series.Letter, Template: "welcome"}}})
		if err != nil {
			return err
		}
		if err := w.Series.Start(tx, x.ID); err != nil {
			return err
		}
		_, err = w.Ledger.Record(tx, who, nil, ledger.Entry{Kind: ledger.Consent, Purpose: "newsletter", Channel: "email", SaidBy: ledger.ByPerson, Method: "form", Notice: 1})
		return err
	})
	var m *outbox.Message
	w.do(func(tx *db.Tx) error {
		r, err := w.Post.Send(tx, post.Mail{Person: who, Template: "welcome"})
		if err != nil {
			return err
		}
		m, err = w.Post.Lookup(tx, r.Person, r.Message, func(string) bool { return true })
		return err
	})
	for _, kind := range []outbox.Link{outbox.LinkUnsubscribe, outbox.LinkPreferences, outbox.LinkWhy} {
		at := "/" + string(kind) + "/" + outbox.Token(w.Keys, kind, who, m.ID)
		if res := w.get(at); res.StatusCode != http.StatusOK {
			t.Errorf("%s: %d", kind, res.StatusCode)
		}
	}
	res := w.ask("POST", "/u/"+outbox.Token(w.Keys, outbox.LinkUnsubscribe, who, m.ID), "List-Unsubscribe=One-Click", "Content-Type", "application/x-www-form-urlencoded")
	if res.StatusCode != http.StatusOK {
		t.Errorf("one click: %d", res.StatusCode)
	}
	w.do(func(tx *db.Tx) error {
		places, err := w.Series.Of(tx, who)
		if len(places) != 1 || places[0].State != "left" {
			t.Errorf("%+v", places)
		}
		return err
	})
}
