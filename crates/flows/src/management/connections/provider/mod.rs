//! The provider behind a connection: its `options`, in Auth0's spelling where Auth0 has one.
//!
//! Options are kept as they were set, so that tools find them as they left them, but for the secret. What signing in
//! needs of them is read once, here, and kept beside them as a [`Provider`].

mod attributes;
mod parameters;
mod place;
mod secret;
mod trust;

use std::collections::BTreeMap;

use model::JsonObject;
use model::provider::{Provider, ProviderProtocol, RootAttributes, UserIdForm};
use protocol::management_scope::ManagementScope;
use protocol::origin::host_name;
use store::WriteTx;
use store::connections::StoredConnection;
use upstream::social::Preset;

use self::place::Located;
use super::super::body::{BodyInvalid, Fields};
use super::super::text::{check_count, check_length, check_web_url};
use super::super::{Caller, Refused};
use crate::{RequestContext, Services};

const MOST_DOMAINS: usize = 1000;
const MOST_SCOPES: usize = 100;

/// Options of Auth0 that change nothing about signing in here.
const KEPT: [&str; 21] = [
    "allowed_audiences",
    "api_enable_groups",
    "api_enable_users",
    "app_domain",
    "app_id",
    "basic_profile",
    "cert_rollover_notification",
    "ext_groups",
    "ext_profile",
    "freeform_scopes",
    "granted",
    "handle_login_from_social",
    "id_token_session_expiry_supported",
    "id_token_signed_response_algs",
    "max_groups_to_retrieve",
    "non_persistent_attrs",
    "oidc_metadata",
    "schema_version",
    "strategy_version",
    "tenantId",
    "thumbprints",
];

/// A provider as a request describes it, and what of it has to be found out yet.
pub(super) struct Wanted {
    provider: Provider,
    issuer: place::Issuer,
    options: JsonObject,
    secret: Option<String>,
}

/// Reads the options of a connection with this preset.
pub(super) fn read(svc: &Services, preset: &Preset, mut options: Fields) -> Result<Wanted, BodyInvalid> {
    let kept = secret::without(options.as_object());
    options.ignore(&KEPT);
    options.repeat(&["type"], "back_channel")?;
    options.repeat(&["use_wsfed", "waad_common_endpoint"], false)?;
    options.repeat(&["waad_protocol"], "openid-connect")?;
    options.repeat(&["identity_api"], "microsoft-identity-platform-v2.0")?;
    let Located { endpoints, issuer } = place::read(svc, preset, &mut options)?;
    let mut provider = Provider {
        protocol: preset.protocol,
        issuer: String::new(),
        endpoints,
        client_id: short(&mut options, "client_id")?,
        client_authentication: secret::read_method(preset, &mut options)?,
        scope: scope(preset, &mut options)?,
        pkce: parameters::pkce(&mut options)?,
        form_post: preset.is_apple,
        reauthenticates: preset.reauthenticates,
        parameters: parameters::read(&mut options)?,
        required_claims: BTreeMap::new(),
        subject_claim: "sub".to_owned(),
        attributes: attributes::read(&mut options)?,
        email_verification: preset.email_verification,
        user_id_form: preset.user_id_form,
        root_attributes: root_attributes(&mut options)?,
        asks_silently: asks_silently(preset, &mut options)?,
        logout: preset.logout,
        domain_aliases: domains(&mut options)?,
        icon_url: icon(&mut options)?,
    };
    refuse_to_keep_tokens(&mut options)?;
    trust::read(preset, &mut options, &mut provider)?;
    parameters::require_what_was_asked_for(&mut provider);
    if preset.strategy == "google-apps" {
        options.ignore(&["domain"]);
        parameters::keep_to_domain(&mut provider, &short(&mut options, "tenant_domain")?);
    }
    let secret = secret::take(preset, &mut options)?;
    options.finish()?;
    Ok(Wanted { provider, issuer, options: kept, secret })
}

/// Finds out who a provider is whose metadata document has not been looked at yet. Nothing may be open: it asks the
/// network.
pub(super) async fn settle(
    svc: &Services,
    cx: &RequestContext,
    wanted: &mut Wanted,
    held: Option<&Provider>,
) -> Result<(), BodyInvalid> {
    let held = held.filter(|held| held.endpoints == wanted.provider.endpoints);
    let issuer = place::settle(svc, cx, &wanted.provider.endpoints, &wanted.issuer, held).await?;
    if issuer == svc.settings.issuer {
        return Err(BodyInvalid::wrong("options.issuer", "must not be this server itself"));
    }
    wanted.provider.issuer = issuer;
    Ok(())
}

/// Puts the provider into the connection, and seals its secret.
pub(super) fn apply(svc: &Services, wanted: Wanted, stored: &mut StoredConnection) -> Result<(), BodyInvalid> {
    let Wanted { provider, options, secret, .. } = wanted;
    secret::put(svc, stored, &provider, secret)?;
    stored.connection.options = options;
    stored.connection.provider = Some(provider);
    Ok(())
}

/// People are known by what their provider calls them, so that under another issuer they would be somebody else.
pub(super) async fn check_same_people(
    tx: &mut WriteTx,
    before: &StoredConnection,
    after: Option<&Provider>,
) -> Result<(), Refused> {
    let (Some(before_provider), Some(after)) = (&before.connection.provider, after) else { return Ok(()) };
    let names = |provider: &Provider| (provider.issuer.clone(), provider.subject_claim.clone(), provider.user_id_form);
    if names(before_provider) == names(after) || !store::identities::are_any_of(tx, &before.connection.id).await? {
        return Ok(());
    }
    let problem = "cannot change while people are known by it; create another connection";
    Err(BodyInvalid::wrong("options.issuer", problem).into())
}

/// With `keep_sub`, a provider says who somebody is among all people here: whoever chooses it, or where it is asked, can
/// be anybody, as if they had set a new password for them.
pub(super) fn require_power_over_people(
    caller: &Caller,
    before: Option<&Provider>,
    after: Option<&Provider>,
) -> Result<(), Refused> {
    let is_trusted_anew = after.is_some_and(|after| after.user_id_form == UserIdForm::Kept) && before != after;
    if is_trusted_anew { caller.require(ManagementScope::UpdateUsers) } else { Ok(()) }
}

/// OpenID providers are asked for `openid` whatever else they are asked for.
fn scope(preset: &Preset, options: &mut Fields) -> Result<Vec<String>, BodyInvalid> {
    let flags = [("email", options.take("email")?), ("profile", options.take("profile")?)];
    let mut scope = match options.take_words("scope")? {
        Some(words) => words,
        None => preset.scope.iter().map(|&word| word.to_owned()).collect(),
    };
    let wanted = flags.into_iter().filter(|(_, is_wanted)| *is_wanted == Some(true)).map(|(name, _)| name);
    let openid = (preset.protocol == ProviderProtocol::OpenIdConnect).then_some("openid");
    for word in wanted.chain(openid) {
        if !scope.iter().any(|own| own == word) {
            scope.insert(0, word.to_owned());
        }
    }
    check_count(&options.path_of("scope"), &scope, MOST_SCOPES)?;
    for word in &scope {
        check_length(&options.path_of("scope"), word, 1..=256)?;
    }
    Ok(scope)
}

fn root_attributes(options: &mut Fields) -> Result<RootAttributes, BodyInvalid> {
    Ok(options.take("set_user_root_attributes")?.unwrap_or_default())
}

/// What a provider gives us for its APIs is thrown away once it has told who signed in.
fn refuse_to_keep_tokens(options: &mut Fields) -> Result<(), BodyInvalid> {
    let Some(mut object) = options.nested("federated_connections_access_tokens")? else { return Ok(()) };
    if object.take("active")?.unwrap_or(false) {
        return Err(object.wrong("active", "is not possible, because tokens of providers are not kept"));
    }
    object.finish()
}

fn asks_silently(preset: &Preset, options: &mut Fields) -> Result<bool, BodyInvalid> {
    let wanted = options.take("silent_sign_in")?.unwrap_or(false);
    if wanted && !preset.answers_silently {
        return Err(options.wrong("silent_sign_in", "is not possible, because this provider always shows a page"));
    }
    Ok(wanted)
}

/// Domains are compared as they are written in addresses, folded.
fn domains(options: &mut Fields) -> Result<Vec<String>, BodyInvalid> {
    let domains: Vec<String> = options.take("domain_aliases")?.unwrap_or_default();
    let path = options.path_of("domain_aliases");
    check_count(&path, &domains, MOST_DOMAINS)?;
    let folded = domains.iter().map(|domain| host_name(domain)).collect::<Option<Vec<_>>>();
    folded.ok_or_else(|| BodyInvalid::wrong(path, "must be domains such as acme.example"))
}

fn icon(options: &mut Fields) -> Result<Option<String>, BodyInvalid> {
    let icon: Option<String> = options.take("icon_url")?;
    let icon = icon.filter(|icon| !icon.is_empty());
    if let Some(icon) = &icon {
        check_web_url(&options.path_of("icon_url"), icon, &["https"])?;
    }
    Ok(icon)
}

fn short(options: &mut Fields, name: &str) -> Result<String, BodyInvalid> {
    let text: String = options.require(name)?;
    check_length(&options.path_of(name), &text, 1..=512)?;
    Ok(text)
}
