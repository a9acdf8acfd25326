// Pages that go no further, and say why.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { Browser, PHONE, screenshot } from '../support/browser.mjs';
import { LoginPage } from '../support/pages.mjs';
import { RelyingParty } from '../support/relying-party.mjs';
import { html, Site } from '../support/servers.mjs';
import { Tenant } from '../support/tenant.mjs';

const tenant = await Tenant.open();
const browser = await Browser.open();
const ann = await tenant.addPerson('ann@example.com');
const party = await RelyingParty.register(tenant);
after(() => Promise.all([browser.close(), party.close(), tenant.close()]));

async function expectError(page, heading, status, response) {
  await page.getByRole('heading', { name: heading }).waitFor();
  assert.equal(response.status(), status);
  assert.ok(tenant.broker.owns(page.url()), 'nothing was sent to an application');
}

function authorizeUrl(parameters) {
  const url = new URL(tenant.broker.at('authorize'));
  url.search = new URLSearchParams({ response_type: 'code', scope: 'openid', ...parameters });
  return url.href;
}

test('a login page whose state was tampered with has expired', async (t) => {
  const page = await browser.visit(t);
  await party.authorize(page);
  const url = new URL(page.url());
  const state = url.searchParams.get('state');
  url.searchParams.set('state', state.slice(0, -2) + (state.endsWith('AA') ? 'BB' : 'AA'));
  const response = await page.goto(url.href);
  await expectError(page, 'This page has expired', 400, response);
  await screenshot(page, 'error-expired');
  await page.setViewportSize(PHONE.viewport);
  await screenshot(page, 'error-expired-phone');
});

test('a login page cannot be handed to another browser', async (t) => {
  const attacker = await browser.visit(t);
  await party.authorize(attacker);
  await LoginPage.on(attacker);

  const victim = await browser.visit(t);
  const response = await victim.goto(attacker.url());
  await expectError(victim, 'Please allow cookies', 400, response);
  await screenshot(victim, 'error-cookies');
  // The victim's own login page does not make the attacker's theirs.
  await party.authorize(victim);
  await LoginPage.on(victim);
  await expectError(victim, 'Please allow cookies', 400, await victim.goto(attacker.url()));
});

test('nobody is signed in to a stranger\'s account by a form on the stranger\'s site', async (t) => {
  const attacker = await browser.visit(t);
  await party.authorize(attacker);
  const hidden = (name) => attacker.locator(`input[name=${name}]`).inputValue();
  const [state, csrf] = [await hidden('state'), await hidden('csrf')];
  const fields = { state, csrf, username: ann.email, password: ann.password };
  const trap = await Site.open('evil.localhost');
  t.after(() => trap.close());
  trap.serve((_request, response) => html(response, autoSubmitted(tenant.broker.at('u/login'), fields)));

  const victim = await browser.visit(t);
  await victim.goto(trap.url);
  await victim.getByRole('heading', { name: 'This form came from elsewhere' }).waitFor();
  await screenshot(victim, 'error-foreign-form');
  assert.equal(await party.isSignedIn(victim), false);
});

function autoSubmitted(action, fields) {
  const inputs = Object.entries(fields).map(([name, value]) => `<input type="hidden" name="${name}" value="${value}">`);
  return `<form method="post" action="${action}">${inputs.join('')}</form><script>document.forms[0].submit()</script>`;
}

test('a form whose token was changed is not taken', async (t) => {
  const page = await browser.visit(t);
  const request = await party.authorize(page);
  const login = await LoginPage.on(page);
  await login.fill(ann);
  await page.locator('input[name=csrf]').evaluate((input) => {
    input.value = 'another-token';
  });
  await login.submit.click();
  await page.getByRole('heading', { name: 'This form came from elsewhere' }).waitFor();

  await page.goBack();
  await LoginPage.signIn(page, ann);
  assert.equal((await request.tokens(page)).claims().sub, ann.user_id);
});

test('an unknown client and an unregistered way back are told to the person alone', async (t) => {
  const page = await browser.visit(t);
  const unknown = await page.goto(authorizeUrl({ client_id: 'nobody', redirect_uri: party.callback }));
  await expectError(page, 'This application is not known here', 400, unknown);
  await screenshot(page, 'error-unknown-client');

  const { client_id } = party.client;
  const elsewhere = await page.goto(authorizeUrl({ client_id, redirect_uri: 'https://evil.example/callback' }));
  await expectError(page, 'The way back is not registered', 400, elsewhere);
  await screenshot(page, 'error-redirect-uri');
});

test('an address that leads nowhere says so', async (t) => {
  const page = await browser.visit(t);
  const response = await page.goto(tenant.broker.at('u/nothing-here'));
  await expectError(page, 'There is nothing here', 404, response);
  await screenshot(page, 'not-found');
});

test('the login page cannot be framed', async (t) => {
  const page = await browser.visit(t);
  const framing = await party.authorize(page);
  const response = await page.request.get(framing.url.href);
  assert.equal(response.status(), 200);
  assert.equal(response.headers()['x-frame-options'], 'DENY');
  assert.match(response.headers()['content-security-policy'], /frame-ancestors 'none'/);
});
