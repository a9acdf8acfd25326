//! A client's `refresh_token` object.

use protocol::client_metadata::{ExpirationType, RefreshTokenSettings, RotationType};

use super::super::body::{BodyInvalid, Fields};
use super::super::text::check_range;

const LONGEST_LIFETIME: u64 = 157_788_000;

/// Reads the object. What it does not say is Auth0's default, whatever was there before.
pub(super) fn read(mut object: Fields) -> Result<RefreshTokenSettings, BodyInvalid> {
    let rotation_type = object.require("rotation_type")?;
    let expiration_type = object.require("expiration_type")?;
    let is_endless = expiration_type == ExpirationType::NonExpiring;
    let mut settings = RefreshTokenSettings {
        rotation_type,
        expiration_type,
        leeway: None,
        infinite_token_lifetime: is_endless,
        infinite_idle_token_lifetime: is_endless,
        ..RefreshTokenSettings::default()
    };
    object.set_or_clear("leeway", &mut settings.leeway)?;
    object.set("token_lifetime", &mut settings.token_lifetime)?;
    let idle_is_default = !object.has("idle_token_lifetime");
    object.set("idle_token_lifetime", &mut settings.idle_token_lifetime)?;
    if idle_is_default && settings.idle_token_lifetime >= settings.token_lifetime {
        // A short absolute lifetime alone is a sensible wish.
        settings.idle_token_lifetime = (settings.token_lifetime / 2).max(1);
    }
    object.set("infinite_token_lifetime", &mut settings.infinite_token_lifetime)?;
    object.set("infinite_idle_token_lifetime", &mut settings.infinite_idle_token_lifetime)?;
    check(&settings, &object)?;
    object.finish()?;
    Ok(settings)
}

fn check(settings: &RefreshTokenSettings, object: &Fields) -> Result<(), BodyInvalid> {
    let is_expiring = settings.expiration_type == ExpirationType::Expiring;
    if settings.rotation_type == RotationType::Rotating && !is_expiring {
        return Err(object.wrong("expiration_type", "must be expiring for rotating tokens"));
    }
    if is_expiring && settings.infinite_token_lifetime {
        return Err(object.wrong("infinite_token_lifetime", "must be false for expiring tokens"));
    }
    check_range(&object.path_of("token_lifetime"), settings.token_lifetime, 1..=LONGEST_LIFETIME)?;
    check_range(&object.path_of("idle_token_lifetime"), settings.idle_token_lifetime, 1..=LONGEST_LIFETIME)?;
    let both_end = !settings.infinite_token_lifetime && !settings.infinite_idle_token_lifetime;
    if both_end && settings.idle_token_lifetime >= settings.token_lifetime {
        return Err(object.wrong("idle_token_lifetime", "must be shorter than token_lifetime"));
    }
    if settings.leeway.is_some_and(|leeway| leeway > settings.token_lifetime) {
        return Err(object.wrong("leeway", "must not be longer than token_lifetime"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::super::Body;
    use super::*;

    fn parse(text: &str) -> Result<RefreshTokenSettings, String> {
        read(Body::new(text.as_bytes().to_vec()).object().expect(text)).map_err(|invalid| invalid.to_string())
    }

    #[test]
    fn defaults_follow_the_two_types() {
        assert_eq!(
            parse(r#"{"rotation_type":"rotating","expiration_type":"expiring"}"#),
            Ok(RefreshTokenSettings::default())
        );
        let endless = parse(r#"{"rotation_type":"non-rotating","expiration_type":"non-expiring"}"#).unwrap();
        assert!(endless.infinite_token_lifetime && endless.infinite_idle_token_lifetime);
    }

    #[test]
    fn a_leeway_of_zero_is_not_the_absence_of_one() {
        let with = |leeway: &str| {
            let object = format!(r#"{{"rotation_type":"rotating","expiration_type":"expiring","leeway":{leeway}}}"#);
            parse(&object).map(|settings| settings.leeway)
        };
        assert_eq!(with("0"), Ok(Some(0)));
        assert_eq!(with("60"), Ok(Some(60)));
        assert_eq!(with("null"), Ok(None));
    }

    #[test]
    fn a_short_absolute_lifetime_shortens_the_default_idle_lifetime() {
        let settings = parse(r#"{"rotation_type":"rotating","expiration_type":"expiring","token_lifetime":3600}"#);
        assert_eq!(settings.map(|settings| settings.idle_token_lifetime), Ok(1800));
    }

    #[test]
    fn contradictions_are_refused() {
        let cases = [
            (r#"{"expiration_type":"expiring"}"#, "rotation_type is missing"),
            (
                r#"{"rotation_type":"rotating","expiration_type":"non-expiring"}"#,
                "expiration_type must be expiring for rotating tokens",
            ),
            (
                r#"{"rotation_type":"rotating","expiration_type":"expiring","infinite_token_lifetime":true}"#,
                "infinite_token_lifetime must be false for expiring tokens",
            ),
            (
                r#"{"rotation_type":"rotating","expiration_type":"expiring","token_lifetime":5,"idle_token_lifetime":5}"#,
                "idle_token_lifetime must be shorter than token_lifetime",
            ),
            (
                r#"{"rotation_type":"rotating","expiration_type":"expiring","token_lifetime":157788001}"#,
                "token_lifetime must be between 1 and 157788000",
            ),
            (
                r#"{"rotation_type":"rotating","expiration_type":"expiring","leeway":2592001}"#,
                "leeway must not be longer than token_lifetime",
            ),
            (r#"{"rotation_type":"rotating","expiration_type":"expiring","policies":[]}"#, "policies is unknown"),
        ];
        for (object, message) in cases {
            assert_eq!(parse(object), Err(message.to_owned()), "{object}");
        }
    }
}
