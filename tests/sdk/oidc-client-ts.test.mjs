// oidc-client-ts in a browser, configured from discovery as for any OpenID provider.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { Browser } from '../support/browser.mjs';
import { LoginPage } from '../support/pages.mjs';
import { leave, SinglePageApp } from '../support/single-page-app.mjs';
import { Tenant } from '../support/tenant.mjs';

const SDK = 'oidc-client-ts/dist/browser/oidc-client-ts.min.js';

const tenant = await Tenant.open();
const browser = await Browser.open();
const ann = await tenant.addPerson('ann@example.com', { name: 'Ann Arch' });
const app = await SinglePageApp.start(tenant, { script: SDK });
after(() => Promise.all([browser.close(), app.close(), tenant.close()]));

const SCOPE = 'openid profile email';
const WITH_REFRESH_TOKENS = `${SCOPE} offline_access`;

/**
 * The application's manager. Its page receives the answers too, its own and those for its iframe. With `dpop`, codes
 * and tokens are bound to a key in the page's database; the SDK would ask for user info without a proof, so it does not
 * ask then.
 */
function makeManager(page, scope, { dpop = false } = {}) {
  const settings = {
    authority: tenant.issuer,
    client_id: app.client.client_id,
    redirect_uri: app.url,
    post_logout_redirect_uri: app.farewell,
    scope,
    loadUserInfo: !dpop,
    dpop: dpop ? { bind_authorization_code: true } : undefined,
  };
  return page.evaluate((settings) => {
    const userStore = new oidc.WebStorageStateStore({ store: localStorage });
    if (settings.dpop) settings.dpop.store = new oidc.IndexedDbDPoPStore();
    window.manager = new oidc.UserManager({ ...settings, userStore });
  }, settings);
}

/** Signs in by redirects, and answers with the user that the SDK makes of it. */
async function signIn(page, scope = SCOPE, options = {}) {
  await page.goto(app.url);
  await makeManager(page, scope, options);
  await leave(page, () => void manager.signinRedirect({ state: 'the bridges' }));
  await LoginPage.signIn(page, ann);
  await page.waitForURL((url) => url.href.startsWith(`${app.url}?`));
  await makeManager(page, scope, options);
  return page.evaluate(async () => ({ ...(await manager.signinCallback()) }));
}

/** The page in an iframe tells the one around it. */
function answerInFrames(page) {
  return page.addInitScript(() => {
    if (window === window.top || !location.search.includes('state=')) return;
    addEventListener('load', () => new oidc.UserManager({}).signinSilentCallback());
  });
}

function renew(page) {
  return page.evaluate(async () => {
    try {
      return { ...(await manager.signinSilent()) };
    } catch ({ error }) {
      return { error };
    }
  });
}

function grants(page) {
  const types = [];
  onTokenRequest(page, (request) => types.push(new URLSearchParams(request.postData()).get('grant_type')));
  return types;
}

function onTokenRequest(page, note) {
  page.on('request', (request) => {
    if (request.url() === tenant.broker.at('oauth/token')) note(request);
  });
}

/** What the application asks itself, with a proof of the SDK. */
function userInfoWithProof(page) {
  return page.evaluate(async (url) => {
    const user = await manager.getUser();
    const proof = await manager.dpopProof(url, user);
    const headers = { authorization: `${user.token_type} ${user.access_token}`, dpop: proof };
    return (await fetch(url, { headers })).json();
  }, tenant.broker.at('userinfo'));
}

test('sign-in by redirect', async (t) => {
  const user = await signIn(await browser.visit(t));
  assert.equal(user.profile.sub, ann.user_id);
  assert.equal(user.state, 'the bridges');
});

test('user info', async (t) => {
  const page = await browser.visit(t);
  const asked = page.waitForResponse(tenant.broker.at('userinfo'));
  const { profile } = await signIn(page);
  assert.equal((await asked).status(), 200);
  assert.equal(profile.name, 'Ann Arch');
  assert.equal(profile.email, 'ann@example.com');
});

test('silent renewal in an iframe', async (t) => {
  const page = await browser.visit(t);
  await answerInFrames(page);
  const first = await signIn(page);
  const types = grants(page);
  const second = await renew(page);
  assert.equal(second.profile.sub, ann.user_id);
  assert.notEqual(second.access_token, first.access_token);
  assert.deepEqual(types, ['authorization_code']);
});

test('silent renewal by refresh token', async (t) => {
  const page = await browser.visit(t);
  const first = await signIn(page, WITH_REFRESH_TOKENS);
  const types = grants(page);
  const second = await renew(page);
  const third = await renew(page);
  assert.equal(third.profile.sub, ann.user_id);
  assert.equal(new Set([first, second, third].map((user) => user.refresh_token)).size, 3);
  assert.deepEqual(types, ['refresh_token', 'refresh_token']);
});

test('sign-in with DPoP, user info, silent renewal by refresh token', async (t) => {
  const page = await browser.visit(t);
  const proofs = [];
  onTokenRequest(page, (request) => proofs.push(request.headers().dpop));
  const first = await signIn(page, WITH_REFRESH_TOKENS, { dpop: true });
  const second = await renew(page);
  assert.deepEqual([first.token_type, second.token_type], ['DPoP', 'DPoP']);
  assert.notEqual(second.access_token, first.access_token);
  const { sub, name } = await userInfoWithProof(page);
  assert.deepEqual({ sub, name }, { sub: ann.user_id, name: 'Ann Arch' });
  assert.equal(new Set(proofs.filter(Boolean)).size, 2, 'each exchange with a proof of its own');
});

test('tokens bound by DPoP are worth nothing without a proof', async (t) => {
  const page = await browser.visit(t);
  const { access_token, refresh_token } = await signIn(page, WITH_REFRESH_TOKENS, { dpop: true });
  for (const scheme of ['Bearer', 'DPoP']) {
    const headers = { authorization: `${scheme} ${access_token}` };
    const refused = await fetch(tenant.broker.at('userinfo'), { headers });
    assert.equal(refused.status, 401, scheme);
    assert.match(refused.headers.get('www-authenticate'), new RegExp(`^${scheme} .*error="invalid_`));
  }
  const redeemed = await tenant.redeem(refresh_token, { client_id: app.client.client_id });
  assert.deepEqual(redeemed, { status: 400, error: 'invalid_grant' });
  assert.equal((await renew(page)).profile.sub, ann.user_id);
});

test('sign-out', async (t) => {
  const page = await browser.visit(t);
  await answerInFrames(page);
  await signIn(page);
  await leave(page, () => void manager.signoutRedirect());
  await page.waitForURL((url) => url.href.startsWith(app.farewell));
  await makeManager(page, 'openid');
  assert.equal(await page.evaluate(() => manager.getUser()), null);
  assert.deepEqual(await renew(page), { error: 'login_required' });
});
