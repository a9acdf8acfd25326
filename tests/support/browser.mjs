// A headless Chromium, and what every page in it is held to.

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { chromium } from 'playwright-core';

import { assertAccessible } from './accessibility.mjs';
import { PATIENCE_MS } from './patience.mjs';

const ARTEFACTS = process.env.ARTEFACTS ?? fileURLToPath(new URL('../../artefacts', import.meta.url));

// Chromium's sandbox needs privileges that containers do not have; the rest keeps it from the network.
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

/** Chromium knows nothing of the run's certificate authority. */
export const ANY_CERTIFICATE = { ignoreHTTPSErrors: true };

export class Browser {
  #chromium;

  static async open() {
    const browser = new Browser();
    browser.#chromium = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: ARGUMENTS,
    });
    return browser;
  }

  /**
   * A page in a browser without any past, for the length of the test `t`. The test fails if a page breaks its content
   * security policy, writes an error to the console or asks for anything that is not on this machine.
   */
  async visit(t, options = {}) {
    const context = await this.#chromium.newContext({ locale: 'en-GB', ...options });
    context.setDefaultTimeout(PATIENCE_MS);
    const problems = watch(context);
    t.after(async () => {
      await context.close();
      assert.deepEqual(problems, []);
    });
    return context.newPage();
  }

  close() {
    return this.#chromium.close();
  }
}

/** What a path of the application answers to its own page, which is on the screen. */
export function fetchFrom(page, path) {
  return page.evaluate(async (path) => (await fetch(path)).json(), path);
}

/** Nothing has to be scrolled to sideways. */
export async function assertFitsScreen(page) {
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert.ok(overflow <= 0, `${overflow} pixels stick out`);
}

/** Keeps what a person looks at later. Every page kept is accessible. */
export async function screenshot(page, name) {
  await assertAccessible(page);
  const folder = join(ARTEFACTS, 'screenshots');
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}

function watch(context) {
  const problems = [];
  const documents = new Set();
  context.on('request', (request) => {
    if (request.isNavigationRequest()) documents.add(request.url());
    if (!isLocal(new URL(request.url()))) problems.push(`asked for ${request.url()}`);
  });
  context.on('console', (message) => {
    if (message.type() !== 'error' || isOwnStatus(message, documents)) return;
    problems.push(`${message.text()} (${message.location().url})`);
  });
  context.on('weberror', (event) => problems.push(String(event.error())));
  return problems;
}

function isLocal({ protocol, hostname }) {
  return protocol === 'data:' || hostname === 'localhost' || hostname.endsWith('.localhost');
}

/** Chromium reports the page's own status, such as 400 for a wrong password, as if something on it were missing. */
function isOwnStatus(message, documents) {
  const isStatus = message.text().startsWith('Failed to load resource: the server responded with a status of');
  return isStatus && documents.has(message.location().url);
}
