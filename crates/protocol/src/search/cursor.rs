use super::SearchInvalid;

/// What ends a word that is not quoted.
const ENDS: &str = "()[]{}\"";
/// What would mean something in the full syntax that is not carried out here.
const REFUSED: &str = "?~^";

/// A place in the text.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'a>(&'a str);

/// A character of a value, and whether it was escaped or quoted.
pub(super) type Written = (char, bool);

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Cursor(text)
    }

    pub(super) fn skip_space(&mut self) {
        self.0 = self.0.trim_start();
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.0.chars().next()
    }

    pub(super) fn bump(&mut self) -> Option<char> {
        let mut characters = self.0.chars();
        let next = characters.next();
        self.0 = characters.as_str();
        next
    }

    /// Passes over this text if it stands here.
    pub(super) fn take(&mut self, text: &str) -> bool {
        let rest = self.0.strip_prefix(text);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    /// Passes over an operator that is a word, if it stands here by itself.
    pub(super) fn take_keyword(&mut self, keyword: &str) -> bool {
        let rest = self.0.strip_prefix(keyword);
        let ends = |rest: &&str| rest.chars().next().is_none_or(|next| next.is_whitespace() || ENDS.contains(next));
        let Some(rest) = rest.filter(ends) else { return false };
        self.0 = rest;
        true
    }

    /// The name of a field and the colon behind it, if they stand here.
    pub(super) fn take_field(&mut self) -> Option<String> {
        let mut ahead = *self;
        let mut name = String::new();
        loop {
            match ahead.bump()? {
                ':' if !name.is_empty() => break,
                '\\' => name.push(ahead.bump()?),
                next if next.is_whitespace() || ENDS.contains(next) || REFUSED.contains(next) || next == ':' => {
                    return None;
                }
                next => name.push(next),
            }
        }
        *self = ahead;
        Some(name)
    }

    /// A word up to white space or what ends it. Never empty.
    pub(super) fn word(&mut self) -> Result<Vec<Written>, SearchInvalid> {
        let mut word = Vec::new();
        while let Some(next) = self.peek().filter(|next| !next.is_whitespace() && !ENDS.contains(*next)) {
            self.bump();
            match next {
                '\\' => word.push((self.bump().ok_or(SearchInvalid::EndsEarly)?, true)),
                next if REFUSED.contains(next) || word.is_empty() && matches!(next, '/' | ':') => {
                    return Err(SearchInvalid::Unexpected(next));
                }
                next => word.push((next, false)),
            }
        }
        match (word.is_empty(), self.peek()) {
            (false, None | Some(' ' | '\t' | '\n' | '\r' | ')' | ']' | '}')) => Ok(word),
            (true, None) => Err(SearchInvalid::EndsEarly),
            (_, Some(next)) if !word.is_empty() && next.is_whitespace() => Ok(word),
            (_, Some(next)) => Err(SearchInvalid::Unexpected(next)),
        }
    }

    /// What stands between two quotation marks, of which the first is behind the cursor.
    pub(super) fn quoted(&mut self) -> Result<String, SearchInvalid> {
        let mut value = String::new();
        loop {
            match self.bump().ok_or(SearchInvalid::NotClosed('"'))? {
                '"' => return Ok(value),
                '\\' => value.push(self.bump().ok_or(SearchInvalid::NotClosed('"'))?),
                next => value.push(next),
            }
        }
    }
}
