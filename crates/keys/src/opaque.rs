//! Secrets that mean something to us alone: codes, session cookies, and the secret part of refresh tokens.
//!
//! A token is 256 random bits. Only its digest is stored, and its kind is part of the digest, so that a token
//! of one kind is never found among those of another.

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

/// What an opaque token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// An authorization code (RFC 6749 4.1.2).
    Code,
    /// A refresh token (RFC 6749 6); made and read as a [`RefreshSecret`](crate::RefreshSecret).
    Refresh,
    /// An access token that is not a JWT.
    Access,
    /// A browser's session cookie.
    Session,
    /// The handle of a pending authorization.
    Pending,
    /// The `request_uri` of a pushed authorization request (RFC 9126 2.2).
    Pushed,
    /// The `state` a browser is sent to an upstream provider with.
    ProviderSignIn,
    /// A link that confirms an address.
    EmailVerification,
    /// A link with which a new password is chosen.
    PasswordReset,
    /// A link to what a job gives.
    Download,
}

impl TokenKind {
    /// Part of every stored digest; a changed tag makes all tokens of the kind unknown.
    fn tag(self) -> &'static [u8] {
        match self {
            TokenKind::Code => b"code\0",
            TokenKind::Refresh => b"refresh\0",
            TokenKind::Access => b"access\0",
            TokenKind::Session => b"session\0",
            TokenKind::Pending => b"pending\0",
            TokenKind::Pushed => b"pushed\0",
            TokenKind::ProviderSignIn => b"provider sign-in\0",
            TokenKind::EmailVerification => b"e-mail verification\0",
            TokenKind::PasswordReset => b"password reset\0",
            TokenKind::Download => b"download\0",
        }
    }
}

/// An opaque token in clear. There is no `Debug`, and it is wiped on drop.
pub struct OpaqueToken(Zeroizing<[u8; 32]>);

impl OpaqueToken {
    /// A new token.
    pub fn from_random(random: [u8; 32]) -> Self {
        OpaqueToken(Zeroizing::new(random))
    }

    /// Reads what someone presented. `None` unless it is the one spelling that [`OpaqueToken::text`] gives: a
    /// token cut, padded, re-cased or with other bits in its last character is no token.
    pub fn parse(presented: &str) -> Option<Self> {
        let mut bytes = Zeroizing::new([0; 32]);
        // The decoder refuses padding, blanks, other alphabets, and unused bits that are set.
        let length = URL_SAFE_NO_PAD.decode_slice(presented, bytes.as_mut_slice()).ok()?;
        (length == bytes.len()).then_some(OpaqueToken(bytes))
    }

    /// What the holder is given: 43 characters of base64url.
    pub fn text(&self) -> Zeroizing<String> {
        Zeroizing::new(URL_SAFE_NO_PAD.encode(self.0.as_slice()))
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// What is stored and looked up: SHA-256 over the kind and the token.
    pub fn digest(&self, kind: TokenKind) -> [u8; 32] {
        self.digest_with(kind, b"")
    }

    /// The digest of a token that has something written behind it.
    pub(crate) fn digest_with(&self, kind: TokenKind, behind: &[u8]) -> [u8; 32] {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(kind.tag());
        context.update(self.0.as_slice());
        context.update(behind);
        context.finish().as_ref().try_into().expect("SHA-256 gives 32 bytes")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [TokenKind; 9] = [
        TokenKind::Code,
        TokenKind::Refresh,
        TokenKind::Access,
        TokenKind::Session,
        TokenKind::Pending,
        TokenKind::Pushed,
        TokenKind::ProviderSignIn,
        TokenKind::EmailVerification,
        TokenKind::PasswordReset,
    ];

    fn token() -> OpaqueToken {
        OpaqueToken::from_random(std::array::from_fn(|index| 250 - u8::try_from(index).unwrap()))
    }

    #[test]
    fn what_was_given_out_is_recognised() {
        let presented = OpaqueToken::parse(&token().text()).expect("our own spelling");
        assert_eq!(presented.digest(TokenKind::Code), token().digest(TokenKind::Code));
        assert_eq!(token().text().len(), 43);
    }

    #[test]
    fn co_11_no_kind_matches_another() {
        let digests = KINDS.map(|kind| token().digest(kind));
        for (index, digest) in digests.iter().enumerate() {
            assert!(!digests[..index].contains(digest), "{:?}", KINDS[index]);
        }
    }

    #[test]
    fn a_stored_digest_keeps_its_meaning() {
        // printf 'code\0' and 32 zero bytes, through sha256sum.
        let expected = "98da38e4";
        let digest = OpaqueToken::from_random([0; 32]).digest(TokenKind::Code);
        assert_eq!(format!("{:02x}{:02x}{:02x}{:02x}", digest[0], digest[1], digest[2], digest[3]), expected);
    }

    fn check_refused(altered: &str) {
        assert_ne!(altered, token().text().as_str(), "the case alters nothing");
        let known = token().digest(TokenKind::Code);
        assert!(OpaqueToken::parse(altered).is_none_or(|other| other.digest(TokenKind::Code) != known), "{altered}");
    }

    #[test]
    fn co_12_an_altered_token_matches_nothing() {
        let text = token().text();
        for length in 0..text.len() {
            assert!(OpaqueToken::parse(&text[..length]).is_none(), "cut to {length}");
        }
        for edited in ["=", "A", " ", "\n", "\0"].map(|tail| format!("{}{tail}", *text)) {
            assert!(OpaqueToken::parse(&edited).is_none(), "{edited:?}");
        }
        check_refused(&text.to_lowercase());
        check_refused(&text.to_uppercase());
        check_refused(&format!(" {}", *text));
    }

    #[test]
    fn co_12_unused_bits_of_the_last_character_are_not_free() {
        let (head, last) = (&token().text()[..42], token().text().as_bytes()[42]);
        let siblings = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let position = siblings.iter().position(|sibling| *sibling == last).unwrap();
        for other in 1..4 {
            check_refused(&format!("{head}{}", char::from(siblings[position + other])));
        }
    }
}
