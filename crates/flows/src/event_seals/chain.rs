//! How a seal is bound to the one before.

use keys::{Sealer, secrets_match};
use model::Timestamp;
use store::event_seals::EventSeal;

const SEAL: &str = "event seal";
const CHECKPOINT: &str = "event checkpoint";

/// What the first seal is bound to.
pub(super) fn origin() -> EventSeal {
    let beginning = Timestamp::from_millis(0);
    EventSeal {
        number: 0,
        last_position: 0,
        newest: beginning,
        sealed_at: beginning,
        digests: Vec::new(),
        link: Vec::new(),
        checkpoint: None,
    }
}

/// The seal, bound to the one before.
pub(super) fn bound(sealer: &Sealer, previous: &EventSeal, seal: EventSeal) -> EventSeal {
    EventSeal { link: link(sealer, previous, &seal).to_vec(), ..seal }
}

/// Whether this seal was made behind that one and has not been altered since.
pub(super) fn follows(sealer: &Sealer, previous: &EventSeal, seal: &EventSeal) -> bool {
    previous.number.checked_add(1) == Some(seal.number) && secrets_match(&seal.link, &link(sealer, previous, seal))
}

/// What shows that all up to this seal was swept by a broker.
pub(super) fn checkpoint(sealer: &Sealer, seal: &EventSeal) -> Vec<u8> {
    sealer.keyed_digest(CHECKPOINT, &[facts(seal).as_slice(), &seal.link].concat()).to_vec()
}

/// What the first of all the seals that are kept is bound to: it is the very first, or marks the end of what was swept
/// and is that itself. None where neither is so.
pub(super) fn beginning(sealer: &Sealer, first: &EventSeal) -> Option<EventSeal> {
    match &first.checkpoint {
        None => (first.number == 1).then(origin),
        Some(proof) => secrets_match(proof, &checkpoint(sealer, first)).then(|| first.clone()),
    }
}

fn link(sealer: &Sealer, previous: &EventSeal, seal: &EventSeal) -> [u8; 32] {
    // Of these only the digests are of no fixed length; there is no link before the first.
    sealer.keyed_digest(SEAL, &[facts(seal).as_slice(), &previous.link, &seal.digests].concat())
}

fn facts(seal: &EventSeal) -> [u8; 32] {
    let numbers = [seal.number, seal.last_position, seal.newest.millis(), seal.sealed_at.millis()];
    let mut bytes = [0; 32];
    for (place, number) in bytes.chunks_exact_mut(8).zip(numbers) {
        place.copy_from_slice(&number.to_be_bytes());
    }
    bytes
}
