// @auth0/nextjs-auth0: its routes, mounted in a server as Next's middleware mounts them.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { Browser, fetchFrom } from '../support/browser.mjs';
import { NextApp } from '../support/next-app.mjs';
import { LoginPage } from '../support/pages.mjs';
import { Tenant } from '../support/tenant.mjs';

const tenant = await Tenant.open();
const browser = await Browser.open();
const ann = await tenant.addPerson('ann@example.com', { name: 'Ann Arch' });
const api = await tenant.addApi('https://api.bridges.example/', { allow_offline_access: true });
const app = await NextApp.start(tenant, { audience: api, scope: 'openid profile email offline_access read:bridges' });
after(() => Promise.all([browser.close(), app.close(), tenant.close()]));

async function signIn(page) {
  await page.goto(app.at('/auth/login?returnTo=/bridges'));
  await LoginPage.signIn(page, ann);
  await page.waitForURL(app.at('/bridges'));
}

test('sign-in', async (t) => {
  const page = await browser.visit(t);
  await signIn(page);
  assert.equal((await fetchFrom(page, '/session')).user.sub, ann.user_id);
});

test('profile', async (t) => {
  const page = await browser.visit(t);
  await signIn(page);
  const { sub, name, email } = await fetchFrom(page, '/auth/profile');
  assert.deepEqual({ sub, name, email }, { sub: ann.user_id, name: 'Ann Arch', email: 'ann@example.com' });
});

test('access token, and a new one by refresh token', async (t) => {
  const page = await browser.visit(t);
  await signIn(page);
  const first = await fetchFrom(page, '/auth/access-token');
  assert.equal(first.scope, 'openid profile email offline_access read:bridges');
  const second = await fetchFrom(page, '/refreshed');
  assert.notEqual(second.token, first.token);
  assert.equal((await fetchFrom(page, '/auth/access-token')).token, second.token);
});

test('logout, which revokes the refresh token', async (t) => {
  const page = await browser.visit(t);
  await signIn(page);
  const { tokenSet } = await fetchFrom(page, '/session');
  await page.goto(app.at('/auth/logout'));
  await page.waitForURL(`${app.url}/`);
  assert.equal(await fetchFrom(page, '/session'), null);
  const { client_id, client_secret } = app.client;
  const redeemed = await tenant.redeem(tokenSet.refreshToken, { client_id, client_secret });
  assert.deepEqual(redeemed, { status: 400, error: 'invalid_grant' });
  await page.goto(app.at('/auth/login'));
  await LoginPage.on(page);
});
