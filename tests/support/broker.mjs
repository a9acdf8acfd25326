// A broker of our own: the binary under test, as a process, on a free port and an empty SQLite database.

import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';

import { certificate } from './certificate.mjs';
import { ManagementClient } from './management.mjs';
import { Program } from './program.mjs';
import { freePort } from './servers.mjs';

const DEBUG_BUILD = fileURLToPath(new URL('../../target/debug/landbridge', import.meta.url));

export const BINARY = process.env.LANDBRIDGE_BIN ?? DEBUG_BUILD;

export const MANAGER = { client_id: 'management', client_secret: 'a-secret-for-the-tests-alone' };

/** Settings of a broker that may call others on this machine, as none may by default. */
export const CALLS_LOOPBACK = { LANDBRIDGE__OUTGOING__ALLOWED_NETWORKS: '127.0.0.0/8,::1/128' };

export class Broker {
  #program;
  #stopped;

  /**
   * Starts a broker and waits until it is ready. `settings` are further ones, by their names in the environment. With
   * `tls`, it serves HTTPS with the certificate of the run.
   */
  static async start(settings = {}, { tls = false } = {}) {
    const broker = new Broker();
    await (tls ? broker.#start('https', { ...tlsSettings(), ...settings }) : broker.#start('http', settings));
    return broker;
  }

  async #start(scheme, settings) {
    const port = await freePort();
    this.issuer = `${scheme}://localhost:${port}/`;
    const env = { ...environment(this.issuer, port), ...settings };
    this.#program = await Program.start(BINARY, ['serve'], { ready: 'listening on', env });
    const ready = await fetch(this.at('readyz'));
    assert.equal(ready.status, 200, await ready.text());
    this.management = new ManagementClient(this.issuer, MANAGER);
  }

  at(path) {
    return new URL(path, this.issuer).href;
  }

  owns(url) {
    return url.startsWith(this.issuer);
  }

  /**
   * Stops it as an operator would, and holds it to a clean end: no error was logged and what it said is success. Does
   * nothing the second time.
   */
  stop() {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop() {
    const code = await this.#program.end('SIGTERM');
    const errors = this.#program.lines.filter((line) => line.includes('"level":"ERROR"'));
    assert.deepEqual({ code, errors }, { code: 0, errors: [] });
  }

  /** Ends it without asking how it takes that. */
  kill() {
    return this.#program.end('SIGKILL');
  }
}

function environment(issuer, port) {
  return {
    PATH: process.env.PATH,
    LANDBRIDGE__SERVER__ISSUER: issuer,
    LANDBRIDGE__SERVER__LISTEN: `127.0.0.1:${port}`,
    LANDBRIDGE__DATABASE__URL: 'sqlite:landbridge.db',
    LANDBRIDGE__BOOTSTRAP__MANAGEMENT_CLIENT_ID: MANAGER.client_id,
    LANDBRIDGE__BOOTSTRAP__MANAGEMENT_CLIENT_SECRET: MANAGER.client_secret,
    LANDBRIDGE__LOG__FORMAT: 'json',
    // Everybody in these tests comes from one address.
    LANDBRIDGE__LIMITS__PASSWORDS_PER_ADDRESS: '10000',
    LANDBRIDGE__LIMITS__PASSWORDS_PER_ACCOUNT: '10000',
  };
}

function tlsSettings() {
  const files = certificate();
  return { LANDBRIDGE__SERVER__TLS__CERTIFICATE: files.certificate, LANDBRIDGE__SERVER__TLS__KEY: files.key };
}
