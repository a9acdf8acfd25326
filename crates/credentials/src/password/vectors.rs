//! Runs the cases of `tests/fixtures/hashes` through the registry: each format has a file there, under its name.

use std::{fs, thread};

use serde::Deserialize;

use super::{Cost, FORMATS, Format, HashUnusable, Limits, Prepared, check_import, verify};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/hashes");

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

#[test]
fn every_format_agrees_with_other_implementations() {
    thread::scope(|scope| {
        for format in FORMATS {
            scope.spawn(|| check(format));
        }
    });
}

#[test]
fn the_guide_names_every_format() {
    let guide = include_str!("../../../../docs/guides/import.md");
    for format in FORMATS {
        assert!(guide.contains(&format!("`{}`", format.name)), "docs/guides/import.md is silent about {}", format.name);
    }
}

/// What sign-in says of every case of a format, and that import agrees with it.
fn check(format: &Format) {
    let path = format!("{FIXTURES}/{}.json", format.name);
    let fixture = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let vectors: Vec<Vector> = serde_json::from_str(&fixture).expect("the fixture is a list of cases");
    let has = |outcome| vectors.iter().any(|vector| vector.outcome == outcome);
    for outcome in [Outcome::Match, Outcome::Mismatch, Outcome::Malformed] {
        assert!(has(outcome), "{path} has no case of {outcome:?}");
    }
    assert!(
        has(Outcome::TooCostly) || vectors.iter().all(|vector| is_quick(format, vector)),
        "{path} has none too costly"
    );
    for vector in &vectors {
        check_vector(format.name, vector);
    }
}

/// Whether a hash has no parameters that could make it slow. Nor has one that cannot be read.
fn is_quick(format: &Format, vector: &Vector) -> bool {
    let cost = format.split(&vector.hash).and_then(|(_, hash)| (format.cost)(hash));
    !cost.is_ok_and(|cost| cost != Cost::NEGLIGIBLE)
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
