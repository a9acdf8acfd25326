//! What is tried, by name.

use crate::corpus::Corpus;
use crate::mutation::Mutator;
use crate::targets;

/// A parser of what strangers send.
pub struct Target {
    /// Its name, and that of its folder below `corpus`.
    pub name: &'static str,
    /// Hands it an input, and panics where the answer breaks a promise.
    pub check: fn(&[u8]),
    /// How many mutations a test tries: more where one costs less.
    mutations: usize,
}

macro_rules! targets {
    ($($name:ident: $mutations:literal,)*) => {
        /// Every target.
        pub const TARGETS: &[Target] = &[
            $(Target { name: stringify!($name), check: targets::$name::check, mutations: $mutations },)*
        ];
    };
}

targets! {
    authorization: 30_000,
    token_request: 30_000,
    request_object: 30_000,
    redirect_uri: 60_000,
    jwt: 30_000,
    jwks: 10_000,
    client_assertion: 30_000,
    dpop: 20_000,
    password_hash: 40_000,
    import: 2_500,
    search: 60_000,
    cookies: 60_000,
    languages: 60_000,
    template: 1_500,
    page: 2_000,
}

impl Target {
    /// The target of this name.
    pub fn named(name: &str) -> Option<&'static Target> {
        TARGETS.iter().find(|target| target.name == name)
    }

    /// Tries every input of the corpus, and mutations of them: the same ones each time.
    pub fn try_corpus_and_mutations(&self) {
        let corpus = Corpus::of(self.name);
        for input in corpus.inputs() {
            self.try_input(input);
        }
        let mut mutator = Mutator::new(self.name, &corpus);
        for _ in 0..self.mutations {
            self.try_input(&mutator.next_input());
        }
    }

    fn try_input(&self, input: &[u8]) {
        let shown = ShownOnPanic { target: self.name, input };
        (self.check)(input);
        drop(shown);
    }
}

/// Says which input it was.
struct ShownOnPanic<'a> {
    target: &'static str,
    input: &'a [u8],
}

impl Drop for ShownOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{} broke a promise upon b\"{}\"", self.target, self.input.escape_ascii());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wp_07_hostile_input_breaks_no_promise() {
        for target in TARGETS {
            target.try_corpus_and_mutations();
        }
    }
}
