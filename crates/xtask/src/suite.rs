//! `cargo xtask test`: the one test command, and what CI runs.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use clap::ValueEnum;

use self::authority::Authority;
use self::cases::Shown;
use self::counts::{Counts, NodeSummary};
use crate::provision::{self, FOR_CLIENTS, FOR_COMPOSE, FOR_POWER_CUTS, FOR_SERVICES, Need, TO_BUILD};
use crate::runner::{clock, expect_success};
use crate::services::{LEAVE_NO_TEST_OUT, Services};
use crate::workspace::Workspace;
use crate::{check, compose};

mod authority;
mod cases;
mod clients;
mod counts;
pub(crate) mod python;
mod report;
mod written;

/// A part of the run, in the order in which they are taken.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, ValueEnum)]
pub(crate) enum Step {
    /// Debian packages and crates that are missing; always taken
    Provision,
    /// What `cargo xtask check` does
    Check,
    /// The files for Docker compose are accepted, and refused without their secrets
    Compose,
    /// Postgres and Redis of our own; taken when a later step needs them
    Services,
    /// Tests inside the crates, on both databases
    Unit,
    /// The binary that the later steps test; taken when they are
    Release,
    /// The released binary from outside, by Rust
    Blackbox,
    /// The released binary from outside, by unmodified clients in Node, Python and a browser
    Node,
    /// `docs/security-cases.md` is what the tests in Rust have shown
    Cases,
}

impl Step {
    /// The steps that have to come before this one.
    fn prerequisites(self) -> &'static [Step] {
        match self {
            Step::Provision | Step::Check | Step::Compose | Step::Services | Step::Release => &[],
            Step::Unit => &[Step::Services],
            Step::Blackbox | Step::Node => &[Step::Services, Step::Release],
            Step::Cases => &[Step::Services, Step::Unit, Step::Release, Step::Blackbox],
        }
    }

    fn needs(self) -> &'static [&'static [Need]] {
        match self {
            Step::Provision | Step::Cases => &[],
            Step::Compose => &[FOR_COMPOSE],
            Step::Services => &[FOR_SERVICES],
            Step::Check | Step::Unit | Step::Release => &[TO_BUILD],
            Step::Blackbox => &[TO_BUILD, FOR_POWER_CUTS],
            Step::Node => &[FOR_CLIENTS],
        }
    }

    fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

/// How long one file of Node's tests may take. None takes four minutes even on a slow machine; one that hangs fails,
/// and the others are run. All together are given up as any program is.
const NODE_FILE_LIMIT: Duration = Duration::from_mins(10);

/// What became of a step.
struct Outcome {
    step: Step,
    time: Duration,
    counts: Counts,
    /// Why it failed, if it did.
    failure: Option<String>,
}

/// Runs the chosen steps, or all if none is chosen, and what they need. Returns whether everything passed.
///
/// A failed step does not stop the later ones, unless they cannot run without it: one run shows everything that is
/// wrong.
pub(crate) fn run(workspace: &Workspace, only: &[Step]) -> bool {
    let steps = plan(only);
    let mut suite = Suite { workspace, steps: &steps, services: None, shown: Shown::default() };
    let mut outcomes: Vec<Outcome> = Vec::new();
    for &step in &steps {
        let outcome = match failed_prerequisite(step, &outcomes) {
            Some(failed) => Outcome::not_run(step, &format!("{} failed", failed.name())),
            None if workspace.runner.is_interrupted() => Outcome::not_run(step, "interrupted"),
            None => suite.time(step),
        };
        outcomes.push(outcome);
    }
    drop(suite);
    report::print(&outcomes);
    outcomes.iter().all(|outcome| outcome.failure.is_none())
}

/// The chosen steps with their prerequisites, each once and in order.
fn plan(only: &[Step]) -> Vec<Step> {
    let chosen = if only.is_empty() { Step::value_variants() } else { only };
    let mut steps = vec![Step::Provision];
    steps.extend(chosen.iter().flat_map(|step| step.prerequisites()).chain(chosen));
    steps.sort_unstable();
    steps.dedup();
    steps
}

fn failed_prerequisite(step: Step, outcomes: &[Outcome]) -> Option<Step> {
    let is_required = |earlier: Step| earlier == Step::Provision || step.prerequisites().contains(&earlier);
    outcomes.iter().find(|outcome| outcome.failure.is_some() && is_required(outcome.step)).map(|outcome| outcome.step)
}

impl Outcome {
    fn new(step: Step, time: Duration, mut counts: Counts, result: Result<()>) -> Self {
        let failure = result.err().map(|error| format!("{error:#}"));
        if failure.is_some() && counts.failed == 0 {
            // What does not compile or does not start is a failure too, although no test reported it.
            counts.failed = 1;
        }
        Self { step, time, counts, failure }
    }

    fn not_run(step: Step, reason: &str) -> Self {
        Self::new(step, Duration::ZERO, Counts::default(), Err(anyhow::anyhow!("not run: {reason}")))
    }
}

struct Suite<'a> {
    workspace: &'a Workspace,
    steps: &'a [Step],
    services: Option<Services>,
    /// By the tests in Rust, so far.
    shown: Shown,
}

impl Suite<'_> {
    fn time(&mut self, step: Step) -> Outcome {
        println!("\n==> {}", step.name());
        let started = clock();
        let mut counts = Counts::default();
        let result = self.take(step, &mut counts);
        let outcome = Outcome::new(step, started.elapsed(), counts, result);
        report::print_step(&outcome);
        outcome
    }

    fn take(&mut self, step: Step, counts: &mut Counts) -> Result<()> {
        match step {
            Step::Provision => self.provision(),
            Step::Check => self.check(counts),
            Step::Compose => compose::check(self.workspace),
            Step::Services => self.start_services(),
            Step::Unit => self.unit(counts),
            Step::Release => self.release(),
            Step::Blackbox => self.black_box(counts),
            Step::Node => self.node(counts),
            Step::Cases => cases::take_over(self.workspace, &self.shown),
        }
    }

    fn provision(&self) -> Result<()> {
        let needs = self.steps.iter().flat_map(|step| step.needs()).copied().flatten();
        provision::run(self.workspace, needs)?;
        self.workspace.runner.run(&mut self.workspace.cargo("fetch"))
    }

    fn check(&self, counts: &mut Counts) -> Result<()> {
        counts.failed = check::run(self.workspace)?;
        ensure!(counts.failed == 0, "{} checks failed", counts.failed);
        Ok(())
    }

    fn start_services(&mut self) -> Result<()> {
        self.services = Some(Services::start(&self.workspace.runner)?);
        Ok(())
    }

    fn unit(&mut self, counts: &mut Counts) -> Result<()> {
        let mut cargo = self.workspace.cargo("test");
        cargo.args(["--workspace", "--exclude", "it", "--no-fail-fast"]);
        self.cargo_test(cargo, counts)
    }

    fn release(&self) -> Result<()> {
        self.workspace.runner.run(self.workspace.cargo("build").args(["--release", "--package", "broker"]))
    }

    fn black_box(&mut self, counts: &mut Counts) -> Result<()> {
        let mut cargo = self.workspace.cargo("test");
        cargo.args(["--package", "it", "--no-fail-fast"]);
        self.point_to_binary(&mut cargo)?;
        self.cargo_test(cargo, counts)
    }

    fn node(&self, counts: &mut Counts) -> Result<()> {
        let tests = self.workspace.root.join("tests");
        let mut files = Vec::new();
        for folder in ["sdk", "browser", "reference"] {
            files.extend(test_files(&tests.join(folder))?);
        }
        let mut install = self.workspace.command("npm");
        self.workspace.runner.run(install.current_dir(&tests).args(["ci", "--ignore-scripts"]))?;

        let table = clients::destination(self.workspace)?;
        let mut node = self.workspace.command("node");
        node.current_dir(&tests).args(["--test", "--test-concurrency=1"]);
        node.arg(format!("--test-timeout={}", NODE_FILE_LIMIT.as_millis()));
        node.args(["--test-reporter=spec", "--test-reporter-destination=stdout"]);
        node.args(["--test-reporter=./support/clients.mjs", "--test-reporter-destination"]).arg(&table).args(files);
        node.envs(Authority::create(self.workspace)?.environment()).env("PYTHON", python::install(self.workspace)?);
        node.env(
            "CHROMIUM",
            self.workspace.runner.capture(Command::new("sh").args(["-c", "command -v chromium"]))?.trim(),
        );
        self.point_to_binary(&mut node)?;
        let mut summary = NodeSummary::default();
        self.test(node, counts, |line, counts| *counts = summary.read(line))?;
        clients::take_over(self.workspace, &table)
    }

    /// What the tests from outside are told besides where the services are.
    fn point_to_binary(&self, command: &mut Command) -> Result<()> {
        let artefacts = self.workspace.root.join("artefacts");
        std::fs::create_dir_all(&artefacts)?;
        command.env("LANDBRIDGE_BIN", self.workspace.landbridge("release")?).env("ARTEFACTS", artefacts);
        Ok(())
    }

    fn cargo_test(&mut self, cargo: Command, counts: &mut Counts) -> Result<()> {
        let mut shown = Shown::default();
        let outcome = self.test(cargo, counts, |line, counts| {
            *counts += counts::of_cargo(line).unwrap_or_default();
            shown.read(line);
        });
        self.shown.extend(shown);
        outcome
    }

    fn test(&self, mut command: Command, counts: &mut Counts, mut count: impl FnMut(&str, &mut Counts)) -> Result<()> {
        command.envs(self.services.iter().flat_map(Services::environment)).envs([LEAVE_NO_TEST_OUT]);
        let status = self.workspace.runner.stream(&mut command, |line| {
            println!("{line}");
            count(line, counts);
        })?;
        expect_success(&command, status)?;
        if counts.passed == 0 {
            bail!("no test ran");
        }
        Ok(())
    }
}

/// The `*.test.mjs` files below a folder, in the order of their names.
fn test_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut entries = std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files.extend(test_files(&path)?);
        } else if path.to_string_lossy().ends_with(".test.mjs") {
            files.push(path);
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests;
