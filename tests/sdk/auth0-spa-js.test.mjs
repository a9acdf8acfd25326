// @auth0/auth0-spa-js in a browser. Nothing but the domain is other than for a tenant of Auth0.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { Browser } from '../support/browser.mjs';
import { LoginPage } from '../support/pages.mjs';
import { leave, SinglePageApp } from '../support/single-page-app.mjs';
import { Tenant } from '../support/tenant.mjs';

const SDK = '@auth0/auth0-spa-js/dist/auth0-spa-js.production.js';

const tenant = await Tenant.open();
const browser = await Browser.open();
const ann = await tenant.addPerson('ann@example.com', { name: 'Ann Arch' });
const api = await tenant.addApi('https://api.bridges.example/', { allow_offline_access: true });
const app = await SinglePageApp.start(tenant, { script: SDK });
after(() => Promise.all([browser.close(), app.close(), tenant.close()]));

const SILENTLY = { useRefreshTokens: false };
const WITH_REFRESH_TOKENS = { useRefreshTokens: true };

/** The application's page, with a client of the SDK in it. */
async function open(page, options) {
  await page.goto(app.url);
  await makeClient(page, options);
}

function makeClient(page, { useRefreshTokens }) {
  const options = {
    domain: tenant.issuer.slice(0, -1),
    clientId: app.client.client_id,
    useRefreshTokens,
    authorizationParams: { redirect_uri: app.url, audience: api, scope: 'openid profile email read:bridges' },
    // Where the SDK keeps tokens while the test takes the page from one address to another.
    cacheLocation: 'localstorage',
  };
  return page.evaluate(async (options) => {
    window.client = new auth0.Auth0Client(options);
  }, options);
}

/** Signs in by redirects, and answers with the `appState` that came back. */
async function signIn(page, options) {
  await open(page, options);
  await leave(page, () => void client.loginWithRedirect({ appState: { target: '/bridges' } }));
  await LoginPage.signIn(page, ann);
  await page.waitForURL((url) => url.href.startsWith(`${app.url}?`));
  await makeClient(page, options);
  return page.evaluate(async () => (await client.handleRedirectCallback()).appState);
}

/** A new token whatever is in the SDK's cache, or the error that the SDK makes of a refusal. */
function renew(page) {
  return page.evaluate(async () => {
    try {
      const renewed = await client.getTokenSilently({ cacheMode: 'off', detailedResponse: true });
      return { access: renewed.access_token, id: renewed.id_token };
    } catch ({ error }) {
      return { error };
    }
  });
}

function tokenRequests(page) {
  const bodies = [];
  page.on('request', (request) => {
    if (request.url() === tenant.broker.at('oauth/token')) bodies.push(new URLSearchParams(request.postData()));
  });
  return bodies;
}

test('loginWithRedirect', async (t) => {
  const page = await browser.visit(t);
  assert.deepEqual(await signIn(page, SILENTLY), { target: '/bridges' });
  const user = await page.evaluate(() => client.getUser());
  assert.equal(user.sub, ann.user_id);
  assert.equal(user.name, 'Ann Arch');
  assert.equal(await page.evaluate(() => client.isAuthenticated()), true);
});

test('loginWithPopup', async (t) => {
  const page = await browser.visit(t);
  await open(page, SILENTLY);
  const [popup] = await Promise.all([
    page.waitForEvent('popup'),
    page.evaluate(() => {
      window.signedIn = client.loginWithPopup();
    }),
  ]);
  await LoginPage.signIn(popup, ann);
  await page.evaluate(() => window.signedIn);
  assert.equal((await page.evaluate(() => client.getUser())).sub, ann.user_id);
  assert.equal(popup.isClosed(), true);
});

test('getTokenSilently by iframe', async (t) => {
  const page = await browser.visit(t);
  await signIn(page, SILENTLY);
  const requests = tokenRequests(page);
  const first = await renew(page);
  const second = await renew(page);
  assert.notEqual(first.access, second.access);
  assert.deepEqual(requests.map((request) => request.get('grant_type')), ['authorization_code', 'authorization_code']);
});

test('getTokenSilently by refresh token, with rotation', async (t) => {
  const page = await browser.visit(t);
  await signIn(page, WITH_REFRESH_TOKENS);
  const requests = tokenRequests(page);
  const first = await renew(page);
  const second = await renew(page);
  assert.notEqual(first.access, second.access);
  assert.deepEqual(requests.map((request) => request.get('grant_type')), ['refresh_token', 'refresh_token']);
  assert.notEqual(requests[0].get('refresh_token'), requests[1].get('refresh_token'));
});

test('revokeRefreshToken', async (t) => {
  const page = await browser.visit(t);
  const [granted] = await Promise.all([
    page.waitForResponse(tenant.broker.at('oauth/token')),
    signIn(page, WITH_REFRESH_TOKENS),
  ]);
  const { refresh_token } = await granted.json();
  assert.match(refresh_token, /./);
  const [revoked] = await Promise.all([
    page.waitForResponse(tenant.broker.at('oauth/revoke')),
    page.evaluate(() => client.revokeRefreshToken()),
  ]);
  assert.equal(revoked.status(), 200);
  assert.deepEqual(await renew(page), { error: 'missing_refresh_token' });
  // That was the SDK, which has forgotten the token; the broker is asked for itself.
  const redeemed = await tenant.redeem(refresh_token, { client_id: app.client.client_id });
  assert.deepEqual(redeemed, { status: 400, error: 'invalid_grant' });
});

test('login_required', async (t) => {
  const page = await browser.visit(t);
  await open(page, SILENTLY);
  assert.deepEqual(await renew(page), { error: 'login_required' });
});

test('logout', async (t) => {
  const page = await browser.visit(t);
  await signIn(page, SILENTLY);
  await leave(page, (returnTo) => void client.logout({ logoutParams: { returnTo } }), app.farewell);
  await page.waitForURL(app.farewell);
  await makeClient(page, SILENTLY);
  assert.equal(await page.evaluate(() => client.isAuthenticated()), false);
  assert.deepEqual(await renew(page), { error: 'login_required' });
});
