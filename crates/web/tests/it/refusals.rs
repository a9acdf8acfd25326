//! Every refusal of the token endpoint in both encodings and with both tables of status codes: the words never differ.

use protocol::client_metadata::GrantType;
use serde_json::json;
use testkit::source::{Lie, LyingServer, Question, source_at};
use testkit::{App, Encoding, Options, RelyingParty};
use web::TokenErrorStatus;

use crate::site::{API, EMAIL, PASSWORD, Site};

const REALM: &str = "http://auth0.com/oauth/grant-type/password-realm";

/// A broker whose people's passwords are at a source.
struct Refusals {
    site: Site,
    client: RelyingParty,
    source: LyingServer,
    encoding: Encoding,
    statuses: TokenErrorStatus,
}

impl Refusals {
    async fn new(encoding: Encoding, statuses: TokenErrorStatus) -> Self {
        let site = Site::on(App::with(Options { token_error_status: statuses, ..Options::default() }).await).await;
        let client = site.app.add_client("all", |client| {
            client.grant_types = GrantType::ALL.into();
        });
        let client = client.await;
        site.enable(&client).await;
        site.app.add_client_grant(&client, API, "read:notes").await;
        let source = LyingServer::start().await;
        let moving = site.app.add_connection("moving", &[&client], |_| {}).await;
        site.app.set_source(&moving.id, source_at(&source.issuer()), "our secret").await;
        Refusals { site, client, source, encoding, statuses }
    }

    /// The request is refused with this error, with the first status by the RFC and with the second in Auth0's way.
    async fn check(&self, fields: &[(&str, &str)], statuses: (u16, u16), error: &str) {
        let answer = self.site.app.token_as(self.encoding, fields).await;
        let expected = if self.statuses == TokenErrorStatus::Rfc { statuses.0 } else { statuses.1 };
        assert_eq!(answer.refusal(), (expected, error.to_owned()), "{fields:?} {}", answer.body);
        assert!(!answer.text("error_description").is_empty());
        assert_eq!(answer.json().as_object().unwrap().len(), 2, "{}", answer.body);
        let waits = [429, 503].contains(&expected);
        assert_eq!(answer.header("retry-after").is_some(), waits, "{}", answer.body);
    }

    async fn check_grant(&self, fields: &[(&str, &str)], statuses: (u16, u16), error: &str) {
        self.check(&self.client.with_credentials(fields), statuses, error).await;
    }

    async fn clients_and_requests(&self) {
        let refresh = [("grant_type", "refresh_token"), ("refresh_token", "x")];
        self.check(&refresh, (400, 400), "invalid_request").await;
        self.check(&[refresh.as_slice(), &[("client_id", "nobody")]].concat(), (401, 401), "invalid_client").await;
        let wrong_secret = [("client_id", "all"), ("client_secret", "x")];
        self.check(&[refresh.as_slice(), &wrong_secret].concat(), (401, 401), "invalid_client").await;
        self.check_grant(&[], (400, 400), "invalid_request").await;
        self.check_grant(&[("grant_type", "x")], (400, 400), "unsupported_grant_type").await;
        self.check_grant(&[("grant_type", "refresh_token")], (400, 400), "invalid_request").await;
        let other = self.site.client.with_credentials(&[("grant_type", "client_credentials"), ("audience", API)]);
        self.check(&other, (400, 403), "unauthorized_client").await;
    }

    async fn codes(&self) {
        let client = &self.site.client;
        self.check(&client.code_fields("x"), (400, 403), "invalid_grant").await;
        for (name, value) in [("redirect_uri", "https://app.test/other"), ("code_verifier", "x"), ("code_verifier", "")]
        {
            let code = self.site.code().await;
            let fields = client.code_fields(&code);
            let changed: Vec<_> =
                fields.into_iter().map(|(known, old)| (known, if known == name { value } else { old })).collect();
            self.check(&changed, (400, 403), "invalid_grant").await;
            self.check(&client.code_fields(&code), (400, 403), "invalid_grant").await;
        }
        self.check(&client.with_credentials(&[("grant_type", "authorization_code")]), (400, 400), "invalid_request")
            .await;
    }

    async fn refresh_tokens(&self) {
        let client = &self.site.client;
        self.check(&client.refresh_fields("x"), (400, 403), "invalid_grant").await;
        let (refresh_token, _) = self.site.offline_tokens().await;
        let fields = client.refresh_fields(&refresh_token);
        let with = |name, value| [fields.as_slice(), &[(name, value)]].concat();
        self.check(&with("scope", "openid profile"), (400, 400), "invalid_scope").await;
        self.check(&with("audience", API), (400, 400), "invalid_request").await;
        self.check(&self.client.refresh_fields(&refresh_token), (400, 403), "invalid_grant").await;
        self.check(&fields, (400, 403), "invalid_grant").await;
    }

    async fn machines(&self) {
        let with = |name, value| [("grant_type", "client_credentials"), (name, value)];
        self.check_grant(&[("grant_type", "client_credentials")], (400, 400), "invalid_request").await;
        self.check_grant(&with("audience", "x"), (400, 403), "access_denied").await;
        let management = format!("{}api/v2/", self.site.app.issuer());
        self.check_grant(&with("audience", &management), (400, 403), "access_denied").await;
        let more = [with("audience", API).as_slice(), &[("scope", "write:notes")]].concat();
        self.check_grant(&more, (400, 400), "invalid_scope").await;
    }

    async fn passwords(&self) {
        let here = self.site.connection.name.as_str();
        let person =
            |realm, password| [("grant_type", REALM), ("realm", realm), ("username", EMAIL), ("password", password)];
        self.check_grant(&person("nowhere", PASSWORD), (400, 400), "invalid_request").await;
        self.check_grant(&person(here, "wrong"), (400, 403), "invalid_grant").await;
        let unknown = [person(here, PASSWORD).as_slice(), &[("audience", "x")]].concat();
        self.check_grant(&unknown, (400, 403), "access_denied").await;
        self.site.app.change_user(&self.site.ada, |user| user.blocked = Some(true)).await;
        self.check_grant(&person(here, PASSWORD), (400, 403), "unauthorized").await;
        for _ in 0..9 {
            self.check_grant(&person(here, "wrong"), (400, 403), "invalid_grant").await;
        }
        self.check_grant(&person(here, PASSWORD), (429, 429), "too_many_attempts").await;
    }

    async fn sources(&self) {
        let person = [("grant_type", REALM), ("realm", "moving"), ("username", "bob@x.io"), ("password", PASSWORD)];
        let source = |status, error, description| Lie::error(status, error, description);
        for (lie, statuses, error) in [
            (source(403, "invalid_grant", "Wrong email or password."), (400, 403), "invalid_grant"),
            (source(403, "unauthorized", "user is blocked"), (400, 403), "unauthorized"),
            (source(403, "password_leaked", ""), (400, 403), "password_leaked"),
            (source(403, "mfa_required", ""), (400, 403), "mfa_required"),
            (source(429, "too_many_requests", ""), (429, 429), "too_many_requests"),
            (Lie::json(500, json!({})), (503, 503), "temporarily_unavailable"),
            (Lie::HangUp, (503, 503), "temporarily_unavailable"),
        ] {
            self.source.on(Question::Password, lie);
            self.check_grant(&person, statuses, error).await;
        }
    }
}

/// Nobody has a second factor here yet, so there is no `mfa_token` to go on with, and the source's own goes no further.
#[tokio::test]
async fn te_09_a_password_is_not_enough_where_the_source_wants_a_second_factor() {
    for statuses in [TokenErrorStatus::Rfc, TokenErrorStatus::Auth0] {
        let refusals = Refusals::new(Encoding::Form, statuses).await;
        let answer = json!({"error": "mfa_required", "error_description": "", "mfa_token": "Fe26.2*SERVER*secret"});
        refusals.source.on(Question::Password, Lie::json(403, answer));
        let tenant =
            |tenant: &mut model::settings::TenantSettings| tenant.default_directory = Some("moving".to_owned());
        refusals.site.app.change_tenant(tenant).await;
        let person = [("username", "bob@x.io"), ("password", PASSWORD), ("scope", "openid offline_access")];
        let before = refusals.site.app.dump().await;
        for grant in [vec![("grant_type", "password")], vec![("grant_type", REALM), ("realm", "moving")]] {
            refusals.check_grant(&[grant, person.to_vec()].concat(), (400, 403), "mfa_required").await;
        }
        refusals.site.app.assert_unchanged_since(&before).await;
    }
}

#[tokio::test]
async fn every_refusal_has_one_word_and_the_status_of_the_table_that_was_chosen() {
    for statuses in [TokenErrorStatus::Rfc, TokenErrorStatus::Auth0] {
        for encoding in [Encoding::Form, Encoding::Json] {
            let refusals = Refusals::new(encoding, statuses).await;
            refusals.clients_and_requests().await;
            refusals.codes().await;
            refusals.refresh_tokens().await;
            refusals.machines().await;
            refusals.passwords().await;
            refusals.sources().await;
        }
    }
}
