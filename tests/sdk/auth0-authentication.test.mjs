// The AuthenticationClient of node-auth0, over TLS. It checks ID tokens against our key set.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { AuthenticationClient, UserInfoClient } from 'auth0/legacy';

import { ANY_CERTIFICATE, Browser } from '../support/browser.mjs';
import { CodeReceiver } from '../support/code.mjs';
import { MailServer, linkIn } from '../support/mail-server.mjs';
import { choosePassword } from '../support/pages.mjs';
import { CONNECTION, Tenant } from '../support/tenant.mjs';

const mails = await MailServer.open({ tls: true });
const tenant = await Tenant.open({ tls: true, settings: mails.settings });
const browser = await Browser.open();
const ann = await tenant.addPerson('ann@example.com', { name: 'Ann Arch' });
const api = await tenant.addApi('https://api.bridges.example/', { allow_offline_access: true });
const receiver = await CodeReceiver.open();
after(() => Promise.all([browser.close(), receiver.close(), tenant.close(), mails.close()]));

const redirect_uri = receiver.redirectUri;
const client = await tenant.addClient({
  name: 'Bridge Watch',
  callbacks: [redirect_uri],
  grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
});
const { domain } = tenant;
const { client_id, client_secret } = client;
const { database, oauth } = new AuthenticationClient({ domain, clientId: client_id, clientSecret: client_secret });

async function signIn(t) {
  const page = await browser.visit(t, ANY_CERTIFICATE);
  const scope = 'openid profile offline_access';
  const code = await receiver.code(page, tenant, ann, { client_id, audience: api, scope });
  return (await oauth.authorizationCodeGrant({ code, redirect_uri })).data;
}

test('client credentials', async () => {
  await assert.rejects(oauth.clientCredentialsGrant({ audience: api }), { error: 'access_denied' });
  await tenant.management.post('client-grants', { client_id, audience: api, scope: ['read:bridges'] });
  const { data } = await oauth.clientCredentialsGrant({ audience: api });
  assert.equal(data.scope, 'read:bridges');
});

test('authorization code, and user info', async (t) => {
  const tokens = await signIn(t);
  const { data } = await new UserInfoClient({ domain }).getUserInfo(tokens.access_token);
  assert.equal(data.sub, ann.user_id);
  assert.equal(data.name, 'Ann Arch');
});

test('refresh token, with rotation', async (t) => {
  const first = await signIn(t);
  const { data: second } = await oauth.refreshTokenGrant({ refresh_token: first.refresh_token });
  assert.notEqual(second.refresh_token, first.refresh_token);
  assert.notEqual(second.access_token, first.access_token);
});

test('revocation of a refresh token', async (t) => {
  const { refresh_token } = await signIn(t);
  await oauth.revokeRefreshToken({ token: refresh_token });
  await assert.rejects(oauth.refreshTokenGrant({ refresh_token }), { error: 'invalid_grant' });
});

test('sign-up and a forgotten password, with mails', async (t) => {
  const bea = { email: 'bea@example.com', password: 'Seven-arches-4' };
  const { data: signedUp } = await database.signUp({ ...bea, connection: CONNECTION });
  assert.equal(signedUp.email_verified, false);
  assert.match(linkIn(await mails.next(bea.email)), /email-verification/);

  for (const email of ['nobody@example.com', bea.email]) {
    const { data } = await database.changePassword({ email, connection: CONNECTION });
    assert.equal(data, "We've just sent you an email to reset your password.");
  }
  const link = linkIn(await mails.next(bea.email));
  assert.equal(mails.arrived, 0, 'nobody gets a mail');
  const page = await browser.visit(t, ANY_CERTIFICATE);
  await page.goto(link);
  const person = { ...bea, password: 'Other-bridges-8' };
  await choosePassword(page, person.password);
  await receiver.code(page, tenant, person, { client_id, scope: 'openid' });
});
