// A relying party on openid-client. The browser is sent through the broker, and what comes back is checked here.

import * as oidc from 'openid-client';

import { html, Site } from './servers.mjs';

export class RelyingParty {
  /**
   * Registers the client at the tenant. `client` are further properties of the registration, `authentication` is one of
   * openid-client's ways to authenticate.
   */
  static async register(tenant, { client = {}, authentication = oidc.ClientSecretPost } = {}) {
    const party = new RelyingParty();
    party.site = await Site.open('app.localhost');
    party.site.serve((_request, response) => html(response, '<h1>Back at the application</h1>'));
    party.callback = party.site.at('/callback');
    party.client = await tenant.addClient({
      name: 'Plain Client',
      callbacks: [party.callback],
      allowed_logout_urls: [party.site.url],
      ...client,
    });
    const { client_id, client_secret } = party.client;
    party.configuration = await oidc.discovery(
      new URL(tenant.issuer),
      client_id,
      undefined,
      authentication(client_secret),
      { execute: [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks] },
    );
    return party;
  }

  /** Sends the browser to the broker for an authorization code with PKCE. */
  async authorize(page, parameters = {}) {
    const request = await AuthorizationRequest.create(this, parameters);
    await page.goto(request.url.href);
    return request;
  }

  /** Whether the browser has a session at the broker, and the client may know. */
  async isSignedIn(page, parameters = {}) {
    const request = await this.authorize(page, { prompt: 'none', ...parameters });
    const answer = await request.answer(page);
    if (answer.searchParams.get('error') === 'login_required') return false;
    await request.exchange(answer);
    return true;
  }

  close() {
    return this.site.close();
  }
}

/** One request and the secrets that tie its answer to it. */
class AuthorizationRequest {
  static async create(party, parameters) {
    const request = new AuthorizationRequest();
    request.party = party;
    request.maxAge = parameters.max_age === undefined ? undefined : Number(parameters.max_age);
    request.verifier = oidc.randomPKCECodeVerifier();
    request.state = oidc.randomState();
    request.nonce = oidc.randomNonce();
    request.url = oidc.buildAuthorizationUrl(party.configuration, {
      redirect_uri: party.callback,
      scope: 'openid profile email',
      code_challenge: await oidc.calculatePKCECodeChallenge(request.verifier),
      code_challenge_method: 'S256',
      state: request.state,
      nonce: request.nonce,
      ...parameters,
    });
    return request;
  }

  /** Waits for the browser to bring the answer. */
  async answer(page) {
    await page.waitForURL((url) => this.party.site.owns(url) && url.pathname === '/callback');
    return new URL(page.url());
  }

  /** Exchanges the answer for tokens, with every check of openid-client. */
  async tokens(page) {
    return this.exchange(await this.answer(page));
  }

  /** `changes` are to what the answer is held against. */
  exchange(answer, changes = {}) {
    return oidc.authorizationCodeGrant(this.party.configuration, answer, {
      pkceCodeVerifier: this.verifier,
      expectedState: this.state,
      expectedNonce: this.nonce,
      maxAge: this.maxAge,
      idTokenExpected: true,
      ...changes,
    });
  }
}
