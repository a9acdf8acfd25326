// openid-client: tokens that are bound to a key, and requests that are sent ahead.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import * as oidc from 'openid-client';

import { Browser } from '../support/browser.mjs';
import { LoginPage } from '../support/pages.mjs';
import { RelyingParty } from '../support/relying-party.mjs';
import { Tenant } from '../support/tenant.mjs';

const tenant = await Tenant.open();
const browser = await Browser.open();
const ann = await tenant.addPerson('ann@example.com', { name: 'Ann Arch' });
const client = { app_type: 'spa', token_endpoint_auth_method: 'none' };
const party = await RelyingParty.register(tenant, { client, authentication: oidc.None });
const key = await oidc.randomDPoPKeyPair('ES256');
const DPoP = oidc.getDPoPHandle(party.configuration, key);
after(() => Promise.all([browser.close(), party.close(), tenant.close()]));

/** Sends the browser to a request that was sent ahead, and exchanges the answer for tokens bound to the key. */
async function boundTokens(t) {
  const page = await browser.visit(t);
  const verifier = oidc.randomPKCECodeVerifier();
  const state = oidc.randomState();
  const url = await oidc.buildAuthorizationUrlWithPAR(
    party.configuration,
    {
      redirect_uri: party.callback,
      scope: 'openid email offline_access',
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
    },
    { DPoP },
  );
  assert.deepEqual([...url.searchParams.keys()].sort(), ['client_id', 'request_uri']);
  await page.goto(url.href);
  await LoginPage.signIn(page, ann);
  await page.waitForURL((at) => party.site.owns(at) && at.pathname === '/callback');
  const checks = { pkceCodeVerifier: verifier, expectedState: state, idTokenExpected: true };
  return oidc.authorizationCodeGrant(party.configuration, new URL(page.url()), checks, undefined, { DPoP });
}

test('a pushed request with DPoP brings tokens bound to the key, good for userinfo and for refreshing', async (t) => {
  const tokens = await boundTokens(t);
  assert.equal(tokens.token_type, 'dpop');
  const { sub, email } = await oidc.fetchUserInfo(party.configuration, tokens.access_token, ann.user_id, { DPoP });
  assert.deepEqual({ sub, email }, { sub: ann.user_id, email: 'ann@example.com' });
  const fresh = await oidc.refreshTokenGrant(party.configuration, tokens.refresh_token, undefined, { DPoP });
  assert.equal(fresh.token_type, 'dpop');
  assert.equal(fresh.claims().sub, ann.user_id);
});

test('whoever has the tokens and not the key has nothing', async (t) => {
  const tokens = await boundTokens(t);
  const stranger = oidc.getDPoPHandle(party.configuration, await oidc.randomDPoPKeyPair('ES256'));
  for (const options of [{}, { DPoP: stranger }]) {
    const asked = oidc.fetchUserInfo(party.configuration, tokens.access_token, ann.user_id, options);
    await assert.rejects(asked, { code: 'OAUTH_WWW_AUTHENTICATE_CHALLENGE', status: 401 });
    const exchanged = oidc.refreshTokenGrant(party.configuration, tokens.refresh_token, undefined, options);
    await assert.rejects(exchanged, { error: 'invalid_grant' });
  }
  const fresh = await oidc.refreshTokenGrant(party.configuration, tokens.refresh_token, undefined, { DPoP });
  assert.equal(fresh.token_type, 'dpop');
});
