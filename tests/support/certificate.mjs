// The certificate of the run, for servers on this machine.

import assert from 'node:assert/strict';

/** Files that `cargo xtask test` has made. It has this process trust the `authority` too. */
export function certificate() {
  const { TLS_CERTIFICATE, TLS_KEY, NODE_EXTRA_CA_CERTS } = process.env;
  assert.ok(TLS_CERTIFICATE && TLS_KEY && NODE_EXTRA_CA_CERTS, 'tests with TLS run through `cargo xtask test`');
  return { certificate: TLS_CERTIFICATE, key: TLS_KEY, authority: NODE_EXTRA_CA_CERTS };
}
