// An ordinary web application on express-openid-connect, as its quickstart has it.

import express from 'express';
import eoidc from 'express-openid-connect';

import { html, Site } from './servers.mjs';

const SECRET = 'a long, randomly-generated string stored in env';

const QUICKSTART = {
  host: 'app.localhost',
  client: { grant_types: ['implicit'] },
  configuration: { authRequired: false, auth0Logout: true },
  routes: () => {},
};

export class ExpressApp {
  /** What the SDK has passed on as an error. */
  errors = [];

  /**
   * Registers the application at the tenant and starts it. `client` are further properties of the registration,
   * `configuration` is the SDK's, or a function that makes it of the client's secret, and `routes` adds some to the
   * Express application.
   */
  static async start(tenant, options = {}) {
    const { host, client, configuration, routes } = { ...QUICKSTART, ...options };
    const app = new ExpressApp();
    app.site = await Site.open(host);
    app.url = app.site.url;
    app.client = await tenant.addClient({
      name: 'Bridge Watch',
      callbacks: [`${app.url}/callback`],
      allowed_logout_urls: [app.url],
      ...client,
    });
    app.site.serve(app.#express(tenant.issuer, configuration, routes));
    return app;
  }

  #express(issuer, configuration, routes) {
    const { client_id, client_secret } = this.client;
    const app = express();
    app.use(
      eoidc.auth({
        baseURL: this.url,
        clientID: client_id,
        issuerBaseURL: issuer,
        secret: SECRET,
        ...(typeof configuration === 'function' ? configuration({ client_secret }) : configuration),
      }),
    );
    app.get('/', (request, response) => home(request, response));
    routes(app);
    app.use((error, _request, response, _next) => {
      this.errors.push({ error: error.error, description: error.error_description, message: error.message });
      html(response, `<h1>An error</h1><p>${error.message}</p>`, 500);
    });
    return app;
  }

  get callbacks() {
    return this.site.countRequests('/callback');
  }

  close() {
    return this.site.close();
  }
}

/** Waits until the browser shows the application's own page, and answers with the profile on it. */
export async function profileAt(page, app) {
  await page.waitForURL(`${app.url}/`);
  const shown = page.locator('#profile');
  return JSON.parse(await shown.innerText());
}

function home({ oidc }, response) {
  const profile = oidc.isAuthenticated() ? oidc.user : null;
  html(response, `<h1>Bridge Watch</h1><a href="/login">Log in</a><pre id="profile">${text(profile)}</pre>`);
}

function text(value) {
  return JSON.stringify(value).replace(/[<&]/g, (c) => `&#${c.charCodeAt(0)};`);
}
