//! `attribute_map`: which claim fills which field of a profile.

use std::collections::BTreeMap;

use model::provider::ProfileField;

use super::super::super::body::{BodyInvalid, Fields};
use super::super::super::text::check_length;

const FIELDS: [(&str, ProfileField); 8] = [
    ("email", ProfileField::Email),
    ("email_verified", ProfileField::EmailVerified),
    ("name", ProfileField::Name),
    ("nickname", ProfileField::Nickname),
    ("given_name", ProfileField::GivenName),
    ("family_name", ProfileField::FamilyName),
    ("picture", ProfileField::Picture),
    ("phone_number", ProfileField::PhoneNumber),
];

/// Auth0's names for the ID token and for userinfo. Both are read as one here.
const CONTEXTS: [&str; 2] = ["${context.tokenset.", "${context.userinfo."];

pub(super) fn read(options: &mut Fields) -> Result<BTreeMap<ProfileField, String>, BodyInvalid> {
    if options.take_null("attribute_map") {
        return Ok(BTreeMap::new());
    }
    let Some(mut map) = options.nested("attribute_map")? else { return Ok(BTreeMap::new()) };
    let mode: Option<String> = map.take("mapping_mode")?;
    map.ignore(&["userinfo_scope"]);
    let attributes = match mode.as_deref() {
        None | Some("bind_all" | "basic_profile") => {
            map.ignore(&["attributes"]);
            BTreeMap::new()
        }
        Some("use_map") => map.nested("attributes")?.map_or(Ok(BTreeMap::new()), read_attributes)?,
        Some(_) => return Err(map.wrong("mapping_mode", "must be one of bind_all, basic_profile, use_map")),
    };
    map.finish()?;
    Ok(attributes)
}

fn read_attributes(mut object: Fields) -> Result<BTreeMap<ProfileField, String>, BodyInvalid> {
    let mut attributes = BTreeMap::new();
    for (name, field) in FIELDS {
        if let Some(template) = object.take::<String>(name)? {
            let claim = claim_of(&template).ok_or_else(|| {
                object.wrong(name, "must be one claim, such as ${context.tokenset.email}, and nothing around it")
            })?;
            check_length(&object.path_of(name), claim, 1..=256)?;
            attributes.insert(field, claim.to_owned());
        }
    }
    object.finish()?;
    Ok(attributes)
}

fn claim_of(template: &str) -> Option<&str> {
    let behind = CONTEXTS.iter().find_map(|context| template.strip_prefix(context))?;
    behind.strip_suffix('}').filter(|claim| !claim.is_empty() && !claim.contains(['$', '{', '}']))
}

#[cfg(test)]
mod tests {
    use super::claim_of;

    #[test]
    fn a_template_is_one_claim_whole() {
        assert_eq!(claim_of("${context.tokenset.email}"), Some("email"));
        assert_eq!(claim_of("${context.userinfo.https://acme.example/mail}"), Some("https://acme.example/mail"));
        for text in
            ["email", "${context.tokenset.}", "x ${context.tokenset.a}", "${context.tokenset.a}${context.tokenset.b}"]
        {
            assert_eq!(claim_of(text), None, "{text}");
        }
    }
}
