use serde::Serialize;
use serde_json::{Value, json};

use super::TokenType;
use crate::scope::ScopeSet;

/// What is told of a token that is good now (RFC 7662 2.2).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ActiveToken {
    /// The client it was issued to.
    pub client_id: String,
    /// The user's id, or `{client id}@clients` where the client asked for itself.
    pub sub: String,
    /// What it allows; absent when empty.
    #[serde(skip_serializing_if = "ScopeSet::is_empty")]
    pub scope: ScopeSet,
    /// For whom it is: an API, `/userinfo`, or both. Absent for refresh tokens, which are for this server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aud: Option<Value>,
    /// This server.
    pub iss: String,
    /// When it ends, seconds since the Unix epoch; absent where nothing but revocation ends it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exp: Option<i64>,
    /// When it was issued, where that is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iat: Option<i64>,
    /// How an access token is used; absent for refresh tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_type: Option<TokenType>,
    /// The key it is bound to (RFC 9449 6.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Confirmation>,
}

/// The key a token is bound to (RFC 7800 3.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Confirmation {
    /// Its thumbprint (RFC 9449 6.1).
    pub jkt: String,
}

/// The answer to an introspection request. Whatever is not good now looks like a token that nobody knows
/// (RFC 7662 2.2).
pub fn introspection(token: Option<&ActiveToken>) -> Value {
    let Some(token) = token else { return json!({ "active": false }) };
    let mut answer = serde_json::to_value(token).expect("texts and numbers are JSON");
    answer["active"] = true.into();
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    fn active() -> ActiveToken {
        ActiveToken {
            client_id: "app".into(),
            sub: "auth0|ada".into(),
            scope: ScopeSet::parse("openid email"),
            aud: None,
            iss: "https://id.example/".into(),
            exp: Some(2),
            iat: Some(1),
            token_type: None,
            cnf: None,
        }
    }

    #[test]
    fn what_is_not_good_is_not_described() {
        assert_eq!(introspection(None), json!({ "active": false }));
    }

    #[test]
    fn members_are_spelled_as_on_the_wire() {
        let expected = json!({
            "active": true, "client_id": "app", "sub": "auth0|ada", "scope": "openid email",
            "iss": "https://id.example/", "exp": 2, "iat": 1,
        });
        assert_eq!(introspection(Some(&active())), expected);
        let bearer = ActiveToken { token_type: Some(TokenType::Bearer), ..active() };
        assert_eq!(introspection(Some(&bearer))["token_type"], "Bearer");
        let cnf = Some(Confirmation { jkt: "x".into() });
        let bound = introspection(Some(&ActiveToken { token_type: Some(TokenType::Dpop), cnf, ..active() }));
        assert_eq!((&bound["token_type"], &bound["cnf"]), (&json!("DPoP"), &json!({ "jkt": "x" })));
        let unscoped = ActiveToken { scope: ScopeSet::default(), ..active() };
        assert!(introspection(Some(&unscoped)).get("scope").is_none());
    }
}
