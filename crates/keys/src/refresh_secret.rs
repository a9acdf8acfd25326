//! Refresh tokens in clear.
//!
//! The row of a token that was exchanged long ago is deleted, and yet the token must be known again when it comes back:
//! whoever presents it is a thief, or had one. So a token says which family it descends from, and a keyed check says
//! that we wrote so. Nobody can end a family by guessing: without having held one of its tokens, the check has to be
//! guessed as well.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use crate::{OpaqueToken, Sealer, TokenKind, secrets_match};

const PURPOSE: &str = "refresh token's family";
const SECRET_LENGTH: usize = 43;
const CHECK_BYTES: usize = 16;
const CHECK_LENGTH: usize = 22;
const LONGEST_FAMILY: usize = 64;

/// A refresh token in clear: 256 random bits, the name of its family, and a check of 128 bits over both. Tokens from
/// before there was a check are the random bits alone.
///
/// There is no `Debug`, and the secret is wiped on drop.
pub struct RefreshSecret {
    secret: OpaqueToken,
    /// Family and check, as they are written behind the secret.
    descent: String,
}

impl RefreshSecret {
    /// A new token of this family, whose name is of at most 64 ASCII characters.
    pub fn new(random: [u8; 32], family: &str, sealer: &Sealer) -> Self {
        let secret = OpaqueToken::from_random(random);
        let descent = format!("{family}{}", check(&secret, family, sealer));
        RefreshSecret { secret, descent }
    }

    /// Reads what someone presented. `None` where it does not have the shape of a token; whether it is one, its row or
    /// its [check](RefreshSecret::family) must say.
    pub fn parse(presented: &str) -> Option<Self> {
        let (secret, descent) = presented.split_at_checked(SECRET_LENGTH)?;
        let has_shape = descent.is_empty() || (CHECK_LENGTH..=CHECK_LENGTH + LONGEST_FAMILY).contains(&descent.len());
        let secret = OpaqueToken::parse(secret).filter(|_| has_shape && descent.is_ascii())?;
        Some(RefreshSecret { secret, descent: descent.to_owned() })
    }

    /// What the holder is given: characters of base64url.
    pub fn text(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{}{}", *self.secret.text(), self.descent))
    }

    /// What is stored and looked up. It covers the whole token, so that an altered one matches nothing.
    pub fn digest(&self) -> [u8; 32] {
        self.secret.digest_with(TokenKind::Refresh, self.descent.as_bytes())
    }

    /// The family for which we made this token under this master key. `None` for whatever else has the shape of one.
    pub fn family(&self, sealer: &Sealer) -> Option<&str> {
        let (family, presented) = self.descent.split_at_checked(self.descent.len().checked_sub(CHECK_LENGTH)?)?;
        let expected = check(&self.secret, family, sealer);
        secrets_match(expected.as_bytes(), presented.as_bytes()).then_some(family)
    }
}

/// The secret's length is fixed, so that no two pairs give the same bytes.
fn check(secret: &OpaqueToken, family: &str, sealer: &Sealer) -> String {
    let both = Zeroizing::new([secret.bytes().as_slice(), family.as_bytes()].concat());
    URL_SAFE_NO_PAD.encode(&sealer.keyed_digest(PURPOSE, &both)[..CHECK_BYTES])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MasterKey;

    const FAMILY: &str = "aFamilyOf24Characters123";

    fn sealer(seed: u8) -> Sealer {
        Sealer::new(&MasterKey::from_random([seed; 32]))
    }

    fn token() -> RefreshSecret {
        RefreshSecret::new(std::array::from_fn(|index| 250 - u8::try_from(index).unwrap()), FAMILY, &sealer(1))
    }

    /// What a token with this text says of its family, if it has the shape of a token.
    fn family_of(text: &str) -> Option<String> {
        RefreshSecret::parse(text).and_then(|token| token.family(&sealer(1)).map(str::to_owned))
    }

    #[test]
    fn what_was_given_out_is_recognised() {
        let text = token().text();
        assert_eq!(text.len(), 89);
        assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{}", *text);
        let presented = RefreshSecret::parse(&text).expect("our own spelling");
        assert_eq!(presented.digest(), token().digest());
        assert_eq!((presented.family(&sealer(1)), presented.text()), (Some(FAMILY), text));
    }

    #[test]
    fn a_token_from_before_there_was_a_check_keeps_its_digest_and_names_no_family() {
        let secret = OpaqueToken::from_random([7; 32]);
        let presented = RefreshSecret::parse(&secret.text()).expect("a bare secret");
        assert_eq!(presented.digest(), secret.digest(TokenKind::Refresh));
        assert_eq!((presented.family(&sealer(1)), presented.text()), (None, secret.text()));
    }

    #[test]
    fn rt_10_the_digest_covers_every_character_and_so_does_the_check() {
        let text = token().text();
        for at in 0..text.len() {
            let other = if text.as_bytes()[at] == b'A' { "B" } else { "A" };
            let altered = format!("{}{other}{}", &text[..at], &text[at + 1..]);
            assert_eq!(family_of(&altered), None, "{altered}");
            let digest = RefreshSecret::parse(&altered).map(|token| token.digest());
            assert_ne!(digest, Some(token().digest()), "{altered}");
            assert_eq!(family_of(&text[..at]), None, "cut to {at}");
        }
        for appended in ["A", "=", "\0", "é"] {
            assert_eq!(family_of(&format!("{}{appended}", *text)), None, "{appended:?}");
        }
    }

    #[test]
    fn what_cannot_be_a_token_is_not_read() {
        let bare = token().text()[..SECRET_LENGTH].to_owned();
        let longest = "f".repeat(CHECK_LENGTH + LONGEST_FAMILY);
        for (text, expected) in [
            (bare.clone(), true),
            (format!("{bare}{}", &longest[..CHECK_LENGTH - 1]), false),
            (format!("{bare}{}", &longest[..CHECK_LENGTH]), true),
            (format!("{bare}{longest}"), true),
            (format!("{bare}{longest}f"), false),
            (format!("{bare}{}é", &longest[..CHECK_LENGTH]), false),
            (format!("{}é", &bare[..SECRET_LENGTH - 1]), false),
            (String::new(), false),
        ] {
            assert_eq!(RefreshSecret::parse(&text).is_some(), expected, "{text}");
        }
    }

    /// Neither another family's name nor another secret goes with a check that somebody has seen.
    #[test]
    fn a_check_belongs_to_one_secret_and_one_family() {
        let (text, check) = (token().text(), CHECK_LENGTH);
        let secret = OpaqueToken::from_random([7; 32]).text();
        assert_eq!(family_of(&format!("{}{}", *secret, &text[SECRET_LENGTH..])), None);
        assert_eq!(family_of(&text.replace(FAMILY, "anotherFamily1234567890x")), None);
        assert_eq!(family_of(&format!("{}{}", &text[..SECRET_LENGTH], &text[text.len() - check..])), None);
        assert_eq!(token().family(&sealer(2)), None, "another master key");
    }
}
