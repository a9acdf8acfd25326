//! `/tenants/settings`.

pub(crate) mod docs;

use flows::management::tenant_settings;
use model::settings::TenantSettings;
use schemars::JsonSchema;
use serde::Serialize;

use super::answer::{Answer, one};
use super::call::{Body, Call};

/// The settings as Auth0 shows them, and those that are ours alone. Durations are hours.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "TenantSettings")]
struct TenantSettingsBody<'a> {
    friendly_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    support_email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_audience: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_directory: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_redirection_uri: Option<&'a str>,
    allowed_logout_urls: &'a [String],
    session_lifetime: f64,
    idle_session_lifetime: f64,
    /// Ours.
    log_retention_days: u64,
    flags: FlagsBody,
}

/// What is switched on.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "TenantFlags")]
struct FlagsBody {
    enable_dynamic_client_registration: bool,
}

impl<'a> From<&'a TenantSettings> for TenantSettingsBody<'a> {
    fn from(settings: &'a TenantSettings) -> Self {
        TenantSettingsBody {
            friendly_name: &settings.friendly_name,
            support_email: settings.support_email.as_deref(),
            default_audience: settings.default_audience.as_deref(),
            default_directory: settings.default_directory.as_deref(),
            default_redirection_uri: settings.default_redirection_uri.as_deref(),
            allowed_logout_urls: &settings.allowed_logout_urls,
            session_lifetime: settings.session_lifetime,
            idle_session_lifetime: settings.idle_session_lifetime,
            log_retention_days: settings.log_retention_days,
            flags: FlagsBody { enable_dynamic_client_registration: settings.flags.enable_dynamic_client_registration },
        }
    }
}

/// `GET /tenants/settings`
pub(crate) async fn get(call: Call) -> Answer {
    let settings = tenant_settings::get(&call.services, &call.caller).await?;
    one(&TenantSettingsBody::from(&settings), &call.query)
}

/// `PATCH /tenants/settings`
pub(crate) async fn update(call: Call, Body(body): Body) -> Answer {
    let settings = tenant_settings::update(&call.services, &call.cx, &call.caller, &body).await?;
    one(&TenantSettingsBody::from(&settings), &call.query)
}
