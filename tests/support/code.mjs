// Codes for SDKs that exchange them and leave it to others to get one.

import { LoginPage } from './pages.mjs';
import { html, Site } from './servers.mjs';

export class CodeReceiver {
  static async open() {
    const receiver = new CodeReceiver();
    receiver.site = await Site.open('app.localhost');
    receiver.site.serve((_request, response) => html(response, '<h1>Back at the application</h1>'));
    receiver.redirectUri = receiver.site.at('/callback');
    return receiver;
  }

  /** Signs the person in, in a page of the browser, for what `parameters` ask. */
  async code(page, tenant, person, parameters) {
    const url = new URL(tenant.broker.at('authorize'));
    url.search = new URLSearchParams({ response_type: 'code', redirect_uri: this.redirectUri, ...parameters });
    await page.goto(url.href);
    await LoginPage.signIn(page, person);
    await page.waitForURL((url) => this.site.owns(url));
    return new URL(page.url()).searchParams.get('code');
  }

  close() {
    return this.site.close();
  }
}
