//! `event_seals`.

use super::engines::for_each_engine;
use super::records::{at, committed, reader};
use crate::event_seals::{self, EventSeal};

fn seal(number: i64) -> EventSeal {
    EventSeal {
        number,
        last_position: number * 10,
        newest: at(number),
        sealed_at: at(number + 1),
        digests: vec![0, 255],
        link: vec![1, 254],
        checkpoint: None,
    }
}

#[tokio::test]
async fn of_two_seals_with_one_number_the_first_is_kept() {
    for_each_engine(async |store| {
        assert_eq!(event_seals::last(&mut reader(store).await).await.unwrap(), None);
        for number in 1..=3 {
            assert!(committed(store, async |tx| event_seals::insert(tx, &seal(number)).await).await);
        }
        let other = EventSeal { link: vec![9], ..seal(3) };
        assert!(!committed(store, async |tx| event_seals::insert(tx, &other).await).await);
        assert_eq!(event_seals::last(&mut reader(store).await).await.unwrap(), Some(seal(3)));
        let after =
            async |number: i64, limit: u32| event_seals::after(&mut reader(store).await, number, limit).await.unwrap();
        assert_eq!(after(1, 10).await, [seal(2), seal(3)]);
        assert_eq!(after(0, 1).await, [seal(1)]);
    })
    .await;
}

#[tokio::test]
async fn the_seals_before_a_beginning_go() {
    for_each_engine(async |store| {
        for number in 1..=3 {
            committed(store, async |tx| event_seals::insert(tx, &seal(number)).await).await;
        }
        let begins = EventSeal { checkpoint: Some(vec![7]), ..seal(2) };
        let begin = async || committed(store, async |tx| event_seals::begin_at(tx, &begins).await).await;
        assert_eq!((begin().await, begin().await), (1, 0));
        let kept = event_seals::after(&mut reader(store).await, 0, 10).await.unwrap();
        assert_eq!(kept, [EventSeal { digests: Vec::new(), ..begins }, seal(3)]);
    })
    .await;
}
