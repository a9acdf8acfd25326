//! An application that signs people in.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use url::Url;

use super::{Answer, Broker, Browser, http};

/// RFC 7636 Appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

const STATE: &str = "state-of-the-application";

/// A confidential client. It knows of the broker what the discovery document would tell it.
#[derive(Clone)]
pub(crate) struct Application {
    pub(crate) issuer: String,
    /// Where it finds the issuer, if it does not leave that to a balancer.
    pub(crate) base: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    pub(crate) redirect_uri: String,
    /// Whose tokens it asks for; without one, they are good for userinfo alone.
    pub(crate) audience: Option<String>,
    pub(crate) http: reqwest::Client,
}

/// The form on the login page, as one browser was shown it.
#[derive(Clone)]
pub(crate) struct LoginPage {
    url: String,
    hidden: Vec<(String, String)>,
}

/// A successful answer of the token endpoint.
#[derive(Clone, Debug)]
pub(crate) struct Tokens(pub(crate) Value);

impl Application {
    pub(crate) fn new(issuer: &str, client: &Value) -> Self {
        let text = |name: &str| client[name].as_str().expect("clients are shown whole").to_owned();
        Application {
            issuer: issuer.to_owned(),
            base: issuer.to_owned(),
            client_id: text("client_id"),
            client_secret: text("client_secret"),
            redirect_uri: client["callbacks"][0].as_str().expect("a callback").to_owned(),
            audience: None,
            http: http(),
        }
    }

    /// The same, sent to this node.
    pub(crate) fn at(&self, node: &Broker) -> Self {
        Application { base: node.url(""), ..self.clone() }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Where it sends a browser, with further parameters.
    pub(crate) fn authorization_url(&self, more: &[(&str, &str)]) -> String {
        let mut url = Url::parse(&self.url("authorize")).unwrap();
        url.query_pairs_mut()
            .extend_pairs([
                ("response_type", "code"),
                ("client_id", &self.client_id),
                ("redirect_uri", &self.redirect_uri),
                ("scope", "openid profile email offline_access"),
                ("state", STATE),
                ("nonce", "nonce-of-the-application"),
                ("code_challenge", CHALLENGE),
                ("code_challenge_method", "S256"),
            ])
            .extend_pairs(self.audience.iter().map(|audience| ("audience", audience)))
            .extend_pairs(more);
        url.into()
    }

    /// Sends a browser, which is not signed in, to the login page.
    pub(crate) async fn open(&self, browser: &mut Browser) -> LoginPage {
        self.try_open(browser).await.expect("an answer")
    }

    async fn try_open(&self, browser: &mut Browser) -> Result<LoginPage, reqwest::Error> {
        let redirect = browser.try_get(&self.authorization_url(&[])).await?.expect(302);
        let url = self.url(redirect.location().trim_start_matches('/'));
        let page = browser.try_get(&url).await?.expect(200);
        Ok(LoginPage { url: self.url("u/login"), hidden: page.hidden_fields() })
    }

    /// Types a name and a password into a fresh browser.
    pub(crate) async fn type_in(&self, username: &str, password: &str) -> Answer {
        self.try_type_in(username, password).await.expect("an answer")
    }

    /// Where the other side may hang up.
    pub(crate) async fn try_type_in(&self, username: &str, password: &str) -> Result<Answer, reqwest::Error> {
        let mut browser = Browser::through(self.http.clone());
        let page = self.try_open(&mut browser).await?;
        page.try_submit(&mut browser, username, password).await
    }

    /// Signs somebody in who has to succeed.
    pub(crate) async fn sign_in(&self, username: &str, password: &str) -> Tokens {
        let answer = self.type_in(username, password).await.expect(303);
        self.redeem(&answer).await
    }

    /// Takes the code from the answer that came to its callback, and exchanges it.
    pub(crate) async fn redeem(&self, answer: &Answer) -> Tokens {
        let params = answer.redirect_params();
        assert!(answer.location().starts_with(&self.redirect_uri), "{}", answer.location());
        assert_eq!(params.get("state").map(String::as_str), Some(STATE));
        assert_eq!(params.get("iss").map(String::as_str), Some(self.issuer.as_str()));
        Tokens(self.exchange(answer).await.expect(200).json())
    }

    /// Exchanges the code in an answer that came to its callback.
    pub(crate) async fn exchange(&self, answer: &Answer) -> Answer {
        self.token(&[
            ("grant_type", "authorization_code"),
            ("code", &answer.code()),
            ("redirect_uri", &self.redirect_uri),
            ("code_verifier", VERIFIER),
        ])
        .await
    }

    /// Asks the token endpoint.
    pub(crate) async fn token(&self, fields: &[(&str, &str)]) -> Answer {
        self.post("oauth/token", fields).await
    }

    /// Posts a form with its credentials.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.try_post(path, fields).await.expect("an answer")
    }

    async fn try_post(&self, path: &str, fields: &[(&str, &str)]) -> Result<Answer, reqwest::Error> {
        let own = [("client_id", self.client_id.as_str()), ("client_secret", &self.client_secret)];
        Answer::try_of(self.http.post(self.url(path)).form(&[&own, fields].concat())).await
    }

    pub(crate) async fn refresh(&self, refresh_token: &str) -> Answer {
        self.try_refresh(refresh_token).await.expect("an answer")
    }

    /// Where the other side may hang up.
    pub(crate) async fn try_refresh(&self, refresh_token: &str) -> Result<Answer, reqwest::Error> {
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh_token)];
        self.try_post("oauth/token", &form).await
    }

    pub(crate) async fn introspect(&self, token: &str) -> Value {
        self.post("oauth/introspect", &[("token", token)]).await.expect(200).json()
    }

    /// Asks whether a browser is signed in, without showing it anything: an `error`, or none.
    pub(crate) async fn ask_silently(&self, browser: &mut Browser) -> Option<String> {
        let answer = browser.get(&self.authorization_url(&[("prompt", "none")])).await.expect(302);
        answer.redirect_params().remove("error")
    }

    pub(crate) async fn userinfo(&self, tokens: &Tokens) -> Answer {
        Answer::of(self.http.get(self.url("userinfo")).bearer_auth(tokens.access_token())).await
    }
}

impl LoginPage {
    /// What its hidden fields hold.
    pub(crate) fn hidden(&self) -> impl Iterator<Item = &str> {
        self.hidden.iter().map(|(_, value)| value.as_str())
    }

    /// The same, as if a balancer sent the answer to this node.
    pub(crate) fn at(&self, node: &Broker) -> Self {
        LoginPage { url: node.url("u/login"), ..self.clone() }
    }

    pub(crate) async fn submit(&self, browser: &mut Browser, username: &str, password: &str) -> Answer {
        self.try_submit(browser, username, password).await.expect("an answer")
    }

    async fn try_submit(
        &self,
        browser: &mut Browser,
        username: &str,
        password: &str,
    ) -> Result<Answer, reqwest::Error> {
        let hidden = self.hidden.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let form: Vec<_> = hidden.chain([("username", username), ("password", password)]).collect();
        browser.try_post(&self.url, &form).await
    }
}

impl Tokens {
    #[track_caller]
    fn text(&self, name: &str) -> &str {
        self.0[name].as_str().unwrap_or_else(|| panic!("no {name}: {}", self.0))
    }

    pub(crate) fn access_token(&self) -> &str {
        self.text("access_token")
    }

    pub(crate) fn refresh_token(&self) -> &str {
        self.text("refresh_token")
    }

    pub(crate) fn id_token(&self) -> &str {
        self.text("id_token")
    }

    /// What the ID token says.
    pub(crate) fn claims(&self) -> Value {
        part(self.id_token(), 1)
    }

    /// The key that signed the ID token.
    pub(crate) fn kid(&self) -> String {
        kid_of(self.id_token())
    }

    pub(crate) fn sub(&self) -> String {
        self.claims()["sub"].as_str().expect("a subject").to_owned()
    }
}

/// The key that signed a token.
pub(crate) fn kid_of(token: &str) -> String {
    part(token, 0)["kid"].as_str().expect("a key id").to_owned()
}

/// A part of a JWS in compact form (RFC 7515 7.1). Whether its signature holds is for the unmodified clients to say.
fn part(token: &str, index: usize) -> Value {
    let text = token.split('.').nth(index).expect("a JWS has three parts");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).expect("base64url")).expect("JSON")
}
