// Signing out, as a person meets it.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { Browser, screenshot } from '../support/browser.mjs';
import { LoginPage } from '../support/pages.mjs';
import { RelyingParty } from '../support/relying-party.mjs';
import { Tenant } from '../support/tenant.mjs';

const tenant = await Tenant.open();
const browser = await Browser.open();
const ann = await tenant.addPerson('ann@example.com');
const party = await RelyingParty.register(tenant, { client: { name: 'Bridge Watch' } });
after(() => Promise.all([browser.close(), party.close(), tenant.close()]));

async function signedIn(t) {
  const page = await browser.visit(t);
  const request = await party.authorize(page);
  await LoginPage.signIn(page, ann);
  await request.answer(page);
  return page;
}

function logoutUrl(parameters = {}) {
  const url = new URL(party.configuration.serverMetadata().end_session_endpoint);
  url.search = new URLSearchParams(parameters);
  return url.href;
}

/** A logout that nobody vouches for: the application is named, but there is no ID token. */
async function askToSignOut(page) {
  const { client_id } = party.client;
  await page.goto(logoutUrl({ client_id, post_logout_redirect_uri: party.site.url, state: 'bye' }));
  await page.getByRole('heading', { name: 'Sign out?' }).waitFor();
}

test('a logout that nobody vouches for asks first', async (t) => {
  const page = await signedIn(t);
  await askToSignOut(page);
  await page.getByText('Bridge Watch asks to sign you out.').waitFor();
  await page.getByText('You are signed in as ann@example.com.').waitFor();
  await screenshot(page, 'logout-confirm');
  assert.equal(await party.isSignedIn(page), true);

  await askToSignOut(page);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForURL((url) => party.site.owns(url));
  assert.equal(new URL(page.url()).searchParams.get('state'), 'bye');
  assert.equal(await party.isSignedIn(page), false);
});

test('whoever stays is told so, and stays signed in', async (t) => {
  const page = await signedIn(t);
  await askToSignOut(page);
  await page.getByRole('button', { name: 'Stay signed in' }).click();
  await page.getByRole('heading', { name: 'You are still signed in' }).waitFor();
  await screenshot(page, 'logout-stayed');
  assert.equal(await party.isSignedIn(page), true);
});

test('a logout without a way back ends on a page that says it is done', async (t) => {
  const page = await signedIn(t);
  await page.goto(logoutUrl());
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'You are signed out' }).waitFor();
  await screenshot(page, 'logged-out');
  assert.equal(await party.isSignedIn(page), false);
});

test('Auth0\'s logout ends the session whatever it is asked to return to', async (t) => {
  const page = await signedIn(t);
  const url = new URL(tenant.broker.at('v2/logout'));
  url.search = new URLSearchParams({ client_id: party.client.client_id, returnTo: 'https://evil.example/' });
  await page.goto(url.href);
  await page.getByRole('heading', { name: 'The way back is not registered' }).waitFor();
  await page.getByText('You are signed out.').waitFor();
  await screenshot(page, 'error-logout-url');
  assert.equal(await party.isSignedIn(page), false);
});
