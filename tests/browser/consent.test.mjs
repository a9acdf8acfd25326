// What an application of somebody else gets to see, and who decides about it.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { Browser, PHONE, screenshot } from '../support/browser.mjs';
import { LoginPage } from '../support/pages.mjs';
import { RelyingParty } from '../support/relying-party.mjs';
import { Tenant } from '../support/tenant.mjs';

const tenant = await Tenant.open();
const browser = await Browser.open();
const api = await tenant.addApi('https://api.bridges.example/');
const party = await RelyingParty.register(tenant, { client: { name: 'Ferry Times', is_first_party: false } });
after(() => Promise.all([browser.close(), party.close(), tenant.close()]));

async function signIn(page, person, parameters) {
  const request = await party.authorize(page, parameters);
  await LoginPage.signIn(page, person);
  return request;
}

function asked(page) {
  return page.getByRole('heading', { name: 'Allow access?' }).waitFor();
}

test('whoever signs in reads what the application asks for, allows it once, and is asked again for more', async (t) => {
  const ann = await tenant.addPerson('ann@example.com');
  const page = await browser.visit(t);
  const first = await signIn(page, ann);
  await asked(page);
  await page.getByText('Ferry Times is not run by us and asks for access to your account.').waitFor();
  await page.getByText('You are signed in as ann@example.com.').waitFor();
  const listed = await page.getByRole('listitem').allInnerTexts();
  assert.deepEqual(listed, ['Know who you are', 'See your name and your profile', 'See your e-mail address']);
  await screenshot(page, 'consent');
  await page.getByRole('button', { name: 'Allow', exact: true }).click();
  assert.equal((await first.tokens(page)).claims().email, ann.email);

  const again = await party.authorize(page);
  assert.equal((await again.tokens(page)).claims().sub, ann.user_id);

  const more = await party.authorize(page, { audience: api, scope: 'openid read:bridges' });
  await asked(page);
  await page.getByText(api).waitFor();
  await screenshot(page, 'consent-api');
  await page.getByRole('button', { name: 'Allow', exact: true }).click();
  assert.equal((await more.tokens(page)).scope, 'openid read:bridges');
});

test('an application that is not allowed hears so and no more, and is not remembered', async (t) => {
  const bea = await tenant.addPerson('bea@example.com');
  const page = await browser.visit(t);
  const request = await signIn(page, bea);
  await asked(page);
  await page.getByRole('button', { name: 'Do not allow' }).click();
  const answer = (await request.answer(page)).searchParams;
  assert.equal(answer.get('error'), 'access_denied');
  assert.equal(answer.get('code'), null);

  await party.authorize(page);
  await asked(page);
});

test('the question is asked in German, on a telephone', async (t) => {
  const cem = await tenant.addPerson('cem@example.com');
  const page = await browser.visit(t, { ...PHONE, locale: 'de-CH' });
  const request = await party.authorize(page);
  await page.getByLabel('E-Mail-Adresse').fill(cem.email);
  await page.getByLabel('Passwort').fill(cem.password);
  await page.getByLabel('Passwort').press('Enter');
  await page.getByRole('heading', { name: 'Zugriff erlauben?' }).waitFor();
  assert.equal(await page.locator('html').getAttribute('lang'), 'de');
  await screenshot(page, 'consent-de-phone');
  await page.getByRole('button', { name: 'Erlauben', exact: true }).click();
  assert.equal((await request.tokens(page)).claims().sub, cem.user_id);
});
