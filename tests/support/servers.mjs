// Servers that the tests themselves run, and ports for those they start.

import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, createServer as createSocketServer } from 'node:net';

const LOOPBACK = '127.0.0.1';

/**
 * A port on which nothing listens. A connection that was made there is held until the test file ends, so that nobody
 * who asks for any free port gets this one; who names it, and says SO_REUSEADDR as servers do, can listen on it.
 */
export async function freePort() {
  const server = createSocketServer();
  const { port } = await listen(server);
  const near = connect(port, LOOPBACK);
  const [far] = await once(server, 'connection');
  server.close();
  // Nor does what is held keep the test file from ending.
  for (const end of [near, far]) end.unref();
  return port;
}

/**
 * An application's place on the network. Its address is known, and can be registered at the broker, before there is a
 * handler that answers.
 *
 * A host such as `app.localhost` is another site than the broker's `localhost` to a browser, so that cookies are held
 * to their SameSite attribute; another port alone is not.
 */
export class Site {
  #server = createServer((request, response) => this.#handler(request, response));
  #handler = notYet;
  /** Paths with queries, in the order in which they were asked for. */
  requests = [];

  static async open(host = 'localhost') {
    const site = new Site();
    const { port } = await listen(site.#server);
    site.url = `http://${host}:${port}`;
    return site;
  }

  /** Answers with `handler` from now on: a function of request and response, such as an Express application. */
  serve(handler) {
    this.#handler = (request, response) => {
      this.requests.push(request.url);
      handler(request, response);
    };
  }

  at(path) {
    return new URL(path, this.url).href;
  }

  owns(url) {
    return new URL(url).origin === this.url;
  }

  countRequests(path) {
    return this.requests.filter((url) => url.split('?')[0] === path).length;
  }

  close() {
    return stop(this.#server);
  }
}

/** A page of an application. The icon keeps browsers from asking for one. */
export function html(response, body, status = 200) {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' });
  response.end(`<!doctype html><html lang="en"><title>An application</title><link rel="icon" href="data:,">${body}`);
}

export function json(response, value) {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

function notYet(_request, response) {
  response.writeHead(503).end();
}

async function listen(server) {
  server.listen(0, LOOPBACK);
  await once(server, 'listening');
  // A site that was forgotten does not keep the test file from ending.
  server.unref();
  return server.address();
}

async function stop(server) {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
