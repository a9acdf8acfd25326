// `landbridge demo`, as somebody tries it who has nothing installed: three addresses, and people who move.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { BINARY } from '../support/broker.mjs';
import { Browser, screenshot } from '../support/browser.mjs';
import { LoginPage } from '../support/pages.mjs';
import { Program } from '../support/program.mjs';
import { freePort } from '../support/servers.mjs';

const browser = await Browser.open();
after(() => browser.close());

/** The demo, once it has said all it has to say; the text tells everything a person is told. */
async function startDemo(t) {
  const port = await freePort();
  const words = ['demo', '--dir', '.', '--port', port];
  const demo = await Program.start(BINARY, words, { ready: 'Ctrl-C', output: 'stdout' });
  t.after(async () => assert.equal(await demo.end('SIGINT'), 0));
  return { text: demo.lines.join('\n'), config: join(demo.folder, 'landbridge.toml') };
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
    await LoginPage.signIn(page, { email, password });
    await page.waitForURL(application);
    const sub = `auth0|5f1a${id.toString(16).padStart(20, '0')}`;
    assert.ok((await page.textContent('body')).includes(sub), `${sub} is not shown`);
    assert.equal(moved(config), count);
    await screenshot(page, 'demo-signed-in');
  }
});
