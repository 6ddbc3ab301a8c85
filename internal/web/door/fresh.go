package door

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"kartotek/internal/fault"
	"kartotek/internal/staff"
	"kartotek/internal/web/page/office"
)

// What a route may ask for beside a level: that whoever is signed in has shown
// within staff.FreshFor that it is still they who sit there. law: GDPR 32(1)(b)
const (
	Fresh     = "fresh"     // in any way: by signing in, the password, a second factor
	Second    = "second"    // by a second factor
	Strongest = "strongest" // by a second factor if the account has one, otherwise in any way
)

// asks is what the acts of a level ask for, where their routes do not ask for more.
// A page that only shows asks for nothing.
var asks = map[string]string{"staff": Fresh, "settings": Fresh, "publish": Fresh}

// promises are the levels that a notice means by the words of its
// security.accounts.second_factor. Showing is an act here: an export is a GET.
var promises = map[string]string{"exports": "export", "export": "export", "rights": "rights", "staff": "staff", "publishing": "publish"}

// needs says what a route asks of this request.
func (r *Request) needs(route *Route) string {
	need := route.Confirm
	if need == Second {
		return need
	}
	if r.promised(route.Level) {
		return Second
	}
	if need == "" && r.Method != http.MethodGet && r.Method != http.MethodHead {
		need = asks[route.Level]
	}
	if need == Strongest {
		need = Fresh
		if r.Actor.Account.Second {
			need = Second
		}
	}
	return need
}

// promised reports whether the notice in force promises a second factor for a level.
func (r *Request) promised(level string) bool {
	if r.InForce == nil {
		return false
	}
	for _, m := range r.InForce.Notice.Security {
		for _, word := range m.SecondFactor {
			if m.ID == "accounts" && promises[word] == level {
				return true
			}
		}
	}
	return false
}

// shown reports whether the session has what is needed.
func (r *Request) shown(need string) bool {
	s, now := r.Actor.Signed, r.DB.Now()
	switch need {
	case Second:
		return s.FreshSecond(now)
	case Fresh:
		return s.Fresh(now) || r.Demo && !s.Account.HasPassword && !s.Account.Second // the demonstration's own account has nothing to show
	}
	return true
}

// Confirmed reports whether a request may go on to a route's handler. If not, it
// has answered: a page leads to the proof and from there back; a form says what is
// needed first. Requests without a session (nobody's, or a program's with a key) have
// nobody to ask; what they may do is settled where they come in.
func (r *Request) Confirmed(route *Route) (bool, error) {
	if r.Actor == nil || r.Actor.Signed == nil {
		return true, nil
	}
	need := r.needs(route)
	if r.shown(need) {
		return true, nil
	}
	accept := r.Header.Get("Accept")
	switch {
	case strings.Contains(accept, "json") && !strings.Contains(accept, "text/html"):
		return false, fault.New(fault.Denied, "confirm.needed", "show first that it is you: %s", need)
	case r.Header.Get("HX-Request") == "true":
		r.W.Header().Set("HX-Redirect", ConfirmAt(need, r.cameFrom())) // a part of a page cannot hold the proof
		r.W.WriteHeader(http.StatusForbidden)
		return false, nil
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		return false, r.Redirect(ConfirmAt(need, r.URL.RequestURI()))
	}
	v := office.ConfirmFirstView{Frame: r.Frame(r.T("confirm.title"), ""), Confirm: ConfirmAt(need, r.cameFrom()), Second: need == Second}
	return false, r.Render(http.StatusForbidden, office.ConfirmFirst(v))
}

// ConfirmAt is the address of the page that asks for a proof and leads on to next.
func ConfirmAt(need, next string) string {
	q := url.Values{"next": {Local(next)}}
	if need == Second {
		q.Set("need", Second)
	}
	return "/confirm?" + q.Encode()
}

// cameFrom is the page of ours from which a form was sent; "/" when it is not told.
func (r *Request) cameFrom() string {
	u, err := url.Parse(r.Referer())
	if err != nil || u.Host != r.Host {
		return "/"
	}
	return Local(u.RequestURI())
}

// Source is where tries at a secret are counted as coming from: the address of the
// client, or its network of 64 bits in IPv6, all of which one machine may have.
func (r *Request) Source() string {
	if net := network(r.Client); net != (netip.Prefix{}) {
		return net.String()
	}
	return r.Client.String()
}

// Lasts is how long the browser keeps the key of a session, in seconds.
func Lasts() int { return int(staff.Absolute.Seconds()) }
