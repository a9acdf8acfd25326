// auth0-python over TLS: its ManagementClient and its clients for the Authentication API.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { ANY_CERTIFICATE, Browser } from '../support/browser.mjs';
import { CodeReceiver } from '../support/code.mjs';
import { MailServer, linkIn } from '../support/mail-server.mjs';
import { run } from '../support/python.mjs';
import { Tenant } from '../support/tenant.mjs';

const mails = await MailServer.open({ tls: true });
const tenant = await Tenant.open({ tls: true, settings: mails.settings });
const browser = await Browser.open();
const receiver = await CodeReceiver.open();
const ann = await tenant.addPerson('ann@example.com', { name: 'Ann Arch' });
const api = await tenant.addApi('https://api.bridges.example/', { allow_offline_access: true });
const client = await tenant.addClient({
  name: 'Bridge Watch',
  callbacks: [receiver.redirectUri],
  grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
});
await tenant.management.post('client-grants', {
  client_id: client.client_id,
  audience: `${tenant.issuer}api/v2/`,
  scope: ['users', 'clients']
    .flatMap((noun) => ['read', 'create', 'update', 'delete'].map((verb) => `${verb}:${noun}`))
    .concat('create:user_tickets'),
});
after(() => Promise.all([browser.close(), receiver.close(), tenant.close(), mails.close()]));

function flow(...words) {
  const { client_id: CLIENT_ID, client_secret: CLIENT_SECRET } = client;
  return run('auth0_flows.py', { arguments: words, environment: { DOMAIN: tenant.domain, CLIENT_ID, CLIENT_SECRET } });
}

async function signIn(t) {
  const page = await browser.visit(t, ANY_CERTIFICATE);
  const scope = 'openid profile offline_access';
  const code = await receiver.code(page, tenant, ann, { client_id: client.client_id, audience: api, scope });
  return flow('authorization_code', code, receiver.redirectUri);
}

test('users: create, read, update, list, delete', async () => {
  const { created, metadata, listed, found, deleted } = await flow('users');
  assert.deepEqual(metadata, { bridges: 7 });
  const ids = [created, ann.user_id].sort();
  assert.deepEqual(listed.filter((id) => ids.includes(id)).sort(), ids);
  assert.deepEqual(found, [created]);
  assert.equal(deleted, true);
});

test('jobs: an import of users, and its errors', async () => {
  const { summary, refused } = await flow('jobs', tenant.connection.id);
  assert.deepEqual(summary, { failed: 1, updated: 0, inserted: 1, total: 2 });
  assert.deepEqual(refused, ['FORMAT']);
});

test('applications: create, read, update, delete', async () => {
  assert.deepEqual(await flow('clients'), { name: 'Bridge Watch', callbacks: ['https://app.example/'] });
});

test('client credentials', async () => {
  assert.deepEqual(await flow('client_credentials', api), { error: 'access_denied' });
  const grant = { client_id: client.client_id, audience: api, scope: ['read:bridges'] };
  await tenant.management.post('client-grants', grant);
  assert.equal((await flow('client_credentials', api)).scope, 'read:bridges');
});

test('authorization code, and user info', async (t) => {
  const { user } = await signIn(t);
  assert.equal(user.sub, ann.user_id);
  assert.equal(user.name, 'Ann Arch');
});

test('refresh token with rotation, and its revocation', async (t) => {
  const { tokens } = await signIn(t);
  const { refresh_token } = await flow('refresh_token', tokens.refresh_token);
  assert.notEqual(refresh_token, tokens.refresh_token);
  assert.equal(await flow('revoke', refresh_token), null);
  assert.deepEqual(await flow('refresh_token', refresh_token), { error: 'invalid_grant' });
});

test('a forgotten password, and tickets', async () => {
  assert.equal(await flow('change_password', ann.email), "We've just sent you an email to reset your password.");
  const link = linkIn(await mails.next(ann.email));
  assert.equal((await fetch(link)).status, 200);
  for (const ticket of await flow('tickets', ann.user_id)) assert.equal((await fetch(ticket)).status, 200, ticket);
});
