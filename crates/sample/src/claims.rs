//! What the provider says about a person.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use minijinja::{Value as Variable, context};
use openidconnect::core::{CoreGenderClaim, CoreIdToken};
use openidconnect::{AdditionalClaims, UserInfoClaims};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::macros::format_description;

/// Claims with the values the provider sent.
#[derive(Clone, Serialize)]
pub(crate) struct Claims(Map<String, Value>);

/// Claims beyond the standard ones of OpenID Connect Core 5.1, kept as they come.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct OtherClaims(Map<String, Value>);

impl AdditionalClaims for OtherClaims {}

impl Claims {
    /// The claims of a token that has passed verification. They are read from the signed text itself, because the typed
    /// claims of `openidconnect` give values back in its own spelling. It also decodes base64url more leniently than
    /// RFC 7515 2 allows; what only passes there is `None` here.
    pub(crate) fn from_verified(id_token: &CoreIdToken) -> Option<Self> {
        payload(&id_token.to_string()).map(Claims)
    }

    /// The claims of a userinfo response.
    pub(crate) fn from_userinfo(claims: &UserInfoClaims<OtherClaims, CoreGenderClaim>) -> Self {
        match serde_json::to_value(claims) {
            Ok(Value::Object(claims)) => Claims(claims),
            _ => unreachable!("a response that was read from a JSON object is written as one"),
        }
    }

    /// The person's identifier at the provider.
    pub(crate) fn sub(&self) -> &str {
        self.text("sub").expect("openidconnect accepts no claims without `sub`")
    }

    /// What to call the person: the most personal name there is.
    pub(crate) fn display_name(&self) -> &str {
        let names = ["given_name", "name", "nickname", "email"].into_iter();
        names.filter_map(|name| self.text(name)).find(|name| !name.is_empty()).unwrap_or(self.sub())
    }

    /// What the page shows: a profile and a table.
    pub(crate) fn to_variable(&self) -> Variable {
        context! {
            sub => self.sub(),
            display_name => self.display_name(),
            initial => self.display_name().chars().next().map(|first| first.to_uppercase().to_string()),
            name => self.text("name"),
            email => self.text("email"),
            email_verified => self.0.get("email_verified") == Some(&Value::Bool(true)),
            rows => self.0.iter().map(|(name, value)| row(name, value)).collect::<Vec<_>>(),
        }
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }
}

fn payload(token: &str) -> Option<Map<String, Value>> {
    let json = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    serde_json::from_slice(&json).ok()
}

fn row(name: &str, value: &Value) -> Variable {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    context! { name => name, value => text, moment => moment(name, value) }
}

/// The moment a numeric claim stands for, in words.
fn moment(name: &str, value: &Value) -> Option<String> {
    let is_moment = matches!(name, "iat" | "exp" | "nbf" | "auth_time" | "updated_at");
    let moment = OffsetDateTime::from_unix_timestamp(value.as_i64().filter(|_| is_moment)?).ok()?;
    moment.format(format_description!("[year]-[month]-[day] [hour]:[minute]:[second] UTC")).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Claims, moment, payload};

    #[test]
    fn a_payload_has_one_spelling() {
        assert!(payload("header.e30.signature").is_some_and(|claims| claims.is_empty()));
        for token in ["header.e31.signature", "header.e30=.signature", "header.W10.signature", "header"] {
            assert_eq!(payload(token), None, "{token}");
        }
    }

    fn check_name(claims: Value, expected: &str) {
        let claims: Claims = Claims(serde_json::from_value(claims).expect("an object"));
        assert_eq!(claims.display_name(), expected);
    }

    #[test]
    fn a_person_is_called_by_the_most_personal_name() {
        check_name(json!({"sub": "auth0|1", "name": "Ada Lovelace", "given_name": "Ada"}), "Ada");
        check_name(json!({"sub": "auth0|1", "nickname": "ada", "email": "ada@example.com"}), "ada");
        check_name(json!({"sub": "auth0|1", "name": "", "email": "ada@example.com"}), "ada@example.com");
        check_name(json!({"sub": "auth0|1"}), "auth0|1");
    }

    #[test]
    fn only_moments_are_put_into_words() {
        assert_eq!(moment("exp", &json!(0)).as_deref(), Some("1970-01-01 00:00:00 UTC"));
        assert_eq!(moment("exp", &json!(i64::MAX)), None);
        assert_eq!(moment("exp", &json!("soon")), None);
        assert_eq!(moment("logins_count", &json!(0)), None);
    }
}
