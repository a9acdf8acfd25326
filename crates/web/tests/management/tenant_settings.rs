//! `/tenants/settings`.

use serde_json::json;
use testkit::for_each_engine;

use crate::api::{Api, expect, expect_refusal};

#[tokio::test]
async fn what_is_named_changes_and_the_rest_stays() {
    for_each_engine(async |app| {
        let api = Api::on(app).await;
        let mut settings = expect(&api.get("/tenants/settings").await, 200);
        let defaults = json!({"friendly_name": "Landbridge", "allowed_logout_urls": [], "session_lifetime": 168.0,
            "idle_session_lifetime": 72.0, "log_retention_days": 30,
            "flags": {"enable_dynamic_client_registration": false}});
        assert_eq!(settings, defaults);
        api.app.add_api("https://orders.test/", &[], |_| {}).await;
        api.app.add_connection("people", &[], |_| {}).await;
        let change = json!({"friendly_name": "The Shop", "support_email": "help@shop.test", "default_audience": "https://orders.test/",
            "default_directory": "people", "default_redirection_uri": "https://www.test/", "idle_session_lifetime": 1, "log_retention_days": 365,
            "flags": {"enable_dynamic_client_registration": true}});
        let changed = expect(&api.patch("/tenants/settings", change.clone()).await, 200);
        settings.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        settings["idle_session_lifetime"] = json!(1.0);
        assert_eq!(changed, settings);
        assert_eq!(expect(&api.get("/tenants/settings").await, 200), settings);
        let cleared = expect(
            &api.patch("/tenants/settings", json!({"default_audience": "", "default_directory": null, "default_redirection_uri": ""})).await,
            200,
        );
        assert_eq!((cleared.get("default_audience"), cleared.get("default_directory")), (None, None));
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_is_refused() {
    let api = Api::new().await;
    let before = api.app.dump().await;
    let cases = [
        (json!({"default_audience": "https://nowhere.test/"}), "default_audience is not the identifier of an API"),
        (json!({"default_directory": "nowhere"}), "default_directory is not the name of a connection"),
        (json!({"session_lifetime": "1"}), "Expected a number but found a string on property session_lifetime"),
        (json!({"log_retention_days": 3651}), "log_retention_days must be between 1 and 3650"),
        (json!({"support_email": "Help <help@shop.test>"}), "support_email must be one plain e-mail address"),
        (json!({"flags": {"enable_sso": true}}), "Additional properties not allowed: flags.enable_sso"),
    ];
    for (change, message) in cases {
        let message = format!("Payload validation error: {message}");
        expect_refusal(&api.patch("/tenants/settings", change).await, 400, Some("invalid_body"), &message);
    }
    api.app.assert_unchanged_since(&before).await;
}
