//! Synthetic people, as many as wanted, who are the same every time.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use serde_json::{Value, json};

use crate::harness::Installation;

/// The words in which an import counts the people of this file who were not there before.
pub(super) const ADDED: &str = "added with a password hash";

/// How people's passwords came to be in the file: cheap to verify, so that signing in shows the import and not the
/// hash.
const PASSWORDS: [(&str, &str); 3] = [
    ("correct horse battery", "$2b$04$xs1akFNcyzxZtCgGAXYHGOLUAHnL7t0nc8gCOnYIdequNHD4LBE7m"),
    ("correct horse", "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQxMjM0NTY3OA$3QpGImd1I7qBeXxWsfTrAbXB1VL32BwfYDx8xYmZ+Jo"),
    (
        "correct horse battery",
        "$pbkdf2-sha256$i=1000,l=32$c29tZXNhbHQxMjM0NTY3OA$/SBApkvDnCRTZM8JM3+QsSTWVLuzUlH3smiOHl3Xqac",
    ),
];

/// One row in so many cannot be taken.
const ROWS_PER_REFUSAL: u64 = 1_000;

/// Somebody of a directory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Person(pub(crate) u64);

impl Person {
    /// As Auth0 makes ids: a moment, which grows, and what is random.
    pub(crate) fn id(self) -> String {
        format!("{:08x}{:016x}", 0x5000_0000 + self.0 / 10, scattered(self.0))
    }

    /// In no order.
    pub(crate) fn email(self) -> String {
        format!("{:08x}.{}@example.com", scattered(self.0) >> 32, self.0)
    }

    pub(crate) fn password(self) -> &'static str {
        PASSWORDS[self.kind()].0
    }

    pub(crate) fn is_refused(self) -> bool {
        self.0 % ROWS_PER_REFUSAL == ROWS_PER_REFUSAL - 1
    }

    fn kind(self) -> usize {
        usize::try_from(self.0 % 3).expect("less than three")
    }

    fn row(self) -> Value {
        let number = self.0;
        let email = if self.is_refused() { format!("nobody {number}") } else { self.email() };
        let mut row = json!({
            "user_id": self.id(),
            "email": email,
            "email_verified": !number.is_multiple_of(5),
            "given_name": format!("Given {}", number % 997),
            "family_name": format!("Family {}", number % 9_973),
            "name": format!("Given {} Family {}", number % 997, number % 9_973),
            "picture": format!("https://cdn.example.com/avatars/{:016x}.png", scattered(number)),
            "user_metadata": { "locale": "de-CH", "theme": { "dark": number.is_multiple_of(2) } },
            "app_metadata": { "plan": "gold", "numbers": [number, number + 1] },
        });
        match (self.kind(), PASSWORDS[self.kind()].1) {
            (0, hash) => row["password_hash"] = hash.into(),
            (1, hash) => row["custom_password_hash"] = json!({ "algorithm": "argon2", "hash": { "value": hash } }),
            (_, hash) => row["custom_password_hash"] = json!({ "algorithm": "pbkdf2", "hash": { "value": hash } }),
        }
        row
    }
}

/// The same number for the same one, and far from it (the finalizer of `SplitMix64`).
pub(crate) fn scattered(number: u64) -> u64 {
    let mixed = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// How many of the first so many rows are refused.
pub(crate) fn refused_among(people: u64) -> u64 {
    people / ROWS_PER_REFUSAL
}

/// Writes a file of so many people, one after another.
pub(crate) fn write(path: &Path, people: u64) {
    let mut file = BufWriter::new(File::create(path).unwrap());
    for number in 0..people {
        writeln!(file, "{}", Person(number).row()).unwrap();
    }
    file.flush().unwrap();
}

/// Brings so many people into a connection where there are none of them.
pub(crate) fn load(installation: &Installation, connection: &str, people: u64) {
    let file = installation.folder().join("people.ndjson");
    write(&file, people);
    let imported = installation.import(connection, &file, None);
    assert_eq!(imported.count(ADDED), people - refused_among(people), "{imported:?}");
}
