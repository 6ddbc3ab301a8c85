package admin_test

import (
	"net/http"
	"strings"
	"testing"

	"kartotek/internal/receipt"
	"kartotek/internal/tree"
)

// TestStaffReceipt holds that staff can hand out a receipt which anybody can check,
// without the evidence, and that each is logged; a level that does not see
// permissions gets none.
func TestStaffReceipt(t *testing.T) {
	w := newWorld(t, "dpo")
	if _, err := (&tree.Room{DB: w.DB, Keys: w.Keys}).Sequence(t.Context()); err != nil {
		t.Fatal(err)
	}
	asa := "/people/" + w.people["Åkesson"].String()
	evidence := w.get(asa).link(asa + "/evidence/")
	path := w.get(evidence).link(evidence + "/receipt")
	r := w.ask("GET", path, "", nil, "en")
	keys, err := w.Keys.LogVerifiers()
	if err != nil || r.Code != http.StatusOK || !strings.HasPrefix(r.Header().Get("Content-Disposition"), "attachment") {
		t.Fatal(r.Code, r.Header(), err)
	}
	data := r.Body.Bytes()
	if report, err := receipt.Verify(data, keys...); err != nil || !report.OK {
		t.Errorf("%+v %v", report, err)
	}
	if strings.Contains(string(data), "Ja, skicka") {
		t.Error("the evidence is in the file")
	}
	if n := w.logged("receipt.make"); n != 1 {
		t.Errorf("%d lines in the log", n)
	}
	ylva := "/people/" + w.people["Nygård"].String() + strings.TrimPrefix(path, asa)
	if r := w.ask("GET", ylva, "", nil, "en"); r.Code != http.StatusNotFound {
		t.Errorf("another's entry: %d", r.Code)
	}
	w.signIn("finance")
	if r := w.ask("GET", path, "", nil, "en"); r.Code != http.StatusForbidden {
		t.Errorf("without the right to see permissions: %d", r.Code)
	}
}
