//! What becomes of grants, whoever does what in which order: a model predicts the answer to every call of a random
//! sequence, and the broker has to give it.
//!
//! `LIFE_SEQUENCES` says how many sequences there are, and `LIFE_SEED` which is the first; each is drawn from its number
//! alone. One that goes wrong is made shorter as long as it goes wrong, and printed.

mod command;
mod model;
mod stage;

use crate::harness::{Engine, on_each_engine, wanted};
use command::Command;
use stage::{Mismatch, Stage};

/// Calls in one sequence. Long enough that some thefts are found out only after everybody else was signed out.
const LENGTH: usize = 60;

/// How often a sequence that goes wrong is tried with something left out.
const MOST_TRIES: usize = 120;

on_each_engine! {
    rt_01_rt_02_rt_06_rt_07_rt_11_every_call_is_answered_as_the_model_predicts,
}

async fn rt_01_rt_02_rt_06_rt_07_rt_11_every_call_is_answered_as_the_model_predicts(engine: Engine) {
    let stage = Stage::set(engine).await;
    let (first, count): (u64, u64) = (wanted("LIFE_SEED").unwrap_or(1), wanted("LIFE_SEQUENCES").unwrap_or(16));
    let mut calls = 0;
    for seed in first..first + count {
        let sequence = Command::sequence(seed, LENGTH);
        match stage.play(&sequence).await {
            Ok(played) => calls += played,
            Err(mismatch) => fail(seed, &stage, sequence, mismatch).await,
        }
    }
    println!("{engine:?}: {count} sequences, {calls} calls as predicted");
    stage.strike().await;
}

async fn fail(seed: u64, stage: &Stage, sequence: Vec<Command>, mismatch: Mismatch) -> ! {
    let (shortest, Mismatch(why)) = shortened(stage, sequence, mismatch).await;
    let listed: Vec<_> = shortest.iter().map(|command| format!("    {command:?}")).collect();
    panic!("LIFE_SEED={seed}: {why}\nafter, at the shortest,\n{}", listed.join("\n"));
}

/// Leaves out what is not needed for it to go wrong: large parts first, single calls last. What goes wrong once only
/// stays as it is.
async fn shortened(stage: &Stage, mut sequence: Vec<Command>, mut why: Mismatch) -> (Vec<Command>, Mismatch) {
    let mut part = sequence.len();
    let mut tries = 0;
    while part > 0 && tries < MOST_TRIES {
        let mut at = 0;
        while at < sequence.len() && tries < MOST_TRIES {
            let end = (at + part).min(sequence.len());
            let without = [&sequence[..at], &sequence[end..]].concat();
            tries += 1;
            match stage.play(&without).await {
                Err(mismatch) => (sequence, why) = (without, mismatch),
                Ok(_) => at = end,
            }
        }
        part /= 2;
    }
    (sequence, why)
}
