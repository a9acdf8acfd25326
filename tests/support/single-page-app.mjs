// A single-page application: one empty page, and an SDK in it as its package ships it for browsers.

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { html, Site } from './servers.mjs';

const PACKAGES = new URL('../node_modules/', import.meta.url);

/** It is of the same site as the broker, as renewal in an iframe wants it: elsewhere, the session does not travel. */
export class SinglePageApp {
  /** `script` is the SDK's file below `node_modules`. */
  static async start(tenant, { script }) {
    const app = new SinglePageApp();
    const sdk = await readFile(fileURLToPath(new URL(script, PACKAGES)), 'utf8');
    app.site = await Site.open();
    app.url = app.site.at('/');
    app.farewell = app.site.at('/signed-out');
    app.site.serve((request, response) => answer(request, response, sdk));
    app.client = await tenant.addClient({
      name: 'Bridge Watch',
      app_type: 'spa',
      token_endpoint_auth_method: 'none',
      callbacks: [app.url],
      web_origins: [app.site.url],
      allowed_logout_urls: [app.farewell],
    });
    return app;
  }

  close() {
    return this.site.close();
  }
}

/**
 * Has the SDK take the browser elsewhere, and comes back when it is there. `action` returns nothing: the page is gone
 * before a promise of it could be kept.
 */
export async function leave(page, action, argument) {
  const here = page.url();
  await page.evaluate(action, argument);
  await page.waitForURL((url) => url.href !== here);
}

function answer(request, response, sdk) {
  if (request.url !== '/sdk.js') return html(response, '<h1>Bridge Watch</h1><script src="/sdk.js"></script>');
  response.writeHead(200, { 'content-type': 'text/javascript' }).end(sdk);
}
