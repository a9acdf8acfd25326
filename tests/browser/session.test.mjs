// What a session carries a person through, and what it does not.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { Browser } from '../support/browser.mjs';
import { ExpressApp, profileAt } from '../support/express-app.mjs';
import { LoginPage } from '../support/pages.mjs';
import { Tenant } from '../support/tenant.mjs';

const tenant = await Tenant.open();
const browser = await Browser.open();
const ann = await tenant.addPerson('ann@example.com');
after(() => Promise.all([browser.close(), tenant.close()]));

// Cookies ignore ports: each application has a host of its own.
async function startApp(t, host, mode) {
  const client = { grant_types: ['implicit', 'authorization_code'], token_endpoint_auth_method: 'client_secret_basic' };
  const configuration = ({ client_secret }) => ({
    authRequired: false,
    idpLogout: true,
    ...(mode === 'code' && { clientSecret: client_secret, authorizationParams: { response_type: 'code' } }),
  });
  const app = await ExpressApp.start(tenant, { host, client, configuration });
  t.after(() => app.close());
  return app;
}

/** Pages of the broker that the browser has shown, form_post's own page aside. */
function countPages(page) {
  const shown = [];
  page.on('response', (response) => {
    const url = response.url();
    const isPage = url.startsWith(tenant.broker.at('u/')) && !url.startsWith(tenant.broker.at('u/assets/'));
    if (isPage) shown.push(url);
  });
  return shown;
}

for (const mode of ['code', 'id_token']) {
  test(`a second application signs in without a page, in mode ${mode}`, async (t) => {
    const first = await startApp(t, 'first.localhost', mode);
    const second = await startApp(t, 'second.localhost', mode);
    const page = await browser.visit(t);

    await page.goto(`${first.url}/login`);
    await LoginPage.signIn(page, ann);
    const { sid } = await profileAt(page, first);

    const shown = countPages(page);
    await page.goto(`${second.url}/login`);
    const profile = await profileAt(page, second);
    assert.equal(profile.sub, ann.user_id);
    assert.equal(profile.sid, sid);
    assert.deepEqual(shown, []);
    assert.deepEqual([...first.errors, ...second.errors], []);
  });
}

test('signing out of one application ends the session for the next one', async (t) => {
  const first = await startApp(t, 'first.localhost', 'code');
  const second = await startApp(t, 'second.localhost', 'code');
  const page = await browser.visit(t);
  await page.goto(`${first.url}/login`);
  await LoginPage.signIn(page, ann);
  await profileAt(page, first);

  await page.goto(`${first.url}/logout`);
  assert.equal(await profileAt(page, first), null);
  await page.goto(`${second.url}/login`);
  await LoginPage.on(page);
});

test('a double click signs in once and without an error', async (t) => {
  for (const mode of ['code', 'id_token']) {
    const app = await startApp(t, 'app.localhost', mode);
    const page = await browser.visit(t);
    await page.goto(`${app.url}/login`);
    const login = await LoginPage.on(page);
    await login.fill(ann);
    await login.submit.dblclick();
    assert.equal((await profileAt(page, app)).sub, ann.user_id, mode);
    assert.deepEqual(app.errors, [], mode);
    assert.equal(app.callbacks, 1, mode);
  }
});

test('going back after signing in and sending the form again ends well', async (t) => {
  // Between sites, a browser keeps the SDK's Lax session cookie from a form_post. The SDK then takes a second answer
  // for a strange one, whichever provider it comes from.
  for (const [mode, host] of [
    ['code', 'app.localhost'],
    ['id_token', 'localhost'],
  ]) {
    const app = await startApp(t, host, mode);
    const page = await browser.visit(t);
    await page.goto(`${app.url}/login`);
    await LoginPage.signIn(page, ann);
    await profileAt(page, app);

    await page.goBack();
    await LoginPage.signIn(page, ann);
    assert.equal((await profileAt(page, app)).sub, ann.user_id, mode);
    assert.deepEqual(app.errors, [], mode);
  }
});

test('two tabs that ask at the same time both sign in', async (t) => {
  const app = await startApp(t, 'first.localhost', 'code');
  const other = await startApp(t, 'second.localhost', 'code');
  const page = await browser.visit(t);
  const tab = await page.context().newPage();
  await page.goto(`${app.url}/login`);
  await tab.goto(`${other.url}/login`);

  await LoginPage.signIn(page, ann);
  assert.equal((await profileAt(page, app)).sub, ann.user_id);
  await LoginPage.signIn(tab, ann);
  assert.equal((await profileAt(tab, other)).sub, ann.user_id);
  assert.deepEqual([...app.errors, ...other.errors], []);
});
