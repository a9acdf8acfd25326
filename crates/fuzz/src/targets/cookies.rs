//! The `Cookie` header, a line for each header line.

use protocol::cookies::sole_value;

const NAME: &str = "__Host-landbridge_session";

pub(crate) fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let lines: Vec<&str> = text.lines().collect();
    let mentions = text.matches(&format!("{NAME}=")).count();
    let Some(value) = sole_value(lines.iter().copied(), NAME) else { return };
    assert!(mentions >= 1 && !value.contains([';', '\n']), "{value:?}");
    let printed = format!("a=b; {NAME}={value}; c");
    assert_eq!(sole_value([printed.as_str()], NAME).map(str::trim_end), Some(value.trim_end()));
    let twice = lines.iter().chain(&lines).copied();
    assert_eq!(sole_value(twice, NAME), None, "one that is there twice counts");
    let planted = [printed.as_str(), "x; __Host-landbridge_session=planted"];
    assert_eq!(sole_value(planted, NAME), None, "one was planted beside it");
}
