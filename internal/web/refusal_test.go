package web_test

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"kartotek/internal/id"
	"kartotek/internal/outbox"
	"kartotek/internal/staff"
)

// refusal is a question whose answer must not tell whether what it names is there:
// asked of what is, and of what is not. Each is asked anew, so a link is not used up.
type refusal struct {
	name          string
	known, nobody func() *http.Response
	wait          time.Duration // before each, so that no bound on tries is near
}

// refusals are one of every kind that this site has.
func refusals(w *world) (out []refusal) {
	letters, care := w.sides()
	letters.begin()
	care.begin()
	get := func(cookie, path string) func() *http.Response {
		return func() *http.Response { return w.get(path, "Cookie", cookie, "Accept-Language", "en") }
	}
	low := w.signedIn("low@nordanvind.example")
	add := func(name string, known, nobody func() *http.Response) {
		out = append(out, refusal{name, known, nobody, time.Second})
	}
	page := func(name, cookie, base, real string) {
		add(name, get(cookie, base+real), get(cookie, base+w.DB.NewID().String()))
	}
	page("a person, without levels", low, "/people/", care.of("person"))
	page("a newsletter of another purpose", letters.cookie, "/outreach/", care.of("newsletter"))
	page("a letter of another purpose", letters.cookie, "/letters/", care.of("letter"))
	page("a series of another purpose", letters.cookie, "/series/", care.of("series"))
	page("a segment by what is not seen", letters.cookie, "/segments/", care.of("segment"))
	page("an entry of somebody else's", letters.cookie, "/people/"+letters.of("person")+"/evidence/", care.of("entry"))
	message := strings.SplitN(care.of("api message"), "-", 2)
	api := func(who, which string) func() *http.Response {
		return func() *http.Response {
			return w.get("/api/v1/messages/"+who+"-"+which, "Authorization", "Bearer "+letters.key)
		}
	}
	add("a message, by a key", api(message[0], message[1]), api(message[0], w.DB.NewID().String()))
	m := w.message(w.person(), "newsletter")
	link := func(token string) func() *http.Response { return get("", "/p/"+token) }
	add("a link of a letter", link(outbox.Token(w.Keys, outbox.LinkUnsubscribe, m.Person, m.ID)), link(outbox.Token(w.Keys, outbox.LinkUnsubscribe, w.DB.NewID(), w.DB.NewID())))
	add("a link of an erased letter", link(outbox.Token(w.Keys, outbox.LinkPreferences, m.Person, id.ID(1))), link(outbox.Token(w.Keys, outbox.LinkPreferences, w.DB.NewID(), w.DB.NewID())))
	used := letters.link(staff.SignInLink)
	w.post("/sign-in/link/"+used, nil)
	follow := func(token string) func() *http.Response {
		return func() *http.Response { return w.post("/sign-in/link/"+token, nil) }
	}
	add("a sign-in link", follow(used), follow(used[:len(used)-2]+"77"))
	n := 0
	address := w.email(w.person())
	mine := func(known bool) func() *http.Response {
		return func() *http.Response {
			n++
			to := fmt.Sprintf("nobody%06d@fjord.example", n)
			if known {
				to = address
			}
			return w.post("/me", url.Values{"address": {to}})
		}
	}
	add("a link to one's own data", mine(true), mine(false))
	request := func(known bool) func() *http.Response {
		return func() *http.Response {
			n++
			to := "nobody@fjord.example" // asks as often
			if known {
				to = address
			}
			return w.post("/ask?lang=en", w.filledIn("kind", "access", "name", "Bo Ek", "email", to, "about", fmt.Sprint("number ", n)))
		}
	}
	add("a request", request(true), request(false))
	for i := range out {
		if i > 6 { // those without a session, which would lock
			out[i].wait = 6 * time.Minute
		}
	}
	return out
}

// cost asks and counts.
func (w *world) cost(wait time.Duration, ask func() *http.Response) (statements int64, status, size int) {
	w.clock.Move(wait)
	before := w.DB.Asked()
	res := ask()
	return w.DB.Asked() - before, res.StatusCode, len(once.ReplaceAllString(readAll(w.t, res), ""))
}

// TestRefusalsCostTheSame holds that what is there and what is not are answered after the
// same number of statements, with the same status and the same size. The time
// itself is measured by BenchmarkRefusal.
func TestRefusalsCostTheSame(t *testing.T) {
	w := trading(t)
	for _, r := range refusals(w) {
		w.cost(r.wait, r.known) // what is remembered once is
		n1, s1, b1 := w.cost(r.wait, r.known)
		n2, s2, b2 := w.cost(r.wait, r.nobody)
		if n1 != n2 || s1 != s2 || b1 != b2 {
			t.Errorf("%s: %d statements, %d, %d bytes; not there: %d statements, %d, %d bytes", r.name, n1, s1, b1, n2, s2, b2)
		}
	}
}

// BenchmarkRefusal measures how far the two are apart in time, of every kind: %apart is
// the distance of the medians of 500 each, taken in turns; it is to be under 5.
// package staff measures signing in.
func BenchmarkRefusal(b *testing.B) {
	for i, r := range refusals(trading(b)) {
		b.Run(strings.ReplaceAll(r.name, " ", "-"), func(b *testing.B) {
			w := trading(b) // with sessions just begun
			r := refusals(w)[i]
			var took [2][]time.Duration
			for b.Loop() {
				for range 500 {
					for i, ask := range []func() *http.Response{r.known, r.nobody} {
						w.clock.Move(r.wait)
						begun := time.Now()
						ask()
						took[i] = append(took[i], time.Since(begun))
					}
				}
			}
			var m [2]time.Duration
			for i := range took {
				slices.Sort(took[i])
				m[i] = took[i][len(took[i])/2]
			}
			b.ReportMetric(float64(m[0].Microseconds()), "µs-there")
			b.ReportMetric(float64(m[1].Microseconds()), "µs-not")
			b.ReportMetric(100*float64((m[0]-m[1]).Abs())/float64(cmp.Or(max(m[0], m[1]), 1)), "%apart")
		})
	}
}
