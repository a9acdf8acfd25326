//! What goes along with an authorization request, and what has to come back for it.

use std::collections::BTreeMap;

use model::provider::{ParameterValue, Provider};

use super::super::super::body::{BodyInvalid, Fields};
use super::super::super::text::{check_count, check_length};

const MOST_PARAMETERS: usize = 20;

/// What is ours to say.
const OWN: [&str; 11] = [
    "client_id",
    "code_challenge",
    "code_challenge_method",
    "nonce",
    "redirect_uri",
    "request",
    "request_uri",
    "response_mode",
    "response_type",
    "scope",
    "state",
];

/// What our client sent that can go along.
const ALIASES: [&str; 4] = ["audience", "login_hint", "organization", "ui_locales"];

/// `upstream_params`: parameters by name, each `{"value": …}` or `{"alias": …}`.
pub(super) fn read(options: &mut Fields) -> Result<BTreeMap<String, ParameterValue>, BodyInvalid> {
    if options.take_null("upstream_params") {
        return Ok(BTreeMap::new());
    }
    let Some(mut object) = options.nested("upstream_params")? else { return Ok(BTreeMap::new()) };
    let names: Vec<String> = object.as_object().keys().cloned().collect();
    check_count(&options.path_of("upstream_params"), &names, MOST_PARAMETERS)?;
    names
        .into_iter()
        .map(|name| {
            if OWN.contains(&name.as_str()) {
                return Err(object.wrong(&name, "cannot be set"));
            }
            check_length(&object.path_of(&name), &name, 1..=128)?;
            let value = object.nested(&name)?.ok_or_else(|| BodyInvalid::Missing { path: object.path_of(&name) })?;
            Ok((name, read_value(value)?))
        })
        .collect()
}

fn read_value(mut object: Fields) -> Result<ParameterValue, BodyInvalid> {
    let (value, alias): (Option<String>, Option<String>) = (object.take("value")?, object.take("alias")?);
    let read = match (value, alias) {
        (Some(value), None) => {
            check_length(&object.path_of("value"), &value, 0..=1024)?;
            ParameterValue::Value(value)
        }
        (None, Some(alias)) if ALIASES.contains(&alias.as_str()) => ParameterValue::Alias(alias),
        (None, Some(_)) => {
            return Err(object.wrong("alias", format!("must be one of {}", ALIASES.join(", "))));
        }
        _ => return Err(object.wrong("value", "or an alias must be given, and not both")),
    };
    object.finish()?;
    Ok(read)
}

/// `connection_settings.pkce`. A challenge is sent unless it is switched off: servers ignore what they do not know.
pub(super) fn pkce(options: &mut Fields) -> Result<bool, BodyInvalid> {
    let Some(mut settings) = options.nested("connection_settings")? else { return Ok(true) };
    let mode: Option<String> = settings.take("pkce")?;
    let is_on = match mode.as_deref() {
        None | Some("auto" | "S256") => true,
        Some("disabled") => false,
        Some(_) => return Err(settings.wrong("pkce", "must be one of auto, S256, disabled")),
    };
    settings.finish()?;
    Ok(is_on)
}

/// Whoever always asks for a step up takes nothing less.
pub(super) fn require_what_was_asked_for(provider: &mut Provider) {
    if let Some(ParameterValue::Value(values)) = provider.parameters.get("acr_values") {
        let values = values.split_whitespace().map(str::to_owned).collect();
        provider.required_claims.insert("acr".to_owned(), values);
    }
}

/// Google shows the accounts of this domain alone, and says of which domain an account is. Without looking at the
/// second, anybody with a Google account could come in.
pub(super) fn keep_to_domain(provider: &mut Provider, domain: &str) {
    let domain = domain.to_ascii_lowercase();
    provider.parameters.insert("hd".to_owned(), ParameterValue::Value(domain.clone()));
    provider.required_claims.insert("hd".to_owned(), vec![domain]);
}
