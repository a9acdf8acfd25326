// People who sign in at another provider, which is oidc-provider, as they and the application see it.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { CALLS_LOOPBACK } from '../support/broker.mjs';
import { assertFitsScreen, Browser, PHONE, screenshot } from '../support/browser.mjs';
import { LoginPage } from '../support/pages.mjs';
import { UpstreamProvider } from '../support/provider.mjs';
import { RelyingParty } from '../support/relying-party.mjs';
import { Tenant } from '../support/tenant.mjs';

const tenant = await Tenant.open({ settings: CALLS_LOOPBACK });
const upstream = await UpstreamProvider.open(tenant.issuer);
const browser = await Browser.open();
const party = await RelyingParty.register(tenant, { client: { name: 'Bridge Watch' } });
const ACME = { ...upstream.options, domain_aliases: ['acme.example'] };
const acme = await connect('acme', ACME, { display_name: 'Acme' });
after(() => Promise.all([browser.close(), party.close(), upstream.close(), tenant.close()]));

function connect(name, options, properties = {}) {
  const enabled_clients = [party.client.client_id];
  return tenant.management.post('connections', { name, strategy: 'oidc', enabled_clients, options, ...properties });
}

/** Presses the button on the provider's own page. */
async function signInThere(page) {
  await page.getByRole('heading', { name: 'The provider' }).waitFor();
  await page.getByRole('button', { name: 'Sign in as Ada' }).click();
}

async function signIn(page, parameters = { connection: 'acme' }) {
  const request = await party.authorize(page, parameters);
  await signInThere(page);
  return (await request.tokens(page)).claims();
}

test('a button leads to the provider and back to the application', async (t) => {
  const page = await browser.visit(t);
  const request = await party.authorize(page);
  await LoginPage.on(page);
  await screenshot(page, 'federation-login');
  await page.getByRole('link', { name: 'Continue with Acme' }).click();
  await signInThere(page);
  const claims = (await request.tokens(page)).claims();
  assert.equal(claims.sub, 'oidc|acme|ada-1');
  assert.equal(claims.iss, tenant.issuer);
  assert.deepEqual([claims.name, claims.email, claims.email_verified], ['Ada Lovelace', 'ada@acme.example', false]);
});

for (const [look, options] of [
  ['dark', { colorScheme: 'dark' }],
  ['phone', PHONE],
]) {
  test(`the buttons fit the screen: ${look}`, async (t) => {
    const page = await browser.visit(t, options);
    await party.authorize(page);
    await LoginPage.on(page);
    await screenshot(page, `federation-login-${look}`);
    await assertFitsScreen(page);
  });
}

test('an address leads to the provider of its domain, from the form that asks for it', async (t) => {
  const page = await browser.visit(t);
  const request = await party.authorize(page);
  const login = await LoginPage.on(page);
  await login.username.fill('ada@acme.example');
  await login.submit.click();
  await signInThere(page);
  assert.equal((await request.tokens(page)).claims().sub, 'oidc|acme|ada-1');
});

test('somebody who is signed in there is recognised without a page', async (t) => {
  const page = await browser.visit(t);
  const { sub } = await signIn(page);
  await page.goto(`${tenant.issuer}v2/logout`);
  assert.equal(await party.isSignedIn(page, { connection: 'acme' }), false);

  const change = (options) => tenant.management.patch(`connections/${acme.id}`, { options });
  await change({ ...ACME, silent_sign_in: true });
  t.after(() => change(ACME));
  const request = await party.authorize(page, { prompt: 'none', connection: 'acme' });
  assert.equal((await request.tokens(page)).claims().sub, sub);

  const stranger = await browser.visit(t);
  await party.authorize(stranger);
  await LoginPage.on(stranger);
  assert.equal(await party.isSignedIn(stranger), false);
});

test('a new proof is asked of the provider', async (t) => {
  const page = await browser.visit(t);
  const first = await signIn(page);
  const again = await signIn(page, { connection: 'acme', prompt: 'login' });
  assert.ok(again.auth_time >= first.auth_time);
  const request = await party.authorize(page, { connection: 'acme', max_age: '3600' });
  assert.equal((await request.tokens(page)).claims().auth_time, again.auth_time);
});

test('signing out everywhere ends at the application, and the provider asks again', async (t) => {
  const page = await browser.visit(t);
  await signIn(page);
  const query = new URLSearchParams({ client_id: party.client.client_id, returnTo: party.site.url });
  await page.goto(`${tenant.issuer}v2/logout?${query}&federated`);
  await page.getByRole('button', { name: 'Sign out there' }).click();
  await page.waitForURL((url) => party.site.owns(url.href));
  await signIn(page);
});

test('a provider that is away is said to be away', async (t) => {
  const gone = await UpstreamProvider.open(tenant.issuer);
  await connect('gone', gone.options, { display_name: 'Umbrella', show_as_button: false });
  await gone.close();
  for (const [look, options] of [['light', {}], ['dark', { colorScheme: 'dark' }], ['phone', PHONE]]) {
    const page = await browser.visit(t, options);
    await party.authorize(page, { connection: 'gone' });
    await page.getByRole('heading', { name: 'Umbrella cannot be reached' }).waitFor();
    await page.getByRole('link', { name: 'Try again' }).waitFor();
    await screenshot(page, `federation-unavailable-${look}`);
  }
});
