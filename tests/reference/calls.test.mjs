// Every operation of docs/reference/openapi.json, by calls that Schemathesis makes of its schema.
//
// `CALLS_OF_EACH` says how many it draws for each operation, and `CALLS_AT_LEAST` how many there have to be of all
// together; `cargo xtask calls` makes 20,000.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { Broker, MANAGER } from '../support/broker.mjs';
import { run } from '../support/python.mjs';

const DOCUMENT = fileURLToPath(new URL('../../docs/reference/openapi.json', import.meta.url));

const { CALLS_AT_LEAST = '1', CALLS_OF_EACH = '15', PHASES = 'examples,fuzzing', SEED = '1' } = process.env;

test('no call is answered otherwise than documented', async (t) => {
  const broker = await Broker.start(unlimited());
  t.after(() => broker.stop());
  const manager = { CLIENT_ID: MANAGER.client_id, CLIENT_SECRET: MANAGER.client_secret };
  const environment = { ...manager, ISSUER: broker.issuer, DOCUMENT, CALLS_OF_EACH, PHASES, SEED };
  const { exit_code, calls, by_status } = await run('documented_calls.py', { environment });
  t.diagnostic(`${calls} calls, ${JSON.stringify(by_status)}`);
  assert.equal(exit_code, 0);
  assert.ok(calls >= Number(CALLS_AT_LEAST), `${calls} calls are too few`);
  assert.ok(by_status['200'] > calls / 10, 'hardly any call found what it was about');
});

function unlimited() {
  const limits = [
    'CALLS_PER_ADDRESS',
    'AUTHORIZATIONS_PER_ADDRESS',
    'REGISTRATIONS_PER_ADDRESS',
    'PASSWORDS_PER_ADDRESS',
    'PASSWORDS_PER_ACCOUNT',
    'CALLS_PER_CLIENT',
    'MANAGEMENT_CALLS_PER_CLIENT',
  ];
  return Object.fromEntries(limits.map((limit) => [`LANDBRIDGE__LIMITS__${limit}`, '1000000']));
}
