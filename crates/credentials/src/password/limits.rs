//! How much one verification may cost. Costs come from imported data, which would otherwise be a way to
//! stop the server.

use std::fmt;

/// The most one verification of an imported hash may need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Memory, KiB.
    pub memory_kib: u64,
    /// Time of one core, milliseconds, as each format estimates it from its cost parameters. An estimate and
    /// not a clock, so that a hash is accepted or refused alike on every machine.
    pub milliseconds: u64,
}

impl Default for Limits {
    /// Admits bcrypt up to cost 15, and argon2 at 256 MiB with up to 15 passes.
    fn default() -> Self {
        Limits { memory_kib: 256 * 1024, milliseconds: 3_000 }
    }
}

/// What one verification needs, in the units of [`Limits`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Memory, KiB.
    pub memory_kib: u64,
    /// Estimated time of one 2.5 GHz core, milliseconds.
    pub milliseconds: u64,
}

/// What a hash may need too much of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// [`Cost::memory_kib`].
    Memory,
    /// [`Cost::milliseconds`].
    Time,
}

impl Cost {
    /// Of one pass over a password, in the units of which even a millisecond is far too coarse.
    pub(super) const NEGLIGIBLE: Cost = Cost { memory_kib: 0, milliseconds: 0 };
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Resource::Memory => "KiB of memory",
            Resource::Time => "milliseconds of one core",
        })
    }
}

impl Limits {
    /// The first resource of which `cost` needs too much, how much it needs, and how much is allowed.
    pub(super) fn exceeded_by(&self, cost: Cost) -> Option<(Resource, u64, u64)> {
        [(Resource::Memory, cost.memory_kib, self.memory_kib), (Resource::Time, cost.milliseconds, self.milliseconds)]
            .into_iter()
            .find(|(_, needed, limit)| needed > limit)
    }
}
