//! Whatever an entry of the log repeats, it stays the line it is.

use std::fmt;
use std::io::{self, Write};

use model::address::is_unseen;
use tracing_subscriber::fmt::MakeWriter;

/// Escapes, in the way of JSON, what would end a line, hide in it or reorder it.
pub(super) struct OneLine<M> {
    pub(super) inner: M,
    /// Whether the formatter writes escape sequences of its own. It escapes those of others.
    pub(super) with_colours: bool,
}

impl<'w, M: MakeWriter<'w>> MakeWriter<'w> for OneLine<M> {
    type Writer = Escaping<M::Writer>;

    fn make_writer(&'w self) -> Self::Writer {
        Escaping { inner: self.inner.make_writer(), with_colours: self.with_colours }
    }
}

/// Takes one entry with each write, as the formatter hands them over.
pub(super) struct Escaping<W> {
    inner: W,
    with_colours: bool,
}

impl<W: Write> Write for Escaping<W> {
    fn write(&mut self, entry: &[u8]) -> io::Result<usize> {
        if entry.strip_suffix(b"\n").is_some_and(|line| line.iter().all(|byte| matches!(byte, b' '..=b'~'))) {
            self.inner.write_all(entry)?;
            return Ok(entry.len());
        }
        let text = String::from_utf8_lossy(entry);
        let line = text.strip_suffix('\n').unwrap_or(&text);
        let mut escaped = String::with_capacity(text.len());
        for character in line.chars() {
            let is_colour = self.with_colours && character == '\u{1b}';
            if is_unseen(character) && !is_colour {
                escape(character, &mut escaped).expect("text takes whatever is written");
            } else {
                escaped.push(character);
            }
        }
        escaped.push_str(&text[line.len()..]);
        self.inner.write_all(escaped.as_bytes())?;
        Ok(entry.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Writes a character in the way of JSON.
pub(super) fn escape(character: char, line: &mut dyn fmt::Write) -> fmt::Result {
    character.encode_utf16(&mut [0; 2]).iter().try_for_each(|unit| write!(line, "\\u{unit:04x}"))
}
