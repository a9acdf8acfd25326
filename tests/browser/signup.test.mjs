// The sign-up page as a person meets it.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { accessibleNodes, focused } from '../support/accessibility.mjs';
import { assertFitsScreen, Browser, PHONE, screenshot } from '../support/browser.mjs';
import { LoginPage, SignupPage } from '../support/pages.mjs';
import { RelyingParty } from '../support/relying-party.mjs';
import { Tenant } from '../support/tenant.mjs';

const tenant = await Tenant.open({ options: { passwordPolicy: 'excellent' } });
const browser = await Browser.open();
const ann = await tenant.addPerson('ann@example.com');
const party = await RelyingParty.register(tenant, { client: { name: 'Bridge Watch' } });
after(() => Promise.all([browser.close(), party.close(), tenant.close()]));

const GOOD_PASSWORD = 'Seven-arches-4';

async function openSignup(t, options) {
  const page = await browser.visit(t, options);
  const request = await party.authorize(page, { screen_hint: 'signup' });
  return { page, request, signup: await SignupPage.on(page) };
}

test('a weak password is answered with the rules, and a good one leads into the application', async (t) => {
  const page = await browser.visit(t);
  const request = await party.authorize(page);
  await (await LoginPage.on(page)).signupLink.click();
  const signup = await SignupPage.on(page);
  await screenshot(page, 'signup');

  await signup.signUp({ email: 'carl@example.com', password: 'short' });
  assert.match(await signup.alert.innerText(), /^Your account was not created/);
  await screenshot(page, 'signup-weak-password');
  assert.equal(await focused(page), 'textbox Choose a password');
  assert.deepEqual(await page.locator('#password-rules li.broken').allTextContents(), [
    'At least 10 characters (not yet)',
    'Three of these: lower case, upper case, digits, special characters (not yet)',
  ]);
  const field = (await accessibleNodes(page)).find((node) => node.name === 'Choose a password');
  assert.equal(field.invalid, 'true');
  assert.match(field.description, /does not follow the rules.*At least 10 characters \(not yet\)/);
  assert.equal(await signup.email.inputValue(), 'carl@example.com');
  assert.deepEqual(await tenant.management.usersByEmail('carl@example.com'), []);

  await signup.password.fill(GOOD_PASSWORD);
  await signup.submit.click();
  const claims = (await request.tokens(page)).claims();
  assert.equal(claims.email, 'carl@example.com');
  assert.equal(claims.email_verified, false);
  const [carl] = await tenant.management.usersByEmail('carl@example.com');
  assert.equal(carl.user_id, claims.sub);
});

test('whoever signed up can sign in', async (t) => {
  const { page, request, signup } = await openSignup(t);
  const dora = { email: 'dora@example.com', password: GOOD_PASSWORD };
  await signup.signUp(dora);
  const { sub } = (await request.tokens(page)).claims();

  const later = await browser.visit(t);
  const again = await party.authorize(later);
  await LoginPage.signIn(later, dora);
  assert.equal((await again.tokens(later)).claims().sub, sub);
});

test('an address that has an account is refused, and its password stays', async (t) => {
  const { page, request, signup } = await openSignup(t);
  await signup.signUp({ email: 'ANN@example.com', password: GOOD_PASSWORD });
  assert.match(await signup.alert.innerText(), /This address already has an account/);
  assert.equal(await focused(page), 'textbox Email address');
  await screenshot(page, 'signup-taken');
  assert.equal((await tenant.management.usersByEmail(ann.email)).length, 1);

  await page.getByRole('link', { name: 'Sign in', exact: true }).click();
  const login = await LoginPage.on(page);
  const withTheOther = { email: ann.email, password: GOOD_PASSWORD };
  assert.match(await login.refusal(withTheOther), /^Wrong email or password/);
  await login.signIn(ann);
  assert.equal((await request.tokens(page)).claims().sub, ann.user_id);
});

test('the complaint in the summary leads to its field', async (t) => {
  const { page, signup } = await openSignup(t);
  await signup.signUp({ email: 'erik@example.com', password: 'short' });
  await signup.email.focus();
  await signup.alert.getByRole('link').click();
  assert.equal(await focused(page), 'textbox Choose a password');
});

test('the sign-up page fits a phone', async (t) => {
  const { page } = await openSignup(t, PHONE);
  await screenshot(page, 'signup-phone');
  await assertFitsScreen(page);
});

test('where sign-up is closed there is no link to it, and its page says so', async (t) => {
  const closed = await Tenant.open({ options: { disable_signup: true } });
  const other = await RelyingParty.register(closed);
  t.after(() => Promise.all([other.close(), closed.close()]));
  const page = await browser.visit(t);
  await other.authorize(page);
  const login = await LoginPage.on(page);
  assert.equal(await login.signupLink.count(), 0);
  await other.authorize(page, { screen_hint: 'signup' });
  await page.getByRole('heading', { name: 'Sign-up is closed' }).waitFor();
});
