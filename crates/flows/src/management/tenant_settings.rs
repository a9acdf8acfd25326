//! What an operator sets for the whole deployment.

use model::settings::TenantSettings;
use protocol::logout::check_logout_url;
use protocol::management_scope::ManagementScope;
use protocol::subdomain_wildcards::SubdomainWildcards;
use store::WriteTx;

use super::body::Fields;
use super::text::{check_count, check_length, check_range, check_web_url};
use super::users::is_address;
use super::{Body, BodyInvalid, Caller, Refused};
use crate::{RequestContext, Services};

/// A year.
const LONGEST_SESSION_HOURS: f64 = 8760.0;
/// Ten years.
const LONGEST_LOG_RETENTION_DAYS: u64 = 3650;

/// The settings.
pub async fn get(svc: &Services, caller: &Caller) -> Result<TenantSettings, Refused> {
    caller.require(ManagementScope::ReadTenantSettings)?;
    Ok(store::settings::tenant(&mut svc.store.read().await?).await?)
}

/// Changes settings. Live sessions keep the end they were given.
pub async fn update(
    svc: &Services,
    cx: &RequestContext,
    caller: &Caller,
    body: &Body,
) -> Result<TenantSettings, Refused> {
    caller.require(ManagementScope::UpdateTenantSettings)?;
    let fields = body.object()?;
    let mut tx = svc.store.write().await?;
    let mut settings = store::settings::hold_tenant(&mut tx).await?;
    apply(&mut settings, fields, svc.settings.subdomain_wildcards)?;
    check_neighbours(&mut tx, &settings).await?;
    store::settings::put_tenant(&mut tx, &settings).await?;
    caller.event(svc, cx, "update_tenant_settings", "tenant").record(&mut tx).await?;
    tx.commit().await?;
    svc.ephemeral.announce().await;
    crate::tenant::reload(svc).await?;
    Ok(settings)
}

fn apply(settings: &mut TenantSettings, mut fields: Fields, wildcards: SubdomainWildcards) -> Result<(), BodyInvalid> {
    fields.set("friendly_name", &mut settings.friendly_name)?;
    fields.set_or_clear("support_email", &mut settings.support_email)?;
    fields.set_or_clear("default_audience", &mut settings.default_audience)?;
    fields.set_or_clear("default_directory", &mut settings.default_directory)?;
    fields.set_or_clear("default_redirection_uri", &mut settings.default_redirection_uri)?;
    fields.set("allowed_logout_urls", &mut settings.allowed_logout_urls)?;
    fields.set("session_lifetime", &mut settings.session_lifetime)?;
    fields.set("idle_session_lifetime", &mut settings.idle_session_lifetime)?;
    fields.set("log_retention_days", &mut settings.log_retention_days)?;
    if let Some(mut flags) = fields.nested("flags")? {
        flags.set("enable_dynamic_client_registration", &mut settings.flags.enable_dynamic_client_registration)?;
        flags.finish()?;
    }
    fields.finish()?;
    // Auth0 shows what is not set as an empty text, and tools send it back.
    settings.support_email.take_if(|email| email.is_empty());
    settings.default_audience.take_if(|audience| audience.is_empty());
    settings.default_directory.take_if(|directory| directory.is_empty());
    settings.default_redirection_uri.take_if(|uri| uri.is_empty());
    check(settings, wildcards)
}

fn check(settings: &TenantSettings, wildcards: SubdomainWildcards) -> Result<(), BodyInvalid> {
    check_length("friendly_name", &settings.friendly_name, 1..=128)?;
    if settings.support_email.as_deref().is_some_and(|email| !is_address(email)) {
        return Err(BodyInvalid::wrong("support_email", "must be one plain e-mail address"));
    }
    if let Some(uri) = &settings.default_redirection_uri {
        check_web_url("default_redirection_uri", uri, &["https"])?;
    }
    check_count("allowed_logout_urls", &settings.allowed_logout_urls, 100)?;
    for url in &settings.allowed_logout_urls {
        check_logout_url(url, wildcards)
            .map_err(|refused| BodyInvalid::wrong("allowed_logout_urls", refused.to_string()))?;
    }
    let durations =
        [("session_lifetime", settings.session_lifetime), ("idle_session_lifetime", settings.idle_session_lifetime)];
    for (name, hours) in durations {
        if hours <= 0.0 || hours > LONGEST_SESSION_HOURS {
            return Err(BodyInvalid::wrong(name, "must be a number of hours above 0 and at most 8760"));
        }
    }
    if settings.idle_session_lifetime > settings.session_lifetime {
        return Err(BodyInvalid::wrong("idle_session_lifetime", "must not be longer than session_lifetime"));
    }
    check_range("log_retention_days", settings.log_retention_days, 1..=LONGEST_LOG_RETENTION_DAYS)
}

async fn check_neighbours(tx: &mut WriteTx, settings: &TenantSettings) -> Result<(), Refused> {
    if let Some(audience) = &settings.default_audience {
        let api = store::resource_servers::find(tx, audience).await?;
        if api.is_none_or(|api| api.identifier != *audience) {
            return Err(BodyInvalid::wrong("default_audience", "is not the identifier of an API").into());
        }
    }
    if let Some(directory) = &settings.default_directory
        && store::connections::find_by_name(tx, directory).await?.is_none()
    {
        return Err(BodyInvalid::wrong("default_directory", "is not the name of a connection").into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<TenantSettings, String> {
        let mut settings = TenantSettings::default();
        let fields = Body::new(text.as_bytes().to_vec()).object().expect(text);
        apply(&mut settings, fields, SubdomainWildcards::Off).map(|()| settings).map_err(|invalid| invalid.to_string())
    }

    #[test]
    fn what_is_named_changes_and_the_rest_stays() {
        let changed = parse(r#"{"idle_session_lifetime":0.5,"default_audience":"","default_directory":null}"#);
        assert_eq!(changed, Ok(TenantSettings { idle_session_lifetime: 0.5, ..TenantSettings::default() }));
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let cases = [
            (r#"{"session_lifetime":0}"#, "session_lifetime must be a number of hours above 0 and at most 8760"),
            (r#"{"session_lifetime":9000}"#, "session_lifetime must be a number of hours above 0 and at most 8760"),
            (r#"{"session_lifetime":1}"#, "idle_session_lifetime must not be longer than session_lifetime"),
            (r#"{"log_retention_days":0}"#, "log_retention_days must be between 1 and 3650"),
            (r#"{"log_retention_days":3651}"#, "log_retention_days must be between 1 and 3650"),
            (r#"{"friendly_name":""}"#, "friendly_name must have between 1 and 128 characters"),
            (
                r#"{"allowed_logout_urls":["javascript:alert(1)"]}"#,
                "allowed_logout_urls must not use the scheme of a script, a document or a file",
            ),
            (
                r#"{"default_redirection_uri":"http://app.test/"}"#,
                "default_redirection_uri must be a URL with one of these schemes: https",
            ),
            (r#"{"flags":{"enable_sso":true}}"#, "flags.enable_sso is unknown"),
        ];
        for (body, message) in cases {
            assert_eq!(parse(body), Err(message.to_owned()), "{body}");
        }
    }
}
