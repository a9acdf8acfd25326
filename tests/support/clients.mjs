// A reporter: the clients that this run has shown to work, as a table for the documentation.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';

/** The files of `tests/sdk` and the package that each is about, if it is about one. */
const FILES = {
  'auth0-authentication': 'auth0',
  'auth0-management': 'auth0',
  'auth0-python': 'auth0-python',
  'auth0-spa-js': '@auth0/auth0-spa-js',
  authlib: 'Authlib',
  'express-code': 'express-openid-connect',
  'express-id-token': 'express-openid-connect',
  'nextjs-auth0': '@auth0/nextjs-auth0',
  'oidc-client-ts': 'oidc-client-ts',
  'openid-client': 'openid-client',
  'openid-client-protection': 'openid-client',
  'openid-client-refresh': 'openid-client',
  'openid-client-session': 'openid-client',
  smtp: null,
};

const HEAD = `# Clients that are known to work

<!-- Written by \`cargo xtask test\`. -->

Each is the unmodified package of this version, used against the released binary. What passed is in the words of the
tests, which are in \`tests/sdk\`.

| client | version | flows passed |
|---|---|---|
`;

export default async function* report(events) {
  const flows = new Map(Object.values(FILES).filter(Boolean).sort().map((client) => [client, []]));
  for await (const { type, data } of events) {
    if (type !== 'test:pass' || data.nesting > 0 || data.skip) continue;
    flows.get(clientOf(data.file))?.push(data.name);
  }
  yield HEAD;
  const versions = pinned();
  for (const [client, names] of flows) yield `| ${client} | ${versions.get(client)} | ${names.join('<br>')} |\n`;
}

function clientOf(file) {
  if (basename(dirname(file)) !== 'sdk') return null;
  const name = basename(file, '.test.mjs');
  assert.ok(name in FILES, `support/clients.mjs does not say which client sdk/${name}.test.mjs is about`);
  return FILES[name];
}

function pinned() {
  const packages = Object.entries(JSON.parse(read('../package.json')).devDependencies);
  const requirements = read('../sdk/python/requirements.txt').trim().split('\n');
  return new Map([...packages, ...requirements.map((line) => line.split('=='))]);
}

function read(path) {
  return readFileSync(new URL(path, import.meta.url), 'utf8');
}
