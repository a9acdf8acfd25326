//! The file to import, or the standard input, as something that can be read twice.

use std::fs::File;
use std::io;
use std::path::Path;

use anyhow::Context;

use crate::Failure;

/// Opens the input. What cannot be read twice, such as a pipe, is copied into a temporary file that has no name and is
/// gone when it is closed.
pub(super) fn open(path: &Path) -> Result<File, Failure> {
    if path == Path::new("-") {
        return spooled(&mut io::stdin().lock());
    }
    let unreadable = |error: io::Error| Failure::Configuration(format!("cannot read {}: {error}", path.display()));
    let mut file = File::open(path).map_err(unreadable)?;
    let kind = file.metadata().map_err(unreadable)?.file_type();
    if kind.is_dir() {
        return Err(Failure::Configuration(format!("{} is a folder", path.display())));
    }
    if kind.is_file() { Ok(file) } else { spooled(&mut file) }
}

fn spooled(input: &mut impl io::Read) -> Result<File, Failure> {
    let mut file = tempfile::tempfile().context("cannot make a temporary file for the input")?;
    io::copy(input, &mut file).context("cannot copy the input into a temporary file")?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Seek};

    use super::*;

    #[test]
    fn what_cannot_be_read_twice_is_copied() {
        let mut file = spooled(&mut &b"[]"[..]).unwrap();
        for _ in 0..2 {
            file.rewind().unwrap();
            let mut text = String::new();
            file.read_to_string(&mut text).unwrap();
            assert_eq!(text, "[]");
        }
    }

    #[test]
    fn what_is_no_file_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let told = |path: &Path| open(path).unwrap_err().to_string();
        assert_eq!(told(folder.path()), format!("{} is a folder", folder.path().display()));
        let missing = folder.path().join("a");
        assert_eq!(
            told(&missing),
            format!("cannot read {}: No such file or directory (os error 2)", missing.display())
        );
    }
}
