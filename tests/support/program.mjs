// Programs that tests start: each in an empty folder of its own, and none of them outlives its test file.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const running = new Set();

// Tests stop their programs; this is for a test file that dies before it does.
process.on('exit', () => running.forEach((program) => program.discard()));

export class Program {
  #child;
  #output;
  #ended;
  folder = mkdtempSync(join(tmpdir(), 'landbridge-test-'));
  /** What it has said, as far as it has come. */
  lines = [];

  /** Starts it and waits until it says `ready` on its `output`. */
  static async start(command, words, { ready, output = 'stderr', env = process.env }) {
    const program = new Program();
    running.add(program);
    const stdio = output === 'stderr' ? ['ignore', 'ignore', 'pipe'] : ['ignore', 'pipe', 'inherit'];
    program.#child = spawn(command, words, { cwd: program.folder, env, stdio });
    program.#output = program.#child[output];
    program.#ended = new Promise((resolve) => {
      program.#child.once('close', (code, signal) => resolve(code ?? signal));
    });
    await program.#untilSaid(ready);
    // A program that was forgotten does not keep the test file from ending.
    program.#child.unref();
    program.#output.unref();
    return program;
  }

  #untilSaid(ready) {
    return new Promise((resolve, reject) => {
      createInterface({ input: this.#output }).on('line', (line) => {
        this.lines.push(line);
        if (line.includes(ready)) resolve();
      });
      this.#child.on('error', reject);
      this.#ended.then((code) => {
        this.discard();
        reject(new Error(`${this.#child.spawnfile} ended with ${code}:\n${this.lines.join('\n')}`));
      });
    });
  }

  /** Sends it the signal, waits for its end, and answers with its exit code or the signal that ended it. */
  end(signal) {
    this.#child.ref();
    this.#output.ref();
    this.#child.kill(signal);
    return this.#ended;
  }

  /** Leaves nothing of it. */
  discard() {
    running.delete(this);
    this.#child?.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}
