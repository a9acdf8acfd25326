//! How what a person typed becomes the bytes that are hashed.
//!
//! Most hashes are made from the password in UTF-8 and nothing else. Where another product had a character set of its
//! own, or put a salt before or behind the password, the text that we keep says so in front of the hash:
//! `utf16le:$digest-md4$…`, `prefix=c2FsdA:$2b$10$…`, `latin1,suffix=c2FsdA:$hmac-sha1$…`. The salt is in standard
//! base64 without padding.

use zeroize::Zeroizing;

use super::Unreadable::{self, Malformed};
use super::phc;

/// How the characters of a password become bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Charset {
    /// As nearly everybody does it.
    #[default]
    Utf8,
    /// Two bytes, the lower one first, for each UTF-16 code unit.
    Utf16Le,
    /// The lower byte of each UTF-16 code unit: ISO 8859-1, or ASCII, where the password has no other characters, and
    /// what Node.js makes of it where it has.
    Latin1,
}

impl Charset {
    const ALL: [Charset; 3] = [Charset::Utf8, Charset::Utf16Le, Charset::Latin1];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Charset::Utf8 => "utf8",
            Charset::Utf16Le => "utf16le",
            Charset::Latin1 => "latin1",
        }
    }

    fn push(self, text: &str, bytes: &mut Vec<u8>) {
        match self {
            Charset::Utf8 => bytes.extend_from_slice(text.as_bytes()),
            Charset::Utf16Le => bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes)),
            Charset::Latin1 => bytes.extend(text.encode_utf16().map(|unit| unit.to_le_bytes()[0])),
        }
    }
}

/// What is hashed together with the password. There is no `Debug`, since it may be the same secret for everybody.
#[derive(Clone, PartialEq, Eq)]
pub enum Salt {
    /// It stands before the password.
    Prefix(Vec<u8>),
    /// It stands behind the password.
    Suffix(Vec<u8>),
}

/// What a hash is made from, besides the password.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Input {
    /// How the password becomes bytes.
    pub charset: Charset,
    /// What is put before or behind it.
    pub salt: Option<Salt>,
}

const MALFORMED: Unreadable = Malformed("what stands before the hash is not a character set or a salt");

impl Input {
    /// The text of a hash, with what has to be known about its input in front.
    pub fn in_front_of(&self, hash: &str) -> String {
        let charset = (self.charset != Charset::Utf8).then(|| self.charset.as_str().to_owned());
        let salt = self.salt.as_ref().map(|salt| match salt {
            Salt::Prefix(salt) => format!("prefix={}", phc::encode(salt)),
            Salt::Suffix(salt) => format!("suffix={}", phc::encode(salt)),
        });
        let said: Vec<String> = charset.into_iter().chain(salt).collect();
        if said.is_empty() { hash.to_owned() } else { format!("{}:{hash}", said.join(",")) }
    }

    /// Takes a text apart into its input and its hash.
    pub(super) fn split_from(text: &str) -> Result<(Self, &str), Unreadable> {
        let (said, hash) = match text.split_once(':') {
            Some(apart) if !text.starts_with(['$', '{']) => apart,
            _ => return Ok((Input::default(), text)),
        };
        let (charset, salt) = match said.split_once(',') {
            Some((charset, salt)) => (Some(charset), Some(salt)),
            None if said.contains('=') => (None, Some(said)),
            None => (Some(said), None),
        };
        let charset = charset.map_or(Ok(Charset::Utf8), parse_charset)?;
        Ok((Input { charset, salt: salt.map(parse_salt).transpose()? }, hash))
    }

    /// How many bytes come before the password.
    pub(super) fn bytes_before(&self) -> usize {
        match &self.salt {
            Some(Salt::Prefix(salt)) => salt.len(),
            Some(Salt::Suffix(_)) | None => 0,
        }
    }

    /// The bytes to be hashed.
    pub(super) fn bytes(&self, typed: &str) -> Zeroizing<Vec<u8>> {
        let (before, behind): (&[u8], &[u8]) = match &self.salt {
            None => (b"", b""),
            Some(Salt::Prefix(salt)) => (salt, b""),
            Some(Salt::Suffix(salt)) => (b"", salt),
        };
        // No character set takes more than two bytes for one of UTF-8; growing would leave copies behind.
        let room = before.len() + 2 * typed.len() + behind.len();
        let mut bytes = Zeroizing::new(Vec::with_capacity(room));
        bytes.extend_from_slice(before);
        self.charset.push(typed, &mut bytes);
        bytes.extend_from_slice(behind);
        bytes
    }
}

fn parse_charset(name: &str) -> Result<Charset, Unreadable> {
    Charset::ALL.into_iter().find(|charset| charset.as_str() == name).ok_or(MALFORMED)
}

fn parse_salt(text: &str) -> Result<Salt, Unreadable> {
    let (position, salt) = text.split_once('=').ok_or(MALFORMED)?;
    let salt = phc::bytes(salt, 1..=2048, "the salt before the hash is not 1 to 2048 bytes of base64")?;
    match position {
        "prefix" => Ok(Salt::Prefix(salt)),
        "suffix" => Ok(Salt::Suffix(salt)),
        _ => Err(MALFORMED),
    }
}
