//! The one rule by which e-mail addresses are compared.

use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// An e-mail address folded for comparison: trimmed, NFKC, lower-cased as a whole.
///
/// Sign-up, sign-in, import and search all compare this form and nothing else, so `Foo@x.io`, `foo@X.io ` and
/// its full-width spelling are one address everywhere.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FoldedEmail(String);

impl FoldedEmail {
    /// Folds an address that is known to be one, such as a stored one.
    pub fn of(address: &str) -> Self {
        let address = address.trim();
        // ASCII is its own NFKC, which is asked for each row of an import several times.
        Self(if address.is_ascii() {
            address.to_ascii_lowercase()
        } else {
            address.nfkc().collect::<String>().to_lowercase()
        })
    }

    /// Folds what somebody typed. `None` where it is not one plain address: exactly one `@`, a dotted or
    /// single-label domain, no white space, quotes, controls, comments or list separators, at most 254 bytes.
    pub fn parse(text: &str) -> Option<Self> {
        let folded = Self::of(text);
        let (local, domain) = folded.0.split_once('@')?;
        let plain = |c: char| !c.is_whitespace() && !c.is_control() && !"()<>,;:\\\"[]@".contains(c);
        let fits = !local.is_empty() && local.len() <= 64 && !domain.is_empty() && folded.0.len() <= 254;
        let dots = domain.split('.').all(|label| !label.is_empty()) && !local.starts_with('.') && !local.ends_with('.');
        (fits && dots && local.chars().all(plain) && domain.chars().all(plain)).then_some(folded)
    }

    /// From the stored column, which already is folded.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The folded text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before the `@`.
    pub fn local_part(&self) -> &str {
        self.0.split_once('@').map_or(self.0.as_str(), |(local, _)| local)
    }
}

impl fmt::Display for FoldedEmail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::FoldedEmail;

    #[test]
    fn spellings_of_one_address_fold_together() {
        for spelling in ["Foo@x.io", "foo@X.io ", "ｆｏｏ@x.io"] {
            assert_eq!(FoldedEmail::parse(spelling).expect(spelling).as_str(), "foo@x.io");
        }
    }

    #[test]
    fn what_is_not_one_plain_address_is_refused() {
        for text in
            ["", "a", "a@", "@b", "a@b@evil", "\"a b\"@c.io", "a@b.io, c@d.io", "a\n@b.io", "a@b..io", "(x)a@b.io"]
        {
            assert_eq!(FoldedEmail::parse(text), None, "{text:?}");
        }
        assert_eq!(FoldedEmail::parse(&format!("{}@b.io", "a".repeat(320))), None);
    }
}
