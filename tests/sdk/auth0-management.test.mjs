// The ManagementClient of node-auth0, over TLS: it knows a domain and puts `https://` before it.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { gunzipSync } from 'node:zlib';

import { ManagementClient } from 'auth0';
import { AuthenticationClient } from 'auth0/legacy';

import { MailServer, linkIn } from '../support/mail-server.mjs';
import { until } from '../support/patience.mjs';
import { CONNECTION, Tenant } from '../support/tenant.mjs';

const mails = await MailServer.open({ tls: true });
const tenant = await Tenant.open({ tls: true, settings: mails.settings });
after(() => Promise.all([tenant.close(), mails.close()]));

const machine = await tenant.addClient({ name: 'Deployment', app_type: 'non_interactive' });
await tenant.management.post('client-grants', {
  client_id: machine.client_id,
  audience: `${tenant.issuer}api/v2/`,
  scope: ['users', 'clients', 'connections', 'resource_servers', 'roles']
    .flatMap((noun) => ['read', 'create', 'update', 'delete'].map((verb) => `${verb}:${noun}`))
    .concat('create:user_tickets', 'read:user_effective_roles', 'read:user_effective_permissions'),
});
const management = new ManagementClient({
  domain: tenant.domain,
  clientId: machine.client_id,
  clientSecret: machine.client_secret,
});

async function all(pages) {
  const items = [];
  for await (const item of await pages) items.push(item);
  return items;
}

test('users: create, read, update, delete', async () => {
  const created = await management.users.create({
    connection: CONNECTION,
    email: 'ann@example.com',
    password: 'Nine-bridges-7',
    user_metadata: { bridges: 7, towers: 2 },
  });
  const { user_id } = created;
  assert.match(user_id, /^auth0\|/);

  const updated = await management.users.update(user_id, { user_metadata: { towers: null }, nickname: 'Annie' });
  assert.deepEqual(updated.user_metadata, { bridges: 7 });
  assert.equal((await management.users.get(user_id)).nickname, 'Annie');

  await management.users.delete(user_id);
  await assert.rejects(management.users.get(user_id), { statusCode: 404, name: 'NotFoundError' });
});

function finished(id) {
  return until('the job is finished', async () => {
    const job = await management.jobs.get(id);
    return job.status !== 'pending' && job.status !== 'processing' && job;
  });
}

test('jobs: an import of users, its errors, an export', async () => {
  const rows = [{ email: 'fay@example.com', name: 'Fay', user_metadata: { plan: 'gold' } }, { email: 'nobody' }];
  const began = await management.jobs.usersImports.create({
    users: new Blob([JSON.stringify(rows)], { type: 'application/json' }),
    connection_id: tenant.connection.id,
    external_id: 'run 7',
  });
  assert.deepEqual([began.status, began.external_id], ['pending', 'run 7']);
  const imported = await finished(began.id);
  assert.equal(imported.status, 'completed');
  assert.deepEqual(imported.summary, { failed: 1, updated: 0, inserted: 1, total: 2 });
  const [refused] = await management.jobs.errors.get(began.id);
  assert.deepEqual([refused.user.email, refused.errors[0].code], ['nobody', 'FORMAT']);

  const fields = [{ name: 'email' }, { name: 'user_metadata.plan', export_as: 'plan' }];
  const wanted = { connection_id: tenant.connection.id, format: 'json', fields };
  const exporting = await management.jobs.usersExports.create(wanted);
  const { location } = await finished(exporting.id);
  const file = await fetch(location);
  const lines = gunzipSync(Buffer.from(await file.arrayBuffer())).toString().trim().split('\n');
  const people = lines.map((line) => JSON.parse(line));
  assert.deepEqual(people.find((user) => user.email === 'fay@example.com'), { email: 'fay@example.com', plan: 'gold' });
  assert.equal((await fetch(location)).status, 404);
});

test('users: lists by page, and by address', async () => {
  const ids = [];
  for (const name of ['bea', 'cleo', 'dora']) ids.push((await tenant.addPerson(`${name}@example.com`)).user_id);
  const listed = (await all(management.users.list({ per_page: 2 }))).map((user) => user.user_id);
  assert.deepEqual(listed.filter((id) => ids.includes(id)).sort(), ids.toSorted());

  const found = await management.users.listUsersByEmail({ email: 'cleo@example.com' });
  assert.deepEqual(found.map((user) => user.user_id), [ids[1]]);
});

test('applications: create, read, update, delete', async () => {
  const { client_id } = await management.clients.create({ name: 'Bridge Watch', app_type: 'spa' });
  await management.clients.update(client_id, { callbacks: ['https://app.example/'] });
  const client = await management.clients.get(client_id);
  assert.deepEqual(client.callbacks, ['https://app.example/']);
  assert.ok((await all(management.clients.list())).some((listed) => listed.client_id === client_id));
  await management.clients.delete(client_id);
  await assert.rejects(management.clients.get(client_id), { statusCode: 404 });
});

test('connections and APIs', async () => {
  const connections = await all(management.connections.list({ strategy: ['auth0'] }));
  assert.deepEqual(connections.map((connection) => connection.name), [CONNECTION]);

  const identifier = 'https://api.bridges.example/';
  const { id } = await management.resourceServers.create({ identifier, scopes: [{ value: 'read:bridges' }] });
  assert.equal((await management.resourceServers.get(id)).identifier, identifier);
  await management.resourceServers.delete(id);
  await assert.rejects(management.resourceServers.get(id), { statusCode: 404 });
});

test('roles and permissions, in the tokens of people', async () => {
  const { roles, users } = management;
  const api = await tenant.addApi('https://rbac.example/', {
    enforce_policies: true,
    token_dialect: 'access_token_authz',
  });
  const permissions = ['read:bridges', 'write:bridges'].map((permission_name) => {
    return { resource_server_identifier: api, permission_name };
  });
  const { id } = await roles.create({ name: 'Keeper', description: 'Keeps bridges' });
  await roles.update(id, { description: 'Looks after bridges' });
  assert.deepEqual(await roles.get(id), { id, name: 'Keeper', description: 'Looks after bridges' });
  assert.deepEqual((await all(roles.list({ name_filter: 'keep' }))).map((role) => role.id), [id]);
  await assert.rejects(roles.create({ name: 'Keeper' }), { statusCode: 409 });
  assert.deepEqual((await all(roles.list({ name_filter: 'keep' }))).map((role) => role.id), [id]);

  await roles.permissions.add(id, { permissions });
  await roles.permissions.delete(id, { permissions: permissions.slice(1) });
  assert.deepEqual((await all(roles.permissions.list(id))).map((held) => held.permission_name), ['read:bridges']);

  const { user_id, email, password } = await tenant.addPerson('gus@example.com');
  await roles.users.assign(id, { users: [user_id] });
  await users.roles.delete(user_id, { roles: [id] });
  await users.roles.assign(user_id, { roles: [id] });
  assert.deepEqual((await all(users.roles.list(user_id))).map((role) => role.name), ['Keeper']);
  assert.deepEqual((await all(roles.users.list(id))).map((user) => user.email), [email]);
  await users.permissions.create(user_id, { permissions });
  const held = await all(users.permissions.list(user_id));
  const sources = held.map((one) => one.sources.map((source) => source.source_type));
  assert.deepEqual(sources, [['DIRECT', 'ROLE'], ['DIRECT']]);
  await users.permissions.delete(user_id, { permissions });
  const wanted = { resource_server_identifier: api };
  assert.deepEqual((await all(users.effectiveRoles.list(user_id))).map((role) => role.sources), [['direct']]);
  const effective = await all(users.effectivePermissions.list(user_id, wanted));
  assert.deepEqual(effective.map((one) => [one.permission_name, one.sources]), [['read:bridges', ['roles']]]);

  const grant_types = ['http://auth0.com/oauth/grant-type/password-realm'];
  const client = await tenant.addClient({ name: 'Toll', grant_types });
  const { client_id: clientId, client_secret: clientSecret } = client;
  const { oauth } = new AuthenticationClient({ domain: tenant.domain, clientId, clientSecret });
  const told = async () => {
    const scope = 'openid read:bridges write:bridges';
    const { data } = await oauth.passwordGrant({ username: email, password, realm: CONNECTION, audience: api, scope });
    const claims = JSON.parse(Buffer.from(data.access_token.split('.')[1], 'base64url'));
    return [data.scope, claims.permissions];
  };
  assert.deepEqual(await told(), ['openid read:bridges', ['read:bridges']]);
  await roles.delete(id);
  assert.deepEqual(await told(), ['openid', []]);
  await assert.rejects(roles.get(id), { statusCode: 404 });
});

test('tickets, and a verification mail as a job', async () => {
  const { user_id } = await tenant.addPerson('erik@example.com', { email_verified: false, verify_email: false });
  const verification = await management.tickets.verifyEmail({ user_id });
  assert.ok(verification.ticket.startsWith(`${tenant.issuer}u/email-verification?ticket=`), verification.ticket);
  const change = await management.tickets.changePassword({ user_id, ttl_sec: 60, mark_email_as_verified: true });
  assert.ok(change.ticket.startsWith(`${tenant.issuer}u/reset-verify?ticket=`), change.ticket);
  for (const { ticket } of [change, verification]) assert.equal((await fetch(ticket)).status, 200);

  const job = await management.jobs.verificationEmail.create({ user_id });
  assert.equal(job.type, 'verification_email');
  const mail = await mails.next('erik@example.com');
  assert.equal((await fetch(linkIn(mail))).status, 200);
  assert.equal((await fetch(verification.ticket)).status, 400, 'the newer one is the one that serves');
  assert.equal((await finished(job.id)).status, 'completed');
});

test('refusals: a scope that was not granted, a body that is wrong', async () => {
  const grants = () => tenant.management.get(`client-grants?client_id=${machine.client_id}`);
  const granted = await grants();
  const more = management.clientGrants.update(granted[0].id, { scope: ['read:logs'] });
  await assert.rejects(more, { statusCode: 403 });
  assert.deepEqual(await grants(), granted);

  const users = async () => (await all(management.users.list())).map((user) => user.user_id).sort();
  const known = await users();
  const nowhere = { connection: CONNECTION, email: 'no address', password: 'Nine-bridges-7' };
  await assert.rejects(management.users.create(nowhere), { statusCode: 400 });
  assert.deepEqual(await users(), known);
});
