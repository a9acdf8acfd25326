//! Changes to inputs, drawn from a seed, so that a run can be had again.

use fastrand::Rng;
use sha2::{Digest, Sha256};

use crate::corpus::Corpus;

/// The longest input that is made: long enough to pass every limit but those in the tens of kilobytes.
const LONGEST: usize = 4096;

/// Texts that mean something to one parser or another.
const WORDS: &[&str] = &[
    "\0",
    "\r\n",
    "\n",
    " ",
    "\t",
    "\u{feff}",
    "\u{e9}",
    "\u{1f511}",
    "\u{202e}",
    "%00",
    "%ff",
    "%2e%2e",
    "%",
    "+",
    "&",
    "=",
    ";",
    ",",
    ":",
    "/",
    "//",
    "\\",
    "@",
    "#",
    "?",
    "*",
    "*.",
    ".",
    "..",
    "-",
    "$",
    "\"",
    "'",
    "<",
    ">",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "{{",
    "}}",
    "{%",
    "%}",
    "null",
    "true",
    "{}",
    "[]",
    "\"\"",
    "\\u0000",
    "\\ud800",
    "0",
    "-1",
    "1e400",
    "9223372036854775808",
    "18446744073709551616",
    "4294967295",
    "NaN",
    "http://",
    "https://",
    "javascript:",
    "localhost",
    "127.0.0.1",
    "[::1]",
    "example.com",
    "evil.example",
    "xn--",
    ":443",
    ":99999",
    "client_id=",
    "redirect_uri=",
    "state=",
    "scope=",
    "openid",
    "AND",
    "OR",
    "NOT",
    " TO ",
    "_exists_:",
    "q=",
    ";q=0.001",
    "eyJhbGciOiJub25lIn0",
    "HS256",
    "RS256",
    "none",
    "$argon2id$",
    "$2b$31$",
    "m=4294967295",
    "ln=63",
    "prefix=",
    "utf16le:",
    "password_hash",
    "custom_password_hash",
];

/// Makes new inputs of those of a corpus.
pub(crate) struct Mutator<'a> {
    corpus: &'a Corpus,
    random: Rng,
}

impl<'a> Mutator<'a> {
    /// What is made depends on the name and the corpus alone.
    pub(crate) fn new(name: &str, corpus: &'a Corpus) -> Self {
        let digest = Sha256::digest(name);
        let (seed, _) = digest.split_first_chunk().expect("a digest has 32 bytes");
        Mutator { corpus, random: Rng::with_seed(u64::from_be_bytes(*seed)) }
    }

    /// An input of the corpus with a few changes.
    pub(crate) fn next_input(&mut self) -> Vec<u8> {
        let mut input = self.one_of_the_corpus().to_vec();
        for _ in 0..=self.random.usize(..4) {
            self.change(&mut input);
        }
        input.truncate(LONGEST);
        input
    }

    fn one_of_the_corpus(&mut self) -> &'a [u8] {
        let inputs = self.corpus.inputs();
        &inputs[self.random.usize(..inputs.len())]
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let at = self.random.usize(..=input.len());
        let end = at + self.random.usize(..=(input.len() - at).min(16));
        let replacement = match self.random.usize(..8) {
            0 => Vec::new(),
            1 => vec![self.random.u8(..)],
            2 => input[at..end].iter().map(|byte| byte ^ (1 << (byte % 8))).collect(),
            3 => input[at..end].repeat(2 + self.random.usize(..20)),
            4 => {
                let other = self.one_of_the_corpus();
                let from = self.random.usize(..=other.len());
                other[from..(from + self.random.usize(..64)).min(other.len())].to_vec()
            }
            _ => WORDS[self.random.usize(..WORDS.len())].as_bytes().to_vec(),
        };
        // Half of the time it takes the place of what was there.
        let end = if self.random.bool() { at } else { end };
        input.splice(at..end, replacement);
    }
}
