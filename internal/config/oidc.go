package config

import (
	"net/url"
	"strings"
)

// OIDC says how staff sign in by their company's identity provider; empty for not
// at all.
type OIDC struct {
	OIDCIssuer       string `name:"oidc-issuer" help:"Identity provider that staff may sign in by (OpenID Connect), exactly as it names itself." env:"KARTOTEK_OIDC_ISSUER" placeholder:"https://HOST" group:"Sign-in" example:"https://login.bolaget.example"`
	OIDCClientID     string `name:"oidc-client-id" help:"Name of this register at the identity provider." env:"KARTOTEK_OIDC_CLIENT_ID" placeholder:"ID" group:"Sign-in"`
	OIDCClientSecret string `name:"oidc-client-secret" help:"Secret of this register at the identity provider." env:"KARTOTEK_OIDC_CLIENT_SECRET" placeholder:"SECRET" group:"Sign-in" secret:""`
	OIDCName         string `name:"oidc-name" help:"What the button on the sign-in page calls the identity provider. Default: its host." env:"KARTOTEK_OIDC_NAME" placeholder:"NAME" group:"Sign-in" example:"Bolaget"`
	OIDCACR          string `name:"oidc-acr" help:"Authentication context class (acr) by which the provider says that a second factor was shown, where it does not say so by amr." env:"KARTOTEK_OIDC_ACR" placeholder:"CLASS" group:"Sign-in"`
	OIDCPrivate      bool   `name:"oidc-private" help:"Let the identity provider's own host be on a private network." env:"KARTOTEK_OIDC_PRIVATE" group:"Sign-in"`
}

// checkOIDC says whether the settings fit together, and fills the button's name.
func (o *OIDC) checkOIDC() error {
	if o.OIDCIssuer == "" {
		if o.OIDCClientID+o.OIDCClientSecret+o.OIDCName+o.OIDCACR != "" || o.OIDCPrivate {
			return invalid("config.oidc_issuer", "oidc-issuer", "settings of an identity provider need --oidc-issuer")
		}
		return nil
	}
	u, err := url.Parse(o.OIDCIssuer)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Scheme != "https" && u.Scheme != "http":
		return invalid("config.oidc_issuer", "oidc-issuer", "give the issuer as the provider names itself, such as https://login.bolaget.example")
	case u.Scheme == "http" && !(o.OIDCPrivate && loopback(u.Hostname())):
		return invalid("config.oidc_plain", "oidc-issuer", "sign-ins travel encrypted: the issuer begins with https://")
	case o.OIDCClientID == "":
		return invalid("config.oidc_client", "oidc-client-id", "say what this register is called at the identity provider")
	case len(o.OIDCName) > 60 || strings.ContainsAny(o.OIDCName, "\r\n\t"):
		return invalid("config.oidc_name", "oidc-name", "the button takes one line of at most 60 characters")
	}
	if o.OIDCName == "" {
		o.OIDCName = u.Hostname()
	}
	return nil
}
