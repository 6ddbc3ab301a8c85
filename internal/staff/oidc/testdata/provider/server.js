// An OpenID provider for the tests, from the npm package oidc-provider. It listens
// on a free port of this machine, says which on standard output, and ends with
// standard input. Its sign-in asks nothing: login_hint names the account, and
// "mfa " before it says that a second factor was shown.
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const [redirect, secret] = process.argv.slice(2);
const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: 'kartotek', client_secret: secret, redirect_uris: [redirect], grant_types: ['authorization_code'], response_types: ['code'] }],
    claims: { openid: ['sub', 'amr'], email: ['email', 'email_verified'] },
    conformIdTokenClaims: false,
    cookies: { keys: ['only for tests'] },
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id, email: `${id}@bolaget.example`, email_verified: true }) }),
  });
  const ask = async (req, res) => {
    const { prompt, params, session } = await provider.interactionDetails(req, res);
    if (prompt.name === 'login') {
      const strong = params.login_hint.startsWith('mfa ');
      const login = { accountId: params.login_hint.replace(/^mfa /, ''), amr: strong ? ['pwd', 'mfa'] : ['pwd'] };
      return provider.interactionFinished(req, res, { login });
    }
    const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
    grant.addOIDCScope('openid email');
    return provider.interactionFinished(req, res, { consent: { grantId: await grant.save() } });
  };
  const answer = provider.callback();
  server.on('request', (req, res) => (req.url.startsWith('/interaction/') ? ask(req, res) : answer(req, res)));
  console.log(issuer);
});
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
