//! A process whose every write to a file is written down.

use std::path::Path;
use std::process::{Command, Stdio};

/// The calls that change what is on a disk, or see to it that it is there. Some are here so that whoever reads the trace
/// learns of them.
const CALLS: &str = "trace=openat,write,pwrite64,pwritev,pwritev2,ftruncate,fallocate,fsync,fdatasync,sync_file_range,\
    link,linkat,rename,renameat,renameat2,unlink,unlinkat";

/// More bytes than anybody writes at once.
const LONGEST: &str = "1048576";

/// Whether this machine has `strace` and lets it trace.
pub(crate) fn can_trace_files() -> bool {
    let mut strace = Command::new("strace");
    strace.args(["-o", "/dev/null", "true"]).stderr(Stdio::null());
    strace.status().is_ok_and(|status| status.success())
}

/// A command that runs a program in its own process, beside which `strace` writes down what it does.
pub(super) fn traced(program: &Path, trace: &Path) -> Command {
    let mut strace = Command::new("strace");
    // Beside it and not above; all threads; files by their names; bytes as they are; only these calls are stopped.
    strace.args(["-D", "-f", "-y", "-xx", "--seccomp-bpf", "-s", LONGEST, "-e", CALLS, "-o"]);
    strace.arg(trace).arg(program);
    strace
}
