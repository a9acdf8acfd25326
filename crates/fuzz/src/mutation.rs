//! Changes to inputs, drawn from a seed, so that a run can be had again.

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
    random: Random,
}

impl<'a> Mutator<'a> {
    /// What is made depends on the name and the corpus alone.
    pub(crate) fn new(name: &str, corpus: &'a Corpus) -> Self {
        Mutator { corpus, random: Random::new(name) }
    }

    /// An input of the corpus with a few changes.
    pub(crate) fn next_input(&mut self) -> Vec<u8> {
        let mut input = self.one_of_the_corpus().to_vec();
        for _ in 0..=self.random.below(4) {
            self.change(&mut input);
        }
        input.truncate(LONGEST);
        input
    }

    fn one_of_the_corpus(&mut self) -> &'a [u8] {
        let inputs = self.corpus.inputs();
        &inputs[self.random.below(inputs.len())]
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let at = self.random.below(input.len() + 1);
        let end = at + self.random.below((input.len() - at).min(16) + 1);
        let replacement = match self.random.below(8) {
            0 => Vec::new(),
            1 => vec![self.random.byte()],
            2 => input[at..end].iter().map(|byte| byte ^ (1 << (byte % 8))).collect(),
            3 => input[at..end].repeat(2 + self.random.below(20)),
            4 => {
                let other = self.one_of_the_corpus();
                let from = self.random.below(other.len() + 1);
                other[from..(from + self.random.below(64)).min(other.len())].to_vec()
            }
            _ => WORDS[self.random.below(WORDS.len())].as_bytes().to_vec(),
        };
        // Half of the time it takes the place of what was there.
        let end = if self.random.below(2) == 0 { at } else { end };
        input.splice(at..end, replacement);
    }
}

/// `SplitMix64`.
struct Random(u64);

impl Random {
    fn new(seed: &str) -> Self {
        let digest = Sha256::digest(seed);
        Random(digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Less than `bound`, which is not zero.
    fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).expect("64 bits are enough");
        usize::try_from(self.next() % bound).expect("it is below a usize")
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }
}
