// The browser's session as openid-client asks for it: silently, afresh, and to its end.

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
after(() => Promise.all([browser.close(), party.close(), tenant.close()]));

async function signIn(page, parameters) {
  const request = await party.authorize(page, parameters);
  await LoginPage.signIn(page, ann);
  return request.tokens(page);
}

test('prompt=none is refused without a session, with state and issuer', async (t) => {
  const page = await browser.visit(t);
  const request = await party.authorize(page, { prompt: 'none' });
  const answer = await request.answer(page);
  assert.equal(answer.searchParams.get('state'), request.state);
  await assert.rejects(request.exchange(answer), { error: 'login_required', error_description: 'Login required' });
});

test('prompt=none answers from the session, with the time of the login it came from', async (t) => {
  const page = await browser.visit(t);
  const first = (await signIn(page)).claims();
  const request = await party.authorize(page, { prompt: 'none', max_age: '3600' });
  const second = (await request.tokens(page)).claims();
  assert.equal(second.sub, ann.user_id);
  assert.equal(second.sid, first.sid);
  assert.equal(second.auth_time, first.auth_time);
});

for (const [name, parameters] of [
  ['max_age=0', { max_age: '0' }],
  ['prompt=login', { prompt: 'login' }],
]) {
  test(`${name} asks for the password although there is a session`, async (t) => {
    const page = await browser.visit(t);
    const first = (await signIn(page)).claims();
    const second = (await signIn(page, parameters)).claims();
    assert.equal(second.sub, first.sub);
    assert.notEqual(second.sid, first.sid);
    assert.ok(second.auth_time >= first.auth_time);
  });
}

test('somebody else\'s login_hint is no reason to sign that person in as ann', async (t) => {
  await tenant.addPerson('bob@example.com');
  const page = await browser.visit(t);
  await signIn(page);
  await party.authorize(page, { login_hint: 'bob@example.com' });
  const login = await LoginPage.on(page);
  assert.equal(await login.username.inputValue(), 'bob@example.com');
});

test('the logout URL ends the session and returns with the state', async (t) => {
  const page = await browser.visit(t);
  const tokens = await signIn(page);
  const url = oidc.buildEndSessionUrl(party.configuration, {
    id_token_hint: tokens.id_token,
    post_logout_redirect_uri: party.site.url,
    state: 'kept as it is',
  });
  await page.goto(url.href);
  await page.waitForURL((url) => party.site.owns(url));
  assert.equal(new URL(page.url()).searchParams.get('state'), 'kept as it is');
  assert.equal(await party.isSignedIn(page), false);
});

test('a logout URL that leads to a stranger\'s site is not followed, and the session ends', async (t) => {
  const page = await browser.visit(t);
  const tokens = await signIn(page);
  const url = oidc.buildEndSessionUrl(party.configuration, {
    id_token_hint: tokens.id_token,
    post_logout_redirect_uri: 'https://evil.example/',
  });
  await page.goto(url.href);
  await page.getByRole('heading', { name: 'The way back is not registered' }).waitFor();
  assert.ok(tenant.broker.owns(page.url()));
  assert.equal(await party.isSignedIn(page), false);
});
