// A broker that is set up: a database connection, people in it, and applications that may use it.

import { Broker } from './broker.mjs';

export const CONNECTION = 'Username-Password-Authentication';

/** Follows the strictest password policy there is. */
const PASSWORD = 'Nine-bridges-7';

export class Tenant {
  #enabledClients = [];

  /** `options` are those of the connection, `settings` those of the process, which serves HTTPS with `tls`. */
  static async open({ options = {}, settings = {}, tls } = {}) {
    const tenant = new Tenant();
    tenant.broker = await Broker.start(settings, { tls });
    tenant.issuer = tenant.broker.issuer;
    tenant.domain = new URL(tenant.issuer).host;
    tenant.management = tenant.broker.management;
    const connection = { name: CONNECTION, strategy: 'auth0', options };
    tenant.connection = await tenant.management.post('connections', connection);
    return tenant;
  }

  /** Registers an application whose people are those of the connection. */
  async addClient(properties) {
    const client = await this.management.post('clients', properties);
    this.#enabledClients.push(client.client_id);
    await this.management.patch(`connections/${this.connection.id}`, { enabled_clients: this.#enabledClients });
    return client;
  }

  /** Someone with a password, which the answer has besides what the broker says of them. */
  async addPerson(email, properties = {}) {
    const person = { connection: CONNECTION, email, password: PASSWORD, email_verified: true, ...properties };
    const user = await this.management.post('users', person);
    return { ...user, password: person.password };
  }

  /** An API with the scopes `read:bridges` and `write:bridges`. */
  async addApi(identifier, properties = {}) {
    const scopes = [{ value: 'read:bridges' }, { value: 'write:bridges' }];
    await this.management.post('resource-servers', { identifier, scopes, ...properties });
    return identifier;
  }

  /** Tries a refresh token behind its SDK's back, with the client's credentials. Answers with what comes of it. */
  async redeem(refresh_token, credentials) {
    const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token, ...credentials });
    const response = await fetch(this.broker.at('oauth/token'), { method: 'POST', body });
    return { status: response.status, error: (await response.json()).error };
  }

  close() {
    return this.broker.stop();
  }
}
