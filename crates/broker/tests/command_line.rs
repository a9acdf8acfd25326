//! The program as an operator meets it: what it prints, what it leaves behind, and the exit codes.

#![expect(clippy::unwrap_used, reason = "a test that cannot set its scene has failed")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const OTHER_KEY: &str = "HxECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// A working directory with nothing in it.
fn empty() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn landbridge(folder: &TempDir, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_landbridge"));
    command.current_dir(folder).args(arguments).env_clear();
    command
}

fn run(folder: &TempDir, arguments: &[&str]) -> Output {
    landbridge(folder, arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn names_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[track_caller]
fn check_refused(output: &Output, code: i32, expected: &str) {
    assert_eq!(text(&output.stderr), expected);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(code), ""));
}

#[test]
fn a_fresh_folder_has_a_configuration_that_can_be_used() {
    let folder = empty();
    let output = run(&folder, &["config", "check"]);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(0), "The configuration can be used.\n"));
    assert_eq!(text(&output.stderr), "");
    assert!(names_in(folder.path()).is_empty(), "looking made something");
}

#[test]
fn a_failure_that_nobody_reads_of_is_the_same_failure() {
    let folder = empty();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let status = landbridge(&folder, &["keys", "list"]).stderr(writer).status().unwrap();
    assert_eq!(status.code(), Some(1));
}

#[test]
fn what_was_written_wrong_ends_with_code_2() {
    let folder = empty();
    std::fs::write(folder.path().join("landbridge.toml"), "[server]\nlisten_to = '127.0.0.1:0'").unwrap();
    for command in [["config", "check"].as_slice(), &["config", "show"], &["serve"], &["keys", "list"]] {
        check_refused(
            &run(&folder, command),
            2,
            "error: the configuration has settings that do not exist:\n  server.listen_to (landbridge.toml): did you \
             mean server.listen?\n",
        );
    }
    assert_eq!(names_in(folder.path()), ["landbridge.toml"]);
    assert_eq!(run(&folder, &["srve"]).status.code(), Some(2));
}

#[test]
fn files_that_settings_name_are_checked() {
    let folder = empty();
    for (setting, expected) in [
        ("secrets.master_key_file=a", "error: cannot read a: No such file or directory (os error 2)\n"),
        ("pages.templates=a", "error: pages.templates: cannot read a: No such file or directory (os error 2)\n"),
    ] {
        check_refused(&run(&folder, &["config", "check", "--set", setting]), 2, expected);
    }
}

#[test]
fn the_values_in_effect_are_shown_without_secrets() {
    let folder = empty();
    let output = landbridge(&folder, &["config", "show"]).env("LANDBRIDGE__SECRETS__MASTER_KEY", KEY).output().unwrap();
    let shown = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0));
    assert!(shown.contains("secrets.master_key = \"from LANDBRIDGE__SECRETS__MASTER_KEY\""), "{shown}");
    assert!(!shown.contains(KEY), "{shown}");
    let output = run(&folder, &["config", "show"]);
    assert!(text(&output.stdout).ends_with("# The master key is kept in landbridge.key.\n"));
}

#[test]
fn a_command_that_looks_makes_no_database() {
    let folder = empty();
    check_refused(
        &run(&folder, &["keys", "list"]),
        1,
        "error: there is no database at landbridge.db; run the command where the broker runs, or set database.url\n",
    );
    assert!(names_in(folder.path()).is_empty());
}

/// A broker that runs until it is told to stop.
struct Broker {
    process: Child,
    log: BufReader<ChildStderr>,
    address: String,
}

impl Broker {
    fn start(folder: &TempDir) -> Self {
        let arguments = ["serve", "--set", "server.listen=127.0.0.1:0", "--set", "log.format=json"];
        let mut process = landbridge(folder, &arguments).stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(process.stderr.take().unwrap());
        let mut line = String::new();
        log.read_line(&mut line).unwrap();
        let entry: serde_json::Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line}"));
        assert_eq!(entry["issuer"], "http://localhost:3000/");
        assert_eq!(entry["database"], "SQLite");
        let address = entry["message"].as_str().unwrap().strip_prefix("listening on http://").unwrap().to_owned();
        Broker { process, log, address }
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Tells it to stop as a service manager does, and answers with the exit code and the rest of the log.
    fn stop(mut self) -> (Option<i32>, String) {
        kill_process(Pid::from_child(&self.process), Signal::TERM).unwrap();
        let mut rest = String::new();
        self.log.read_to_string(&mut rest).unwrap();
        (self.process.wait().unwrap().code(), rest)
    }
}

#[test]
fn a_broker_starts_serves_stops_and_starts_again() {
    let folder = empty();
    let broker = Broker::start(&folder);
    for path in ["/healthz", "/readyz", "/metrics", "/.well-known/openid-configuration"] {
        let answer = broker.get(path);
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{path}: {answer}");
    }
    let (code, log) = broker.stop();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.lines().last().unwrap().contains("\"message\":\"stopped\""), "{log}");
    assert_eq!(names_in(folder.path()), ["landbridge.db", "landbridge.key"]);
    for name in ["landbridge.db", "landbridge.key"] {
        let mode = std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }

    let (code, log) = Broker::start(&folder).stop();
    assert_eq!(code, Some(0), "{log}");
}

#[test]
fn an_address_in_use_ends_the_start_before_the_database_is_touched() {
    let (folder, other) = (empty(), empty());
    let broker = Broker::start(&folder);
    let setting = format!("server.listen={}", broker.address);
    let output = run(&other, &["serve", "--set", &setting]);
    let expected = format!(
        "error: cannot listen on {}: another process does so already; stop it, or set server.listen to another port\n",
        broker.address
    );
    check_refused(&output, 1, &expected);
    assert!(names_in(other.path()).is_empty());
    broker.stop();
}

#[test]
fn wp_06_a_database_is_not_opened_with_another_key() {
    let folder = empty();
    Broker::start(&folder).stop();
    let wrong = |key: &str| {
        let mut command = landbridge(&folder, &["serve", "--set", "server.listen=127.0.0.1:0"]);
        command.env("LANDBRIDGE__SECRETS__MASTER_KEY", key).output().unwrap()
    };
    for key in [KEY, OTHER_KEY] {
        check_refused(
            &wrong(key),
            2,
            "error: the master key is not the one this database was created with; nothing was changed. Set \
             secrets.master_key (or secrets.master_key_file) to the original key, or restore the key file that belongs \
             to this database\n",
        );
    }
    let (code, log) = Broker::start(&folder).stop();
    assert_eq!(code, Some(0), "{log}");
}

#[test]
fn an_unreachable_database_is_named_without_its_password() {
    let folder = empty();
    let output = landbridge(&folder, &["keys", "list"])
        .env("LANDBRIDGE__DATABASE__URL", "postgres://me:hunter2@127.0.0.1:1/landbridge")
        .env("LANDBRIDGE__SECRETS__MASTER_KEY", KEY)
        .output()
        .unwrap();
    let said = text(&output.stderr);
    let expected = "error: cannot open the database postgres://me:***@127.0.0.1:1/landbridge; check database.url, and \
                    that the database runs: ";
    assert!(said.starts_with(expected), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn keys_are_rotated_and_revoked_beside_a_running_broker() {
    let folder = empty();
    let broker = Broker::start(&folder);
    let keys = || -> Vec<(String, String)> {
        let output = run(&folder, &["keys", "list"]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let rows = text(&output.stdout).lines().skip(1).map(|row| {
            let mut words = row.split_whitespace().map(str::to_owned);
            (words.next().unwrap(), words.next().unwrap())
        });
        rows.collect()
    };
    let kid = |state: &str| keys().into_iter().find(|(_, found)| found == state).map(|(kid, _)| kid);
    let (first, second) = (kid("signs").unwrap(), kid("next").unwrap());

    for kid in [first.as_str(), "-rVt9", "--rVt9"] {
        let refused = run(&folder, &["keys", "revoke", kid]);
        assert_eq!(refused.status.code(), Some(1), "{kid}");
        assert!(text(&refused.stderr).starts_with(&format!("error: {kid} is not a key that used to sign")));
    }
    assert_eq!(kid("signs"), Some(first.clone()));

    assert_eq!(run(&folder, &["keys", "rotate"]).status.code(), Some(0));
    assert_eq!((kid("signs"), kid("previous")), (Some(second), Some(first.clone())));
    assert_eq!(run(&folder, &["keys", "revoke", &first]).status.code(), Some(0));
    assert_eq!(kid("revoked"), Some(first));
    broker.stop();
}

#[test]
fn dl_06_whether_the_log_of_events_was_altered_is_said_by_the_exit_code() {
    let folder = empty();
    Broker::start(&folder).stop();
    let verified = run(&folder, &["events", "verify"]);
    assert_eq!((verified.status.code(), text(&verified.stderr)), (Some(0), ""));
    assert!(text(&verified.stdout).starts_with("No event is sealed.\nNot sealed yet, "), "{}", text(&verified.stdout));
    let head = "1:abababababababababababababababab";
    let expected = format!(
        "error: the log of events is not as it was sealed: the log does not come by the head {head}: its end was cut \
         off, or it was sealed anew\n"
    );
    check_refused(&run(&folder, &["events", "verify", "--head", head]), 4, &expected);
    assert_eq!(run(&folder, &["events", "verify", "--head", "1:ab"]).status.code(), Some(2));
}
