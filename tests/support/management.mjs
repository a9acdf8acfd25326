// The Management API, by plain fetch.

import assert from 'node:assert/strict';

export class ManagementClient {
  #issuer;
  #credentials;
  #token;

  constructor(issuer, credentials) {
    this.#issuer = issuer;
    this.#credentials = credentials;
  }

  get(path) {
    return this.#call('GET', path);
  }

  post(path, body) {
    return this.#call('POST', path, body);
  }

  patch(path, body) {
    return this.#call('PATCH', path, body);
  }

  /** People with this address. */
  usersByEmail(email) {
    return this.get(`users-by-email?email=${encodeURIComponent(email)}`);
  }

  async #call(method, path, body) {
    this.#token ??= await this.#requestToken();
    const headers = { authorization: `Bearer ${this.#token}` };
    if (body) headers['content-type'] = 'application/json';
    const response = await fetch(new URL(`api/v2/${path}`, this.#issuer), {
      method,
      headers,
      body: body && JSON.stringify(body),
    });
    const text = await response.text();
    assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  }

  async #requestToken() {
    const response = await fetch(new URL('oauth/token', this.#issuer), {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        audience: `${this.#issuer}api/v2/`,
        ...this.#credentials,
      }),
    });
    assert.equal(response.status, 200, 'the bootstrap client gets a token');
    return (await response.json()).access_token;
  }
}
