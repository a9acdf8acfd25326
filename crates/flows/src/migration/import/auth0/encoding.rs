//! Bytes and passwords as text, in the encodings that Auth0 takes, which are those of Node.js.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use credentials::password::Charset;

use super::super::fields::Fields;
use super::super::refusal::RowCode;

const LONGEST_WORD: usize = 64;

/// How bytes are written as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Hex,
    Base64,
    Utf8,
}

impl Encoding {
    fn as_str(self) -> &'static str {
        match self {
            Encoding::Hex => "hex",
            Encoding::Base64 => "base64",
            Encoding::Utf8 => "utf8",
        }
    }

    /// Hexadecimal digits have any case; base64 has either alphabet, with or without padding.
    fn decode(self, text: &str) -> Option<Vec<u8>> {
        match self {
            Encoding::Hex => hex::decode(text).ok(),
            Encoding::Base64 => {
                let standard = text.trim_end_matches('=').replace('-', "+").replace('_', "/");
                STANDARD_NO_PAD.decode(standard).ok()
            }
            Encoding::Utf8 => Some(text.as_bytes().to_vec()),
        }
    }
}

/// The bytes of a digest in the field `value`: hexadecimal or base64, as `encoding` says.
pub(super) fn digest(fields: &mut Fields<'_>, longest: usize) -> Option<Vec<u8>> {
    fields.required_text("encoding", LONGEST_WORD)?;
    bytes(fields, &[Encoding::Hex, Encoding::Base64], longest)
}

/// The bytes of a salt or key in the field `value`: as they stand, unless `encoding` says otherwise.
pub(super) fn salt(fields: &mut Fields<'_>, longest: usize) -> Option<Vec<u8>> {
    bytes(fields, &[Encoding::Utf8, Encoding::Hex, Encoding::Base64], longest)
}

/// The first of these encodings is meant where there is no `encoding`.
fn bytes(fields: &mut Fields<'_>, encodings: &[Encoding], longest: usize) -> Option<Vec<u8>> {
    let value = fields.required_text("value", longest);
    let encoding = match fields.text("encoding", LONGEST_WORD) {
        None => encodings.first(),
        Some(name) => encodings.iter().find(|encoding| encoding.as_str() == name),
    };
    let Some(encoding) = encoding else {
        let names: Vec<_> = encodings.iter().map(|encoding| encoding.as_str()).collect();
        fields.refuse(RowCode::EnumMismatch, "encoding", format!("expected one of {}", names.join(", ")));
        return None;
    };
    let bytes = encoding.decode(value?);
    if bytes.is_none() {
        fields.refuse(RowCode::Format, "value", format!("this is not {}", encoding.as_str()));
    }
    bytes
}

/// The character set that `encoding` names. Node.js makes the same bytes of ASCII and of Latin-1.
pub(super) fn charset(fields: &mut Fields<'_>) -> Option<Charset> {
    match fields.text("encoding", LONGEST_WORD)? {
        "utf8" => Some(Charset::Utf8),
        "utf16le" | "ucs2" => Some(Charset::Utf16Le),
        "ascii" | "latin1" | "binary" => Some(Charset::Latin1),
        _ => {
            let message = "expected one of ascii, utf8, utf16le, ucs2, latin1, binary";
            fields.refuse(RowCode::EnumMismatch, "encoding", message);
            None
        }
    }
}
