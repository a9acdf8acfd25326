//! What a command says on its standard streams.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

use anyhow::Context;

/// Says some lines. Whoever has stopped reading, as `landbridge keys list | head -2` does, has what they wanted.
pub(super) fn say(lines: impl Display) -> anyhow::Result<()> {
    write(&mut io::stdout().lock(), lines).context("cannot write to the standard output")
}

/// Says something on the standard error stream. Whether anybody reads it makes no difference to the work.
pub(super) fn remark(words: impl Display) {
    let _ = write(&mut io::stderr().lock(), words);
}

fn write(out: &mut impl Write, lines: impl Display) -> io::Result<()> {
    match write!(out, "{lines}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Refuses whatever it is given.
    struct Refusing(ErrorKind);

    impl Write for Refusing {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_who_has_left_is_no_failure_and_a_full_disk_is() {
        let mut read = Vec::new();
        write(&mut read, "one\ntwo\n").unwrap();
        assert_eq!(read, b"one\ntwo\n");
        assert!(write(&mut Refusing(ErrorKind::BrokenPipe), "one\n").is_ok());
        assert!(write(&mut Refusing(ErrorKind::StorageFull), "one\n").is_err());
    }
}
