// Mails on their way to a real mail server that speaks STARTTLS, or should.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { MailServer } from '../support/mail-server.mjs';
import { until } from '../support/patience.mjs';
import { Tenant } from '../support/tenant.mjs';

/** A broker that has been given a mail for this server, and is stopped in this way. */
async function mailTo(t, server, stop = (tenant) => tenant.close()) {
  const tenant = await Tenant.open({ settings: server.settings });
  t.after(() => Promise.all([stop(tenant), server.close()]));
  await tenant.addPerson('ada@example.com', { email_verified: false });
  return tenant;
}

/** Waits until the broker has tried to hand a mail over, and failed. */
function failure(tenant) {
  const failed = /^landbridge_jobs_total\{(?=[^}]*kind="mail")(?=[^}]*result="failed")[^}]*\} [1-9]/m;
  return until('a mail has failed', async () => {
    const metrics = await fetch(tenant.broker.at('metrics'));
    return failed.test(await metrics.text());
  });
}

test('a mail leaves through STARTTLS, and so does the password', async (t) => {
  const server = await MailServer.open({ tls: 'starttls', asks: '?tls=required' });
  await mailTo(t, server);
  assert.equal((await server.next('ada@example.com')).subject, 'Landbridge: confirm your email address');
  assert.deepEqual(server.securely, [true]);
});

test('nothing is said to a server that does not offer STARTTLS', async (t) => {
  const server = await MailServer.open({ asks: '?tls=required' });
  await failure(await mailTo(t, server));
  assert.deepEqual([server.securely, server.arrived], [[], 0]);
});

test('nothing is said to a server whose certificate nobody trusts', async (t) => {
  const server = await MailServer.open({ tls: 'starttls', trusted: false, asks: '?tls=required' });
  // The library that verifies certificates logs an error of its own, so that no end of it would be clean.
  await failure(await mailTo(t, server, (tenant) => tenant.broker.kill()));
  assert.deepEqual([server.securely, server.arrived], [[], 0]);
});
