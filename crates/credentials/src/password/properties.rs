//! What holds for every format: no text makes one panic, and what is written is what is read.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::input::{Charset, Input, Salt};
use super::{
    Digest, FORMATS, Limits, Prepared, ScryptParameters, check_import, detect, digest_text, hmac_text, scrypt_text,
    verify,
};

/// Sound hashes, at least one of every format.
const SOUND: &[(&str, &str)] = &[
    ("argon2", "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQxMjM0NTY3OA$cnJycnJycnJycnJycnJycg"),
    ("bcrypt", "latin1,prefix=c2FsdA:$2b$04$abcdefghijklmnopqrstuuPFGfTAH8FPOgyK3ETYcTTmQFZBGCkFe"),
    ("hmac", "$hmac-md5$c2VjcmV0$cnJycnJycnJycnJycnJycg"),
    ("ldap", "{SMD5}cnJycnJycnJycnJycnJycnNhbHQ="),
    ("md4", "utf16le:$digest-md4$cnJycnJycnJycnJycnJycg"),
    ("md5", "suffix=c2FsdA:$digest-md5$cnJycnJycnJycnJycnJycg"),
    ("pbkdf2", "$pbkdf2-RSA-MD5$i=1,l=16$c2FsdA$cnJycnJycnJycnJycnJycg"),
    ("scrypt", "$scrypt$ln=1,r=1,p=1$c2FsdA$cnJycnJycnJycnJycnJycg"),
    ("sha1", "$digest-sha1$AAAAAAAAAAAAAAAAAAAAAAAAAAA"),
    ("sha256", "$digest-sha256$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
    ("sha512", "$digest-sha512$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
];

/// Small enough that whatever is admitted is verified at once.
const SMALL: Limits = Limits { memory_kib: 1024, milliseconds: 5 };

fn look_at(format: &str, text: &str) {
    let is_usable = check_import(format, text, &SMALL).is_ok();
    let outcome = verify(format, text, &Prepared::new("correct horse").unwrap(), &SMALL);
    assert_eq!(outcome.is_ok(), is_usable, "import and sign-in disagree about {format}: {text:?}");
}

#[test]
fn the_sound_hashes_are_sound_and_of_every_format() {
    for (format, text) in SOUND {
        assert_eq!(check_import(format, text, &SMALL), Ok(()), "{format}");
    }
    for format in FORMATS {
        assert!(SOUND.iter().any(|(name, _)| *name == format.name), "{} is missing", format.name);
    }
}

#[test]
fn wp_07_no_edit_of_a_hash_makes_a_format_panic() {
    for (format, sound) in SOUND {
        for at in 0..sound.len() {
            for edit in ["", "\0", "$", "9", "=", ",", ":", "}", "A", "\u{e9}", "\u{1f511}"] {
                look_at(format, &format!("{}{edit}", &sound[..at]));
                look_at(format, &format!("{}{edit}{}", &sound[..at], &sound[at + 1..]));
            }
        }
    }
}

#[test]
fn a_hash_of_one_format_is_not_one_of_another() {
    for (format, text) in SOUND {
        for (other, _) in SOUND.iter().filter(|(other, _)| other != format) {
            assert!(check_import(other, text, &SMALL).is_err(), "{text} as {other}");
        }
    }
}

/// Texts made of the pieces that hashes are made of.
fn nearly_a_hash() -> impl Strategy<Value = String> {
    let pieces = vec![
        "$",
        ":",
        ",",
        "=",
        "{",
        "}",
        "-",
        "prefix=",
        "suffix=",
        "utf16le",
        "latin1",
        "{SSHA}",
        "$2b$04$",
        "$argon2id$",
        "v=19",
        "m=64",
        "t=1",
        "p=1",
        "$pbkdf2-",
        "sha512",
        "i=1",
        "l=16",
        "$scrypt$",
        "ln=1",
        "r=1",
        "r=4294967295",
        "p=4294967295",
        "ln=63",
        "$hmac-",
        "md5",
        "$digest-sha1$",
        "c2FsdA",
        "cnJycnJycnJycnJycnJycg",
        "99999999999",
    ];
    let piece = prop_oneof![8 => select(pieces).prop_map(str::to_owned), 1 => ".{0,4}"];
    vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn input() -> impl Strategy<Value = (Charset, Option<bool>, Vec<u8>)> {
    (select(&[Charset::Utf8, Charset::Utf16Le, Charset::Latin1][..]), any::<Option<bool>>(), vec(any::<u8>(), 1..40))
}

fn made_from((charset, is_prefix, salt): (Charset, Option<bool>, Vec<u8>)) -> Input {
    Input { charset, salt: is_prefix.map(|is_prefix| if is_prefix { Salt::Prefix(salt) } else { Salt::Suffix(salt) }) }
}

proptest! {
    #[test]
    fn wp_07_no_text_makes_a_format_panic(text in nearly_a_hash(), any in ".{0,40}") {
        for text in [&text, &any] {
            detect(text);
            for format in FORMATS {
                look_at(format.name, text);
            }
        }
    }

    #[test]
    fn an_input_is_read_as_it_was_written(input in input(), (_, hash) in select(SOUND)) {
        let input = made_from(input);
        let hash = hash.rsplit(':').next().unwrap();
        let text = input.in_front_of(hash);
        let (read, rest) = Input::split_from(&text).unwrap();
        prop_assert!(read == input);
        prop_assert_eq!(rest, hash);
    }

    #[test]
    fn a_hash_is_read_as_it_was_written(
        input in input(), typed in ".{0,40}", digest in select(&Digest::ALL[..]), key in vec(any::<u8>(), 1..80),
        r in 1_u32..4, p in 1_u32..4, log_n in 1_u32..4,
    ) {
        let input = made_from(input);
        let bytes = input.bytes(&typed);
        let params = ::scrypt::Params::new(u8::try_from(log_n).unwrap(), r, p).unwrap();
        let mut derived = [0; 24];
        ::scrypt::scrypt(&bytes, &key, &params, &mut derived).unwrap();
        let mut texts = vec![
            ("hmac", hmac_text(digest, &key, &digest.hmac(&key, &bytes))),
            ("scrypt", scrypt_text(ScryptParameters { log_n, r, p }, &key, &derived)),
        ];
        if FORMATS.iter().any(|format| format.name == digest.as_str()) {
            texts.push((digest.as_str(), digest_text(digest, &digest.of([&bytes, b""]))));
        }
        for (format, hash) in texts {
            let text = input.in_front_of(&hash);
            let is_right = |typed: &str| verify(format, &text, &Prepared::new(typed).unwrap(), &SMALL);
            prop_assert_eq!(is_right(&typed), Ok(true), "{}", text);
            prop_assert_eq!(is_right(&format!("{typed}x")), Ok(false), "{}", text);
        }
    }
}
