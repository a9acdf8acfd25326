// The pages of the broker, by what people see on them.

/** The login page, wherever the browser goes from it. */
export class LoginPage {
  constructor(page) {
    this.page = page;
    this.username = page.getByLabel('Email address');
    this.password = page.getByLabel('Password');
    this.submit = page.getByRole('button', { name: 'Continue' });
    this.alert = page.getByRole('alert');
    this.signupLink = page.getByRole('link', { name: 'Sign up' });
    this.resetLink = page.getByRole('link', { name: 'Forgot your password?' });
  }

  static async on(page) {
    await page.getByRole('heading', { name: 'Welcome' }).waitFor();
    return new LoginPage(page);
  }

  /** Waits for the page, and signs in on it. */
  static async signIn(page, person) {
    const login = await LoginPage.on(page);
    await login.signIn(person);
  }

  async fill({ email, password }) {
    await this.username.fill(email);
    await this.password.fill(password);
  }

  /** Leaves before the next page is there. */
  async signIn(person) {
    await this.fill(person);
    await this.submit.click();
  }

  /** Signs in as somebody who is not let in, and answers with what the next page says. */
  async refusal(person) {
    // An earlier refusal is still on this page: it must not pass for the answer.
    await Promise.all([this.page.waitForEvent('framenavigated'), this.signIn(person)]);
    return this.alert.innerText();
  }

  /** Types a password that is not the person's, and answers with what the page says. */
  tryWrongPassword({ email }) {
    return this.refusal({ email, password: 'not-the-password' });
  }
}

/** Chooses a password on the page to which the link in a mail leads. */
export async function choosePassword(page, password) {
  await page.getByLabel('Choose a password').fill(password);
  await page.getByRole('button', { name: 'Save the password' }).click();
  await page.getByRole('heading', { name: 'Your password is changed' }).waitFor();
}

/** The sign-up page. */
export class SignupPage {
  constructor(page) {
    this.page = page;
    this.email = page.getByLabel('Email address');
    this.password = page.getByLabel('Choose a password');
    this.submit = page.getByRole('button', { name: 'Create account' });
    this.alert = page.getByRole('alert');
  }

  static async on(page) {
    await page.getByRole('heading', { name: 'Create your account' }).waitFor();
    return new SignupPage(page);
  }

  async signUp({ email, password }) {
    await this.email.fill(email);
    await this.password.fill(password);
    await this.submit.click();
  }
}
