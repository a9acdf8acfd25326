//! What a process did to files, as `strace` wrote it down.

use std::collections::HashMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::disk::name_of;
use crate::harness::until;

/// Within it, `strace` has written down the end of what it traced.
const LIMIT: Duration = Duration::from_mins(1);

/// One call that succeeded.
pub(super) struct Step {
    /// In the order in which calls ended.
    pub(super) number: usize,
    /// How many had ended when it began.
    pub(super) began: usize,
    pub(super) act: Act,
}

pub(super) enum Act {
    Opened {
        name: String,
        is_new: bool,
        is_emptied: bool,
    },
    /// Without an offset, at the end.
    Wrote {
        name: String,
        offset: Option<usize>,
        bytes: Vec<u8>,
    },
    Resized {
        name: String,
        length: usize,
    },
    Synced {
        path: PathBuf,
    },
    Linked {
        from: String,
        to: String,
    },
    Renamed {
        from: String,
        to: String,
    },
    Removed {
        name: String,
    },
}

/// Everything that a process did which was killed.
pub(super) async fn read(file: &Path, pid: u32) -> Vec<Step> {
    let text = until("the trace is whole", LIMIT, async || {
        std::fs::read_to_string(file).ok().filter(|text| text.lines().last().is_some_and(|line| is_end(line, pid)))
    })
    .await;
    steps(&text)
}

fn is_end(line: &str, pid: u32) -> bool {
    line.split_once(' ')
        .is_some_and(|(thread, end)| thread.parse() == Ok(pid) && end.trim_start() == "+++ killed by SIGKILL +++")
}

fn steps(text: &str) -> Vec<Step> {
    let (mut unfinished, mut steps) = (HashMap::new(), Vec::new());
    for (number, line) in text.lines().enumerate() {
        let (thread, call) = line.split_once(' ').expect("each line begins with its thread");
        let call = call.trim_start();
        let (began, call) = if let Some(beginning) = call.strip_suffix(" <unfinished ...>") {
            unfinished.insert(thread, (number, beginning));
            continue;
        } else if let Some((_, end)) = call.strip_prefix("<... ").and_then(|call| call.split_once(" resumed>")) {
            let (began, beginning) = unfinished.remove(thread).expect("what ends has begun");
            (began, format!("{beginning}{end}"))
        } else {
            (number, call.to_owned())
        };
        let act = Call::parse(&call).and_then(|call| call.act());
        steps.extend(act.map(|act| Step { number, began, act }));
    }
    steps
}

/// A call that succeeded.
struct Call<'a> {
    name: &'a str,
    arguments: Vec<&'a str>,
    /// How much it did, for calls that count.
    result: usize,
}

impl<'a> Call<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let (call, result) = line.rsplit_once(" = ")?;
        let (name, arguments) = call.trim_end().strip_suffix(')')?.split_once('(')?;
        let result = result.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()?;
        Some(Call { name, arguments: arguments.split(", ").collect(), result })
    }

    fn act(&self) -> Option<Act> {
        Some(match self.name {
            "openat" => self.opened()?,
            "write" => Act::Wrote { name: name_of(&self.file()?), offset: None, bytes: self.bytes() },
            "pwrite64" => {
                Act::Wrote { name: name_of(&self.file()?), offset: Some(self.number(3)), bytes: self.bytes() }
            }
            "ftruncate" => Act::Resized { name: name_of(&self.file()?), length: self.number(1) },
            "fsync" | "fdatasync" => Act::Synced { path: self.file()? },
            "link" => Act::Linked { from: self.path(0), to: self.path(1) },
            "linkat" => Act::Linked { from: self.path(1), to: self.path(3) },
            "rename" => Act::Renamed { from: self.path(0), to: self.path(1) },
            "renameat" | "renameat2" => Act::Renamed { from: self.path(1), to: self.path(3) },
            "unlink" => Act::Removed { name: self.path(0) },
            "unlinkat" => Act::Removed { name: self.path(1) },
            other => panic!("this disk knows nothing of {other}"),
        })
    }

    fn opened(&self) -> Option<Act> {
        let flags = self.arguments[2];
        let (is_new, is_emptied) = (flags.contains("O_CREAT"), flags.contains("O_TRUNC"));
        (is_new || is_emptied).then(|| Act::Opened { name: self.path(1), is_new, is_emptied })
    }

    /// The file of the descriptor that comes first.
    fn file(&self) -> Option<PathBuf> {
        let (_, path) = self.arguments[0].split_once('<')?;
        Some(PathBuf::from(OsString::from_vec(decoded(path.strip_suffix('>')?))))
    }

    /// The name of a file that is named by its path.
    fn path(&self, argument: usize) -> String {
        name_of(Path::new(&OsString::from_vec(decoded(self.text(argument)))))
    }

    /// What was taken of what was to be written.
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = decoded(self.text(1));
        bytes.truncate(self.result);
        bytes
    }

    fn text(&self, argument: usize) -> &str {
        let quoted = self.arguments[argument].strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        quoted.expect("whole texts in quotation marks")
    }

    fn number(&self, argument: usize) -> usize {
        self.arguments[argument].parse().expect("a number")
    }
}

/// `\x61\x62` is `ab`.
fn decoded(text: &str) -> Vec<u8> {
    let digits = text.split("\\x").skip(1);
    digits.map(|digits| u8::from_str_radix(digits, 16).expect("two digits")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_of_several_threads_are_told_apart() {
        let text = "7 openat(AT_FDCWD<\\x2f\\x61>, \"\\x62\", O_RDWR|O_CREAT, 0644) = 3<\\x2f\\x61\\x2f\\x62>\n\
            7 fsync(3<\\x2f\\x61\\x2f\\x62> <unfinished ...>\n\
            8 pwrite64(3<\\x2f\\x61\\x2f\\x62>, \"\\x63\\x64\", 2, 5) = 1\n\
            7 <... fsync resumed>)              = 0\n\
            8 unlink(\"\\x62\")                  = -1 ENOENT (No such file or directory)\n\
            8 +++ killed by SIGKILL +++\n";
        let steps = steps(text);
        let [opened, wrote, synced] = &steps[..] else { panic!("three steps") };
        assert!(matches!(&opened.act, Act::Opened { name, is_new: true, is_emptied: false } if name == "b"));
        let Act::Wrote { name, offset: Some(5), bytes } = &wrote.act else { panic!("a write") };
        assert_eq!((name.as_str(), &bytes[..]), ("b", &b"c"[..]));
        assert!(matches!(&synced.act, Act::Synced { path } if path == Path::new("/a/b")));
        assert!(synced.began < wrote.number && wrote.number < synced.number);
    }
}
