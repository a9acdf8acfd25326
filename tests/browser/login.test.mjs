// The login page as a person meets it: looks, mistakes, keyboard and screen reader.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { accessibleNodes, assertAccessible, focused } from '../support/accessibility.mjs';
import { assertFitsScreen, Browser, PHONE, screenshot } from '../support/browser.mjs';
import { LoginPage } from '../support/pages.mjs';
import { RelyingParty } from '../support/relying-party.mjs';
import { Tenant } from '../support/tenant.mjs';

const tenant = await Tenant.open();
const browser = await Browser.open();
const ann = await tenant.addPerson('ann@example.com');
const party = await RelyingParty.register(tenant, { client: { name: 'Bridge Watch' } });
after(() => Promise.all([browser.close(), party.close(), tenant.close()]));

async function openLogin(t, options) {
  const page = await browser.visit(t, options);
  const request = await party.authorize(page);
  return { page, request, login: await LoginPage.on(page) };
}

for (const [look, options] of [
  ['light', {}],
  ['dark', { colorScheme: 'dark' }],
  ['phone', PHONE],
  ['phone-dark', { ...PHONE, colorScheme: 'dark' }],
  ['narrow', { viewport: { width: 320, height: 480 } }],
]) {
  test(`the page fits the screen and is accessible: ${look}`, async (t) => {
    const { page } = await openLogin(t, options);
    await screenshot(page, `login-${look}`);
    await assertFitsScreen(page);
    const isDark = await page.evaluate(() => {
      const [red, green, blue] = getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number);
      return red + green + blue < 3 * 128;
    });
    assert.equal(isDark, options.colorScheme === 'dark');
  });
}

test('the page names the application and what each field is for', async (t) => {
  const { page, login } = await openLogin(t);
  await page.getByText('Sign in to continue to Bridge Watch').waitFor();
  assert.equal(await login.username.getAttribute('autocomplete'), 'username');
  assert.equal(await login.password.getAttribute('autocomplete'), 'current-password');
  assert.equal(await login.password.getAttribute('type'), 'password');
  assert.equal(await focused(page), 'textbox Email address');
});

test('a wrong password is announced, tied to the field, and leaves the address in place', async (t) => {
  const { page, request, login } = await openLogin(t);
  assert.match(await login.tryWrongPassword(ann), /^Wrong email or password/);
  await screenshot(page, 'login-wrong-password');

  assert.equal(await login.username.inputValue(), ann.email);
  assert.equal(await login.password.inputValue(), '');
  assert.equal(await focused(page), 'textbox Password');
  const field = (await accessibleNodes(page)).find((node) => node.role === 'textbox' && node.name === 'Password');
  assert.equal(field.invalid, 'true');
  assert.match(field.description, /Wrong email or password/);
  assert.match(await page.title(), /^Not done yet/);

  await login.signIn(ann);
  assert.equal((await request.tokens(page)).claims().sub, ann.user_id);
});

test('an unknown address is answered in the same words as a wrong password', async (t) => {
  const { login } = await openLogin(t);
  const known = await login.tryWrongPassword(ann);
  assert.equal(await login.tryWrongPassword({ email: 'nobody@example.com' }), known);
});

test('someone who is blocked is told so, and is not signed in', async (t) => {
  const bob = await tenant.addPerson('bob@example.com', { blocked: true });
  const { page, login } = await openLogin(t);
  assert.match(await login.refusal(bob), /^This account is blocked/);
  await screenshot(page, 'login-blocked');
  assert.equal(await party.isSignedIn(page), false);
});

test('the keyboard alone is enough, field by field', async (t) => {
  const { page, request } = await openLogin(t);
  await page.keyboard.type(ann.email);
  await page.keyboard.press('Tab');
  assert.equal(await focused(page), 'textbox Password');
  await page.keyboard.type(ann.password);
  await page.keyboard.press('Tab');
  assert.equal(await focused(page), 'button Continue');
  await page.keyboard.press('Tab');
  assert.equal(await focused(page), 'link Sign up');
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Enter');
  assert.equal((await request.tokens(page)).claims().sub, ann.user_id);
});

test('Enter in the password field signs in', async (t) => {
  const { page, request } = await openLogin(t);
  await page.keyboard.type(ann.email);
  await page.keyboard.press('Tab');
  await page.keyboard.type(ann.password);
  await page.keyboard.press('Enter');
  assert.equal((await request.tokens(page)).claims().sub, ann.user_id);
});

test('an address from the application is filled in, and the password is next', async (t) => {
  const page = await browser.visit(t);
  await party.authorize(page, { login_hint: ann.email });
  const login = await LoginPage.on(page);
  assert.equal(await login.username.inputValue(), ann.email);
  assert.equal(await focused(page), 'textbox Password');
});

test('an address is recognised in any case and between spaces', async (t) => {
  const { page, request, login } = await openLogin(t);
  await login.signIn({ email: ' ANN@Example.COM ', password: ann.password });
  assert.equal((await request.tokens(page)).claims().sub, ann.user_id);
});

test('a name that looks like markup is shown as text', async (t) => {
  const client = { name: 'Ampers & "Quotes" {{ 7 * 7 }}' };
  const odd = await RelyingParty.register(tenant, { client });
  t.after(() => odd.close());
  const page = await browser.visit(t);
  await odd.authorize(page, { login_hint: '"><img src=x onerror=alert(1)>' });
  const login = await LoginPage.on(page);
  await page.getByText(`Sign in to continue to ${client.name}`).waitFor();
  assert.equal(await login.username.inputValue(), '"><img src=x onerror=alert(1)>');
  assert.equal(await page.locator('img').count(), 0);
  await assertAccessible(page);
});
