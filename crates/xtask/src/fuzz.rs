//! Long runs of the fuzz targets, under libFuzzer.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::provision::{self, TO_BUILD};
use crate::workspace::Workspace;

/// The committed inputs, a folder for each target.
const CORPUS: &str = "crates/fuzz/corpus";
/// Stands before the compiler of our own crates, and has it count what the input reaches.
const WRAPPER: &str = "crates/fuzz/instrumented.sh";
/// The longest that one process runs. The next takes up what it found.
const LONGEST_MINUTES: u64 = 30;

/// Tries ever new inputs on the parsers of what strangers send, guided by what they reach
#[derive(Args)]
pub(crate) struct Fuzz {
    /// A folder of `crates/fuzz/corpus`; without one, each in turn
    target: Option<String>,
    /// How long, for each
    #[arg(long, default_value_t = 5)]
    minutes: u64,
}

impl Fuzz {
    pub(crate) fn run(&self, workspace: &Workspace) -> Result<()> {
        let targets = self.targets(workspace)?;
        let program = build(workspace)?;
        for target in &targets {
            let mut left = self.minutes;
            while left > 0 {
                let minutes = left.min(LONGEST_MINUTES);
                run(workspace, &program, target, minutes)?;
                left -= minutes;
            }
        }
        Ok(())
    }

    fn targets(&self, workspace: &Workspace) -> Result<Vec<String>> {
        let folder = workspace.root.join(CORPUS);
        let names = folder.read_dir().with_context(|| format!("cannot read {CORPUS}"))?;
        let names = names.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
        let mut known = names.collect::<Result<Vec<String>>>()?;
        known.sort();
        let Some(target) = &self.target else { return Ok(known) };
        ensure!(known.contains(target), "no target is called {target}; there are {}", known.join(", "));
        Ok(vec![target.clone()])
    }
}

fn build(workspace: &Workspace) -> Result<PathBuf> {
    provision::run(workspace, TO_BUILD)?;
    let mut cargo = workspace.cargo("build");
    cargo.args(["--package", "fuzz", "--features", "libfuzzer"]);
    workspace.runner.run(cargo.env("RUSTC_WORKSPACE_WRAPPER", workspace.root.join(WRAPPER)))?;
    Ok(workspace.members()?.target_directory.join("debug").join("fuzz"))
}

/// What is found is kept below the target folder, so that the next run begins with it. An input that breaks a promise
/// lies in `artefacts` afterwards.
fn run(workspace: &Workspace, program: &PathBuf, target: &str, minutes: u64) -> Result<()> {
    println!("\n==> {target}, {minutes} min");
    let found = workspace.members()?.target_directory.join("xtask").join("fuzz").join(target);
    let artefacts = workspace.root.join("artefacts");
    for folder in [&found, &artefacts] {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    let mut fuzz = workspace.command(program);
    fuzz.env("FUZZ_TARGET", target).arg(format!("-max_total_time={}", minutes * 60));
    fuzz.args(["-max_len=4096", "-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=1"]);
    fuzz.arg(format!("-artifact_prefix={}/{target}-", artefacts.display()));
    workspace.runner.run(fuzz.arg(found).arg(workspace.root.join(CORPUS).join(target)))
}
