// The pages in a browser that runs no script.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { Browser, screenshot } from '../support/browser.mjs';
import { ExpressApp, profileAt } from '../support/express-app.mjs';
import { LoginPage, SignupPage } from '../support/pages.mjs';
import { RelyingParty } from '../support/relying-party.mjs';
import { Tenant } from '../support/tenant.mjs';

const tenant = await Tenant.open();
const browser = await Browser.open();
const ann = await tenant.addPerson('ann@example.com');
const party = await RelyingParty.register(tenant);
after(() => Promise.all([browser.close(), party.close(), tenant.close()]));

const NO_SCRIPT = { javaScriptEnabled: false };

test('signing in, a wrong password first, with the answer in the query', async (t) => {
  const page = await browser.visit(t, NO_SCRIPT);
  const request = await party.authorize(page);
  const login = await LoginPage.on(page);
  assert.match(await login.tryWrongPassword(ann), /^Wrong email or password/);
  await login.signIn(ann);
  assert.equal((await request.tokens(page)).claims().sub, ann.user_id);
});

test('signing up', async (t) => {
  const page = await browser.visit(t, NO_SCRIPT);
  const request = await party.authorize(page);
  await (await LoginPage.on(page)).signupLink.click();
  const signup = await SignupPage.on(page);
  await signup.signUp({ email: 'carl@example.com', password: 'Seven-arches-4' });
  assert.equal((await request.tokens(page)).claims().email, 'carl@example.com');
});

test('an answer by form_post waits for one more click', async (t) => {
  const app = await ExpressApp.start(tenant);
  t.after(() => app.close());
  const page = await browser.visit(t, NO_SCRIPT);

  await page.goto(`${app.url}/login`);
  await LoginPage.signIn(page, ann);
  await page.getByRole('heading', { name: 'One moment' }).waitFor();
  await screenshot(page, 'form-post-without-javascript');
  await page.getByRole('button', { name: 'Continue' }).click();
  assert.equal((await profileAt(page, app)).sub, ann.user_id);
  assert.deepEqual(app.errors, []);
});
