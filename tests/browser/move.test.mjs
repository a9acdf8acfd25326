// Being moved, as the person sees it: an old tenant that holds the passwords, and a new one in front of it.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { CALLS_LOOPBACK } from '../support/broker.mjs';
import { Browser, screenshot } from '../support/browser.mjs';
import { ExpressApp, profileAt } from '../support/express-app.mjs';
import { LoginPage, SignupPage } from '../support/pages.mjs';
import { CONNECTION, Tenant } from '../support/tenant.mjs';

const PASSWORD_REALM = 'http://auth0.com/oauth/grant-type/password-realm';

const browser = await Browser.open();
after(() => browser.close());

/** A tenant that answers as Auth0 does, with a client by which the new one may ask for people. */
async function openOldTenant(t) {
  const old = await Tenant.open({ settings: { LANDBRIDGE__COMPATIBILITY__TOKEN_ERROR_STATUS: 'auth0' } });
  t.after(() => old.close());
  const { client_id, client_secret } = await old.addClient({
    name: 'Landbridge',
    grant_types: [PASSWORD_REALM, 'client_credentials'],
    is_token_endpoint_ip_header_trusted: true,
  });
  const audience = `${old.issuer}api/v2/`;
  await old.management.post('client-grants', { client_id, audience, scope: ['read:users'] });
  const source = { strategy: 'auth0', issuer: old.issuer, client_id, client_secret, realm: CONNECTION };
  return { old, source: { ...source, read_profiles: true, just_in_time: true } };
}

/** Both tenants, and an application that knows the new one. */
async function openBoth(t) {
  const { old, source } = await openOldTenant(t);
  const tenant = await Tenant.open({ options: { source }, settings: CALLS_LOOPBACK });
  const app = await ExpressApp.start(tenant);
  t.after(() => Promise.all([app.close(), tenant.close()]));
  return { old, tenant, app };
}

async function openLogin(page, app) {
  await page.goto(`${app.url}/login`);
  return LoginPage.on(page);
}

test('the first sign-in moves a person, and the second one needs the old tenant no more', async (t) => {
  const { old, tenant, app } = await openBoth(t);
  const ann = await old.addPerson('ann@example.com', {
    user_id: '0123456789abcdef01234567',
    name: 'Ann Arch',
    app_metadata: { plan: 'gold' },
    user_metadata: { theme: 'dark' },
  });
  assert.equal(ann.user_id, 'auth0|0123456789abcdef01234567');
  const page = await browser.visit(t);

  const login = await openLogin(page, app);
  assert.match(await login.tryWrongPassword(ann), /^Wrong email or password/);
  assert.deepEqual(await tenant.management.usersByEmail(ann.email), [], 'nobody moves without a proof');
  await login.signIn(ann);
  const first = await profileAt(page, app);
  assert.equal(first.sub, ann.user_id);
  assert.equal(first.name, 'Ann Arch');

  const [moved] = await tenant.management.usersByEmail(ann.email);
  assert.equal(moved.user_id, ann.user_id);
  assert.deepEqual(moved.app_metadata, { plan: 'gold' });
  assert.deepEqual(moved.user_metadata, { theme: 'dark' });

  await old.close();
  await page.goto(`${app.url}/logout`);
  assert.equal(await profileAt(page, app), null);
  const again = await openLogin(page, app);
  assert.match(await again.tryWrongPassword(ann), /^Wrong email or password/);
  await again.signIn(ann);
  const second = await profileAt(page, app);
  assert.equal(second.sub, ann.user_id);
  assert.equal((await tenant.management.usersByEmail(ann.email)).length, 1);
  assert.deepEqual(app.errors, []);
});

test('while the old tenant is away, whoever has not moved is told the truth', async (t) => {
  const { old, tenant, app } = await openBoth(t);
  const bob = await old.addPerson('bob@example.com');
  await old.close();
  const page = await browser.visit(t);

  const login = await openLogin(page, app);
  assert.match(await login.refusal(bob), /^Sign-in is interrupted for the moment.*Your password was not checked/s);
  await screenshot(page, 'login-source-unavailable');

  await login.signupLink.click();
  const signup = await SignupPage.on(page);
  await signup.signUp(bob);
  assert.match(await signup.alert.innerText(), /cannot be reached right now/);
  await screenshot(page, 'signup-source-unavailable');
  assert.deepEqual(await tenant.management.usersByEmail(bob.email), []);
  assert.equal(app.callbacks, 0);
});

test('whoever is blocked at the old tenant stays out, and is told why', async (t) => {
  const { old, tenant, app } = await openBoth(t);
  const bob = await old.addPerson('bob@example.com', { blocked: true });
  const page = await browser.visit(t);

  const login = await openLogin(page, app);
  assert.match(await login.refusal(bob), /^This account is blocked/);
  assert.deepEqual(await tenant.management.usersByEmail(bob.email), []);
  assert.equal(app.callbacks, 0);
});

test('nobody signs up in the place of someone who has not moved yet', async (t) => {
  const { old, tenant, app } = await openBoth(t);
  const bob = await old.addPerson('bob@example.com');
  const page = await browser.visit(t);

  await (await openLogin(page, app)).signupLink.click();
  const signup = await SignupPage.on(page);
  await signup.signUp({ email: bob.email, password: 'Another-bridge-8' });
  assert.match(await signup.alert.innerText(), /This address already has an account/);
  assert.deepEqual(await tenant.management.usersByEmail(bob.email), []);
  assert.equal(app.callbacks, 0);
});
