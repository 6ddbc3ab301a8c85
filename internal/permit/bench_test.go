package permit

import "testing"

func BenchmarkDecide(b *testing.B) {
	email := ask(Marketing, "email")
	for name, c := range map[string]struct {
		q Question
		f Facts
	}{
		"consent":     {email, Facts{Country: "FI", Consents: consented("email")}},
		"prohibited":  {email, Facts{Country: "SE", Consents: consented("email"), Prohibitions: []string{"research", "channel:email"}}},
		"soft opt-in": {email, Facts{Country: "FI", SoftOptIn: sold()}},
		"legal":       {email, Facts{Country: "FI", Subject: "legal", RoleRelevant: true}},
		"nothing":     {email, Facts{Country: "FI", Subject: "legal"}},
		"service":     {ask(Service, "post"), Facts{Country: "FI"}},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if Decide(c.q, c.f).Code == "" {
					b.Fatal("no verdict")
				}
			}
		})
	}
}

func BenchmarkDecideJSON(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := DecideJSON([]byte(contractLine)); err != nil {
			b.Fatal(err)
		}
	}
}
