// An OpenID provider that is not ours: oidc-provider, with one page on which somebody says who they are.

import Provider from 'oidc-provider';

import { html, Site } from './servers.mjs';

const CLIENT = { client_id: 'landbridge-at-provider', client_secret: 'our-secret-at-the-provider' };

/** The one person there. */
const ADA = { sub: 'ada-1', name: 'Ada Lovelace', nickname: 'ada', email: 'ada@acme.example', email_verified: true };

export class UpstreamProvider {
  /** Starts one at which the broker with this issuer is registered. */
  static async open(issuer) {
    const upstream = new UpstreamProvider();
    upstream.site = await Site.open('idp.localhost');
    upstream.issuer = upstream.site.url;
    upstream.provider = new Provider(upstream.issuer, configuration(issuer));
    const answer = upstream.provider.callback();
    upstream.site.serve((request, response) =>
      request.url.startsWith('/interaction/') ? upstream.#ask(request, response) : answer(request, response),
    );
    return upstream;
  }

  /** The options of a connection to it. */
  get options() {
    return { discovery_url: `${this.issuer}/.well-known/openid-configuration`, ...CLIENT };
  }

  async #ask(request, response) {
    if (request.method === 'GET') {
      html(response, '<h1>The provider</h1><form method="post"><button>Sign in as Ada</button></form>');
      return;
    }
    await this.provider.interactionFinished(request, response, { login: { accountId: ADA.sub } });
  }

  close() {
    return this.site.close();
  }
}

function configuration(issuer) {
  return {
    clients: [
      {
        ...CLIENT,
        token_endpoint_auth_method: 'client_secret_post',
        redirect_uris: [`${issuer}login/callback`],
        post_logout_redirect_uris: [`${issuer}logout/callback`],
      },
    ],
    claims: { openid: ['sub'], profile: ['name', 'nickname'], email: ['email', 'email_verified'] },
    cookies: { keys: ['a key for the tests alone'] },
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (context, form) => {
          context.body = page(`${form}<button form="op.logoutForm" name="logout" value="yes">Sign out there</button>`);
        },
      },
    },
    findAccount: (_context, accountId) => ({ accountId, claims: () => ADA }),
    interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
    loadExistingGrant,
    renderError: (context, out) => {
      context.body = page(`<h1>The provider refuses</h1><p>${out.error}: ${out.error_description}</p>`);
    },
  };
}

/** Nobody is asked what the broker may know. */
async function loadExistingGrant({ oidc: { client, session, provider, params } }) {
  const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  grant.addOIDCScope(params.scope);
  await grant.save();
  return grant;
}

function page(body) {
  return `<!doctype html><html lang="en"><title>A provider</title><link rel="icon" href="data:,">${body}`;
}
