//! Whether a new password is good enough: Auth0's five policies, and what no policy allows.
//!
//! An [`Assessment`] lists every rule with its text and whether it holds, so that a page can show all that is
//! missing at once. It serialises to the `description` object of Auth0's `PasswordStrengthError`. What differs
//! from Auth0: `none` and `low` ask for eight characters too, and the most common passwords and the person's
//! own address are refused under every policy.

mod common;
mod rule;

use serde::Serialize;

pub use rule::{FormatArgument, Item, Rule};

use crate::password::Prepared;

/// Auth0's names for the strength of a new password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// At least eight characters.
    None,
    /// At least eight characters.
    Low,
    /// At least eight characters, among them a lower case letter, an upper case letter and a digit.
    Fair,
    /// At least eight characters, of three of the four kinds.
    Good,
    /// At least ten characters, of three of the four kinds, and no three equal ones in a row.
    Excellent,
}

/// What an attacker who knows the person would try first. Absent parts are not looked for.
#[derive(Clone, Copy, Default)]
pub struct PersonalInfo<'a> {
    /// The person's address.
    pub email: Option<&'a str>,
    /// The person's user name.
    pub username: Option<&'a str>,
    /// The name of the tenant, or of the product it belongs to.
    pub tenant: Option<&'a str>,
}

/// What the rules say of one password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Assessment {
    /// Every rule that was asked, in the order they are shown.
    pub rules: Vec<Rule>,
    /// Whether all of them hold.
    pub verified: bool,
}

/// Which of Auth0's errors a refused password is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// `PasswordStrengthError`: too short or too simple.
    Strength,
    /// `PasswordDictionaryError`: among the most common ones.
    Dictionary,
    /// `PasswordNoUserInfoError`: it contains what others know of the person.
    UserInfo,
}

impl Assessment {
    /// The first reason to refuse, or `None` for a password that may be set.
    pub fn refusal(&self) -> Option<Refusal> {
        self.rules.iter().find(|rule| !rule.verified).map(|rule| match rule.code {
            rule::COMMON_PASSWORD => Refusal::Dictionary,
            rule::PERSONAL_INFO => Refusal::UserInfo,
            _ => Refusal::Strength,
        })
    }

    /// All rules as text, one line each: the `policy` member of Auth0's error.
    pub fn policy_text(&self) -> String {
        self.rules.iter().map(|rule| format!("* {}", rule.text())).collect::<Vec<_>>().join("\n")
    }
}

/// Asks every rule of `level` about a new password, in its normalised form.
pub fn assess(level: Level, password: &Prepared, person: &PersonalInfo<'_>) -> Assessment {
    let text = password.normalised();
    let mut rules = rules_of(level, text);
    rules.push(Rule::not_common(!common::contains(text)));
    rules.push(Rule::not_personal(!person.is_in(text)));
    let verified = rules.iter().all(|rule| rule.verified);
    Assessment { rules, verified }
}

fn rules_of(level: Level, text: &str) -> Vec<Rule> {
    match level {
        Level::None | Level::Low => vec![Rule::length_at_least(8, text)],
        Level::Fair => vec![Rule::length_at_least(8, text), Rule::should_contain(text)],
        Level::Good => vec![Rule::length_at_least(8, text), Rule::contains_at_least_three(text)],
        Level::Excellent => vec![
            Rule::length_at_least(10, text),
            Rule::contains_at_least_three(text),
            Rule::no_more_than_two_identical(text),
        ],
    }
}

/// Shorter words than this stand in too many good passwords by chance.
const SHORTEST_WORD: usize = 4;

impl PersonalInfo<'_> {
    fn is_in(&self, password: &str) -> bool {
        let password = password.to_lowercase();
        let local_part = self.email.and_then(|email| email.rsplit_once('@')).map(|(local_part, _)| local_part);
        [self.email, local_part, self.username, self.tenant]
            .into_iter()
            .flatten()
            .filter(|word| word.chars().count() >= SHORTEST_WORD)
            .any(|word| password.contains(&folded(word)))
    }
}

fn folded(word: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    word.nfc().collect::<String>().to_lowercase()
}

#[cfg(test)]
mod tests;
