package packet

import (
	"slices"
	"strings"

	"kartotek/internal/db"
	"kartotek/internal/dossier"
	"kartotek/internal/exchange/dialect"
	"kartotek/internal/noticedef"
)

// portable fills a package with what the person may take along: what they provided
// or what came of their use, as far as it is processed on consent or contract.
// law: GDPR 20(1)
func (r *Room) portable(p *Package, n *noticedef.Notice, parts []raw) error {
	origins := r.Keepers().Origins()
	var kept []raw
	for _, part := range parts {
		if origins[part.keeper+"."+part.kind] == dossier.Ours || origins[part.keeper+"."+part.kind] == "" {
			p.Withheld = append(p.Withheld, Withheld{part.keeper, part.kind, "", NotGiven, len(part.records)})
			continue
		}
		if part = p.theirs(n, part); len(part.records) > 0 {
			kept = append(kept, part)
		}
	}
	return p.fill(kept, nil)
}

// theirs leaves out of a part what is not portable, and says why.
func (p *Package) theirs(n *noticedef.Notice, part raw) raw {
	out := raw{keeper: part.keeper, kind: part.kind}
	for _, rec := range part.records {
		switch part.keeper {
		case "party":
			values := rec.Values
			rec.Values = nil
			for _, v := range values {
				if why := fixed(n, v); why != "" {
					p.withhold(part.keeper, part.kind, v.Name, why)
				} else {
					rec.Values = append(rec.Values, v)
				}
			}
		case "ledger":
			if !spoken(&rec) {
				p.withhold(part.keeper, part.kind, "", NotGiven)
				continue
			}
		}
		if len(rec.Values) > 0 {
			out.records = append(out.records, rec)
		}
	}
	return out
}

// fixed says why a value is not portable; "" when it is.
func fixed(n *noticedef.Notice, v dossier.Value) string {
	switch {
	case v.Name == "status" || v.Name == "state":
		return NotGiven
	case strings.HasPrefix(v.Source, "third_party"):
		return ThirdParty
	case !carried(n, v.Name):
		return NotBasis
	}
	return ""
}

// carried reports whether some purpose uses a field on consent or contract.
func carried(n *noticedef.Notice, field string) bool {
	if field == "post" {
		field = "street"
	}
	if field == "label" { // goes with an address
		return true
	}
	i := slices.IndexFunc(n.Fields(), func(f noticedef.Field) bool { return f.Name == field })
	if i < 0 {
		return false
	}
	category := n.Fields()[i].Category
	return slices.ContainsFunc(n.Purposes, func(p noticedef.Purpose) bool {
		return (p.Basis.Kind == "consent" || p.Basis.Kind == "contract") && (slices.Contains(p.Uses, category) || slices.Contains(p.Uses, noticedef.All))
	})
}

// spoken reports whether an entry of the ledger is an act that speaks for the person.
func spoken(rec *dossier.Record) bool {
	return slices.ContainsFunc(rec.Values, func(v dossier.Value) bool {
		return v.Name == "kind" && slices.Contains([]string{"consent", "withdrawal", "prohibition", "lift"}, v.Text)
	})
}

// take gives the package the person in the form of our own export, less what is not
// portable; the cards of an access package have everything.
func (r *Room) take(tx *db.Tx, p *Package, n *noticedef.Notice, parts []raw, hold []Withhold) error {
	given, err := r.Given(tx, p.Person)
	if err != nil || given == nil {
		return err
	}
	conceal(given, hold)
	p.Given = less(given, n, barred(n, parts))
	if p.card = given; p.Portable {
		p.card = p.Given
	}
	return nil
}

// conceal takes out of the person what is withheld as telling of others.
func conceal(given *dialect.Person, hold []Withhold) {
	for _, h := range hold {
		switch {
		case h.Keeper == "ledger" && (h.Value == "" || h.Value == "evidence"):
			for i := range given.Statements {
				given.Statements[i].Evidence = ""
			}
		case h.Keeper == "party" && h.Value != "":
			given.Fields = slices.DeleteFunc(given.Fields, func(f dialect.Pair) bool { return f.Name == h.Value })
		}
	}
}

// barred are the fields of a person's row that they may not take along.
func barred(n *noticedef.Notice, parts []raw) map[string]bool {
	out := map[string]bool{}
	for _, part := range parts {
		if part.keeper == "party" && part.kind == "person" {
			for _, v := range part.records[0].Values {
				out[v.Name] = fixed(n, v) != ""
			}
		}
	}
	return out
}

func less(in *dialect.Person, n *noticedef.Notice, barred map[string]bool) *dialect.Person {
	out := &dialect.Person{ID: in.ID, Fields: []dialect.Pair{}, Registered: in.Registered, Changed: in.Changed}
	for _, f := range in.Fields {
		if !barred[f.Name] {
			out.Fields = append(out.Fields, f)
		}
	}
	if !barred["email"] && carried(n, "email") {
		out.Emails = in.Emails
	}
	if !barred["phone"] && carried(n, "phone") {
		out.Phones = in.Phones
	}
	if carried(n, "post") {
		out.Posts = in.Posts
	}
	for _, s := range in.Statements {
		if s.Kind != dialect.Undeliverable { // found out by us
			out.Statements = append(out.Statements, s)
		}
	}
	return out
}
