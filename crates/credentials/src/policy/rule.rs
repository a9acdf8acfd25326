//! One rule of a password policy, in the codes and words of Auth0.

use serde::Serialize;

/// The code of the rule against the most common passwords.
pub(super) const COMMON_PASSWORD: &str = "commonPassword";
/// The code of the rule against personal words.
pub(super) const PERSONAL_INFO: &str = "noPersonalInfo";

/// One rule, and whether a password keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// Auth0's code, such as `lengthAtLeast`.
    pub code: &'static str,
    /// The text, with `%d` and `%s` where the arguments go.
    pub message: &'static str,
    /// The arguments of the text, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub format: Vec<FormatArgument>,
    /// The kinds of characters the rule counts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<Item>,
    /// Whether the rule holds.
    pub verified: bool,
}

/// An argument of a rule's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum FormatArgument {
    /// For `%d`.
    Number(usize),
    /// For `%s`.
    Text(&'static str),
}

/// A kind of characters, and whether the password has one of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Item {
    /// Auth0's code, such as `lowerCase`.
    pub code: &'static str,
    /// The text.
    pub message: &'static str,
    /// Whether the password has one.
    pub verified: bool,
}

impl Rule {
    /// The text with its arguments, and one indented line for each item.
    pub fn text(&self) -> String {
        let mut text = self.message.to_owned();
        for argument in &self.format {
            text = match argument {
                FormatArgument::Number(number) => text.replacen("%d", &number.to_string(), 1),
                FormatArgument::Text(word) => text.replacen("%s", word, 1),
            };
        }
        for item in &self.items {
            text.push_str("\n * ");
            text.push_str(item.message);
        }
        text
    }

    pub(super) fn length_at_least(minimum: usize, password: &str) -> Self {
        Rule {
            code: "lengthAtLeast",
            message: "At least %d characters in length",
            format: vec![FormatArgument::Number(minimum)],
            items: Vec::new(),
            verified: password.chars().count() >= minimum,
        }
    }

    pub(super) fn should_contain(password: &str) -> Self {
        let mut items = kinds_in(password);
        items.retain(|item| item.code != "specialCharacters");
        let verified = items.iter().all(|item| item.verified);
        Rule { code: "shouldContain", message: "Should contain:", format: Vec::new(), items, verified }
    }

    pub(super) fn contains_at_least_three(password: &str) -> Self {
        let items = kinds_in(password);
        Rule {
            code: "containsAtLeast",
            message: "Contain at least %d of the following %d types of characters:",
            format: vec![FormatArgument::Number(3), FormatArgument::Number(items.len())],
            verified: items.iter().filter(|item| item.verified).count() >= 3,
            items,
        }
    }

    pub(super) fn no_more_than_two_identical(password: &str) -> Self {
        let characters: Vec<char> = password.chars().collect();
        Rule {
            code: "identicalChars",
            message: "No more than %d identical characters in a row (e.g., \"%s\" not allowed)",
            format: vec![FormatArgument::Number(2), FormatArgument::Text("aaa")],
            items: Vec::new(),
            verified: !characters.windows(3).any(|three| three[0] == three[1] && three[1] == three[2]),
        }
    }

    pub(super) fn not_common(verified: bool) -> Self {
        let message = "Not one of the most common passwords";
        Rule { code: COMMON_PASSWORD, message, format: Vec::new(), items: Vec::new(), verified }
    }

    pub(super) fn not_personal(verified: bool) -> Self {
        let message = "Not containing your email address or name";
        Rule { code: PERSONAL_INFO, message, format: Vec::new(), items: Vec::new(), verified }
    }
}

/// Auth0 counts ASCII alone: a letter beyond it helps the length and no kind.
fn kinds_in(password: &str) -> Vec<Item> {
    let special = |c: char| c == ' ' || c.is_ascii_punctuation();
    vec![
        item("lowerCase", "lower case letters (a-z)", password.contains(|c: char| c.is_ascii_lowercase())),
        item("upperCase", "upper case letters (A-Z)", password.contains(|c: char| c.is_ascii_uppercase())),
        item("numbers", "numbers (i.e. 0-9)", password.contains(|c: char| c.is_ascii_digit())),
        item("specialCharacters", "special characters (e.g. !@#$%^&*)", password.contains(special)),
    ]
}

fn item(code: &'static str, message: &'static str, verified: bool) -> Item {
    Item { code, message, verified }
}
