// A mail server, and the mailboxes of everybody.

import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { readFileSync } from 'node:fs';

import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';

import { certificate } from './certificate.mjs';
import { PATIENCE_MS } from './patience.mjs';

const USER = 'landbridge';
const PASSWORD = 'p@ss:word/1';

export class MailServer {
  #server;
  #mails = [];
  #arrivals = new EventEmitter();
  /** Whether passwords came through TLS, one after the other. */
  securely = [];

  /**
   * Takes mails from whoever knows the password. With `tls`, from the first byte or by `starttls`, it has the
   * certificate of the run, which the broker trusts unless `trusted` says otherwise. `asks` is what its address says of
   * TLS.
   */
  static async open({ tls = false, trusted = true, asks = '' } = {}) {
    const server = new MailServer();
    const files = tls && certificate();
    server.#server = new SMTPServer({
      ...(files && { cert: readFileSync(files.certificate), key: readFileSync(files.key) }),
      secure: tls === true,
      disabledCommands: tls === 'starttls' ? [] : ['STARTTLS'],
      allowInsecureAuth: true,
      onAuth: ({ username, password }, session, done) => {
        server.securely.push(session.secure);
        const isKnown = username === USER && password === PASSWORD;
        done(isKnown ? null : new Error('unknown'), { user: username });
      },
      onData: (stream, session, done) => server.#take(stream, session).then(() => done(), done),
    });
    // What a client does wrong shows in the mails that do not come.
    server.#server.on('error', () => {});
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server.server, 'listening');
    const listener = server.#server.server;
    listener.unref();
    const { port } = listener.address();
    const authority = `${USER}:${encodeURIComponent(PASSWORD)}@localhost:${port}`;
    /** What a broker is told of it, by the names in the environment. */
    server.settings = {
      LANDBRIDGE__MAIL__SMTP_URL: `${tls === true ? 'smtps' : 'smtp'}://${authority}${asks}`,
      LANDBRIDGE__MAIL__FROM: 'Bridge Watch <no-reply@bridges.example>',
      // The authority that this process trusts as well.
      ...(files && trusted && { SSL_CERT_FILE: files.authority }),
    };
    return server;
  }

  async #take(stream, session) {
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    assert.equal(session.envelope.rcptTo.length, 1, 'each mail is for one person');
    const mail = await PostalMime.parse(Buffer.concat(chunks));
    this.#mails.push({ ...mail, recipient: session.envelope.rcptTo[0].address });
    this.#arrivals.emit('mail');
  }

  /** How many mails are there that nobody has taken out. */
  get arrived() {
    return this.#mails.length;
  }

  /** Waits for the next mail to this address, and takes it out of the mailbox. */
  async next(address) {
    const late = new AbortController();
    // It keeps the test file from ending as well: whoever waits for a mail may have nothing else to do.
    const timer = setTimeout(() => late.abort(new Error(`no mail came for ${address}`)), PATIENCE_MS);
    try {
      for (;;) {
        const index = this.#mails.findIndex((mail) => mail.recipient === address);
        if (index >= 0) return this.#mails.splice(index, 1)[0];
        await once(this.#arrivals, 'mail', { signal: late.signal });
      }
    } finally {
      clearTimeout(timer);
    }
  }

  close() {
    return new Promise((resolve) => this.#server.close(resolve));
  }
}

/** The one address in a mail, which is the same in its text and in its HTML. */
export function linkIn(mail) {
  const [link] = mail.text.match(/https?:\/\/\S+/);
  const html = mail.html.replaceAll('&#x2f;', '/').replaceAll('&amp;', '&');
  assert.ok(html.includes(`href="${link}"`), mail.html);
  return link;
}
