package web_test

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"kartotek/internal/access"
	"kartotek/internal/db"
	"kartotek/internal/noticedef"
	"kartotek/internal/rights"
	"kartotek/internal/rightsdef"
)

// TestErasureTakesTheAct: who deals with requests carries an erasure out only with a
// level that erases, by its own form; where the notice wants a second person, they
// agree to one person and one ground, and to nobody the case is made about afterwards.
func TestErasureTakesTheAct(t *testing.T) {
	w := newEmpty(t)
	src := bytes.Replace(noticedef.DemoNotice(), []byte("act: [rights, erase, export, decide, permission]}"), []byte("act: [rights, export, decide, permission]}"), 1)
	src = []byte(strings.Replace(string(src), "    four_eyes: [erase]", "    four_eyes: [export]", 1))
	src = []byte(strings.Replace(string(src), "\n  owner:", "\n  owner:\n    four_eyes: [erase]", 1))
	w.do(func(tx *db.Tx) error {
		_, err := w.Notice.Publish(tx, src, "Maja Exempel", "")
		return err
	})
	w.Rights.Needs.PlanErasure = func(*db.Tx, *rights.Case, rights.Erasing) ([]string, error) { return []string{"all"}, nil }
	w.Rights.Needs.Erase = func(context.Context, db.By, *rights.Case, rights.Erasing) (rights.Made, error) {
		return rights.Made{}, nil
	}
	who := w.person()
	var c *rights.Case
	w.do(func(tx *db.Tx) (err error) {
		if c, err = w.Rights.Open(tx, rights.Intake{Kind: rightsdef.Erasure, Channel: "web", Text: "Erase me", Person: who, Language: "en", Certainty: rightsdef.Session}); err != nil {
			return err
		}
		c, err = w.Rights.Get(tx, c.ID)
		return err
	})
	begun := func() int { return len(w.acts("rights.carrying")) }
	at := "/requests/" + c.ID.String()
	form, address := url.Values{"ground": {"A17NonNecessity"}}, at+"/erase?person="+who.String()
	desk, maja, eva := w.colleague("Dag Ort", "dpo"), w.colleague("Maja Exempel", "owner"), w.colleague("Eva Strand", "owner")
	if body := desk.want(http.StatusOK, "GET", at, nil); strings.Contains(body, "/erase") || strings.Contains(body, at+"/fulfil") {
		t.Error("who may not erase is offered to")
	}
	desk.want(http.StatusForbidden, "POST", address, form)
	desk.want(http.StatusForbidden, "POST", at+"/fulfil", form)
	maja.want(http.StatusForbidden, "POST", at+"/fulfil", form)
	if body := maja.want(http.StatusOK, "GET", at, nil); !strings.Contains(body, `action="`+address+`"`) {
		t.Error("who may erase is not offered to")
	}
	maja.want(http.StatusAccepted, "POST", address, form)
	var waiting []access.Request
	w.do(func(tx *db.Tx) (err error) { waiting, err = w.Access.Waiting(tx); return err })
	if len(waiting) != 1 || waiting[0].Name != "erase" || begun() != 0 {
		t.Fatalf("%+v, %d begun", waiting, begun())
	}
	eva.want(http.StatusSeeOther, "POST", "/access/approvals", url.Values{"which": {waiting[0].ID.String()}, "answer": {"approve"}, "reason": {"the request is clear"}})
	maja.want(http.StatusAccepted, "POST", at+"/erase?person="+w.person().String(), form)
	maja.want(http.StatusAccepted, "POST", address, url.Values{"ground": {"A17ConsentWithdrawal"}})
	if begun() != 0 {
		t.Error("something else was done than was agreed to")
	}
	maja.want(http.StatusSeeOther, "POST", address, form)
	if begun() != 1 {
		t.Error("nothing was done")
	}
	desk.want(http.StatusUnprocessableEntity, "POST", at+"/change", url.Values{"kind": {"access"}})
	desk.want(http.StatusUnprocessableEntity, "POST", at+"/unmatch", nil)
}
