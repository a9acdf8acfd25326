//! What somebody does. Things are named by how recent they are, so that a sequence still means something when a part of
//! it is left out; what is about nothing yet is passed over.

use fastrand::Rng;

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
        let mut random = Rng::with_seed(seed);
        (0..length).map(|_| Command::draw(&mut random)).collect()
    }

    fn draw(random: &mut Rng) -> Command {
        let weight = random.usize(..100);
        let person = random.usize(..PEOPLE);
        let application = random.usize(..APPLICATIONS.len());
        let recent = recent(random);
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

/// Mostly 0, which is the latest; each further one half as often.
fn recent(random: &mut Rng) -> usize {
    random.u64(..).trailing_zeros() as usize
}
