// Waiting for what happens in another process.

import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';

/** Far longer than anything takes that the tests wait for: time decides no test. */
export const PATIENCE_MS = 15_000;

/** Asks again until there is an answer, and fails when none comes. */
export async function until(what, ask) {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    assert.ok(Date.now() < end, `it did not come to this: ${what}`);
    await pause(20);
  }
}
