//! A broker that runs.

use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use rustix::thread::{CpuSet, sched_getaffinity};

use super::process::{has_ended_within, kill};
use super::times::now;
use super::usage::{cpu_of, file_memory_of, memory_of, peak_memory_of};
use super::{Installation, http_builder, until};

/// Generous: on a slow machine without optimisation, a start makes two keys and migrates a database.
const START: Duration = Duration::from_mins(1);
/// How long a broker may take to stop when its owner is dropped.
const PATIENCE: Duration = Duration::from_secs(5);

pub(crate) struct Broker {
    installation: Installation,
    process: Child,
}

impl Broker {
    pub(super) async fn start(installation: &Installation) -> Self {
        let process = Broker::launch(installation);
        let mut broker = Broker { installation: installation.clone(), process };
        let url = format!("http://{}/readyz", installation.address());
        let url = if installation.issuer().starts_with("https:") { url.replacen("http", "https", 1) } else { url };
        // Who it is does not matter to whoever only asks whether it is there.
        let client = http_builder().tls_danger_accept_invalid_certs(true).build().unwrap();
        until("the broker serves", START, async || {
            if let Some(status) = broker.process.try_wait().unwrap() {
                panic!("the broker ended with {status}:\n{}", broker.log());
            }
            client.get(&url).send().await.ok().filter(|answer| answer.status() == 200).map(drop)
        })
        .await;
        broker
    }

    /// Starts one, and says how long it took until it had answered somebody.
    pub(crate) fn start_timed(installation: &Installation) -> (Self, Duration) {
        let began = now();
        let process = Broker::launch(installation);
        let broker = Broker { installation: installation.clone(), process };
        while !broker.answers() {
            assert!(began.elapsed() < START, "{}", broker.log());
            thread::sleep(Duration::from_millis(1));
        }
        (broker, began.elapsed())
    }

    /// Whether it serves. Where it listens already, that is waited for.
    fn answers(&self) -> bool {
        let address = self.installation.address();
        let ask = |mut stream: TcpStream| {
            stream.write_all(
                format!("GET /readyz HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").as_bytes(),
            )?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).map(|_| answer)
        };
        TcpStream::connect(&address).and_then(ask).is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
    }

    fn launch(installation: &Installation) -> Child {
        let log = OpenOptions::new().create(true).append(true).open(installation.log_file()).unwrap();
        installation.command(&["serve"]).stdout(Stdio::null()).stderr(log).spawn().expect("the broker can be started")
    }

    pub(crate) fn installation(&self) -> &Installation {
        &self.installation
    }

    pub(crate) fn issuer(&self) -> &str {
        self.installation.issuer()
    }

    /// The URL of a path, given without its leading slash, at this node.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.installation.address())
    }

    /// Everything logged so far, by former processes of the installation too.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.installation.log_file()).unwrap()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// The most memory it has had at any time, in MiB.
    pub(crate) fn peak_memory(&self) -> u64 {
        peak_memory_of(self.pid()).expect("it runs")
    }

    /// The memory it has, in MiB.
    pub(crate) fn memory(&self) -> u64 {
        memory_of(self.pid()).expect("it runs")
    }

    /// How much of the memory it has are pages of its program and libraries, in MiB.
    pub(crate) fn program_memory(&self) -> u64 {
        file_memory_of(self.pid()).expect("it runs")
    }

    /// The processor time it has taken, to 10 ms.
    pub(crate) fn cpu(&self) -> Duration {
        cpu_of(self.pid(), 2).expect("it runs")
    }

    /// The processors it may use.
    pub(crate) fn processors(&self) -> CpuSet {
        sched_getaffinity(Some(Pid::from_child(&self.process))).expect("it runs")
    }

    /// Asks it to stop, as a service manager does.
    pub(crate) fn ask_to_stop(&self) {
        kill_process(Pid::from_child(&self.process), Signal::TERM).unwrap();
    }

    /// Waits for its end, which has to be a success. Returns everything it logged.
    pub(crate) async fn ended(mut self) -> String {
        let status = until("the broker ends", START, async || self.process.try_wait().unwrap()).await;
        assert!(status.success(), "the broker ended with {status}");
        self.log()
    }

    /// Asks it to stop and waits until it has. Returns everything it logged.
    pub(crate) async fn stop(self) -> String {
        self.ask_to_stop();
        self.ended().await
    }

    /// Ends it as a power cut does.
    pub(crate) fn kill(mut self) {
        kill(&mut self.process);
    }

    /// Keeps the log where it outlives the test.
    fn keep_log(&self) {
        let log = self.installation.log_file();
        match artefacts() {
            Some(folder) => {
                let test = thread::current().name().unwrap_or("test").replace("::", ".");
                let path = folder.join(format!("{test}.{}.log", self.pid()));
                if std::fs::copy(log, &path).is_ok() {
                    eprintln!("the broker's log: {}", path.display());
                }
            }
            None => eprintln!("the broker's log:\n{}", std::fs::read_to_string(log).unwrap_or_default()),
        }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let runs = matches!(self.process.try_wait(), Ok(None));
        if runs {
            let _ = kill_process(Pid::from_child(&self.process), Signal::TERM);
            if !has_ended_within(&mut self.process, PATIENCE) {
                kill(&mut self.process);
            }
        }
        if thread::panicking() {
            self.keep_log();
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "says where failures are explained")]
fn artefacts() -> Option<PathBuf> {
    std::env::var_os("ARTEFACTS").map(PathBuf::from)
}
