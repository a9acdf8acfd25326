//! An OpenID provider that can be told to lie about every field, on a loopback port of its own.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use keys::{GeneratedKey, SigningKeyPair, public_jwk};
use model::Timestamp;
use model::provider::{
    ClientAuthentication, EmailVerification, Provider, ProviderEndpoints, ProviderLogout, ProviderProtocol,
    RootAttributes, UserIdForm,
};
use serde_json::{Value, json};
use url::{Url, form_urlencoded};

use crate::source::{Lie, LyingServer, Question};
use crate::{ClientAnswer, SeededEntropy};

/// What our client is called at the provider.
pub const CLIENT_ID: &str = "landbridge-at-provider";
/// Its secret there.
pub const CLIENT_SECRET: &str = "our secret at the provider";
/// The nonce of an ID token that was not told another.
pub const NONCE: &str = "a nonce";

/// A key of the provider, shared by all tests because making one takes its time.
struct Key {
    pair: SigningKeyPair,
    jwk: Value,
}

static KEYS: LazyLock<[Key; 3]> = LazyLock::new(|| ["first", "second", "never published"].map(key));

fn key(kid: &str) -> Key {
    let entropy = SeededEntropy::new(kid);
    let generated = GeneratedKey::generate(&entropy, 1_700_000_000, "provider.example").expect("a key");
    Key {
        pair: SigningKeyPair::from_pkcs8(kid, &generated.private_key).expect("a key pair"),
        jwk: public_jwk(kid, &generated.certificate).expect("a JWK"),
    }
}

/// The provider. It tells the truth until it is told otherwise.
pub struct LyingProvider {
    /// What it does when asked, and what it was asked.
    pub server: LyingServer,
    signs_with: Mutex<usize>,
}

impl LyingProvider {
    /// Starts with one key.
    pub async fn start() -> Self {
        let provider = LyingProvider { server: LyingServer::start().await, signs_with: Mutex::new(0) };
        provider.server.on(Question::Discovery, Lie::json(200, provider.metadata(&json!({}))));
        provider.publish_keys(&[0]);
        provider
    }

    /// Its issuer.
    pub fn issuer(&self) -> String {
        self.server.issuer()
    }

    /// Where its metadata document is.
    pub fn discovery_url(&self) -> String {
        format!("{}.well-known/openid-configuration", self.issuer())
    }

    /// Its metadata, with these members changed; `null` takes one away.
    pub fn metadata(&self, changes: &Value) -> Value {
        let issuer = self.issuer();
        let honest = json!({
            "issuer": issuer, "authorization_endpoint": format!("{issuer}authorize"),
            "token_endpoint": format!("{issuer}token"), "jwks_uri": format!("{issuer}jwks"),
            "userinfo_endpoint": format!("{issuer}userinfo"), "end_session_endpoint": format!("{issuer}logout"),
        });
        changed(honest, changes)
    }

    /// What a connection knows of it.
    pub fn provider(&self) -> Provider {
        Provider {
            protocol: ProviderProtocol::OpenIdConnect,
            issuer: self.issuer(),
            endpoints: ProviderEndpoints::Discovered(self.discovery_url()),
            client_id: CLIENT_ID.into(),
            client_authentication: ClientAuthentication::ClientSecretPost,
            scope: ["openid", "profile", "email"].map(str::to_owned).to_vec(),
            pkce: true,
            form_post: false,
            reauthenticates: true,
            parameters: BTreeMap::new(),
            required_claims: BTreeMap::new(),
            subject_claim: "sub".into(),
            attributes: BTreeMap::new(),
            email_verification: EmailVerification::Ignored,
            user_id_form: UserIdForm::OfConnection,
            root_attributes: RootAttributes::OnEachLogin,
            asks_silently: false,
            logout: ProviderLogout::EndSession,
            domain_aliases: Vec::new(),
            icon_url: None,
        }
    }

    /// From now on signs with its second key, and publishes that alone.
    pub fn rotate(&self) {
        self.sign_with(1);
        self.publish_keys(&[1]);
    }

    /// From now on signs with a key that it does not publish.
    pub fn sign_with_an_unknown_key(&self) {
        self.sign_with(2);
    }

    fn sign_with(&self, index: usize) {
        *self.signs_with.lock().unwrap_or_else(PoisonError::into_inner) = index;
    }

    fn publish_keys(&self, indices: &[usize]) {
        let jwks: Vec<_> = indices.iter().map(|index| KEYS[*index].jwk.clone()).collect();
        self.server.on(Question::Keys, Lie::json(200, json!({ "keys": jwks })));
    }

    /// A signed token of this type with exactly these claims.
    pub fn sign(&self, typ: &str, claims: &Value) -> String {
        let key = &KEYS[*self.signs_with.lock().unwrap_or_else(PoisonError::into_inner)];
        key.pair.sign(typ, claims.as_object().expect("claims are an object")).expect("a signature")
    }

    /// The claims of an ID token about Ada, of which these are changed; `null` takes one away.
    pub fn claims(&self, changes: &Value, now: Timestamp) -> Value {
        let honest = json!({
            "iss": self.issuer(), "aud": CLIENT_ID, "sub": "ada-1", "nonce": NONCE,
            "iat": now.seconds(), "exp": now.seconds() + 300,
            "email": "ada@acme.example", "email_verified": true, "name": "Ada Lovelace", "nickname": "ada",
        });
        changed(honest, changes)
    }

    /// An answer of the token endpoint with this ID token.
    pub fn tokens(&self, id_token: &str) -> Lie {
        Lie::json(
            200,
            json!({"id_token": id_token, "access_token": "at", "refresh_token": "rt", "token_type": "Bearer"}),
        )
    }

    /// From now on answers every code with an ID token of these claims.
    pub fn knows(&self, changes: &Value, now: Timestamp) {
        let id_token = self.sign("JWT", &self.claims(changes, now));
        self.server.on(Question::Code, self.tokens(&id_token));
    }

    /// Plays the page on which somebody signs in: takes the authorization request a browser was sent with, and gives
    /// the path it is sent back to. The ID token will have these claims changed, and the nonce of the request.
    pub fn sign_in(&self, request: &ClientAnswer, changes: &Value, now: Timestamp) -> String {
        let mut all = json!({"nonce": request.fields.get("nonce")});
        for (name, value) in changes.as_object().expect("changes are an object") {
            all[name] = value.clone();
        }
        self.knows(&all, now);
        self.answer(request, &[("code", "a code")])
    }

    /// The path a browser is sent back to with these fields and the request's state.
    pub fn answer(&self, request: &ClientAnswer, fields: &[(&str, &str)]) -> String {
        let state = [("state", request.field("state"))];
        let back = Url::parse(request.field("redirect_uri")).expect("an absolute redirect URI");
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).extend_pairs(state).finish();
        format!("{}?{query}", back.path())
    }
}

fn changed(mut object: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().expect("changes are an object") {
        object[name] = value.clone();
    }
    object.as_object_mut().expect("an object").retain(|_, value| !value.is_null());
    object
}
