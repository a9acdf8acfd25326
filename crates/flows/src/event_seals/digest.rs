//! What stands in a seal for the row of an event.

use keys::{Sealer, secrets_match};
use store::events::EventRow;

const EVENT: &str = "event";
const ERASURE: &str = "event erasure";

/// Half an HMAC-SHA256 is enough of it to be worth no attempt (RFC 2104 5).
pub(super) const LENGTH: usize = 16;

pub(super) type Digest = [u8; LENGTH];

/// That of a row; of one that was rewritten to forget a person, that of the row before. None where the row says that it
/// was rewritten, and it was not or not to this.
pub(super) fn of(sealer: &Sealer, row: &EventRow) -> Option<Digest> {
    let Some(erasure) = &row.erasure else { return Some(unchanged(sealer, row)) };
    let (digest, proof) = erasure.split_first_chunk()?;
    secrets_match(proof, &proof_of(sealer, digest, row)).then_some(*digest)
}

/// The row with the proof that it took the place of `before`. An erasure that was forged shows as that for ever.
pub(super) fn rewritten(sealer: &Sealer, before: &EventRow, row: EventRow) -> EventRow {
    let Some(digest) = of(sealer, before) else { return row };
    let erasure = [digest.as_slice(), &proof_of(sealer, &digest, &row)].concat();
    EventRow { erasure: Some(erasure), ..row }
}

fn unchanged(sealer: &Sealer, row: &EventRow) -> Digest {
    let digest = sealer.keyed_digest(EVENT, &encoded(row));
    *digest.first_chunk().expect("a digest is longer than its half")
}

fn proof_of(sealer: &Sealer, digest: &Digest, row: &EventRow) -> [u8; 32] {
    sealer.keyed_digest(ERASURE, &[digest.as_slice(), &encoded(row)].concat())
}

/// Everything but the position, which the order of the digests stands for, and the erasure. No two rows give the same.
fn encoded(row: &EventRow) -> Vec<u8> {
    let mut bytes = row.date.to_be_bytes().to_vec();
    let texts = [Some(&row.log_id), Some(&row.code), row.client_id.as_ref(), row.user_id.as_ref(), Some(&row.document)];
    for text in texts {
        bytes.push(u8::from(text.is_some()));
        let text = text.map_or("", String::as_str);
        bytes.extend_from_slice(&(text.len() as u64).to_be_bytes());
        bytes.extend_from_slice(text.as_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use keys::MasterKey;

    use super::*;

    fn sealer() -> Sealer {
        Sealer::new(&MasterKey::from_random([7; 32]))
    }

    fn row() -> EventRow {
        EventRow {
            log_id: "900".to_owned(),
            position: Some(1),
            date: 5,
            code: "s".to_owned(),
            client_id: Some("app".to_owned()),
            user_id: None,
            document: r#"{"ip":"192.0.2.1"}"#.to_owned(),
            erasure: None,
        }
    }

    #[test]
    fn dl_06_every_column_counts_and_the_position_does_not() {
        let digest = of(&sealer(), &row());
        let text = |text: &str| text.to_owned();
        for altered in [
            EventRow { log_id: text("901"), ..row() },
            EventRow { date: 6, ..row() },
            EventRow { code: text("f"), ..row() },
            EventRow { client_id: None, ..row() },
            EventRow { client_id: None, user_id: row().client_id, ..row() },
            EventRow { user_id: Some(String::new()), ..row() },
            EventRow { document: text("{}"), ..row() },
            EventRow { log_id: text("900s"), code: String::new(), ..row() },
        ] {
            assert_ne!(of(&sealer(), &altered), digest, "{altered:?}");
        }
        assert_eq!(of(&sealer(), &EventRow { position: None, ..row() }), digest);
    }

    #[test]
    fn dl_06_a_row_that_was_rewritten_keeps_its_digest_and_none_can_be_forged() {
        let after = EventRow { document: "{}".to_owned(), ..row() };
        let rewritten = rewritten(&sealer(), &row(), after.clone());
        assert_eq!(of(&sealer(), &rewritten), of(&sealer(), &row()));
        let erasure = rewritten.erasure.clone().unwrap();
        for (document, erasure) in [
            (r#"{"ip":"192.0.2.2"}"#, erasure.clone()),
            ("{}", erasure[..LENGTH].to_vec()),
            ("{}", Vec::new()),
            ("{}", [&[0; LENGTH], &erasure[LENGTH..]].concat()),
        ] {
            let forged = EventRow { document: document.to_owned(), erasure: Some(erasure), ..row() };
            assert_eq!(of(&sealer(), &forged), None);
            let again =
                super::rewritten(&sealer(), &forged, EventRow { erasure: forged.erasure.clone(), ..after.clone() });
            assert_eq!(of(&sealer(), &again).is_some(), again == rewritten, "forgetting again mends nothing");
        }
        let again = super::rewritten(&sealer(), &rewritten, rewritten.clone());
        assert_eq!(again, rewritten);
    }
}
