package rightsdef

import "testing"

// TestThemselves is the table of what people do without the desk, by certainty from
// claimed to a photo ID, and the same once more while misuse is reported.
func TestThemselves(t *testing.T) {
	want := map[Kind][2]string{
		Withdrawal: {"-YYYYY", "-YYYYY"}, Objection: {"-YYYYY", "-YYYYY"}, Restriction: {"---YYY", "---YYY"},
		Access: {"---YYY", "----YY"}, Portability: {"---YYY", "----YY"}, Rectification: {"---YYY", "----YY"},
		Erasure: {"---LLL", "----LL"}, Information: {"------", "------"}, "rename": {"------", "------"},
	}
	for k, both := range want {
		for i, misuse := range []bool{false, true} {
			got := ""
			for c := Claimed; c <= PhotoID; c++ {
				got += string("-LY"[Themselves(k, c, misuse)])
			}
			if got != both[i] {
				t.Errorf("%s, misuse %v: %s, want %s", k, misuse, got, both[i])
			}
		}
	}
}

// TestCorrects holds which field is put right in which way.
func TestCorrects(t *testing.T) {
	for _, tc := range []struct {
		field  string
		have   Certainty
		misuse bool
		want   Way
	}{
		{"city", Session, false, Correct}, {"email", Session, false, Move}, {"customer_number", PhotoID, false, Contest},
		{"city", Known, false, Contest}, {"city", Session, true, Contest}, {"email", Session, true, Contest},
		{"email", Facts, true, Move},
	} {
		if got := Corrects(tc.field, tc.have, tc.misuse); got != tc.want {
			t.Errorf("%s at %s, misuse %v: %s, want %s", tc.field, tc.have, tc.misuse, got, tc.want)
		}
	}
}
