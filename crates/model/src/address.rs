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
    /// single-label domain, no white space, quotes, controls, comments or list separators, nothing that
    /// [nobody sees](has_unseen), at most 254 bytes.
    pub fn parse(text: &str) -> Option<Self> {
        let folded = Self::of(text);
        let (local, domain) = folded.0.split_once('@')?;
        let plain = |c: char| !c.is_whitespace() && !c.is_control() && !"()<>,;:\\\"[]@".contains(c);
        let fits = !local.is_empty() && local.len() <= 64 && !domain.is_empty() && folded.0.len() <= 254;
        let dots = domain.split('.').all(|label| !label.is_empty()) && !local.starts_with('.') && !local.ends_with('.');
        let shows = !has_unseen(text);
        (fits && dots && shows && local.chars().all(plain) && domain.chars().all(plain)).then_some(folded)
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

/// Whether a text has characters that nobody sees, or that make what follows run backwards: with them two names look
/// alike and are not. Names to sign in with have none (RFC 8264 9.13 and 9.14).
pub fn has_unseen(text: &str) -> bool {
    text.chars().any(is_unseen)
}

/// Whether nobody sees this character, or it makes what follows run backwards. Control characters are such.
pub fn is_unseen(character: char) -> bool {
    let is_ignorable = matches!(
        character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
    );
    character.is_control() || is_ignorable
}

#[cfg(test)]
mod tests {
    use super::FoldedEmail;

    /// WP-04: two addresses that look alike to everybody are one, or one of them is none.
    #[test]
    fn wp_04_no_address_hides_a_character_or_runs_backwards() {
        for unseen in
            ["\u{200b}", "\u{200d}", "\u{202e}", "\u{2066}", "\u{feff}", "\u{ad}", "\u{fe0f}", "\u{3164}", "\u{e0061}"]
        {
            for text in [format!("a{unseen}b@x.io"), format!("{unseen}ab@x.io"), format!("ab@x{unseen}.io")] {
                assert_eq!(FoldedEmail::parse(&text), None, "{text:?}");
            }
        }
        let (composed, decomposed) = (FoldedEmail::parse("z\u{fc}rich@x.io"), FoldedEmail::parse("zu\u{308}rich@X.io"));
        assert!(composed.is_some() && composed == decomposed);
        assert_eq!(FoldedEmail::parse("\u{ff41}b@x.io"), FoldedEmail::parse("ab@x.io"));
    }

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
