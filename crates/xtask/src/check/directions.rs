//! Which crate may use which: the absences that are the architecture (see `docs/architecture.md`).

use anyhow::Result;

use crate::metadata::{Dependency, Package};
use crate::workspace::Workspace;

/// Every package of this workspace, and which of the others it may use.
const MAY_USE: &[(&str, &[&str])] = &[
    ("protocol", &[]),
    ("credentials", &[]),
    ("model", &["protocol"]),
    ("keys", &["protocol"]),
    ("store", &["model", "protocol"]),
    ("upstream", &["model", "protocol"]),
    ("flows", &["credentials", "keys", "model", "protocol", "store", "upstream"]),
    ("web", &["flows", "model", "protocol"]),
    ("sample", &[]),
    ("broker", &["credentials", "flows", "keys", "model", "protocol", "sample", "store", "upstream", "web"]),
    ("testkit", &["broker", "credentials", "flows", "keys", "model", "protocol", "sample", "store", "upstream", "web"]),
    ("fuzz", &["credentials", "flows", "keys", "protocol", "web"]),
    ("xtask", &[]),
    ("it", &["testkit"]),
];

/// Whose own tests may use `testkit` besides what the crate itself may use. The pure crates need nothing of it.
const TESTED_WITH_TESTKIT: &[&str] = &["store", "upstream", "flows", "web", "broker"];

/// Crates from outside that live in one place, so that replacing one is a change to one crate.
const LIVES_IN: &[(&str, &[&str])] = &[
    ("josekit", &["keys"]),
    ("openssl", &["keys"]),
    // The tests from outside measure the bare hash beside a whole sign-in.
    ("argon2", &["credentials", "it"]),
    ("bcrypt", &["credentials"]),
    ("scrypt", &["credentials"]),
    ("pbkdf2", &["credentials"]),
    ("totp-rs", &["credentials"]),
    ("webauthn-rs", &["credentials"]),
    ("openidconnect", &["upstream", "sample"]),
    // The test kit makes databases, and reads whole ones past the store to show that nothing changed.
    ("sqlx", &["store", "testkit"]),
    ("sea-query", &["store"]),
    // What the product draws is `keys::Entropy`; tests draw what can be had again.
    ("fastrand", &["fuzz", "it"]),
    ("redis", &["store"]),
    ("axum", &["web", "broker", "sample", "testkit", "it"]),
    // The rest decide things from values alone.
    ("tokio", &["store", "upstream", "flows", "web", "broker", "sample", "testkit", "it"]),
    ("reqwest", &["upstream", "sample", "broker", "testkit", "it"]),
    ("hyper", &["web", "broker", "testkit", "it"]),
];

/// What any crate's own tests may use: they play the other side of a connection, signatures included.
const FREE_IN_TESTS: &[&str] = &["axum", "tokio", "reqwest", "hyper", "openssl"];

/// The crates of which not even the tests leave the realm of values.
const PURE: &[&str] = &["protocol", "credentials", "model"];

pub(super) fn check(workspace: &Workspace) -> Result<Vec<String>> {
    Ok(workspace.members()?.packages.iter().flat_map(complaints).collect())
}

fn complaints(package: &Package) -> Vec<String> {
    let Some(may_use) = find(MAY_USE, &package.name) else {
        return vec![format!("{} is not in the table of directions", package.name)];
    };
    let forbidden = package.dependencies.iter().filter(|used| !is_allowed(&package.name, may_use, used));
    forbidden.map(|used| format!("{} must not use {}", package.name, used.name)).collect()
}

fn is_allowed(package: &str, may_use: &[&str], used: &Dependency) -> bool {
    let name = used.name.as_str();
    if find(MAY_USE, name).is_some() {
        let is_test_kit = name == "testkit" && used.is_for_tests() && TESTED_WITH_TESTKIT.contains(&package);
        return may_use.contains(&name) || is_test_kit;
    }
    let is_free = used.is_for_tests() && FREE_IN_TESTS.contains(&name) && !PURE.contains(&package);
    find(LIVES_IN, name).is_none_or(|homes| homes.contains(&package) || is_free)
}

fn find(table: &'static [(&str, &[&str])], name: &str) -> Option<&'static [&'static str]> {
    table.iter().find(|(key, _)| *key == name).map(|(_, value)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::DependencyKind;

    fn dependency(name: &str, kind: Option<DependencyKind>) -> Dependency {
        Dependency { name: name.to_owned(), kind }
    }

    fn package(name: &str, uses: Vec<Dependency>) -> Package {
        Package { name: name.to_owned(), version: "0.0.0".to_owned(), license: None, source: None, dependencies: uses }
    }

    #[track_caller]
    fn check(name: &str, used: &str, is_allowed: bool) {
        check_kind(name, used, None, is_allowed);
        check_kind(name, used, Some(DependencyKind::Build), is_allowed);
    }

    #[track_caller]
    fn check_in_tests(name: &str, used: &str, is_allowed: bool) {
        check_kind(name, used, Some(DependencyKind::Dev), is_allowed);
    }

    #[track_caller]
    fn check_kind(name: &str, used: &str, kind: Option<DependencyKind>, is_allowed: bool) {
        let found = complaints(&package(name, vec![dependency(used, kind)]));
        let expected = if is_allowed { Vec::new() } else { vec![format!("{name} must not use {used}")] };
        assert_eq!(found, expected);
    }

    #[test]
    fn crates_of_ours_are_used_downwards_only() {
        check("web", "flows", true);
        check("web", "store", false);
        check("web", "keys", false);
        check("web", "upstream", false);
        check("web", "credentials", false);
        check("flows", "store", true);
        check("store", "flows", false);
        check("model", "protocol", true);
        check("protocol", "model", false);
        check("sample", "protocol", false);
        check("xtask", "protocol", false);
        check("testkit", "broker", true);
    }

    #[test]
    fn the_test_kit_is_for_tests() {
        check("flows", "testkit", false);
        check("it", "testkit", true);
        check_in_tests("flows", "testkit", true);
        check_in_tests("protocol", "testkit", false);
        check_in_tests("web", "store", false);
    }

    #[test]
    fn crates_from_outside_stay_where_they_live() {
        check("keys", "josekit", true);
        check("flows", "josekit", false);
        check("web", "sqlx", false);
        check("upstream", "axum", false);
        check("protocol", "tokio", false);
        check("protocol", "serde", true);
    }

    #[test]
    fn tests_may_play_the_other_side_but_pure_crates_stay_pure() {
        check_in_tests("upstream", "axum", true);
        check_in_tests("sample", "openssl", true);
        check("sample", "openssl", false);
        check_in_tests("upstream", "sqlx", false);
        check_in_tests("protocol", "tokio", false);
    }

    #[test]
    fn every_offence_is_named() {
        let found = complaints(&package("web", vec![dependency("store", None), dependency("redis", None)]));
        assert_eq!(found, ["web must not use store", "web must not use redis"]);
    }

    #[test]
    fn a_new_crate_has_to_be_given_a_place() {
        assert_eq!(complaints(&package("utils", Vec::new())), ["utils is not in the table of directions"]);
    }
}
