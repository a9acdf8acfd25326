//! The `claims` parameter: what a client wants to know, claim by claim (OpenID Connect Core 5.5).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::OF_PEOPLE;
use crate::strict_json;

/// Names of claims about a person.
pub type ClaimNames = BTreeSet<String>;

/// What a client is told of a person beyond what the granted scopes tell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RequestedClaims {
    /// By `/userinfo`.
    pub userinfo: ClaimNames,
    /// In ID tokens.
    pub id_token: ClaimNames,
}

impl RequestedClaims {
    /// Whether there is nothing among it.
    pub fn is_empty(&self) -> bool {
        self.userinfo.is_empty() && self.id_token.is_empty()
    }
}

/// What is left of the parameter once what this server knows nothing of is taken away, as is fitting (5.5.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClaimsRequest {
    /// The claims to be told.
    pub told: RequestedClaims,
    /// Whom alone the answer may be about: those whose `sub` was named. Nobody fits an empty set.
    subjects: Option<BTreeSet<String>>,
    /// Whether one of certain authentication contexts must be reached.
    #[serde(skip)]
    demands_context: bool,
}

/// The parameter is not what 5.5 describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClaimsMalformed {
    /// No JSON object, or one in which something stands twice.
    #[error("claims must be a JSON object, in which nothing stands twice")]
    NotAnObject,
    /// `userinfo` or `id_token` is something else.
    #[error("the members userinfo and id_token of claims must be objects")]
    Member,
    /// Neither `null` nor an object stands for one of the claims.
    #[error("each of the claims must be null or an object")]
    Claim,
    /// `essential` is no boolean, or `values` no list.
    #[error("essential must be true or false, and values a list")]
    Demand,
}

impl ClaimsRequest {
    /// Reads the parameter.
    pub fn parse(text: &str) -> Result<Self, ClaimsMalformed> {
        let request = strict_json::object(text.as_bytes()).ok_or(ClaimsMalformed::NotAnObject)?;
        let userinfo = Demands::read(request.get("userinfo"))?;
        let id_token = Demands::read(request.get("id_token"))?;
        let subjects = [userinfo.values_of("sub"), id_token.values_of("sub")].into_iter().flatten();
        Ok(ClaimsRequest {
            subjects: subjects.reduce(|one, other| &one & &other),
            demands_context: id_token.is_essential("acr") && id_token.values_of("acr").is_some(),
            told: RequestedClaims { userinfo: userinfo.names(), id_token: id_token.names() },
        })
    }

    /// Whether the answer may be about this person (OpenID Connect Core 3.1.2.2).
    pub fn accepts(&self, subject: &str) -> bool {
        self.subjects.as_ref().is_none_or(|wanted| wanted.contains(subject))
    }

    /// Whether one of certain authentication contexts must be reached (5.5.1.1).
    pub(crate) fn demands_context(&self) -> bool {
        self.demands_context
    }
}

/// One member of the parameter: what is demanded of each claim.
struct Demands<'a>(Vec<(&'a str, Option<&'a Map<String, Value>>)>);

impl<'a> Demands<'a> {
    fn read(member: Option<&'a Value>) -> Result<Self, ClaimsMalformed> {
        let claims = match member {
            None => return Ok(Demands(Vec::new())),
            Some(Value::Object(claims)) => claims,
            Some(_) => return Err(ClaimsMalformed::Member),
        };
        claims
            .iter()
            .map(|(name, demand)| Ok((name.as_str(), read_demand(demand)?)))
            .collect::<Result<_, _>>()
            .map(Demands)
    }

    fn names(&self) -> ClaimNames {
        self.0.iter().map(|(name, _)| (*name).to_owned()).filter(|name| OF_PEOPLE.contains(&name.as_str())).collect()
    }

    fn demand(&self, name: &str) -> Option<&'a Map<String, Value>> {
        self.0.iter().find(|(known, _)| *known == name).and_then(|(_, demand)| *demand)
    }

    fn is_essential(&self, name: &str) -> bool {
        self.demand(name).and_then(|demand| demand.get("essential")) == Some(&Value::Bool(true))
    }

    /// The values of which the claim is to have one; `None` where any will do.
    fn values_of(&self, name: &str) -> Option<BTreeSet<String>> {
        let demand = self.demand(name)?;
        let listed = demand.get("values").and_then(Value::as_array);
        if listed.is_none() && !demand.contains_key("value") {
            return None;
        }
        let values = listed.into_iter().flatten().chain(demand.get("value"));
        Some(values.filter_map(Value::as_str).map(str::to_owned).collect())
    }
}

fn read_demand(demand: &Value) -> Result<Option<&Map<String, Value>>, ClaimsMalformed> {
    let demand = match demand {
        Value::Null => return Ok(None),
        Value::Object(demand) => demand,
        _ => return Err(ClaimsMalformed::Claim),
    };
    let is_sound =
        demand.get("essential").is_none_or(Value::is_boolean) && demand.get("values").is_none_or(Value::is_array);
    if is_sound { Ok(Some(demand)) } else { Err(ClaimsMalformed::Demand) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn parsed(text: &str) -> ClaimsRequest {
        ClaimsRequest::parse(text).expect(text)
    }

    fn names(names: &[&str]) -> ClaimNames {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn claims_that_are_known_are_told_where_they_were_asked_for() {
        // The example of 5.5.
        let request = parsed(
            r#"{"userinfo": {"given_name": {"essential": true}, "nickname": null, "email": {"essential": true},
                "email_verified": {"essential": true}, "picture": null, "http://example.info/claims/groups": null},
                "id_token": {"auth_time": {"essential": true}, "acr": {"values": ["urn:mace:incommon:iap:silver"]}}}"#,
        );
        let userinfo = names(&["given_name", "nickname", "email", "email_verified", "picture"]);
        assert_eq!(request.told, RequestedClaims { userinfo, id_token: names(&[]) });
        assert!(request.accepts("anybody") && !request.demands_context(), "a voluntary acr demands nothing");
        let request = parsed(r#"{"id_token": {"email": {"value": "a@b.c"}, "sub": null}, "verified_claims": 5}"#);
        assert_eq!(request.told, RequestedClaims { userinfo: names(&[]), id_token: names(&["email"]) });
        assert!(request.accepts("anybody"));
        assert!(parsed("{}").told.is_empty());
    }

    #[track_caller]
    fn check_subjects(text: &str, accepted: &[&str]) {
        let request = parsed(text);
        let fitting: Vec<_> = ["a", "b", "c"].into_iter().filter(|subject| request.accepts(subject)).collect();
        assert_eq!(fitting, accepted, "{text}");
    }

    #[test]
    fn az_16_an_answer_may_be_demanded_to_be_about_one_person() {
        check_subjects(r#"{"id_token": {"sub": {"value": "a"}}}"#, &["a"]);
        check_subjects(r#"{"userinfo": {"sub": {"value": "a"}}}"#, &["a"]);
        check_subjects(r#"{"id_token": {"sub": {"values": ["a", "b"]}}}"#, &["a", "b"]);
        check_subjects(r#"{"id_token": {"sub": {"values": ["a", "b"]}}, "userinfo": {"sub": {"value": "b"}}}"#, &["b"]);
        check_subjects(r#"{"id_token": {"sub": {"value": "a"}}, "userinfo": {"sub": {"value": "b"}}}"#, &[]);
        check_subjects(r#"{"id_token": {"sub": {"values": []}}}"#, &[]);
        check_subjects(r#"{"id_token": {"sub": {"value": null}}}"#, &[]);
        check_subjects(r#"{"id_token": {"sub": {"value": ["a"]}}}"#, &[]);
        check_subjects(r#"{"id_token": {"sub": {"essential": true}}}"#, &["a", "b", "c"]);
    }

    #[test]
    fn a_context_is_demanded_where_it_is_essential_and_named() {
        for (text, expected) in [
            (r#"{"id_token": {"acr": {"essential": true, "values": ["x"]}}}"#, true),
            (r#"{"id_token": {"acr": {"essential": true, "value": "x"}}}"#, true),
            (r#"{"id_token": {"acr": {"essential": true}}}"#, false),
            (r#"{"id_token": {"acr": {"essential": false, "value": "x"}}}"#, false),
            (r#"{"id_token": {"acr": {"value": "x"}}}"#, false),
            (r#"{"userinfo": {"acr": {"essential": true, "value": "x"}}}"#, false),
        ] {
            assert_eq!(parsed(text).demands_context(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_malformed_is_refused() {
        use ClaimsMalformed::{Claim, Demand, Member, NotAnObject};
        for (text, refusal) in [
            ("", NotAnObject),
            ("{", NotAnObject),
            ("[]", NotAnObject),
            ("null", NotAnObject),
            ("\"email\"", NotAnObject),
            ("{} {}", NotAnObject),
            (r#"{"id_token": {"sub": {"value": "a"}}, "id_token": {}}"#, NotAnObject),
            (r#"{"id_token": {"sub": {"value": "a", "value": "b"}}}"#, NotAnObject),
            (r#"{"userinfo": null}"#, Member),
            (r#"{"userinfo": ["email"]}"#, Member),
            (r#"{"id_token": "email"}"#, Member),
            (r#"{"userinfo": {"email": true}}"#, Claim),
            (r#"{"id_token": {"unknown": "x"}}"#, Claim),
            (r#"{"id_token": {"email": {"essential": "yes"}}}"#, Demand),
            (r#"{"id_token": {"sub": {"values": "a"}}}"#, Demand),
        ] {
            assert_eq!(ClaimsRequest::parse(text), Err(refusal), "{text}");
        }
        let deep = format!("{}{}", "[".repeat(2000), "]".repeat(2000));
        assert_eq!(ClaimsRequest::parse(&deep), Err(NotAnObject));
    }

    proptest! {
        #[test]
        fn what_is_kept_survives_being_stored(names in prop::collection::vec("[a-z_]{1,12}", 0..8), sub in ".{0,20}") {
            let demands: Map<_, _> = names.into_iter().map(|name| (name, Value::Null)).collect();
            let text = serde_json::json!({ "userinfo": demands, "id_token": { "email": {}, "sub": { "value": sub } } });
            let request = parsed(&text.to_string());
            let stored = serde_json::to_string(&request).expect("it holds text");
            prop_assert_eq!(serde_json::from_str::<ClaimsRequest>(&stored).expect("it was stored"), request);
        }

        #[test]
        fn no_text_is_too_odd(text in ".{0,80}") {
            let _ = ClaimsRequest::parse(&text);
        }
    }
}
