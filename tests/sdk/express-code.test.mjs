// express-openid-connect in code mode: tokens for an API, refresh, userinfo, and the standard's logout.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { createRemoteJWKSet, jwtVerify } from 'jose';

import { Browser, fetchFrom } from '../support/browser.mjs';
import { ExpressApp, profileAt } from '../support/express-app.mjs';
import { LoginPage } from '../support/pages.mjs';
import { json } from '../support/servers.mjs';
import { Tenant } from '../support/tenant.mjs';

const tenant = await Tenant.open();
const browser = await Browser.open();
const ann = await tenant.addPerson('ann@example.com', { name: 'Ann Arch' });
const api = await tenant.addApi('https://api.bridges.example/', { allow_offline_access: true, token_lifetime: 3600 });
const jwks = createRemoteJWKSet(new URL(tenant.broker.at('.well-known/jwks.json')));
after(() => Promise.all([browser.close(), tenant.close()]));

const REQUEST = {
  response_type: 'code',
  audience: api,
  scope: 'openid profile email offline_access read:bridges nobody:offers',
};

async function startApp(t, { host = 'app.localhost', method = 'client_secret_basic', ...configuration } = {}) {
  const app = await ExpressApp.start(tenant, {
    host,
    client: { token_endpoint_auth_method: method },
    configuration: ({ client_secret }) => ({
      authRequired: false,
      idpLogout: true,
      clientSecret: client_secret,
      // Basic is what the SDK does when it is told nothing.
      ...(method !== 'client_secret_basic' && { clientAuthMethod: method }),
      authorizationParams: REQUEST,
      ...configuration,
    }),
    routes,
  });
  t.after(() => app.close());
  return app;
}

/** What the application can do with its tokens, as pages that answer with JSON. */
function routes(app) {
  app.get('/tokens', ({ oidc }, response) => json(response, tokensOf(oidc)));
  app.get('/userinfo', async ({ oidc }, response) => json(response, await oidc.fetchUserInfo()));
  app.get('/refresh', async ({ oidc }, response) => {
    await oidc.accessToken.refresh();
    json(response, tokensOf(oidc));
  });
}

function tokensOf({ accessToken, refreshToken, idTokenClaims }) {
  return { access: accessToken.access_token, lifetime: accessToken.expires_in, refreshToken, sub: idTokenClaims.sub };
}

async function signIn(page, app) {
  await page.goto(`${app.url}/login`);
  await LoginPage.signIn(page, ann);
  return profileAt(page, app);
}

for (const method of ['client_secret_basic', 'client_secret_post']) {
  test(`the application gets tokens for its API with ${method} and refreshes them`, async (t) => {
    const app = await startApp(t, { method });
    const page = await browser.visit(t);
    assert.equal((await signIn(page, app)).sub, ann.user_id);

    const first = await fetchFrom(page, '/tokens');
    const { payload, protectedHeader } = await jwtVerify(first.access, jwks, { issuer: tenant.issuer });
    assert.equal(protectedHeader.typ, 'JWT');
    assert.equal(payload.sub, ann.user_id);
    assert.equal(payload.azp, app.client.client_id);
    assert.deepEqual(payload.aud, [api, `${tenant.issuer}userinfo`]);
    assert.equal(payload.scope, 'openid profile email offline_access read:bridges');
    assert.equal(payload.exp - payload.iat, 3600);

    const second = await fetchFrom(page, '/refresh');
    assert.notEqual(second.refreshToken, first.refreshToken);
    assert.notEqual(second.access, first.access);
    assert.equal(second.sub, ann.user_id);
    const refreshed = await jwtVerify(second.access, jwks, { issuer: tenant.issuer, audience: api });
    assert.equal(refreshed.payload.scope, payload.scope);

    const userinfo = await fetchFrom(page, '/userinfo');
    assert.equal(userinfo.sub, ann.user_id);
    assert.equal(userinfo.email, 'ann@example.com');
    assert.deepEqual(app.errors, []);
  });
}

test('signing out at the end_session_endpoint ends both sessions without a question', async (t) => {
  const app = await startApp(t);
  const page = await browser.visit(t);
  await signIn(page, app);

  await page.goto(`${app.url}/logout`);
  assert.equal(await profileAt(page, app), null);
  await page.goto(`${app.url}/login`);
  await LoginPage.on(page);
  assert.deepEqual(app.errors, []);
});

test('a wrong client secret is the application\'s error, and nobody is signed in', async (t) => {
  const app = await startApp(t, { method: 'client_secret_post', clientSecret: 'not-the-secret-of-this-client' });
  const page = await browser.visit(t);

  await page.goto(`${app.url}/login`);
  await LoginPage.signIn(page, ann);
  await page.getByRole('heading', { name: 'An error' }).waitFor();
  assert.deepEqual(
    app.errors.map(({ error }) => error),
    ['invalid_client'],
  );
  await page.goto(app.url);
  assert.equal(await profileAt(page, app), null);
});

test('a silent login signs nobody in without a session, and shows no page', async (t) => {
  const app = await startApp(t, { attemptSilentLogin: true });
  const page = await browser.visit(t);

  await page.goto(app.url);
  assert.equal(await profileAt(page, app), null);
  assert.equal(app.callbacks, 1);
  assert.deepEqual(app.errors, []);
});

test('a silent login signs in whoever has a session from another application', async (t) => {
  // Cookies ignore ports: the applications need hosts of their own.
  const other = await startApp(t, { host: 'other.localhost' });
  const app = await startApp(t, { attemptSilentLogin: true });
  const page = await browser.visit(t);
  await signIn(page, other);

  await page.goto(app.url);
  assert.equal((await profileAt(page, app)).sub, ann.user_id);
  assert.equal(app.callbacks, 1);
  assert.deepEqual(app.errors, []);
});
