//! Runs the cases of `tests/fixtures/hashes` through the registry.

use serde::Deserialize;

use super::{HashUnusable, Limits, Prepared, check_import, verify};

#[derive(Deserialize)]
struct Vector {
    name: String,
    hash: String,
    password: String,
    outcome: Outcome,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Match,
    Mismatch,
    Malformed,
    Unsupported,
    TooCostly,
}

/// Checks every case of a fixture file: what sign-in says, and that import agrees with it.
pub(super) fn check(format: &str, fixture: &str) {
    check_with(&[Outcome::Match, Outcome::Mismatch, Outcome::Malformed, Outcome::TooCostly], format, fixture);
}

/// The same for a format without parameters that would make it slow.
pub(super) fn check_quick(format: &str, fixture: &str) {
    check_with(&[Outcome::Match, Outcome::Mismatch, Outcome::Malformed], format, fixture);
}

fn check_with(kinds: &[Outcome], format: &str, fixture: &str) {
    let vectors: Vec<Vector> = serde_json::from_str(fixture).expect("the fixture is a list of cases");
    for kind in kinds {
        assert!(vectors.iter().any(|vector| vector.outcome == *kind), "{format} has no case of {kind:?}");
    }
    for vector in vectors {
        check_vector(format, &vector);
    }
}

fn check_vector(format: &str, vector: &Vector) {
    let limits = Limits::default();
    let password = Prepared::new(&vector.password).expect("no case is too long");
    let outcome = match verify(format, &vector.hash, &password, &limits) {
        Ok(true) => Outcome::Match,
        Ok(false) => Outcome::Mismatch,
        Err(HashUnusable::Malformed { .. } | HashUnusable::OtherPrefix { .. }) => Outcome::Malformed,
        Err(HashUnusable::Unsupported { .. }) => Outcome::Unsupported,
        Err(HashUnusable::CostAboveLimit { .. }) => Outcome::TooCostly,
        Err(unknown @ HashUnusable::UnknownFormat { .. }) => panic!("{unknown}"),
    };
    assert_eq!(outcome, vector.outcome, "{format}: {}", vector.name);
    let usable = matches!(vector.outcome, Outcome::Match | Outcome::Mismatch);
    assert_eq!(check_import(format, &vector.hash, &limits).is_ok(), usable, "import of {format}: {}", vector.name);
}
