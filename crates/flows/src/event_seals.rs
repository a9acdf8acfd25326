//! Seals on the log of events, by which it shows that somebody altered it who can write to the database but does not
//! have the master key ([0012](../../../docs/adr/0012-sealed-events.md)).
//!
//! Whoever records an event pays nothing for it. [`seal`] comes after them, takes the events that have a position and no
//! seal, and makes one of keyed digests of their rows, bound to the seal before. [`verify`] goes through all of them.
//! Two things change what was sealed and leave it whole: [`Forgetting`] rewrites rows and proves that it did, and
//! [`sweep`] has the log begin at a later seal.

mod chain;
mod digest;
mod forgetting;
mod sealing;
mod sweeping;
mod verification;

use std::fmt;
use std::str::FromStr;

use store::event_seals::EventSeal;
use thiserror::Error;

pub(crate) use forgetting::Forgetting;
pub use sealing::seal;
pub(crate) use sweeping::sweep;
pub use verification::{NotWhole, Place, Report, verify};

/// How much of a seal's link its [`Head`] shows.
const SHOWN: usize = 16;

/// What says where the log ended: kept outside of the database, it shows that nothing was cut off since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    number: i64,
    link: Vec<u8>,
}

impl Head {
    fn of(seal: &EventSeal) -> Self {
        Head { number: seal.number, link: seal.link.iter().take(SHOWN).copied().collect() }
    }
}

/// `812:` and 32 hexadecimal digits.
impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.number, hex::encode(&self.link))
    }
}

/// A text is no [`Head`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a head is a number, a colon and 32 hexadecimal digits, as landbridge events verify prints it")]
pub struct HeadMalformed;

impl FromStr for Head {
    type Err = HeadMalformed;

    fn from_str(text: &str) -> Result<Self, HeadMalformed> {
        let (number, link) = text.split_once(':').ok_or(HeadMalformed)?;
        let number = number.parse().map_err(|_| HeadMalformed)?;
        let link = hex::decode(link).map_err(|_| HeadMalformed)?;
        if link.len() == SHOWN { Ok(Head { number, link }) } else { Err(HeadMalformed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_as_it_is_shown() {
        let head = Head { number: 812, link: vec![0xab; SHOWN] };
        assert_eq!(head.to_string(), format!("812:{}", "ab".repeat(SHOWN)));
        assert_eq!(head.to_string().parse(), Ok(head));
        for text in ["", "812", "812:", "812:ab", "x:abababababababababababababababab", "1:zz"] {
            assert_eq!(text.parse::<Head>(), Err(HeadMalformed), "{text}");
        }
    }
}
