// Authlib's client in a Flask application, over TLS.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { ANY_CERTIFICATE, Browser, fetchFrom } from '../support/browser.mjs';
import { LoginPage } from '../support/pages.mjs';
import { serve } from '../support/python.mjs';
import { freePort } from '../support/servers.mjs';
import { Tenant } from '../support/tenant.mjs';

const tenant = await Tenant.open({ tls: true });
const browser = await Browser.open();
const ann = await tenant.addPerson('ann@example.com', { name: 'Ann Arch' });
const port = await freePort();
const url = `http://app.localhost:${port}`;
const client = await tenant.addClient({
  name: 'Bridge Watch',
  callbacks: [`${url}/callback`],
  token_endpoint_auth_method: 'client_secret_basic',
});
const app = await serve('authlib_app.py', {
  ready: 'Running on',
  environment: {
    PORT: port,
    ISSUER: tenant.issuer,
    CLIENT_ID: client.client_id,
    CLIENT_SECRET: client.client_secret,
  },
});
after(() => Promise.all([browser.close(), app.end('SIGTERM'), tenant.close()]));

/** A page on which the person is signed in. */
async function signIn(t) {
  const page = await browser.visit(t, ANY_CERTIFICATE);
  await page.goto(`${url}/login`);
  await LoginPage.signIn(page, ann);
  await page.waitForURL(`${url}/user`);
  return page;
}

test('sign-in, with the ID token verified', async (t) => {
  const page = await signIn(t);
  const { iss, sub, aud } = await fetchFrom(page, '/user');
  assert.deepEqual({ iss, sub, aud }, { iss: tenant.issuer, sub: ann.user_id, aud: client.client_id });
});

test('user info', async (t) => {
  const page = await signIn(t);
  const { sub, name, email } = await fetchFrom(page, '/userinfo');
  assert.deepEqual({ sub, name, email }, { sub: ann.user_id, name: 'Ann Arch', email: 'ann@example.com' });
});

test('refresh token, with rotation', async (t) => {
  const page = await signIn(t);
  const tokens = await fetchFrom(page, '/refresh');
  assert.equal(new Set(tokens).size, 3);
});
