//! Random values that prove a request comes from the browser they were given to.

use openidconnect::CsrfToken;
use subtle::ConstantTimeEq;

/// 256 random bits in base64url. Has no `Debug`, so that it cannot be logged by accident.
#[derive(Clone)]
pub(crate) struct Secret(String);

impl Secret {
    const BYTES: u32 = 32;
    const TEXT_LENGTH: usize = 43;

    /// A new value, from the same source `openidconnect` draws `state` from.
    pub(crate) fn new_random() -> Self {
        Secret(CsrfToken::new_random_len(Self::BYTES).into_secret())
    }

    /// A value the browser presents as one of ours. Says nothing about whether we ever gave it out.
    pub(crate) fn from_browser(text: &str) -> Option<Self> {
        (text.len() == Self::TEXT_LENGTH).then(|| Secret(text.to_owned()))
    }

    /// Whether `presented` is this value, in time that does not depend on where they differ.
    pub(crate) fn matches(&self, presented: &str) -> bool {
        self.0.as_bytes().ct_eq(presented.as_bytes()).into()
    }

    /// The text, for a cookie or a form field.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn a_new_value_comes_back_from_the_browser_as_itself() {
        let secret = Secret::new_random();
        let returned = Secret::from_browser(secret.expose()).expect("our own length");
        assert!(secret.matches(returned.expose()));
        assert!(!secret.matches(Secret::new_random().expose()));
    }

    #[test]
    fn a_value_of_another_length_is_not_ours() {
        assert!(Secret::from_browser("").is_none());
        assert!(Secret::from_browser(&"a".repeat(44)).is_none());
    }
}
