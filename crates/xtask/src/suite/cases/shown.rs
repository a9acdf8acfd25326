//! Which tests passed that carry the id of a case in their name.

use std::collections::{BTreeMap, BTreeSet};

/// The tests of each case, by its id.
#[derive(Clone, Default)]
pub(in crate::suite) struct Shown(BTreeMap<String, BTreeSet<String>>);

impl Shown {
    /// Takes in what `cargo test` prints of one test, as in `test codes::co_01_a_code_serves_once ... ok`.
    pub(in crate::suite) fn read(&mut self, line: &str) {
        let Some(path) = line.strip_prefix("test ").and_then(|line| line.strip_suffix(" ... ok")) else { return };
        // A test that runs on each engine is a module, and its engine the last name.
        for name in path.split("::") {
            for id in ids(name) {
                self.0.entry(id).or_default().insert(name.to_owned());
            }
        }
    }

    pub(in crate::suite) fn extend(&mut self, other: Shown) {
        for (id, tests) in other.0 {
            self.0.entry(id).or_default().extend(tests);
        }
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The names of the tests that show it; `None` where there is none.
    pub(super) fn tests_of(&self, id: &str) -> Option<&BTreeSet<String>> {
        self.0.get(id)
    }
}

/// The ids with which a name begins: `az_23_rt_14_people_grant…` is about two cases.
fn ids(name: &str) -> Vec<String> {
    let words: Vec<&str> = name.split('_').collect();
    let pairs = words.chunks_exact(2).take_while(|pair| is_group(pair[0]) && is_number(pair[1]));
    pairs.map(|pair| format!("{}-{}", pair[0].to_uppercase(), pair[1])).collect()
}

fn is_group(word: &str) -> bool {
    word.len() == 2 && word.bytes().all(|byte| byte.is_ascii_lowercase())
}

fn is_number(word: &str) -> bool {
    word.len() == 2 && word.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(lines: &[&str], expected: &[(&str, &[&str])]) {
        let mut shown = Shown::default();
        for line in lines {
            shown.read(line);
        }
        let found: Vec<(&str, Vec<&str>)> =
            shown.0.iter().map(|(id, tests)| (id.as_str(), tests.iter().map(String::as_str).collect())).collect();
        let expected: Vec<(&str, Vec<&str>)> = expected.iter().map(|(id, tests)| (*id, tests.to_vec())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_test_that_passed_shows_the_cases_that_its_name_begins_with() {
        check(&["test codes::co_01_once ... ok"], &[("CO-01", &["co_01_once"])]);
        check(
            &["test az_23_rt_14_x ... ok", "test a::rt_14_y ... ok"],
            &[("AZ-23", &["az_23_rt_14_x"]), ("RT-14", &["az_23_rt_14_x", "rt_14_y"])],
        );
        check(
            &["test importing::mg_14_x::on_sqlite ... ok", "test importing::mg_14_x::on_postgres ... ok"],
            &[("MG-14", &["mg_14_x"])],
        );
    }

    #[test]
    fn nothing_else_does() {
        check(&["test co_01_once ... FAILED", "test co_01_once ... ignored", "co_01_once", "test result: ok."], &[]);
        check(&["test no_01_case_of_3 ... ok"], &[("NO-01", &["no_01_case_of_3"])]);
        check(&["test once_co_01 ... ok", "test co_1_x ... ok", "test is_ok ... ok"], &[]);
    }
}
