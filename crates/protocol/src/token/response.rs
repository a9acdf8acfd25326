use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::scope::ScopeSet;

/// How an access token is used (RFC 6749 7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum TokenType {
    /// RFC 6750.
    Bearer,
    /// RFC 9449 7.1: only together with a proof by the key it is bound to.
    #[serde(rename = "DPoP")]
    Dpop,
}

impl TokenType {
    /// The type of a token that is bound to a key, or to none.
    pub fn bound_to(jkt: Option<&str>) -> Self {
        if jkt.is_some() { TokenType::Dpop } else { TokenType::Bearer }
    }
}

/// A successful answer (RFC 6749 5.1, OpenID Connect Core 3.1.3.3). What is absent is left out, never null.
///
/// It can be read back unchanged, since the answer to a refresh is kept, sealed, for an honest repeat. `Debug` shows
/// which tokens there are and none of them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TokenResponse {
    /// The access token.
    pub access_token: String,
    /// The refresh token, where one was issued or replaced.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub refresh_token: Option<String>,
    /// The ID token, where `openid` was granted.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub id_token: Option<String>,
    /// What was granted.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(with = "Option<String>")]
    pub scope: Option<ScopeSet>,
    /// Lifetime of the access token, seconds.
    pub expires_in: u64,
    /// How the access token is used.
    pub token_type: TokenType,
}

impl fmt::Debug for TokenResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenResponse")
            .field("has_refresh_token", &self.refresh_token.is_some())
            .field("has_id_token", &self.id_token.is_some())
            .field("scope", &self.scope)
            .field("expires_in", &self.expires_in)
            .field("token_type", &self.token_type)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn full() -> TokenResponse {
        TokenResponse {
            access_token: "first-secret".to_owned(),
            refresh_token: Some("second-secret".to_owned()),
            id_token: Some("third-secret".to_owned()),
            scope: Some(ScopeSet::parse("openid email")),
            expires_in: 86_400,
            token_type: TokenType::Bearer,
        }
    }

    #[test]
    fn it_is_spelled_as_on_the_wire_and_reads_back() {
        let wire = json!({
            "access_token": "first-secret",
            "refresh_token": "second-secret",
            "id_token": "third-secret",
            "scope": "openid email",
            "expires_in": 86_400,
            "token_type": "Bearer",
        });
        assert_eq!(serde_json::to_value(full()).expect("serialisable"), wire);
        assert_eq!(serde_json::from_value::<TokenResponse>(wire).expect("readable"), full());
    }

    #[test]
    fn what_is_absent_is_left_out() {
        let response = TokenResponse { refresh_token: None, id_token: None, scope: None, ..full() };
        let wire = json!({"access_token": "first-secret", "expires_in": 86_400, "token_type": "Bearer"});
        assert_eq!(serde_json::to_value(&response).expect("serialisable"), wire);
        assert_eq!(serde_json::from_value::<TokenResponse>(wire).expect("readable"), response);
    }

    #[test]
    fn tokens_do_not_show() {
        assert!(!format!("{:?}", full()).contains("secret"));
    }
}
