// `landbridge demo`, as somebody tries it who has nothing installed: three addresses, and people who move.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';

import { BINARY } from '../support/broker.mjs';
import { Browser, screenshot } from '../support/browser.mjs';
import { LoginPage } from '../support/pages.mjs';
import { freePort } from '../support/servers.mjs';

const browser = await Browser.open();
after(() => browser.close());

/** The demo, once it has said all it has to say; the text tells everything a person is told. */
async function startDemo(t) {
  const folder = mkdtempSync(join(tmpdir(), 'landbridge-demo-'));
  const port = await freePort();
  const demo = spawn(BINARY, ['demo', '--dir', folder, '--port', port], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(async () => {
    demo.kill('SIGINT');
    const [code] = demo.exitCode === null ? await once(demo, 'exit') : [demo.exitCode];
    rmSync(folder, { recursive: true });
    assert.equal(code, 0);
  });
  const lines = [];
  for await (const line of createInterface({ input: demo.stdout })) {
    lines.push(line);
    if (line.includes('Ctrl-C')) break;
  }
  return { text: lines.join('\n'), config: join(folder, 'landbridge.toml') };
}

function moved(config) {
  const status = JSON.parse(execFileSync(BINARY, ['--config', config, 'migration', 'status', '--json']));
  return status.connections[0].moved;
}

test('the demo moves somebody from the directory and somebody it had not heard of', async (t) => {
  const { text, config } = await startDemo(t);
  const application = text.match(/Harbour Notes, the application +(\S+)/)[1];
  const password = text.match(/Their password is (\S+)/)[1];
  const [known, unknown] = text.match(/\S+@example\.com/g);
  assert.equal(moved(config), 0);
  for (const [email, id, count] of [[known, 0, 1], [unknown, 999, 2], [known, 0, 2]]) {
    const page = await browser.visit(t);
    await page.goto(`${application}login`);
    const login = await LoginPage.on(page);
    await login.signIn({ email, password });
    await page.waitForURL(application);
    const sub = `auth0|5f1a${id.toString(16).padStart(20, '0')}`;
    assert.ok((await page.textContent('body')).includes(sub), `${sub} is not shown`);
    assert.equal(moved(config), count);
    await screenshot(page, 'demo-signed-in');
  }
});
