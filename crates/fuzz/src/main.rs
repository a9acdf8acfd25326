//! libFuzzer around one target, which `FUZZ_TARGET` names. Built and started by `cargo xtask fuzz`.

#![no_main]

use std::sync::LazyLock;

use fuzz::Target;
use libfuzzer_sys::fuzz_target;

#[expect(clippy::disallowed_methods, reason = "says what is to be done; libFuzzer has the command line")]
static TARGET: LazyLock<&Target> = LazyLock::new(|| {
    let name = std::env::var("FUZZ_TARGET").expect("FUZZ_TARGET names a target");
    Target::named(&name).expect("FUZZ_TARGET names a target")
});

fuzz_target!(|input: &[u8]| (TARGET.check)(input));
