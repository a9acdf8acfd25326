//! The catalogue of cases, and the table made of it and of what passed.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::Shown;

const HEAD: &str = "# Security cases

<!-- Written by `cargo xtask test` from `tests/security-cases.toml` and the tests that passed. -->

What must hold, and what shows that it does. A case is held where a test with its id in its name passed in the last run,
on SQLite and on Postgres where it touches the database. Cases of ring A are the core, those of ring B come before the
first stable release, and those of ring C with the feature they are about. *Seen in others* names published flaws that
were this very case.

| ring | held | open | not yet |
|---|---|---|---|
";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Catalogue {
    group: Vec<Group>,
    rule: Vec<Rule>,
}

/// What holds for how the cases are shown.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    id: String,
    what: String,
    /// How it is kept, and where.
    kept: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    name: String,
    about: String,
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    id: String,
    ring: Ring,
    what: String,
    /// Published flaws of others that were this very case.
    #[serde(default)]
    peers: Vec<String>,
    /// What has to exist before it concerns anything.
    awaits: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
enum Ring {
    A,
    B,
    C,
}

impl fmt::Display for Ring {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Ring::A => "A",
            Ring::B => "B",
            Ring::C => "C",
        })
    }
}

impl Catalogue {
    pub(super) fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        toml::from_str(&text).with_context(|| format!("cannot read {}", path.display()))
    }

    fn cases(&self) -> impl Iterator<Item = &Case> {
        self.group.iter().flat_map(|group| &group.case)
    }

    /// Where the catalogue and the tests say different things.
    pub(super) fn contradictions(&self, shown: &Shown) -> Vec<String> {
        let known: BTreeSet<&str> = self.cases().map(|case| case.id.as_str()).collect();
        let unknown =
            shown.ids().filter(|id| !known.contains(id)).map(|id| format!("{id} is not there, and has a test"));
        let tested = |case: &&Case| case.awaits.is_some() && shown.tests_of(&case.id).is_some();
        let not_yet = self.cases().filter(tested).map(|case| format!("{} awaits something, and has a test", case.id));
        unknown.chain(not_yet).collect()
    }

    pub(super) fn table(&self, shown: &Shown) -> String {
        let sums = [Ring::A, Ring::B, Ring::C].map(|ring| self.sum(ring, shown));
        let groups = self.group.iter().map(|group| group.table(shown));
        [HEAD.to_owned()].into_iter().chain(sums).chain(groups).chain([self.rules()]).collect()
    }

    fn rules(&self) -> String {
        let row = |rule: &Rule| format!("| {} | {} | {} |\n", rule.id, rule.what, rule.kept);
        let head = "\n## G: How the cases are shown\n\n| id | rule | how it is kept |\n|---|---|---|\n";
        [head.to_owned()].into_iter().chain(self.rule.iter().map(row)).collect()
    }

    fn sum(&self, ring: Ring, shown: &Shown) -> String {
        let (mut held, mut open, mut awaiting) = (0, 0, 0);
        for case in self.cases().filter(|case| case.ring == ring) {
            match case.state(shown) {
                State::Held(_) => held += 1,
                State::Open => open += 1,
                State::NotYet(_) => awaiting += 1,
            }
        }
        format!("| {ring} | {held} | {open} | {awaiting} |\n")
    }
}

impl Group {
    fn table(&self, shown: &Shown) -> String {
        let head = format!(
            "\n## {}: {}\n\n| id | ring | case | seen in others | state |\n|---|---|---|---|---|\n",
            self.name, self.about
        );
        [head].into_iter().chain(self.case.iter().map(|case| case.row(shown))).collect()
    }
}

enum State<'a> {
    Held(&'a BTreeSet<String>),
    Open,
    NotYet(&'a str),
}

impl Case {
    fn state<'a>(&'a self, shown: &'a Shown) -> State<'a> {
        match (shown.tests_of(&self.id), &self.awaits) {
            (Some(tests), _) => State::Held(tests),
            (None, Some(reason)) => State::NotYet(reason),
            (None, None) => State::Open,
        }
    }

    fn row(&self, shown: &Shown) -> String {
        let state = match self.state(shown) {
            State::Held(tests) => {
                let tests: Vec<String> = tests.iter().map(|test| format!("`{test}`")).collect();
                format!("held: {}", tests.join(", "))
            }
            State::Open => "**open**".to_owned(),
            State::NotYet(reason) => format!("not yet: {reason}"),
        };
        format!("| {} | {} | {} | {} | {state} |\n", self.id, self.ring, self.what, self.peers.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CATALOGUE: &str = r#"
        [[group]]
        name = "CO"
        about = "codes"
        case = [
            { id = "CO-01", ring = "A", what = "a code twice", peers = ["CVE-2020-0001", "somebody/broker#7"] },
            { id = "CO-02", ring = "A", what = "fifty at once" },
            { id = "CO-03", ring = "C", what = "a device", awaits = "the device flow" },
        ]
        [[rule]]
        id = "G-02"
        what = "fifty at once"
        kept = "by a test"
    "#;

    fn catalogue() -> Catalogue {
        toml::from_str(CATALOGUE).expect("a catalogue")
    }

    fn shown(tests: &[&str]) -> Shown {
        let mut shown = Shown::default();
        for test in tests {
            shown.read(&format!("test {test} ... ok"));
        }
        shown
    }

    #[test]
    fn a_case_is_held_open_or_not_yet() {
        let table = catalogue().table(&shown(&["a::co_01_once", "co_01_co_05_never"]));
        for line in [
            "| A | 1 | 1 | 0 |",
            "| C | 0 | 0 | 1 |",
            "## CO: codes",
            "| CO-01 | A | a code twice | CVE-2020-0001, somebody/broker#7 | held: `co_01_co_05_never`, `co_01_once` |",
            "| CO-02 | A | fifty at once |  | **open** |",
            "| CO-03 | C | a device |  | not yet: the device flow |",
            "| G-02 | fifty at once | by a test |",
        ] {
            assert!(table.lines().any(|found| found == line), "{line}\n{table}");
        }
    }

    #[test]
    fn tests_and_catalogue_agree() {
        assert_eq!(catalogue().contradictions(&shown(&["co_01_once"])), Vec::<String>::new());
        assert_eq!(
            catalogue().contradictions(&shown(&["co_03_device", "co_09_unheard_of"])),
            ["CO-09 is not there, and has a test", "CO-03 awaits something, and has a test"]
        );
    }
}
