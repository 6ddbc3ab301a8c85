package oidc

import (
	"context"
	"crypto/subtle"
	"errors"
	"net"
	"net/url"
	"slices"
	"time"
	"unicode/utf8"

	gooidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"kartotek/internal/db"
)

// skew is how far the provider's clock may be off.
const skew = 2 * time.Minute

const maxSubject = 255 // OpenID Connect Core 2

// claims are what a token says, as far as it matters here.
type claims struct {
	Issuer, Subject string
	Email           string   `json:"email"`
	Verified        bool     `json:"email_verified"` // a text "true" is not true
	Party           string   `json:"azp"`
	Methods         []string `json:"amr"`
	Context         string   `json:"acr"`
}

// strong reports whether more than a password was asked for, by the methods of
// RFC 8176 or the operator's own context class.
func (c *claims) strong(acr string) bool {
	if acr != "" && c.Context == acr {
		return true
	}
	return slices.ContainsFunc(c.Methods, func(m string) bool { return m == "mfa" || m == "hwk" || m == "otp" })
}

// claims checks what the browser brought, exchanges the code, and checks the token.
func (r *Room) claims(ctx context.Context, d *db.DB, a Answer, t try) (*claims, error) {
	p, err := r.provider(ctx, d.Now())
	if err != nil {
		return nil, err
	}
	switch { // RFC 9207 2.4: who answers is who was asked
	case a.Issuer != "" && a.Issuer != r.Issuer, a.Issuer == "" && p.meta.NamesIt:
		return nil, refusal("issuer")
	case a.Error != "" || a.Code == "":
		return nil, refusal("provider")
	}
	ctx, cancel := context.WithTimeout(gooidc.ClientContext(ctx, r.client), 2*answerTime)
	defer cancel()
	got, err := r.config(p).Exchange(ctx, a.Code, oauth2.VerifierOption(t.verifier))
	if err != nil {
		return nil, notExchanged(err)
	}
	raw, ok := got.Extra("id_token").(string)
	if !ok {
		return nil, refusal("token")
	}
	verify := p.VerifierContext(ctx, &gooidc.Config{ClientID: r.ClientID, SupportedSigningAlgs: p.algs, Now: d.Now})
	token, err := verify.Verify(ctx, raw)
	if err != nil {
		r.Log.Warn("oidc token", "error", reason(err))
		return nil, refusal("token").Because(err)
	}
	return r.judge(token, got.AccessToken, t, d.Now())
}

// notExchanged tells a code the provider refused from a provider that is gone.
func notExchanged(err error) error {
	var said *oauth2.RetrieveError
	if errors.As(err, &said) && said.Response != nil && said.Response.StatusCode < 500 {
		return refusal("code").Because(err)
	}
	return unavailable(err)
}

// judge makes the checks of OpenID Connect Core 3.1.3.7 that remain when
// signature, issuer, audience and expiry hold.
func (r *Room) judge(token *gooidc.IDToken, access string, t try, now time.Time) (*claims, error) {
	c := &claims{}
	if err := token.Claims(c); err != nil {
		return nil, refusal("claims").Because(err)
	}
	c.Issuer, c.Subject = token.Issuer, token.Subject
	switch {
	case c.Issuer != r.Issuer:
		return nil, refusal("token")
	case token.Nonce == "" || subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(t.nonce)) != 1:
		return nil, refusal("nonce")
	case len(token.Audience) > 1 && c.Party == "", c.Party != "" && c.Party != r.ClientID:
		return nil, refusal("party")
	case token.IssuedAt.Before(t.began.Add(-skew)), token.IssuedAt.After(now.Add(skew)):
		return nil, refusal("issued")
	case c.Subject == "" || len(c.Subject) > maxSubject || !utf8.ValidString(c.Subject):
		return nil, refusal("claims")
	}
	if token.AccessTokenHash != "" && token.VerifyAccessToken(access) != nil {
		return nil, refusal("hash")
	}
	return c, nil
}

// reason is an error as the log may hold it: its kind, and no text from outside.
func reason(err error) string {
	var address *url.Error
	var dns *net.DNSError
	var late *gooidc.TokenExpiredError
	var other *gooidc.IssuerMismatchError
	switch {
	case errors.Is(err, errPrivate):
		return "the address is of a private network; see --oidc-private"
	case errors.Is(err, errLarge):
		return "the answer is too long"
	case errors.As(err, &other):
		return "the metadata names another issuer"
	case errors.As(err, &late):
		return "the token has run out"
	case errors.As(err, &dns):
		return "the name is not known"
	case errors.As(err, &address):
		return "no connection"
	}
	return "not as it should be"
}
