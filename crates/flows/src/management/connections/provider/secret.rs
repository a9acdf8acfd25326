//! The secret of our client at a provider. It is written once and shown to nobody.

use keys::ClientSecretKey;
use model::JsonObject;
use model::provider::{ClientAuthentication, Provider};
use store::connections::StoredConnection;
use upstream::social::Preset;

use super::super::super::body::{BodyInvalid, Fields};
use super::super::super::text::check_length;
use super::short;
use crate::{Services, connection_secrets};

/// The options that hold a secret.
const OPTIONS: [&str; 2] = ["client_secret", "app_secret"];

/// Options as they may be shown.
pub(super) fn without(options: &JsonObject) -> JsonObject {
    options.iter().filter(|(name, _)| !OPTIONS.contains(&name.as_str())).map(|(n, v)| (n.clone(), v.clone())).collect()
}

/// How our client proves itself.
pub(super) fn read_method(preset: &Preset, options: &mut Fields) -> Result<ClientAuthentication, BodyInvalid> {
    if preset.is_apple {
        return Ok(ClientAuthentication::SignedSecret {
            team_id: short(options, "team_id")?,
            key_id: short(options, "kid")?,
        });
    }
    let method: Option<String> = options.take("token_endpoint_auth_method")?;
    match method.as_deref() {
        None | Some("client_secret_post") => Ok(ClientAuthentication::ClientSecretPost),
        Some("client_secret_basic") => Ok(ClientAuthentication::ClientSecretBasic),
        Some("none") => Ok(ClientAuthentication::None),
        Some(_) => {
            let problem = "must be one of client_secret_post, client_secret_basic, none";
            Err(options.wrong("token_endpoint_auth_method", problem))
        }
    }
}

pub(super) fn take(preset: &Preset, options: &mut Fields) -> Result<Option<String>, BodyInvalid> {
    let option = if preset.is_apple { "app_secret" } else { "client_secret" };
    let Some(secret) = options.take::<String>(option)? else { return Ok(None) };
    let path = options.path_of(option);
    if preset.is_apple {
        // Several lines, which a plain secret never has.
        if ClientSecretKey::from_pem("", &secret).is_err() {
            return Err(BodyInvalid::wrong(path, "must be a private key for ES256 in PEM"));
        }
    } else {
        check_length(&path, &secret, 1..=2048)?;
    }
    Ok(Some(secret))
}

/// Seals a new secret, or keeps the held one for the same client in the same place: whoever may change the place would
/// otherwise learn the secret by naming a server of their own.
pub(super) fn put(
    svc: &Services,
    stored: &mut StoredConnection,
    provider: &Provider,
    secret: Option<String>,
) -> Result<(), BodyInvalid> {
    let is_same = |held: &Provider| {
        let of = |own: &Provider| (own.endpoints.clone(), own.client_id.clone(), own.client_authentication.clone());
        of(held) == of(provider) && held.issuer == provider.issuer
    };
    let holds_it = stored.provider_secret_sealed.is_some() && stored.connection.provider.as_ref().is_some_and(is_same);
    match (secret, &provider.client_authentication) {
        (_, ClientAuthentication::None) => stored.provider_secret_sealed = None,
        (Some(secret), _) => connection_secrets::put_of_provider(svc, stored, &secret),
        (None, _) if holds_it => {}
        (None, method) => {
            let option =
                if matches!(method, ClientAuthentication::SignedSecret { .. }) { OPTIONS[1] } else { OPTIONS[0] };
            return Err(BodyInvalid::wrong(
                format!("options.{option}"),
                "must be given with a new connection, and together with another client or place",
            ));
        }
    }
    Ok(())
}
