// Links in mails, from a real mail server to a person's browser.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { Browser, screenshot } from '../support/browser.mjs';
import { MailServer, linkIn } from '../support/mail-server.mjs';
import { choosePassword, LoginPage, SignupPage } from '../support/pages.mjs';
import { RelyingParty } from '../support/relying-party.mjs';
import { Tenant } from '../support/tenant.mjs';

const mails = await MailServer.open();
const tenant = await Tenant.open({ settings: mails.settings });
const browser = await Browser.open();
const party = await RelyingParty.register(tenant, { client: { name: 'Bridge Watch' } });
after(() => Promise.all([browser.close(), party.close(), tenant.close(), mails.close()]));

const NEW_PASSWORD = 'Seven-arches-4';

async function requestReset(page, email) {
  await (await LoginPage.on(page)).resetLink.click();
  await page.getByRole('heading', { name: 'Choose a new password' }).waitFor();
  await screenshot(page, 'reset-request');
  await page.getByLabel('Email address').fill(email);
  await page.getByRole('button', { name: 'Send the link' }).click();
  await page.getByRole('heading', { name: 'Look into your mailbox' }).waitFor();
  await screenshot(page, 'reset-mail');
}

test('whoever forgot the password chooses another by the link in the mail, and signs in with it', async (t) => {
  const ann = await tenant.addPerson('ann@example.com');
  const page = await browser.visit(t);
  await party.authorize(page);
  await requestReset(page, ann.email);
  const mail = await mails.next(ann.email);
  assert.equal(mail.subject, 'Landbridge: choose a new password');
  assert.deepEqual(mail.from, { address: 'no-reply@bridges.example', name: 'Bridge Watch' });

  const telephone = await browser.visit(t);
  await telephone.goto(linkIn(mail));
  await telephone.getByText('For the account ann@example.com').waitFor();
  await screenshot(telephone, 'new-password');
  await telephone.getByLabel('Choose a password').fill('short');
  await telephone.getByRole('button', { name: 'Save the password' }).click();
  await telephone.getByRole('alert').waitFor();
  await screenshot(telephone, 'new-password-weak');
  await choosePassword(telephone, NEW_PASSWORD);
  await screenshot(telephone, 'password-changed');
  assert.equal((await mails.next(ann.email)).subject, 'Landbridge: your password was changed');

  await telephone.goto(linkIn(mail));
  await telephone.getByRole('heading', { name: 'This link does not work any more' }).waitFor();
  await screenshot(telephone, 'link-spent');

  await page.getByRole('link', { name: 'Back to sign-in' }).click();
  const login = await LoginPage.on(page);
  assert.match(await login.refusal(ann), /^Wrong email or password/);
  const request = await party.authorize(page);
  await LoginPage.signIn(page, { ...ann, password: NEW_PASSWORD });
  assert.equal((await request.tokens(page)).claims().sub, ann.user_id);
});

test('a spent link leads to a new one', async (t) => {
  const bea = await tenant.addPerson('bea@example.com');
  const page = await browser.visit(t);
  await party.authorize(page);
  await requestReset(page, bea.email);
  const first = linkIn(await mails.next(bea.email));
  await party.authorize(page);
  await requestReset(page, bea.email);
  await mails.next(bea.email);
  await page.goto(first);
  await page.getByRole('button', { name: 'Send a new link' }).click();
  await page.getByRole('heading', { name: 'Look into your mailbox' }).waitFor();
  await page.goto(linkIn(await mails.next(bea.email)));
  await choosePassword(page, NEW_PASSWORD);
});

test('whoever signs up confirms the address by the link in the mail', async (t) => {
  const page = await browser.visit(t, { locale: 'fr-FR' });
  const request = await party.authorize(page, { screen_hint: 'signup', ui_locales: 'en' });
  await (await SignupPage.on(page)).signUp({ email: 'cleo@example.com', password: NEW_PASSWORD });
  assert.equal((await request.tokens(page)).claims().email_verified, false);

  const mail = await mails.next('cleo@example.com');
  assert.equal(mail.subject, 'Landbridge: confirm your email address', 'in the language of the page');
  await page.goto(linkIn(mail));
  assert.equal((await tenant.management.usersByEmail('cleo@example.com'))[0].email_verified, false);
  await screenshot(page, 'verify-email-french');
  await page.getByRole('button', { name: 'Oui, confirmer' }).click();
  await page.getByRole('heading', { name: 'Votre adresse est confirmée' }).waitFor();
  const again = await party.authorize(page, { prompt: 'none' });
  assert.equal((await again.tokens(page)).claims().email_verified, true);
});

test('without JavaScript, everything works the same', async (t) => {
  const dora = await tenant.addPerson('dora@example.com');
  const page = await browser.visit(t, { javaScriptEnabled: false });
  await party.authorize(page);
  await requestReset(page, dora.email);
  await page.goto(linkIn(await mails.next(dora.email)));
  await choosePassword(page, NEW_PASSWORD);
});

test('the browser goes on to the application that asked for the link', async (t) => {
  const erik = await tenant.addPerson('erik@example.com', { email_verified: false, verify_email: false });
  const ticket = await tenant.management.post('tickets/email-verification', {
    user_id: erik.user_id,
    result_url: party.callback,
    includeEmailInRedirect: true,
  });
  const page = await browser.visit(t);
  await page.goto(ticket.ticket);
  await page.getByRole('button', { name: 'Yes, confirm it' }).click();
  await page.waitForURL((url) => url.href.startsWith(party.callback));
  const told = new URL(page.url()).searchParams;
  assert.deepEqual([told.get('email'), told.get('success'), told.get('code')], [erik.email, 'true', 'success']);
});
