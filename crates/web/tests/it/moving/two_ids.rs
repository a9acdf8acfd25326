//! Somebody whom the source knows under an id that is not ours to give, or that is somebody else's here.

use model::UserId;
use model::user::PasswordCredential;
use testkit::source::ada;
use testkit::{App, native};

use super::{ADA, EMAIL, Move};
use crate::site::{PASSWORD, assert_page};

/// What follows the provider in Ada's id.
const EXTERNAL: &str = "5f7c8ec7c33c6c004bbafe82";

/// The source says that this is Ada's id, and the password is right. Nobody is let in, nobody becomes anybody else,
/// and the log names the id that was not believed.
async fn check_not_joined(moving: &Move, user_id: &str) {
    moving.source.knows(&ada(user_id), moving.app.now());
    let before = moving.app.dump().await;
    let mut browser = moving.app.browser();
    let visit = browser.log_in(&moving.client.request(), EMAIL, PASSWORD).await;
    assert_page(visit, 503, "Sign-in is interrupted for the moment");
    assert_eq!(browser.cookie("session"), None, "{user_id}");
    moving.assert_nobody_moved(&before, false).await;
    assert_eq!(moving.asked(), 1, "{user_id}");
    let [event] = &moving.app.events_of("f").await[..] else { panic!("one event: {:?}", moving.app.events().await) };
    assert_eq!(event.details["source_user_id"], user_id);
    assert_eq!(event.user_id, None, "the event is nobody's");
}

/// A user of several providers has the id of the first of them, and that provider's ids may be equal to ours.
#[tokio::test]
async fn mg_02_another_providers_id_is_not_ours() {
    for provider in ["google-oauth2", "samlp|corp", "oidc|auth0", "email", "AUTH0", "auth0 "] {
        let user_id = format!("{provider}|{EXTERNAL}");
        for taken in [false, true] {
            let moving = Move::new().await;
            if taken {
                // Somebody else, whose password the same person happens to know.
                moving.app.add_user(&moving.connection, ADA, "eve@x.io", Some(native(PASSWORD))).await;
            }
            check_not_joined(&moving, &user_id).await;
            assert_eq!(moving.app.find_user(&UserId::new(user_id.as_str())).await, None);
        }
    }
    for no_provider in [EXTERNAL, "|5f7c8ec7c33c6c004bbafe82"] {
        check_not_joined(&Move::new().await, no_provider).await;
    }
}

/// Equal external ids do not make two people one, whatever is known of the password of the one who is here.
#[tokio::test]
async fn mg_02_nobody_becomes_somebody_who_has_another_id_here() {
    let held_by_the_source = PasswordCredential::Source { source: "old".into() };
    for credential in [Some(held_by_the_source), Some(native(PASSWORD)), None] {
        let moving = Move::new().await;
        let here = format!("google-oauth2|{EXTERNAL}");
        moving.app.add_user(&moving.connection, &here, "eve@x.io", credential).await;
        check_not_joined(&moving, ADA).await;
    }
}

/// Whoever is in the directory is asked about by that id, and no other will do.
#[tokio::test]
async fn mg_02_another_providers_id_is_not_that_of_somebody_in_the_directory() {
    let moving = Move::with(App::new().await, |source| source.just_in_time = false).await;
    moving.seed().await;
    let user_id = format!("google-oauth2|{EXTERNAL}");
    moving.source.knows(&ada(&user_id), moving.app.now());
    let before = moving.app.dump().await;
    assert_page(moving.log_in(PASSWORD).await, 503, "Your password was not checked");
    moving.assert_nobody_moved(&before, false).await;
    let [event] = &moving.app.events_of("source_unavailable").await[..] else { panic!("one event") };
    assert_eq!(event.details["reason"], "other_person");
}
