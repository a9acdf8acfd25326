// Refresh tokens in the hands of openid-client: rotation, repeats of a lost answer, and reuse.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import * as oidc from 'openid-client';

import { Browser } from '../support/browser.mjs';
import { LoginPage } from '../support/pages.mjs';
import { RelyingParty } from '../support/relying-party.mjs';
import { Tenant } from '../support/tenant.mjs';

const tenant = await Tenant.open();
const browser = await Browser.open();
const ann = await tenant.addPerson('ann@example.com');
const party = await RelyingParty.register(tenant);
const api = await tenant.addApi('https://api.bridges.example/', { allow_offline_access: true });
after(() => Promise.all([browser.close(), party.close(), tenant.close()]));

async function firstTokens(t, parameters) {
  const page = await browser.visit(t);
  const request = await party.authorize(page, { scope: 'openid offline_access', ...parameters });
  await LoginPage.signIn(page, ann);
  return request.tokens(page);
}

function refresh({ refresh_token }) {
  return oidc.refreshTokenGrant(party.configuration, refresh_token);
}

const REFUSED = { error: 'invalid_grant', error_description: 'Unknown or invalid refresh token.' };

test('each exchange brings a new token and an ID token of the same person', async (t) => {
  let tokens = await firstTokens(t);
  const seen = new Set([tokens.refresh_token]);
  for (const generation of [2, 3, 4]) {
    tokens = await refresh(tokens);
    assert.equal(tokens.claims().sub, ann.user_id);
    assert.equal(seen.add(tokens.refresh_token).size, generation);
  }
});

test('exchanges in quick succession bring new tokens for an API too', async (t) => {
  let tokens = await firstTokens(t, { audience: api });
  for (const _ of [1, 2, 3]) {
    const next = await refresh(tokens);
    assert.notEqual(next.refresh_token, tokens.refresh_token);
    tokens = next;
  }
});

test('an exchange whose answer was lost can be repeated, and is answered the same', async (t) => {
  const first = await firstTokens(t);
  const lost = await refresh(first);
  const repeated = await refresh(first);
  assert.deepEqual({ ...repeated }, { ...lost });
  assert.notEqual((await refresh(repeated)).refresh_token, lost.refresh_token);
});

test('a token whose successor was used is reuse, and ends the whole family', async (t) => {
  const first = await firstTokens(t);
  const second = await refresh(first);
  const third = await refresh(second);
  await assert.rejects(refresh(first), REFUSED);
  await assert.rejects(refresh(third), REFUSED);
});

test('using the access token shows that the answer has arrived', async (t) => {
  const first = await firstTokens(t);
  const second = await refresh(first);
  await oidc.fetchUserInfo(party.configuration, second.access_token, ann.user_id);
  await assert.rejects(refresh(first), REFUSED);
  await assert.rejects(refresh(second), REFUSED);
});

test('a stranger\'s exchange gets nothing, and ends the whole family', async (t) => {
  const tokens = await firstTokens(t);
  const stranger = await RelyingParty.register(tenant);
  t.after(() => stranger.close());
  await assert.rejects(oidc.refreshTokenGrant(stranger.configuration, tokens.refresh_token), REFUSED);
  await assert.rejects(refresh(tokens), REFUSED);
});
