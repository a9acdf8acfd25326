//! How a client says who it is at the token endpoint (RFC 6749 2.3). Whether that is true is decided by whoever holds
//! the registration.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::params::Params;

pub mod assertion;

/// A secret as someone presented it. It never shows in `Debug` output, and is deliberately not comparable: whoever
/// compares it does so in constant time.
#[derive(Clone)]
pub struct PresentedSecret(String);

impl PresentedSecret {
    /// Takes text as a secret; `None` where it is empty, so that an empty secret can never match anything.
    pub fn new(text: impl Into<String>) -> Option<Self> {
        let text = text.into();
        (!text.is_empty()).then_some(PresentedSecret(text))
    }

    /// The text, never empty.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PresentedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PresentedSecret(..)")
    }
}

/// The parameters of a token request that authenticate its client.
#[derive(Clone, Copy, Default)]
pub struct BodyFields<'a> {
    /// RFC 6749 2.3.1.
    pub client_id: Option<&'a str>,
    /// RFC 6749 2.3.1.
    pub client_secret: Option<&'a str>,
    /// RFC 7521 4.2.
    pub client_assertion_type: Option<&'a str>,
    /// RFC 7521 4.2.
    pub client_assertion: Option<&'a str>,
}

impl<'a> BodyFields<'a> {
    /// Reads them from a request's parameters.
    pub fn of(params: &'a Params) -> Self {
        BodyFields {
            client_id: params.get("client_id"),
            client_secret: params.get("client_secret"),
            client_assertion_type: params.get("client_assertion_type"),
            client_assertion: params.get("client_assertion"),
        }
    }

    fn has_assertion(&self) -> bool {
        self.client_assertion_type.is_some() || self.client_assertion.is_some()
    }
}

/// What a client presents. The method is the one it used, which need not be the one it is registered for.
#[derive(Clone, Debug)]
pub struct Presented {
    /// Who it claims to be; never empty.
    pub client_id: String,
    /// How it claims so.
    pub proof: Proof,
}

/// How a client proves who it is.
#[derive(Clone, Debug)]
pub enum Proof {
    /// It only names itself. An empty secret in the body counts as none.
    Name,
    /// A secret in the body.
    Post(PresentedSecret),
    /// A secret by HTTP Basic; `None` where the password is empty.
    Basic(Option<PresentedSecret>),
    /// A JWT signed with a key of its own (RFC 7523 2.2). It is as good as a secret until it has been used.
    Assertion(PresentedSecret),
}

impl Proof {
    /// The secret, where the proof is one.
    pub fn secret(&self) -> Option<&PresentedSecret> {
        match self {
            Proof::Post(secret) => Some(secret),
            Proof::Basic(secret) => secret.as_ref(),
            Proof::Name | Proof::Assertion(_) => None,
        }
    }
}

/// Why a request does not say who its client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthenticationRefused {
    /// Two methods in one request (RFC 6749 2.3), or two client ids.
    #[error("the client must authenticate in exactly one way")]
    TwoMethods,
    /// The `Authorization` header is not HTTP Basic with form-encoded parts (RFC 6749 2.3.1).
    #[error("the Authorization header is not well-formed HTTP Basic authentication")]
    MalformedBasic,
    /// Nothing names a client.
    #[error("client_id is missing")]
    MissingClientId,
    /// An assertion without its type, or the reverse, or of another type than [`assertion::JWT_BEARER`].
    #[error("the client assertion must be a JWT, with the client_assertion_type that says so")]
    UnsupportedAssertion,
}

/// Reads who the client claims to be from the `Authorization` header and the body.
pub fn present(authorization: Option<&str>, body: BodyFields<'_>) -> Result<Presented, AuthenticationRefused> {
    let body_secret = body.client_secret.and_then(PresentedSecret::new);
    let methods = [authorization.is_some(), body_secret.is_some(), body.has_assertion()];
    if methods.into_iter().filter(|used| *used).count() > 1 {
        return Err(AuthenticationRefused::TwoMethods);
    }
    let body_id = body.client_id.filter(|id| !id.is_empty());
    match authorization {
        Some(header) => by_basic(header, body_id),
        None if body.has_assertion() => by_assertion(body, body_id),
        None => by_body(body_id, body_secret),
    }
}

fn by_body(client_id: Option<&str>, secret: Option<PresentedSecret>) -> Result<Presented, AuthenticationRefused> {
    let client_id = client_id.ok_or(AuthenticationRefused::MissingClientId)?.to_owned();
    Ok(Presented { client_id, proof: secret.map_or(Proof::Name, Proof::Post) })
}

fn by_assertion(body: BodyFields<'_>, body_id: Option<&str>) -> Result<Presented, AuthenticationRefused> {
    let is_jwt = body.client_assertion_type == Some(assertion::JWT_BEARER);
    let text = body.client_assertion.filter(|_| is_jwt).and_then(PresentedSecret::new);
    let text = text.ok_or(AuthenticationRefused::UnsupportedAssertion)?;
    let client_id = body_id.map(str::to_owned).or_else(|| assertion::claimed_client(text.expose()));
    let client_id = client_id.ok_or(AuthenticationRefused::MissingClientId)?;
    Ok(Presented { client_id, proof: Proof::Assertion(text) })
}

/// Some clients name themselves in the body as well, which is harmless as long as both names agree.
fn by_basic(header: &str, body_id: Option<&str>) -> Result<Presented, AuthenticationRefused> {
    let (client_id, secret) = basic_parts(header).ok_or(AuthenticationRefused::MalformedBasic)?;
    if client_id.is_empty() {
        return Err(AuthenticationRefused::MissingClientId);
    }
    if body_id.is_some_and(|id| id != client_id) {
        return Err(AuthenticationRefused::TwoMethods);
    }
    Ok(Presented { client_id, proof: Proof::Basic(PresentedSecret::new(secret)) })
}

fn basic_parts(header: &str) -> Option<(String, String)> {
    let (scheme, credentials) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(credentials.trim()).ok()?).ok()?;
    let (client_id, secret) = decoded.split_once(':')?;
    Some((form_decoded(client_id)?, form_decoded(secret)?))
}

/// Each part is form-encoded before it is joined (RFC 6749 2.3.1 and appendix B). It is read by the rules and within
/// the bounds of any other parameter.
fn form_decoded(text: &str) -> Option<String> {
    let field = format!("part={}", text.replace('&', "%26"));
    let params = Params::from_form(field.as_bytes()).ok()?;
    Some(params.get("part").unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    type Outcome<'a> = Result<(&'a str, &'static str, Option<&'a str>), AuthenticationRefused>;

    fn basic(credentials: &str) -> String {
        format!("Basic {}", STANDARD.encode(credentials))
    }

    fn check(authorization: Option<&str>, body: BodyFields<'_>, expected: Outcome<'_>) {
        let outcome = present(authorization, body);
        let seen = outcome.as_ref().map_err(|refused| *refused).map(|it| {
            let (method, secret) = match &it.proof {
                Proof::Name => ("none", None),
                Proof::Post(secret) => ("post", Some(secret)),
                Proof::Basic(secret) => ("basic", secret.as_ref()),
                Proof::Assertion(assertion) => ("assertion", Some(assertion)),
            };
            (it.client_id.as_str(), method, secret.map(PresentedSecret::expose))
        });
        assert_eq!(seen, expected, "{authorization:?} {:?} {:?}", body.client_id, body.client_secret);
    }

    fn body<'a>(client_id: &'a str, client_secret: &'a str) -> BodyFields<'a> {
        BodyFields { client_id: Some(client_id), client_secret: Some(client_secret), ..BodyFields::default() }
    }

    fn with_assertion<'a>(fields: BodyFields<'a>, text: &'a str) -> BodyFields<'a> {
        BodyFields { client_assertion_type: Some(assertion::JWT_BEARER), client_assertion: Some(text), ..fields }
    }

    #[test]
    fn each_method_is_recognised() {
        let header = basic("app:secret");
        check(Some(&header), BodyFields::default(), Ok(("app", "basic", Some("secret"))));
        check(Some(&header), body("app", ""), Ok(("app", "basic", Some("secret"))));
        check(Some(&header.replace("Basic", "bASIC")), body("", ""), Ok(("app", "basic", Some("secret"))));
        check(None, body("app", "secret"), Ok(("app", "post", Some("secret"))));
        check(None, body("app", ""), Ok(("app", "none", None)));
        check(None, BodyFields { client_id: Some("app"), ..BodyFields::default() }, Ok(("app", "none", None)));
    }

    #[test]
    fn te_05_basic_is_form_decoded_exactly_once() {
        let cases = [
            ("a%3Ab:c%3Ad", "a:b", Some("c:d")),
            ("app:x%253A", "app", Some("x%3A")),
            ("app:a+b%2Bc", "app", Some("a b+c")),
            ("app:a:b=c&d", "app", Some("a:b=c&d")),
            ("app:caf%C3%A9", "app", Some("café")),
            ("app:café", "app", Some("café")),
            ("app:", "app", None),
        ];
        for (credentials, client_id, secret) in cases {
            let expected = Ok((client_id, "basic", secret));
            check(Some(&basic(credentials)), BodyFields::default(), expected);
        }
    }

    #[test]
    fn te_05_what_is_not_basic_is_refused() {
        let without_colon = basic("app");
        let bad_encoding = basic("app:%zz");
        let not_text = basic("app:%ff");
        let nul = basic("app:%00");
        let bytes = format!("Basic {}", STANDARD.encode(b"app:\xff"));
        let headers = ["", "Basic", "Basic !!", "Bearer YTpi", &without_colon, &bad_encoding, &not_text, &nul, &bytes];
        for header in headers {
            check(Some(header), body("app", ""), Err(AuthenticationRefused::MalformedBasic));
        }
    }

    #[test]
    fn te_02_two_methods_are_refused() {
        let header = basic("app:secret");
        let refused = Err(AuthenticationRefused::TwoMethods);
        check(Some(&header), body("app", "secret"), refused);
        check(Some(&header), body("other", ""), refused);
        check(Some(&basic("app:")), body("app", "secret"), refused);
        check(Some(&header), with_assertion(BodyFields::default(), "x.y.z"), refused);
        check(None, with_assertion(body("app", "secret"), "x.y.z"), refused);
        let type_alone = BodyFields { client_assertion_type: Some(""), ..BodyFields::default() };
        check(Some(&header), type_alone, refused);
    }

    #[test]
    fn an_assertion_names_its_client_where_nothing_else_does() {
        let named = format!("e30.{}.x", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(r#"{"sub":"app"}"#));
        check(None, with_assertion(body("", ""), &named), Ok(("app", "assertion", Some(&named))));
        check(None, with_assertion(body("other", ""), &named), Ok(("other", "assertion", Some(&named))));
        check(None, with_assertion(BodyFields::default(), "x.y.z"), Err(AuthenticationRefused::MissingClientId));
    }

    #[test]
    fn te_03_only_a_jwt_with_its_type_is_an_assertion() {
        let whole = with_assertion(body("app", ""), "x.y.z");
        for fields in [
            BodyFields { client_assertion_type: None, ..whole },
            BodyFields { client_assertion: None, ..whole },
            BodyFields { client_assertion: Some(""), ..whole },
            BodyFields { client_assertion_type: Some(""), ..whole },
            BodyFields {
                client_assertion_type: Some("urn:ietf:params:oauth:client-assertion-type:saml2-bearer"),
                ..whole
            },
        ] {
            check(None, fields, Err(AuthenticationRefused::UnsupportedAssertion));
        }
    }

    #[test]
    fn a_client_must_be_named() {
        for fields in [BodyFields::default(), body("", ""), body("", "secret")] {
            check(None, fields, Err(AuthenticationRefused::MissingClientId));
        }
        check(Some(&basic(":secret")), body("app", ""), Err(AuthenticationRefused::MissingClientId));
    }

    #[test]
    fn secrets_do_not_show() {
        let presented = present(None, body("app", "hunter2")).expect("well formed");
        assert!(!format!("{presented:?}").contains("hunter2"));
    }
}
