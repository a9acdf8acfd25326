//! What is left of somebody who was deleted, and who comes by their address next.

use flows::event_seals::NotWhole;
use http::Method;
use protocol::client_metadata::AppType;
use serde_json::json;
use testkit::{App, for_each_engine};

use crate::links::{choose, reset_link};
use crate::site::{API, EMAIL, PASSWORD, Site, assert_page, claims};

const ADA: &str = "users/auth0%7Cada";

async fn manage(app: &App, method: Method, path: &str, body: serde_json::Value) {
    let answer = app.manage(method, path, &body).await;
    assert!(answer.status.is_success(), "{path}: {}", answer.body);
}

/// DL-08: of a person nothing is left but ids, which mean nobody any more.
#[tokio::test]
async fn dl_08_nothing_but_an_id_is_left_of_whoever_is_deleted() {
    for_each_engine(async |app| {
        let site = Site::on(app).await;
        let app = &site.app;
        let profile = json!({"name": "Augusta King", "given_name": "Augusta", "picture": "https://x.io/augusta.png",
            "phone_number": "+441632960001", "user_metadata": {"likes": "engines"}, "app_metadata": {"plan": "countess"}});
        manage(app, Method::PATCH, ADA, profile).await;
        let mut browser = app.browser().at("198.51.100.99").sending("user-agent", "Augusta's own browser");
        site.log_in(&mut browser, &site.client.request()).await;
        site.offline_tokens().await;
        site.code().await;
        browser.log_in(&site.client.request().with("prompt", "login"), EMAIL, "not it").await.page();
        app.permit(&site.ada, API, &["read:notes"]).await;
        reset_link(&site).await;
        let personal = [EMAIL, "Augusta", "+441632960001", "engines", "countess", "198.51.100.99"];
        let traces = async || {
            let kept = app.dump().await;
            let rows = kept.tables().flat_map(|(table, rows)| rows.iter().map(move |row| format!("{table}: {row}")));
            let told: Vec<_> = app.events().await.iter().map(|event| serde_json::to_string(event).unwrap()).collect();
            let tells = |text: &String| personal.iter().any(|word| text.contains(word));
            rows.chain(told).filter(tells).collect::<Vec<_>>()
        };
        let before = traces().await.concat();
        assert!(personal.iter().all(|word| before.contains(word)), "all of it is there before: {before}");
        manage(app, Method::DELETE, ADA, json!({})).await;
        app.run_jobs_until_idle().await;
        assert_eq!(traces().await, Vec::<String>::new());
        let kept = app.dump().await;
        for (table, rows) in kept.tables().filter(|(_, rows)| rows.iter().any(|row| row.contains("auth0|ada"))) {
            assert!(["retired_user_ids"].contains(&table), "{table}: {rows:?}");
        }
        assert!(kept.rows("tombstones").iter().any(|row| row.contains("ada")), "no source brings her back");
        let told = app.events_of("s").await;
        assert!(told.iter().all(|event| event.user_id.as_ref() == Some(&site.ada)), "that somebody came stays known");
        let deletion = app.events_of("sapi").await;
        assert!(deletion.iter().all(|event| event.ip.is_some()), "so does where from the administrator acted");
    })
    .await;
}

/// Taking somebody out of the log rewrites rows that are sealed, which is no damage and cannot be feigned.
#[tokio::test]
async fn dl_06_dl_08_the_log_stays_whole_when_somebody_is_taken_out_of_it() {
    for_each_engine(async |app| {
        let site = Site::on(app).await;
        let app = &site.app;
        site.code().await;
        app.seal_events().await;
        // Not sealed before they are rewritten.
        site.code().await;
        let names = async || app.events().await.iter().filter(|event| event.user_name.is_some()).count();
        assert!(names().await > 0);
        manage(app, Method::DELETE, ADA, json!({})).await;
        assert_eq!(names().await, 0);
        let report = app.verify_events(None).await.unwrap();
        assert!(report.erased > 0 && report.unsealed > 0, "{report:?}");
        app.seal_events().await;
        let sealed = app.verify_events(None).await.unwrap();
        assert!(sealed.erased > report.erased && sealed.unsealed == 0, "{sealed:?}");
        app.tamper("UPDATE events SET document = REPLACE(document, 'auth0|ada', 'auth0|eve')").await;
        assert!(matches!(app.verify_events(None).await, Err(NotWhole::EventAltered(_))));
        app.tamper("UPDATE events SET document = REPLACE(document, 'auth0|eve', 'auth0|ada')").await;
        assert_eq!(app.verify_events(None).await.unwrap(), sealed);
        app.tamper("UPDATE events SET erasure = NULL").await;
        assert!(matches!(app.verify_events(None).await, Err(NotWhole::EventAltered(_))));
    })
    .await;
}

/// LK-16 (CVE-2026-55670 of Zitadel): somebody new has the address, and nothing else of whoever had it before.
#[tokio::test]
async fn lk_16_whoever_comes_by_an_address_is_somebody_new() {
    for_each_engine(async |app| {
        let site = Site::on(app).await;
        let third_party = |client: &mut model::client::Client| {
            client.is_first_party = false;
            client.app_type = AppType::RegularWeb;
        };
        let shop = site.app.add_client("shop", third_party).await;
        site.enable(&shop).await;
        let mut former = site.app.browser();
        let consent = former.log_in(&shop.request(), EMAIL, PASSWORD).await.page();
        assert!(consent.path.starts_with("/u/consent"), "{}", consent.path);
        former.submit(&consent.form().with("action", "allow")).await.answer().code();
        site.app.permit(&site.ada, API, &["read:notes"]).await;
        let (refresh_token, access_token) = site.offline_tokens().await;
        let code = site.code().await;
        let link = reset_link(&site).await;
        manage(&site.app, Method::DELETE, ADA, json!({})).await;

        let mut newcomer = site.app.browser();
        let signup = site.client.request().with("screen_hint", "signup");
        let form = newcomer.authorize(&signup).await.page().form();
        let answer = newcomer.submit(&form.fill("email", EMAIL).fill("password", "Quite another 7")).await.answer();
        let tokens = site.client.exchange(&site.app, answer.code()).await;
        let told = claims(&tokens.text("id_token"));
        assert_ne!(told["sub"], site.ada.as_str());
        assert_eq!((&told["email"], &told["email_verified"]), (&json!(EMAIL), &json!(false)));
        let id: String = url::form_urlencoded::byte_serialize(told["sub"].as_str().unwrap().as_bytes()).collect();
        let before = site.app.manage(Method::GET, &format!("users/{id}"), &json!({})).await.json();
        let permissions = site.app.manage(Method::GET, &format!("users/{id}/permissions"), &json!({})).await.json();
        assert_eq!(permissions, json!([]));

        assert_eq!(site.silently(&mut former).await.error(), "login_required");
        assert_eq!(site.client.refresh(&site.app, &refresh_token).await.refusal().1, "invalid_grant");
        assert_eq!(site.client.exchange(&site.app, &code).await.refusal().1, "invalid_grant");
        assert_eq!(site.app.userinfo(&access_token).await.status, 401);
        assert_page(choose(&mut site.app.browser(), &link, "Evil choice 7").await, 400, "This link leads nowhere");
        let old_password = site.app.browser().log_in(&site.client.request(), EMAIL, PASSWORD).await;
        assert_page(old_password, 400, "Wrong email or password");
        let asked = newcomer.authorize(&shop.request()).await.page();
        assert!(asked.path.starts_with("/u/consent"), "what was allowed before is asked again: {}", asked.path);
        assert_eq!(site.app.manage(Method::GET, &format!("users/{id}"), &json!({})).await.json(), before);
    })
    .await;
}
