package oidc

import (
	"context"
	"net/url"
	"slices"
	"sync"
	"time"

	gooidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"kartotek/internal/fault"
)

// How long the provider's metadata counts, and how long a failure to get it is
// remembered, so that a dead provider is not asked once for every click.
const (
	freshFor = time.Hour
	deadFor  = 10 * time.Second
)

// algorithms are the signatures that count, strongest first: never "none", never
// a shared secret, whatever a token's head or the metadata says (RFC 8725 3.1).
var algorithms = []string{gooidc.EdDSA, gooidc.ES256, gooidc.PS256, gooidc.RS256}

// provider is what was discovered.
type provider struct {
	*gooidc.Provider
	meta metadata
	algs []string
}

type metadata struct {
	Auth    string   `json:"authorization_endpoint"`
	Token   string   `json:"token_endpoint"`
	Keys    string   `json:"jwks_uri"`
	Algs    []string `json:"id_token_signing_alg_values_supported"`
	Methods []string `json:"token_endpoint_auth_methods_supported"`
	PKCE    []string `json:"code_challenge_methods_supported"`
	NamesIt bool     `json:"authorization_response_iss_parameter_supported"` // RFC 9207
}

// discovery remembers what was discovered.
type discovery struct {
	mu  sync.Mutex
	p   *provider // guarded by mu, as the rest
	err error
	at  time.Time
}

// provider asks the provider for its metadata, or remembers it.
func (r *Room) provider(ctx context.Context, now time.Time) (*provider, error) {
	k := &r.known
	k.mu.Lock()
	defer k.mu.Unlock()
	age := now.Sub(k.at)
	if age >= 0 && (k.p != nil && age < freshFor || k.err != nil && age < deadFor) {
		return k.p, k.err
	}
	p, err := r.discover(ctx)
	if err != nil {
		r.Log.Error("oidc discovery", "error", reason(err))
		err = unavailable(err)
	}
	k.p, k.err, k.at = p, err, now
	return p, err
}

func unavailable(err error) error {
	return fault.New(fault.Unavailable, "oidc.unavailable", "the sign-in service of the company does not answer as it should").Because(err)
}

// discover reads and checks the metadata. Its issuer is the configured one, or it
// is refused (OpenID Connect Discovery 4.3).
func (r *Room) discover(ctx context.Context) (*provider, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerTime) // one reader's leaving does not fail the others
	defer cancel()
	found, err := gooidc.NewProvider(gooidc.ClientContext(ctx, r.client), r.Issuer)
	if err != nil {
		return nil, err
	}
	p := &provider{Provider: found}
	if err := found.Claims(&p.meta); err != nil {
		return nil, err
	}
	for _, a := range algorithms {
		if slices.Contains(p.meta.Algs, a) || len(p.meta.Algs) == 0 && a == gooidc.RS256 {
			p.algs = append(p.algs, a)
		}
	}
	return p, r.check(&p.meta, p.algs)
}

// check refuses metadata that would weaken the flow.
func (r *Room) check(m *metadata, algs []string) error {
	for _, s := range []string{m.Auth, m.Token, m.Keys} {
		if !r.mayAsk(s) {
			return fault.New(fault.Unavailable, "oidc.metadata", "an address in the metadata is missing or not https")
		}
	}
	switch {
	case len(algs) == 0:
		return fault.New(fault.Unavailable, "oidc.metadata", "the provider signs with no algorithm that counts")
	case len(m.PKCE) > 0 && !slices.Contains(m.PKCE, "S256"):
		return fault.New(fault.Unavailable, "oidc.metadata", "the provider knows no PKCE with S256")
	}
	return nil
}

// mayAsk reports whether an address of the metadata is https, or plain http on
// the machine itself where the operator allowed a private issuer.
func (r *Room) mayAsk(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" {
		return false
	}
	issuer, err := url.Parse(r.Issuer)
	return u.Scheme == "https" || err == nil && r.Private && u.Scheme == "http" && issuer.Scheme == "http" && u.Host == issuer.Host
}

// endpoint says where and how to exchange codes. The way to show the secret comes
// from the metadata: trying both would use a code up.
func (p *provider) endpoint() oauth2.Endpoint {
	e := p.Endpoint()
	e.AuthStyle = oauth2.AuthStyleInHeader // the default of OpenID Connect Discovery 3
	if len(p.meta.Methods) > 0 && !slices.Contains(p.meta.Methods, "client_secret_basic") {
		e.AuthStyle = oauth2.AuthStyleInParams
	}
	return e
}
