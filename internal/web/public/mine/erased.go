package mine

import (
	"encoding/binary"
	"net/http"

	"kartotek/internal/db"
	"kartotek/internal/erasure"
	"kartotek/internal/id"
	"kartotek/internal/party"
	"kartotek/internal/rights"
	"kartotek/internal/rightsdef"
	"kartotek/internal/subject"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
	view "kartotek/internal/web/page/mine"
)

// certificateMark is the use of the mark by which a certificate is opened again.
const certificateMark = "erasure certificate"

// atOnce reports whether the house erases on the person's own word. law: GDPR 12(6), 17(1)
func atOnce(r *door.Request, have rightsdef.Certainty, misuse bool) bool {
	return r.Mine.Erase != nil && rightsdef.Themselves(rightsdef.Erasure, have, misuse) == rightsdef.ByLetter
}

// openErasure opens the case that the erasing answers. When nobody else has to look at
// it, it is told on the spot what came of it. law: GDPR 17(1)
func openErasure(r *door.Request, tx *db.Tx, c *subject.Confirmation, silent bool) (*rights.Case, error) {
	if r.Rights == nil {
		return nil, nil
	}
	p, found, err := r.Party.Get(tx, c.Person)
	if err != nil || !found || p.Status == party.Erased {
		return nil, err
	}
	return r.Rights.Open(tx, rights.Intake{Kind: rightsdef.Erasure, Channel: "web", Text: r.T("mine.erase_ask"), Person: c.Person, Language: r.Printer.Lang(),
		Requester: rights.Requester{Name: p.Name(), Email: p.Email}, Certainty: rightsdef.Session, Delivery: rightsdef.ToKnown, Silent: silent})
}

// erase carries the erasing out where it may be on the person's own word, signs them
// out, and leads to the certificate. Otherwise it says what happens next and by when.
func (e *entrance) erase(r *door.Request, c *subject.Confirmation, opened *rights.Case, v view.ConfirmView) error {
	ref := ""
	if opened != nil {
		ref = opened.Ref
	}
	if atOnce(r, c.Certainty, c.Misuse) {
		done, err := r.Mine.Erase(r.Context(), r.ByPerson(c.Person, ""), c.Person, ref)
		if done != nil {
			r.SetCookie(door.SelfCookie, "", -1)
		}
		if err == nil {
			return r.Redirect("/me/erased/" + r.Keys.Sign(certificateMark, binary.BigEndian.AppendUint64(nil, uint64(done.ID))))
		}
		if opened == nil || done != nil {
			return err
		}
		r.Log.Error("an erasure confirmed in My data is left to the desk", "case", ref, "error", err)
	}
	return r.Render(http.StatusOK, view.Confirm(waiting(r, c, opened, v)))
}

// waiting says what happens to an erasure that somebody has to look at first.
func waiting(r *door.Request, c *subject.Confirmation, opened *rights.Case, v view.ConfirmView) view.ConfirmView {
	v.Waits = r.T("mine.erase_asked")
	if opened == nil {
		v.Steps = []string{r.T("mine.no_desk")}
		return v
	}
	v.Case = opened.Ref
	why := "mine.erase_step_desk"
	if c.Misuse {
		why = "mine.erase_step_misuse"
	}
	v.Steps = []string{r.T(why), r.T("mine.erase_step_letter"), r.T("mine.erase_step_due", "on", r.Printer.Date(opened.Clock.Due.Time()))}
	v.Next = page.Link{Text: r.T("mine.cases"), Href: "/me/cases"}
	return v
}

// certificate finds the certificate of the address. It tells of nobody, so that its
// mark is enough.
func certificate(r *door.Request) (c *erasure.Certificate, err error) {
	raw, ok := r.Keys.Verify(certificateMark, r.PathValue("mark"))
	if !ok || len(raw) != 8 || r.Mine.Certificate == nil {
		return nil, errNoPage()
	}
	err = r.DB.View(r.Context(), db.System("subject"), func(tx *db.Tx) error {
		c, err = r.Mine.Certificate(tx, id.ID(binary.BigEndian.Uint64(raw)))
		return err
	})
	return c, err
}

// erased says goodbye, with the certificate.
func erased(r *door.Request) error {
	c, err := certificate(r)
	if err != nil {
		return err
	}
	r.W.Header().Set("X-Robots-Tag", "noindex")
	v := view.ErasedView{Public: outside(r, r.T("mine.erased")), PDF: r.URL.Path + "/pdf"}
	facts, gone, kept := c.Rows(r.Printer)
	v.Facts, v.Gone, v.Kept, v.Waiting = pairs(facts), pairs(gone), pairs(kept), pairs(c.Waits(r.Printer))
	return r.Render(http.StatusOK, view.Erased(v))
}

func pairs(rows [][2]string) (out []page.Pair) {
	for _, x := range rows {
		out = append(out, page.Pair{Label: x[0], Value: x[1]})
	}
	return out
}

// erasedPDF gives the certificate as a document.
func erasedPDF(r *door.Request) error {
	c, err := certificate(r)
	if err != nil {
		return err
	}
	raw, err := c.PDF(r.Printer)
	if err != nil {
		return err
	}
	sendPDF(r, c.ID.String(), raw)
	return nil
}

// sendPDF gives a document to keep.
func sendPDF(r *door.Request, name string, raw []byte) {
	r.Attach("application/pdf", name+".pdf")
	_, _ = r.W.Write(raw) // the reader may have gone
}
