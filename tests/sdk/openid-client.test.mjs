// openid-client: discovery, the code flow with PKCE and every check it knows, userinfo and client credentials.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { createRemoteJWKSet, jwtVerify } from 'jose';
import * as oidc from 'openid-client';

import { Browser } from '../support/browser.mjs';
import { LoginPage } from '../support/pages.mjs';
import { RelyingParty } from '../support/relying-party.mjs';
import { Tenant } from '../support/tenant.mjs';

const tenant = await Tenant.open();
const browser = await Browser.open();
const ann = await tenant.addPerson('ann@example.com', { name: 'Ann Arch' });
const party = await RelyingParty.register(tenant);
after(() => Promise.all([browser.close(), party.close(), tenant.close()]));

async function signIn(t, parameters, at = party) {
  const page = await browser.visit(t);
  const request = await at.authorize(page, parameters);
  await LoginPage.signIn(page, ann);
  return { request, answer: await request.answer(page) };
}

test('a code with PKCE becomes an ID token that stands every check, and userinfo agrees with it', async (t) => {
  const { request, answer } = await signIn(t);
  const tokens = await request.exchange(answer);

  const claims = tokens.claims();
  assert.equal(claims.iss, tenant.issuer);
  assert.equal(claims.sub, ann.user_id);
  assert.equal(claims.aud, party.client.client_id);
  assert.equal(claims.nonce, request.nonce);
  assert.equal(typeof claims.auth_time, 'number');
  assert.equal(tokens.refresh_token, undefined);

  const { sub, name, email } = await oidc.fetchUserInfo(party.configuration, tokens.access_token, claims.sub);
  assert.deepEqual({ sub, name, email }, { sub: ann.user_id, name: 'Ann Arch', email: 'ann@example.com' });
});

test('a claim is told where it was asked for, without its scope', async (t) => {
  const wanted = { userinfo: { name: null }, id_token: { email: { essential: true } } };
  const { request, answer } = await signIn(t, { scope: 'openid', claims: JSON.stringify(wanted) });
  const tokens = await request.exchange(answer);
  const { email, name } = tokens.claims();
  assert.deepEqual({ email, name }, { email: 'ann@example.com', name: undefined });
  const told = await oidc.fetchUserInfo(party.configuration, tokens.access_token, ann.user_id);
  assert.deepEqual(told, { sub: ann.user_id, name: 'Ann Arch' });
});

test('an application registers itself once the operator lets it', async () => {
  const metadata = { client_name: 'Friend', redirect_uris: ['https://friend.example/callback'] };
  const register = () => {
    const execute = [oidc.allowInsecureRequests];
    return oidc.dynamicClientRegistration(new URL(tenant.issuer), metadata, undefined, { execute });
  };
  await assert.rejects(register(), /registration_endpoint/);
  // That was the SDK, which was told of no endpoint and asked nobody.
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify(metadata);
  const refused = await fetch(tenant.broker.at('oidc/register'), { method: 'POST', headers, body });
  assert.equal(refused.status, 403);
  const clients = await tenant.management.get('clients');
  assert.deepEqual(clients.filter((client) => client.name === 'Friend'), []);

  await tenant.management.patch('tenants/settings', { flags: { enable_dynamic_client_registration: true } });
  const configuration = await register();
  const registered = configuration.clientMetadata();
  assert.equal(registered.client_secret_expires_at, 0);
  const client = await tenant.management.get(`clients/${registered.client_id}`);
  assert.deepEqual([client.name, client.is_first_party], ['Friend', false]);
});

test('a code is good once', async (t) => {
  const { request, answer } = await signIn(t);
  await request.exchange(answer);
  await assert.rejects(request.exchange(answer), { error: 'invalid_grant' });
});

test('a code is worth nothing without its verifier, and nothing to anybody after that', async (t) => {
  const { request, answer } = await signIn(t);
  const stolen = request.exchange(answer, { pkceCodeVerifier: oidc.randomPKCECodeVerifier() });
  await assert.rejects(stolen, { error: 'invalid_grant' });
  await assert.rejects(request.exchange(answer), { error: 'invalid_grant' });
});

test('every answer says who it is from: openid-client refuses one from another issuer or from nobody', async (t) => {
  const { request, answer } = await signIn(t);
  assert.equal(answer.searchParams.get('iss'), tenant.issuer);

  const foreign = new URL(answer);
  foreign.searchParams.set('iss', 'https://evil.example/');
  await assert.rejects(request.exchange(foreign), { code: 'OAUTH_INVALID_RESPONSE' });
  const silent = new URL(answer);
  silent.searchParams.delete('iss');
  await assert.rejects(request.exchange(silent), { code: 'OAUTH_INVALID_RESPONSE' });
  assert.equal((await request.exchange(answer)).claims().sub, ann.user_id);
});

test('a client secret of any characters survives HTTP Basic', async (t) => {
  const client = {
    token_endpoint_auth_method: 'client_secret_basic',
    client_secret: 'a:colon%20a+plus&an=equals/slash"quote~~',
  };
  const authentication = oidc.ClientSecretBasic;
  const careful = await RelyingParty.register(tenant, { client, authentication });
  t.after(() => careful.close());
  const { request, answer } = await signIn(t, {}, careful);
  assert.equal((await request.exchange(answer)).claims().sub, ann.user_id);
});

test('a public client signs in with PKCE alone', async (t) => {
  const client = { app_type: 'spa', token_endpoint_auth_method: 'none' };
  const open = await RelyingParty.register(tenant, { client, authentication: oidc.None });
  t.after(() => open.close());
  const { request, answer } = await signIn(t, {}, open);
  assert.equal((await request.exchange(answer)).claims().sub, ann.user_id);
});

test('a machine gets a token for the API it is granted, and for no other', async (t) => {
  const audience = await tenant.addApi('https://machines.example/');
  const machine = await RelyingParty.register(tenant, { client: { app_type: 'non_interactive', callbacks: [] } });
  t.after(() => machine.close());
  const { client_id } = machine.client;
  const ask = () => oidc.clientCredentialsGrant(machine.configuration, { audience });
  await assert.rejects(ask(), { error: 'access_denied' });

  await tenant.management.post('client-grants', { client_id, audience, scope: ['read:bridges'] });
  const tokens = await ask();
  assert.equal(tokens.refresh_token, undefined);
  assert.equal(tokens.id_token, undefined);
  const jwks = createRemoteJWKSet(new URL(machine.configuration.serverMetadata().jwks_uri));
  const { payload } = await jwtVerify(tokens.access_token, jwks, { issuer: tenant.issuer, audience });
  assert.equal(payload.sub, `${client_id}@clients`);
  assert.equal(payload.gty, 'client-credentials');
  assert.equal(payload.scope, 'read:bridges');
});
