//! UP-04, LK-01, LK-02: who somebody is, and what is believed of them.

use model::provider::{EmailVerification, ProfileField};
use model::user::Profile;
use serde_json::{Value, json};
use testkit::source::{Lie, Question};

use super::super::NOW;
use super::Situation;
use crate::sign_in::{AssertionRefused, Returned, SignInProblem};
use crate::{Garbage, UnavailableReason};

async fn profile(situation: &Situation, changes: &Value) -> Profile {
    situation.peer.knows(changes, NOW);
    situation.redeem().await.expect("an honest provider").profile
}

#[tokio::test]
async fn an_id_token_that_says_enough_needs_no_userinfo() {
    let situation = Situation::new().await;
    let expected = Profile {
        email: Some("ada@acme.example".into()),
        name: Some("Ada Lovelace".into()),
        nickname: Some("ada".into()),
        ..Profile::default()
    };
    assert_eq!(profile(&situation, &json!({})).await, expected);
    assert!(situation.peer.server.asked(Question::UserInfo).is_empty());
}

#[tokio::test]
async fn userinfo_fills_what_the_id_token_lacks() {
    let situation = Situation::new().await;
    let userinfo = json!({
        "sub": "ada-1", "name": "Ada of userinfo", "email": "ada@userinfo.example", "picture": "https://x.io/a.png",
    });
    situation.peer.server.on(Question::UserInfo, Lie::json(200, userinfo));
    let found = profile(&situation, &json!({"name": null, "nickname": null})).await;
    assert_eq!(found.name.as_deref(), Some("Ada of userinfo"));
    assert_eq!(found.email.as_deref(), Some("ada@acme.example"), "what is signed wins");
    assert_eq!(found.picture.as_deref(), Some("https://x.io/a.png"));
    let asked = situation.peer.server.asked(Question::UserInfo);
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].headers["authorization"], "Bearer at");
}

/// UP-04
#[tokio::test]
async fn up_04_userinfo_about_somebody_else_is_refused() {
    for subject in [json!("eve"), json!(null), json!("ADA-1"), json!(1)] {
        let situation = Situation::new().await;
        let userinfo = Lie::json(200, json!({"sub": subject, "email": "eve@acme.example"}));
        situation.peer.server.on(Question::UserInfo, userinfo);
        situation.peer.knows(&json!({"email": null}), NOW);
        let refused = situation.redeem().await.err();
        assert_eq!(refused, Some(SignInProblem::NotBelieved(AssertionRefused::UserinfoSubject)), "{subject}");
    }
}

#[tokio::test]
async fn userinfo_that_fails_leaves_nobody_half_known() {
    let situation = Situation::new().await;
    situation.peer.knows(&json!({"email": null}), NOW);
    for (lie, reason) in [
        (Lie::json(500, json!({})), UnavailableReason::Status(500)),
        (Lie::json(401, json!({})), UnavailableReason::Status(401)),
        (Lie::Raw(200, "application/jwt", "a.b.c"), UnavailableReason::Garbage(Garbage::NotJson)),
    ] {
        situation.peer.server.on(Question::UserInfo, lie);
        assert_eq!(situation.redeem().await.err(), Some(SignInProblem::Unavailable(reason)));
    }
}

async fn check_verified(how: EmailVerification, claim: Value, expected: bool) {
    let mut situation = Situation::new().await;
    situation.provider.email_verification = how;
    let found = profile(&situation, &json!({"email_verified": claim})).await;
    assert_eq!(found.email_verified, expected, "{how:?} {claim}");
}

#[tokio::test]
async fn lk_01_an_address_is_verified_only_where_the_connection_believes_it() {
    use EmailVerification::{Assumed, Believed, Ignored};
    for claim in [json!(true), json!("true"), json!(null), json!(false)] {
        check_verified(Ignored, claim.clone(), false).await;
        check_verified(Assumed, claim, true).await;
    }
    check_verified(Believed, json!(true), true).await;
    check_verified(Believed, json!("true"), true).await;
    for odd in [json!(false), json!("false"), json!("TRUE"), json!(1), json!("yes"), json!(null), json!([true])] {
        check_verified(Believed, odd, false).await;
    }
}

/// LK-02: the flag of one document says nothing about the address of another.
#[tokio::test]
async fn lk_02_userinfo_does_not_vouch_for_the_address_of_the_id_token() {
    let mut situation = Situation::new().await;
    situation.provider.email_verification = EmailVerification::Believed;
    let userinfo = json!({"sub": "ada-1", "name": "Ada", "email": "eve@evil.example", "email_verified": true});
    situation.peer.server.on(Question::UserInfo, Lie::json(200, userinfo));
    let changes = json!({"email": "victim@x.io", "email_verified": null, "name": null, "nickname": null});
    let found = profile(&situation, &changes).await;
    assert_eq!(found.email.as_deref(), Some("victim@x.io"));
    assert!(!found.email_verified);
}

#[tokio::test]
async fn lk_02_the_id_token_does_not_vouch_for_the_address_of_userinfo() {
    let mut situation = Situation::new().await;
    situation.provider.email_verification = EmailVerification::Believed;
    for (claim, expected) in [(json!(true), true), (json!(false), false), (json!(null), false)] {
        let userinfo = json!({"sub": "ada-1", "email": "victim@x.io", "email_verified": claim});
        situation.peer.server.on(Question::UserInfo, Lie::json(200, userinfo));
        let found = profile(&situation, &json!({"email": null, "email_verified": true})).await;
        assert_eq!((found.email.as_deref(), found.email_verified), (Some("victim@x.io"), expected), "{claim}");
    }
}

#[tokio::test]
async fn without_an_address_nothing_is_verified() {
    let mut situation = Situation::new().await;
    situation.provider.email_verification = EmailVerification::Assumed;
    situation.provider.scope = vec!["openid".into()];
    for odd in [json!(null), json!(""), json!("ada"), json!("a@b@evil"), json!(["ada@acme.example"])] {
        let found = profile(&situation, &json!({"email": odd})).await;
        assert_eq!((found.email, found.email_verified), (None, false), "{odd}");
    }
}

#[tokio::test]
async fn a_connection_says_which_claim_fills_which_field() {
    let mut situation = Situation::new().await;
    situation.provider.attributes.insert(ProfileField::Email, "https://acme.example/mail".into());
    situation.provider.attributes.insert(ProfileField::Nickname, "handle".into());
    let found =
        profile(&situation, &json!({"https://acme.example/mail": "countess@acme.example", "handle": "countess"})).await;
    assert_eq!(found.email.as_deref(), Some("countess@acme.example"));
    assert_eq!(found.nickname.as_deref(), Some("countess"));
}

/// LK-01: people choose some claims themselves, a user principal name for one.
#[tokio::test]
async fn lk_01_the_flag_of_the_address_does_not_vouch_for_another_claim() {
    let mut situation = Situation::new().await;
    situation.provider.email_verification = EmailVerification::Believed;
    situation.provider.attributes.insert(ProfileField::Email, "upn".into());
    let said = json!({"email": "eve@evil.example", "email_verified": true, "upn": "victim@x.io", "upn_verified": true});
    let found = profile(&situation, &said).await;
    assert_eq!((found.email.as_deref(), found.email_verified), (Some("victim@x.io"), false));
    situation.provider.attributes.insert(ProfileField::EmailVerified, "upn_verified".into());
    assert!(profile(&situation, &said).await.email_verified, "a flag of its own does");
}

#[tokio::test]
async fn fields_that_are_no_honest_text_are_left_out() {
    let situation = Situation::new().await;
    let changes = json!({
        "name": "x".repeat(301), "nickname": "a\u{0}b", "given_name": ["Ada"], "family_name": " Lovelace ",
        "picture": "javascript:alert(1)", "phone_number": "",
    });
    let found = profile(&situation, &changes).await;
    let expected = Profile {
        email: Some("ada@acme.example".into()),
        name: Some("Lovelace".into()),
        nickname: Some("ada".into()),
        family_name: Some("Lovelace".into()),
        ..Profile::default()
    };
    assert_eq!(found, expected);
}

#[tokio::test]
async fn apple_posts_a_name_that_fills_gaps_and_nothing_else() {
    let mut situation = Situation::new().await;
    let posted = r#"{"name":{"firstName":"Ada","lastName":"Lovelace"},"email":"victim@x.io","sub":"eve"}"#;
    let changes = json!({"name": null, "nickname": null});
    situation.peer.knows(&changes, NOW);
    situation.peer.server.on(Question::UserInfo, Lie::json(200, json!({"sub": "ada-1"})));
    for form_post in [true, false] {
        situation.provider.form_post = form_post;
        let returned = Returned { posted_user: Some(posted), ..situation.returned() };
        let outcome = situation.upstreams.redeem(&situation.registration(), &returned, NOW).await;
        let found = outcome.expect("an honest provider");
        assert_eq!(found.profile.name.as_deref(), form_post.then_some("Ada Lovelace"));
        assert_eq!(found.profile.email.as_deref(), Some("ada@acme.example"));
        assert_eq!(found.subject, "ada-1");
    }
}
