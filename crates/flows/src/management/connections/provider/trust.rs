//! How far a provider is believed.

use model::provider::{EmailVerification, Provider, UserIdForm};
use upstream::social::Preset;

use super::super::super::body::{BodyInvalid, Fields};

/// `keep_sub`: the provider's people are ours. `trust_email_verified`: whether it is believed when it says that an
/// address was proven; Auth0's word for a part of it is `should_trust_email_verified_connection`.
pub(super) fn read(preset: &Preset, options: &mut Fields, provider: &mut Provider) -> Result<(), BodyInvalid> {
    if options.take("keep_sub")?.unwrap_or(false) {
        if preset.user_id_form != UserIdForm::OfConnection {
            return Err(options.wrong("keep_sub", "is not possible: this provider's subjects are not ids of ours"));
        }
        provider.user_id_form = UserIdForm::Kept;
        // Who replaces a tenant has its people with what is known of them, or applications would notice.
        provider.email_verification = EmailVerification::Believed;
    }
    let trusted: Option<bool> = options.take("trust_email_verified")?;
    let auth0s: Option<String> = options.take("should_trust_email_verified_connection")?;
    let chosen = match (trusted, auth0s.as_deref()) {
        (Some(_), Some(_)) => {
            return Err(
                options.wrong("trust_email_verified", "must not stand beside should_trust_email_verified_connection")
            );
        }
        (Some(true), None) => Some(EmailVerification::Believed),
        (Some(false), None) | (None, Some("never_set_emails_as_verified")) => Some(EmailVerification::Ignored),
        (None, Some("always_set_emails_as_verified")) => Some(EmailVerification::Assumed),
        (None, None) => None,
        (None, Some(_)) => {
            let problem = "must be one of never_set_emails_as_verified, always_set_emails_as_verified";
            return Err(options.wrong("should_trust_email_verified_connection", problem));
        }
    };
    provider.email_verification = chosen.unwrap_or(provider.email_verification);
    Ok(())
}
