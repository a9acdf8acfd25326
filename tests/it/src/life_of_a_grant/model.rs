//! What should become of everything, in the fewest words.

use super::command::Command;

/// How many people there are in a sequence.
pub(super) const PEOPLE: usize = 2;

/// What becomes of a refresh token that is presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rotation {
    /// None is given out.
    None,
    /// It stays as it is.
    Kept,
    /// A repeat is answered until the successor was seen.
    UntilSeen,
    /// No repeat is answered.
    Strict,
    /// A repeat is answered for longer than any sequence takes, unless the successor was exchanged.
    Lenient,
}

/// The applications.
pub(super) const APPLICATIONS: [Rotation; 5] =
    [Rotation::UntilSeen, Rotation::Strict, Rotation::Lenient, Rotation::Kept, Rotation::None];

/// The answer that has to come. New things are the last of their kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// There is nothing yet that it could be about.
    NoCall,
    /// The browser comes back with a code.
    Code,
    /// The login page is shown again.
    LoginRefused,
    /// The browser comes back with `login_required`.
    LoginRequired,
    /// Tokens: an access token, and a refresh token if it says so.
    Issued { refresh: bool },
    /// The very answer that this refresh token was given before.
    Repeated,
    /// `invalid_grant`.
    Refused,
    /// Whether userinfo answers.
    Told(bool),
    /// Whether introspection calls it active.
    Active(bool),
    /// It has been done.
    Done,
}

#[derive(Clone, Copy)]
struct Person {
    is_there: bool,
    is_blocked: bool,
    has_new_password: bool,
}

struct Browser {
    person: usize,
    is_signed_in: bool,
}

struct Family {
    person: usize,
    browser: usize,
    application: usize,
    is_revoked: bool,
    has_refresh_token: bool,
}

struct Code {
    family: usize,
    is_used: bool,
}

struct RefreshToken {
    family: usize,
    successor: Option<usize>,
    is_seen: bool,
}

struct AccessToken {
    family: usize,
    /// The refresh token that came with it.
    beside: Option<usize>,
}

/// Everything that was given out.
pub(super) struct Model {
    people: [Person; PEOPLE],
    browsers: Vec<Browser>,
    families: Vec<Family>,
    codes: Vec<Code>,
    refresh_tokens: Vec<RefreshToken>,
    access_tokens: Vec<AccessToken>,
}

/// The place of what is so recent, among so many.
pub(super) fn place(recent: usize, count: usize) -> Option<usize> {
    (count > 0).then(|| count - 1 - recent % count)
}

impl Model {
    pub(super) fn new() -> Self {
        Model {
            people: [Person { is_there: true, is_blocked: false, has_new_password: false }; PEOPLE],
            browsers: Vec::new(),
            families: Vec::new(),
            codes: Vec::new(),
            refresh_tokens: Vec::new(),
            access_tokens: Vec::new(),
        }
    }

    /// To which application the family of a refresh token belongs.
    pub(super) fn application_of_refresh(&self, token: usize) -> usize {
        self.families[self.refresh_tokens[token].family].application
    }

    pub(super) fn application_of_access(&self, token: usize) -> usize {
        self.families[self.access_tokens[token].family].application
    }

    pub(super) fn application_of_code(&self, code: usize) -> usize {
        self.families[self.codes[code].family].application
    }

    /// What comes of a command.
    pub(super) fn apply(&mut self, command: Command) -> Expected {
        self.try_apply(command).unwrap_or(Expected::NoCall)
    }

    fn try_apply(&mut self, command: Command) -> Option<Expected> {
        Some(match command {
            Command::SignIn { person, application } => self.sign_in(person, application),
            Command::SignInAsBefore { person } => {
                return (self.people[person].is_there && self.people[person].has_new_password)
                    .then_some(Expected::LoginRefused);
            }
            Command::AskSilently { browser, application } => {
                self.ask_silently(place(browser, self.browsers.len())?, application)
            }
            Command::Exchange { code } => self.exchange(place(code, self.codes.len())?),
            Command::Refresh { token } => self.refresh(self.refresh_token(token)?),
            Command::RefreshByAnother { token } => {
                let family = self.refresh_tokens[self.refresh_token(token)?].family;
                self.revoke(family);
                Expected::Refused
            }
            Command::Userinfo { access } => self.userinfo(self.access_token(access)?),
            Command::IntrospectRefresh { token } => {
                let token = &self.refresh_tokens[self.refresh_token(token)?];
                Expected::Active(token.successor.is_none() && !self.families[token.family].is_revoked)
            }
            Command::IntrospectAccess { access } => {
                let family = self.access_tokens[self.access_token(access)?].family;
                Expected::Active(!self.families[family].is_revoked)
            }
            Command::RevokeRefresh { token } => {
                let family = self.refresh_tokens[self.refresh_token(token)?].family;
                self.revoke(family)
            }
            Command::RevokeAccess { access } => {
                let family = self.access_tokens[self.access_token(access)?].family;
                self.revoke(family)
            }
            Command::RevokeByAnother { token } => self.refresh_token(token).map(|_| Expected::Done)?,
            Command::Block { person } => {
                self.sign_out(person)?;
                self.people[person].is_blocked = true;
                Expected::Done
            }
            Command::Unblock { person } => {
                self.people[person].is_there.then_some(())?;
                self.people[person].is_blocked = false;
                Expected::Done
            }
            Command::ChangePassword { person } => {
                self.sign_out(person)?;
                self.people[person].has_new_password = true;
                Expected::Done
            }
            Command::Delete { person } => {
                self.sign_out(person)?;
                self.people[person].is_there = false;
                Expected::Done
            }
            Command::LogOut { browser } => self.log_out(place(browser, self.browsers.len())?),
        })
    }

    fn refresh_token(&self, recent: usize) -> Option<usize> {
        place(recent, self.refresh_tokens.len())
    }

    fn access_token(&self, recent: usize) -> Option<usize> {
        place(recent, self.access_tokens.len())
    }

    fn sign_in(&mut self, person: usize, application: usize) -> Expected {
        let Person { is_there, is_blocked, .. } = self.people[person];
        if !is_there || is_blocked {
            return Expected::LoginRefused;
        }
        self.browsers.push(Browser { person, is_signed_in: true });
        self.come_back(self.browsers.len() - 1, application)
    }

    fn ask_silently(&mut self, browser: usize, application: usize) -> Expected {
        if self.browsers[browser].is_signed_in { self.come_back(browser, application) } else { Expected::LoginRequired }
    }

    fn come_back(&mut self, browser: usize, application: usize) -> Expected {
        let person = self.browsers[browser].person;
        self.codes.push(Code { family: self.families.len(), is_used: false });
        self.families.push(Family { person, browser, application, is_revoked: false, has_refresh_token: false });
        Expected::Code
    }

    /// A code that is used again ends what it brought.
    fn exchange(&mut self, code: usize) -> Expected {
        let Code { family, is_used } = self.codes[code];
        self.codes[code].is_used = true;
        if is_used {
            self.revoke(family);
        }
        if self.families[family].is_revoked {
            return Expected::Refused;
        }
        let refresh = APPLICATIONS[self.families[family].application] != Rotation::None;
        self.families[family].has_refresh_token = refresh;
        self.issue(family, refresh)
    }

    fn issue(&mut self, family: usize, refresh: bool) -> Expected {
        let beside = refresh.then_some(self.refresh_tokens.len());
        if refresh {
            self.refresh_tokens.push(RefreshToken { family, successor: None, is_seen: false });
        }
        self.access_tokens.push(AccessToken { family, beside });
        Expected::Issued { refresh }
    }

    /// One chain, and whoever presents a link of it twice ends it, unless the answer may have been lost.
    fn refresh(&mut self, token: usize) -> Expected {
        let family = self.refresh_tokens[token].family;
        if self.families[family].is_revoked {
            return Expected::Refused;
        }
        let rotation = APPLICATIONS[self.families[family].application];
        if rotation == Rotation::Kept {
            return self.issue(family, false);
        }
        let Some(successor) = self.refresh_tokens[token].successor else {
            self.refresh_tokens[token].successor = Some(self.refresh_tokens.len());
            self.refresh_tokens[token].is_seen = true;
            return self.issue(family, true);
        };
        let RefreshToken { successor: further, is_seen, .. } = self.refresh_tokens[successor];
        let is_repeatable = match rotation {
            Rotation::UntilSeen => !is_seen,
            Rotation::Lenient => further.is_none(),
            Rotation::Strict | Rotation::Kept | Rotation::None => false,
        };
        if is_repeatable {
            return Expected::Repeated;
        }
        self.revoke(family);
        Expected::Refused
    }

    /// Whoever calls userinfo has received what came with the token.
    fn userinfo(&mut self, access: usize) -> Expected {
        let AccessToken { family, beside } = self.access_tokens[access];
        if self.families[family].is_revoked {
            return Expected::Told(false);
        }
        if let Some(refresh) = beside {
            self.refresh_tokens[refresh].is_seen = true;
        }
        Expected::Told(true)
    }

    fn revoke(&mut self, family: usize) -> Expected {
        self.families[family].is_revoked = true;
        Expected::Done
    }

    /// Everywhere; `None` where nobody is there.
    fn sign_out(&mut self, person: usize) -> Option<()> {
        self.people[person].is_there.then_some(())?;
        self.browsers.iter_mut().filter(|browser| browser.person == person).for_each(|it| it.is_signed_in = false);
        self.families.iter_mut().filter(|family| family.person == person).for_each(|it| it.is_revoked = true);
        Some(())
    }

    /// What was granted to outlive the session does.
    fn log_out(&mut self, browser: usize) -> Expected {
        if self.browsers[browser].is_signed_in {
            let ends = |family: &&mut Family| family.browser == browser && !family.has_refresh_token;
            self.families.iter_mut().filter(ends).for_each(|family| family.is_revoked = true);
        }
        self.browsers[browser].is_signed_in = false;
        Expected::Done
    }
}
