//! `tickets`.

use model::Timestamp;
use model::address::FoldedEmail;
use model::ticket::{Pin, Ticket, TicketKind};
use tokio::task::{JoinSet, yield_now};

use super::engines::{for_each_database, for_each_engine};
use super::records::{NOW, at, client_id, committed, digest, populate, reader, ticket, user_id};
use crate::tickets::{find, insert, mailed_since, spend, spend_of_user};
use crate::{Store, clients, users};

async fn filled(store: &Store, tickets: &[(u8, Ticket)]) {
    populate(store).await;
    committed(store, async |tx| {
        for (number, ticket) in tickets {
            insert(tx, &digest(*number), ticket).await?;
        }
        Ok(())
    })
    .await;
}

async fn found(store: &Store, number: u8) -> Option<Ticket> {
    find(&mut reader(store).await, &digest(number)).await.unwrap()
}

#[tokio::test]
async fn a_ticket_is_kept_as_it_was_made() {
    for_each_engine(async |store| {
        let bare = Ticket {
            kind: TicketKind::VerifyEmail,
            pin: Pin { email: None, last_password_reset: None, logins_count: None, password_version: None },
            client_id: None,
            is_mailed: false,
            result_url: None,
            tells_email: false,
            verifies_email: false,
            ..ticket()
        };
        filled(store, &[(1, ticket()), (2, bare.clone())]).await;
        assert_eq!(found(store, 1).await, Some(ticket()));
        assert_eq!(found(store, 2).await, Some(bare));
        assert_eq!(found(store, 3).await, None);
    })
    .await;
}

#[tokio::test]
async fn pw_04_of_twenty_uses_at_once_one_is_the_first() {
    for_each_engine(async |store| {
        filled(store, &[(1, ticket())]).await;
        let mut uses = JoinSet::new();
        for _ in 0..20 {
            let store = store.clone();
            uses.spawn(async move { committed(&store, async |tx| spend(tx, &digest(1), NOW).await).await });
        }
        assert_eq!(uses.join_all().await.into_iter().filter(|was_first| *was_first).count(), 1);
        assert_eq!(found(store, 1).await.unwrap().spent_at, Some(NOW));
    })
    .await;
}

#[tokio::test]
async fn pw_04_an_expired_ticket_is_not_used() {
    for_each_engine(async |store| {
        filled(store, &[(1, ticket())]).await;
        let end = ticket().expires_at;
        assert!(!committed(store, async |tx| spend(tx, &digest(1), end).await).await);
        assert_eq!(found(store, 1).await, Some(ticket()));
    })
    .await;
}

#[tokio::test]
async fn a_person_s_tickets_are_spent_together_or_by_kind() {
    for_each_engine(async |store| {
        let verify = Ticket { kind: TicketKind::VerifyEmail, ..ticket() };
        filled(store, &[(1, ticket()), (2, verify)]).await;
        let kind = Some(TicketKind::VerifyEmail);
        committed(store, async |tx| spend_of_user(tx, &user_id(), kind, at(1)).await).await;
        let spent = async || [found(store, 1).await.unwrap().spent_at, found(store, 2).await.unwrap().spent_at];
        assert_eq!(spent().await, [None, Some(at(1))]);
        committed(store, async |tx| spend_of_user(tx, &user_id(), None, at(2)).await).await;
        assert_eq!(spent().await, [Some(at(2)), Some(at(1))]);
    })
    .await;
}

#[tokio::test]
async fn pw_15_mails_to_an_address_are_counted_spent_or_not() {
    for_each_engine(async |store| {
        let handed_out = Ticket { is_mailed: false, ..ticket() };
        let other = Pin { email: Some(FoldedEmail::of("bob@example.com")), ..ticket().pin };
        let tickets = [(1, ticket()), (2, ticket()), (3, handed_out), (4, Ticket { pin: other, ..ticket() })];
        filled(store, &tickets).await;
        committed(store, async |tx| spend(tx, &digest(1), NOW).await).await;
        assert_eq!(mailed(store, at(-1)).await, 2);
        assert_eq!(mailed(store, NOW).await, 0);
    })
    .await;
}

async fn mailed(store: &Store, since: Timestamp) -> i64 {
    let email = FoldedEmail::of("ADA@example.com");
    committed(store, async |tx| mailed_since(tx, &email, since).await).await
}

/// Makes a ticket unless there are five.
async fn mail_one_of_five(store: Store, number: u8) {
    let email = FoldedEmail::of("ada@example.com");
    let mut tx = store.write().await.unwrap();
    let mailed = mailed_since(&mut tx, &email, at(-1)).await.unwrap();
    // Somebody else may count now.
    yield_now().await;
    if mailed < 5 {
        insert(&mut tx, &digest(number), &ticket()).await.unwrap();
    }
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn pw_15_of_fifty_mails_at_once_from_two_processes_five_are_sent() {
    for_each_database(async |database| {
        populate(&database.store).await;
        let stores = [database.store.clone(), database.open_again().await];
        let mut mails = JoinSet::new();
        for number in 0..50 {
            mails.spawn(mail_one_of_five(stores[usize::from(number % 2)].clone(), number));
        }
        mails.join_all().await;
        assert_eq!(mailed(&database.store, at(-1)).await, 5);
    })
    .await;
}

#[tokio::test]
async fn a_ticket_goes_with_the_person_and_outlives_the_application() {
    for_each_engine(async |store| {
        filled(store, &[(1, ticket())]).await;
        committed(store, async |tx| clients::delete(tx, &client_id()).await).await;
        assert_eq!(found(store, 1).await, Some(Ticket { client_id: None, ..ticket() }));
        committed(store, async |tx| users::delete(tx, &user_id(), NOW).await).await;
        assert_eq!(found(store, 1).await, None);
    })
    .await;
}
