//! Answers that travel as a message between windows (draft-sakimura-oauth-wmrm, as Auth0's single-page SDK speaks it):
//! silent sign-in in a frame, and sign-in in a pop-up.

use axum::response::{Html, IntoResponse, Response};
use http::{HeaderName, HeaderValue, header};
use protocol::authorization::AuthorizationResponse;
use protocol::origin::origin_of;
use serde_json::{Map, Value, json};

use super::script_nonce;
use crate::state::AppState;

/// Our pages cut the ties to whoever opened them; a pop-up that has to answer its opener keeps them.
pub(crate) const KEEPS_OPENER: (HeaderName, HeaderValue) =
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("unsafe-none"));

/// An answer whose policy says who may frame it. `X-Frame-Options` knows no origins, so it stays away.
#[derive(Clone, Copy)]
pub(crate) struct Frameable;

/// A page without a word on it, which hands the answer to the client's window and to no other: the message names the
/// origin it is for, and only that origin may frame the page.
pub(crate) fn page(state: &AppState, response: &AuthorizationResponse) -> Response {
    let origin = origin_of(&response.redirect_uri).expect("a check has found it among the client's origins");
    let nonce = script_nonce(state);
    let html = format!(
        "<!doctype html><html><head><meta charset=\"utf-8\"><title>…</title></head><body><script nonce=\"{nonce}\">\
         (window.parent === window ? window.opener : window.parent).postMessage({}, {});\
         </script></body></html>",
        in_script(&message(response)),
        in_script(&Value::from(origin.as_str())),
    );
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors {origin}"
    );
    let policy = HeaderValue::from_str(&policy).expect("an origin and a nonce are header text");
    let mut page = ([(header::CONTENT_SECURITY_POLICY, policy), KEEPS_OPENER], Html(html)).into_response();
    page.extensions_mut().insert(Frameable);
    page
}

fn message(response: &AuthorizationResponse) -> Value {
    let fields: Map<_, _> =
        response.fields.iter().map(|(name, value)| ((*name).to_owned(), Value::from(value.as_str()))).collect();
    json!({ "type": "authorization_response", "response": fields })
}

/// JSON as it may stand in a script: nothing in it can end the script or begin a comment.
fn in_script(value: &Value) -> String {
    value.to_string().replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_message_ends_its_script() {
        let value = json!({ "state": "</script><!--\u{2028}\"'" });
        assert_eq!(in_script(&value), r#"{"state":"\u003c/script>\u003c!--\u2028\"'"}"#);
    }
}
