//! A request in one signed object: the parameters beside it in the first line, its claims in the rest.

use protocol::authorization::request_object;
use protocol::params::{MAX_PARAMETERS, Params};
use protocol::strict_json;

use super::fixtures::{self, CLIENT, ISSUER, NOW};

pub(crate) fn check(input: &[u8]) {
    let (beside, object) = fixtures::first_line(input);
    let Ok(beside) = Params::from_form(beside) else { return };
    let Some(claims) = strict_json::object(object) else { return };
    let Ok(inside) = request_object::read(&claims, &beside, CLIENT, ISSUER, NOW) else { return };
    assert_eq!(claims["iss"], CLIENT);
    assert_eq!(claims["client_id"], CLIENT);
    assert!(
        claims["aud"] == ISSUER || claims["aud"].as_array().is_some_and(|several| several.contains(&ISSUER.into()))
    );
    assert!(["request", "request_uri", "sub"].iter().all(|name| !inside.has(name) && !claims.contains_key(*name)));
    assert!(inside.iter().count() <= MAX_PARAMETERS && inside.first_repeated().is_none());
    for (name, value) in inside.iter() {
        assert!(!value.contains('\0'));
        let said = &claims[name];
        // As text: a number of many digits reads as another once it was written.
        let text = said.as_str().map_or_else(|| said.to_string(), str::to_owned);
        assert_eq!(text, value, "{name}");
        assert!(!beside.has(name) || beside.get(name).unwrap_or_default() == value, "{name} is another beside it");
    }
}
