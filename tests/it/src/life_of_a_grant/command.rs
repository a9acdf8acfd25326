//! What somebody does. Things are named by how recent they are, so that a sequence still means something when a part of
//! it is left out; what is about nothing yet is passed over.

use super::model::{APPLICATIONS, PEOPLE};

/// One call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    SignIn {
        person: usize,
        application: usize,
    },
    /// With the password that was good before.
    SignInAsBefore {
        person: usize,
    },
    AskSilently {
        browser: usize,
        application: usize,
    },
    Exchange {
        code: usize,
    },
    Refresh {
        token: usize,
    },
    RefreshByAnother {
        token: usize,
    },
    Userinfo {
        access: usize,
    },
    IntrospectRefresh {
        token: usize,
    },
    IntrospectAccess {
        access: usize,
    },
    RevokeRefresh {
        token: usize,
    },
    RevokeAccess {
        access: usize,
    },
    RevokeByAnother {
        token: usize,
    },
    Block {
        person: usize,
    },
    Unblock {
        person: usize,
    },
    ChangePassword {
        person: usize,
    },
    Delete {
        person: usize,
    },
    LogOut {
        browser: usize,
    },
}

impl Command {
    /// The sequence of this number.
    pub(super) fn sequence(seed: u64, length: usize) -> Vec<Command> {
        let mut random = Random(seed);
        (0..length).map(|_| Command::draw(&mut random)).collect()
    }

    fn draw(random: &mut Random) -> Command {
        let weight = random.below(100);
        let person = random.below(PEOPLE);
        let application = random.below(APPLICATIONS.len());
        let recent = random.recent();
        match weight {
            0..14 => Command::SignIn { person, application },
            14..15 => Command::SignInAsBefore { person },
            15..21 => Command::AskSilently { browser: recent, application },
            21..37 => Command::Exchange { code: recent },
            37..62 => Command::Refresh { token: recent },
            62..64 => Command::RefreshByAnother { token: recent },
            64..75 => Command::Userinfo { access: recent },
            75..80 => Command::IntrospectRefresh { token: recent },
            80..84 => Command::IntrospectAccess { access: recent },
            84..87 => Command::RevokeRefresh { token: recent },
            87..88 => Command::RevokeAccess { access: recent },
            88..90 => Command::RevokeByAnother { token: recent },
            90..92 => Command::Block { person },
            92..94 => Command::Unblock { person },
            94..96 => Command::ChangePassword { person },
            96..97 => Command::Delete { person },
            _ => Command::LogOut { browser: recent },
        }
    }
}

/// `SplitMix64`.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).expect("it is below a usize")
    }

    /// Mostly 0, which is the latest; each further one half as often.
    fn recent(&mut self) -> usize {
        self.next().trailing_zeros() as usize
    }
}
