// Programs in Python, in the environment that `cargo xtask test` has made for the packages they use.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const running = new Set();

// Tests stop their programs; this is for a test file that dies before it does.
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** Runs a program below `tests/sdk/python` to its end, and answers with the JSON that it prints. */
export async function run(file, { arguments: words = [], environment = {} }) {
  const options = { env: { ...process.env, ...environment }, maxBuffer: 64 * 1024 * 1024 };
  const { stdout } = await promisify(execFile)(interpreter(), [path(file), ...words], options);
  return JSON.parse(stdout);
}

/** Starts a server below `tests/sdk/python`, and comes back when it has said `ready`. Answers with how to stop it. */
export async function serve(file, { ready, environment }) {
  const env = { ...process.env, ...environment };
  const child = spawn(interpreter(), [path(file)], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  running.add(child);
  const log = [];
  await new Promise((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      log.push(line);
      if (line.includes(ready)) resolve();
    });
    child.on('exit', (code) => reject(new Error(`${file} ended with ${code}:\n${log.join('\n')}`)));
  });
  return async () => {
    const ended = once(child, 'close');
    child.kill('SIGTERM');
    await ended;
    running.delete(child);
  };
}

function interpreter() {
  assert.ok(process.env.PYTHON, 'tests of Python packages run through `cargo xtask test`');
  return process.env.PYTHON;
}

function path(file) {
  return fileURLToPath(new URL(`../sdk/python/${file}`, import.meta.url));
}
