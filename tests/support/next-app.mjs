// @auth0/nextjs-auth0 without Next's compiler: the SDK's own routes, requests and answers, in a plain server.

import { Auth0Client } from '@auth0/nextjs-auth0/server';
import { NextRequest, NextResponse } from 'next/server.js';

import { html, Site } from './servers.mjs';

export class NextApp {
  /** `authorizationParameters` are what the application asks for at every sign-in. */
  static async start(tenant, authorizationParameters) {
    const app = new NextApp();
    app.site = await Site.open('app.localhost');
    app.url = app.site.url;
    app.client = await tenant.addClient({
      name: 'Bridge Watch',
      callbacks: [app.at('/auth/callback')],
      allowed_logout_urls: [app.url],
    });
    app.auth0 = new Auth0Client({
      domain: tenant.issuer.slice(0, -1),
      allowInsecureRequests: true,
      clientId: app.client.client_id,
      clientSecret: app.client.client_secret,
      appBaseUrl: app.url,
      secret: 'a long, randomly-generated string',
      authorizationParameters,
    });
    app.site.serve((request, response) => app.#serve(request, response));
    return app;
  }

  at(path) {
    return this.site.at(path);
  }

  /** Nothing is posted here, so requests have no body. */
  async #serve({ method, url, headers }, outgoing) {
    const request = new NextRequest(this.at(url), { method, headers });
    const answer = await this.auth0.middleware(request);
    const { pathname } = request.nextUrl;
    if (pathname.startsWith('/auth/')) return send(outgoing, answer);
    const page = PAGES[pathname];
    if (page) return send(outgoing, await page(this.auth0, request, answer));
    return html(outgoing, '<h1>Bridge Watch</h1>');
  }

  close() {
    return this.site.close();
  }
}

/** What a page of the application would do on the server. */
const PAGES = {
  '/session': async (auth0, request) => NextResponse.json(await auth0.getSession(request)),
  '/refreshed': async (auth0, request, answer) => {
    const { token } = await auth0.getAccessToken(request, answer, { refresh: true });
    return NextResponse.json({ token }, { headers: answer.headers });
  },
};

async function send(outgoing, answer) {
  outgoing.statusCode = answer.status;
  outgoing.setHeaders(answer.headers);
  outgoing.end(Buffer.from(await answer.arrayBuffer()));
}
