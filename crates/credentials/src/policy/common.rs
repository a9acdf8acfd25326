//! The passwords guessed first, as far as they have eight characters.

/// One in each line, in lower case.
const LIST: &str = include_str!("common_passwords.txt");

/// Whether `password` is on the list, in any case.
pub(super) fn contains(password: &str) -> bool {
    let password = password.to_lowercase();
    LIST.lines().any(|line| line == password)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn case_does_not_hide_a_common_password() {
        assert!(contains("iLoveYou1"));
        assert!(!contains("iloveyou1 and the sea"));
        assert!(!contains(""));
    }

    #[test]
    fn every_line_can_match_and_stands_once() {
        let mut seen = HashSet::new();
        for line in LIST.lines() {
            assert!(line.chars().count() >= 8, "{line} is too short for any policy");
            assert_eq!(line, line.to_lowercase(), "{line} could never match");
            assert!(seen.insert(line), "{line} twice");
        }
        assert!(seen.len() >= 300);
    }
}
