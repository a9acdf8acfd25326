//! Clients that speak for themselves: what their tokens call them.

use model::ClientId;
use serde_json::{Map, Value};

/// What stands behind the client's id.
const SUFFIX: &str = "@clients";

/// The subject of a token that a client was given for itself.
pub(crate) fn subject_of(client_id: &ClientId) -> String {
    format!("{client_id}{SUFFIX}")
}

/// The whole subject is compared: a user may be called `x@clients`, but not like the client the token was issued to.
pub(crate) fn speaks_for_itself(claims: &Map<String, Value>, client_id: &ClientId) -> bool {
    let subject = claims.get("sub").and_then(Value::as_str);
    subject.and_then(|sub| sub.strip_suffix(SUFFIX)) == Some(client_id.as_str())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(sub: &Value, expected: bool) {
        let claims = json!({"sub": sub});
        let claims = claims.as_object().expect("an object");
        assert_eq!(speaks_for_itself(claims, &ClientId::new("machine")), expected, "{sub}");
    }

    #[test]
    fn only_a_machine_speaks_for_itself() {
        check(&subject_of(&ClientId::new("machine")).into(), true);
        check(&json!("machine@clients"), true);
        check(&json!("auth0|1"), false);
        check(&json!("auth0|machine@clients"), false);
        check(&json!("other@clients"), false);
        check(&json!("machine"), false);
        check(&json!(["machine@clients"]), false);
        check(&Value::Null, false);
    }
}
