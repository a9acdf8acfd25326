// express-openid-connect as its quickstart configures it: an ID token by form_post, and Auth0's logout.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { Browser } from '../support/browser.mjs';
import { ExpressApp, profileAt } from '../support/express-app.mjs';
import { LoginPage } from '../support/pages.mjs';
import { Tenant } from '../support/tenant.mjs';

const tenant = await Tenant.open();
const browser = await Browser.open();
const ann = await tenant.addPerson('ann@example.com', { name: 'Ann Arch', given_name: 'Ann', family_name: 'Arch' });
after(() => Promise.all([browser.close(), tenant.close()]));

async function startApp(t, options) {
  const app = await ExpressApp.start(tenant, options);
  t.after(() => app.close());
  return app;
}

// To a browser, app.localhost is another site than the broker's localhost, as an application and its provider are.
for (const host of ['localhost', 'app.localhost']) {
  test(`an application on ${host} signs in, shows the profile and signs out`, async (t) => {
    const app = await startApp(t, { host });
    const page = await browser.visit(t);

    await page.goto(`${app.url}/login`);
    await LoginPage.signIn(page, ann);
    // Auth0 sends `amr` only after a second factor.
    const { sid, amr, updated_at, ...profile } = await profileAt(page, app);
    assert.deepEqual(profile, {
      sub: ann.user_id,
      name: 'Ann Arch',
      given_name: 'Ann',
      family_name: 'Arch',
      nickname: 'ann',
      email: 'ann@example.com',
      email_verified: true,
    });
    assert.match(sid, /./);
    assert.equal(amr, undefined);
    assert.equal(new Date(updated_at).toISOString(), updated_at);

    await page.goto(`${app.url}/logout`);
    assert.equal(await profileAt(page, app), null);
    await page.goto(`${app.url}/login`);
    await LoginPage.on(page);
    assert.deepEqual(app.errors, []);
  });
}

test('after a wrong password the page says so and the application hears nothing', async (t) => {
  const app = await startApp(t);
  const page = await browser.visit(t);

  await page.goto(`${app.url}/login`);
  const login = await LoginPage.on(page);
  assert.match(await login.tryWrongPassword(ann), /^Wrong email or password/);
  assert.equal(app.callbacks, 0);

  await login.signIn(ann);
  assert.equal((await profileAt(page, app)).sub, ann.user_id);
  assert.equal(app.callbacks, 1);
  assert.deepEqual(app.errors, []);
});

test('a client that does not name the implicit grant gets no ID token at its door', async (t) => {
  const app = await startApp(t, { client: {} });
  const page = await browser.visit(t);

  await page.goto(`${app.url}/login`);
  await page.getByRole('heading', { name: 'An error' }).waitFor();
  assert.deepEqual(
    app.errors.map(({ error }) => error),
    ['unauthorized_client'],
  );
});
