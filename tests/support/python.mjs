// Programs in Python, in the environment that `cargo xtask test` has made for the packages they use.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { Program } from './program.mjs';

/** Runs a program below `tests/sdk/python` to its end, and answers with the JSON that it prints. */
export async function run(file, { arguments: words = [], environment = {} }) {
  const options = { env: { ...process.env, ...environment }, maxBuffer: 64 * 1024 * 1024 };
  const { stdout } = await promisify(execFile)(interpreter(), [path(file), ...words], options);
  return JSON.parse(stdout);
}

/** Starts a server below `tests/sdk/python`, and comes back when it has said `ready`. */
export function serve(file, { ready, environment }) {
  return Program.start(interpreter(), [path(file)], { ready, env: { ...process.env, ...environment } });
}

function interpreter() {
  assert.ok(process.env.PYTHON, 'tests of Python packages run through `cargo xtask test`');
  return process.env.PYTHON;
}

function path(file) {
  return fileURLToPath(new URL(`../sdk/python/${file}`, import.meta.url));
}
