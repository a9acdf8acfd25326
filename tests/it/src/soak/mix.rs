//! What is asked, and when.

use std::time::Duration;

/// Something that somebody does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Operation {
    Discovery,
    Keys,
    MachineToken,
    Refresh,
    UserInfo,
    Introspection,
    UserById,
    Search,
    SignIn,
    WrongPassword,
    SignUp,
}

use Operation::{
    Discovery, Introspection, Keys, MachineToken, Refresh, Search, SignIn, SignUp, UserById, UserInfo, WrongPassword,
};

/// How often in a second, and how many requests it takes each time. Six passwords are hashed in a second, which leaves
/// most of two processors to others.
const MIX: [(Operation, u64, u64); 11] = [
    (Discovery, 5, 1),
    (Keys, 5, 1),
    (MachineToken, 15, 1),
    (Refresh, 20, 1),
    (UserInfo, 15, 1),
    (Introspection, 10, 1),
    (UserById, 5, 1),
    (Search, 5, 1),
    // The authorization request, the page, the password, and the code.
    (SignIn, 4, 4),
    (WrongPassword, 1, 3),
    (SignUp, 1, 1),
];

/// How many requests there are in a second.
pub(super) const RATE: u64 = {
    let (mut rate, mut row) = (0, 0);
    while row < MIX.len() {
        rate += MIX[row].1 * MIX[row].2;
        row += 1;
    }
    rate
};

/// How many requests an operation makes.
pub(super) fn requests_of(operation: Operation) -> u64 {
    MIX.iter().find(|(one, ..)| *one == operation).expect("everything that is done is in the mix").2
}

/// One of the seconds since the beginning.
#[derive(Clone, Copy)]
pub(super) struct Second(pub(super) u64);

/// Somebody who comes.
pub(super) struct Arrival {
    /// Since the beginning.
    pub(super) at: Duration,
    pub(super) operation: Operation,
    /// How many came before for the same.
    pub(super) number: u64,
}

impl Second {
    /// Everybody who comes in it, in their order: those for the same at even distances, and not all operations at once.
    pub(super) fn arrivals(self) -> Vec<Arrival> {
        let mut arrivals: Vec<_> = (0..).zip(MIX).flat_map(|(row, of)| self.arrivals_for(row, of)).collect();
        arrivals.sort_by_key(|arrival| arrival.at);
        arrivals
    }

    fn arrivals_for(self, row: u64, (operation, times, _): (Operation, u64, u64)) -> impl Iterator<Item = Arrival> {
        let of_the_second = Duration::from_secs(self.0) + Duration::from_millis(3 * row);
        (0..times).map(move |one| Arrival {
            at: of_the_second + Duration::from_millis(one * 1000 / times),
            operation,
            number: self.0 * times + one,
        })
    }
}

#[test]
fn a_hundred_requests_come_in_each_second() {
    assert_eq!(RATE, 100);
    let arrivals = Second(7).arrivals();
    assert_eq!(arrivals.iter().map(|arrival| requests_of(arrival.operation)).sum::<u64>(), RATE);
    assert!(arrivals.is_sorted_by_key(|arrival| arrival.at));
    assert!(arrivals.iter().all(|arrival| arrival.at.as_secs() == 7));
}
