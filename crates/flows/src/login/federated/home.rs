//! Where somebody signs in: by the connection a request names, by the domain of an address, by a button.

use model::address::FoldedEmail;
use model::connection::Connection;
use protocol::authorization::{AuthorizationRequest, Prompt};
use protocol::origin::host_name;
use store::connections::StoredConnection;
use upstream::social::Preset;

use super::Home;
use crate::authorize::{PendingRefused, find_pending};
use crate::sessions::Browser;
use crate::{RequestContext, Services};

/// Where a request without a usable session leads at once; `None` means to our own page, or nowhere.
///
/// Of the connections that it accepts, to the only one, and to that of the domain of its `login_hint`; silently
/// to the first that may be asked so, unless somebody is signed in here, or is to prove who they are again, or to
/// choose.
pub(crate) fn home_of_request(
    accepted: &[StoredConnection],
    request: &AuthorizationRequest,
    has_session: bool,
) -> Option<Home> {
    let accepted: Vec<_> = accepted.iter().map(|stored| &stored.connection).collect();
    let known = match accepted[..] {
        [only] => Some(only).filter(|only| only.provider.is_some()),
        _ => home_of_domain(accepted.iter().copied(), request.login_hint.as_deref()),
    };
    if let Some(known) = known
        && !request.prompts(Prompt::None)
    {
        return Some(Home { connection: known.name.clone(), is_silent: false });
    }
    let asks_again = [Prompt::Login, Prompt::SelectAccount, Prompt::Create].into_iter().any(|p| request.prompts(p));
    if has_session || asks_again {
        return None;
    }
    let asks_silently = |own: &&Connection| own.provider.as_ref().is_some_and(|provider| provider.asks_silently);
    let asked = known.into_iter().chain(accepted).find(asks_silently)?;
    Some(Home { connection: asked.name.clone(), is_silent: true })
}

/// The first of these to which addresses of this one's domain lead.
fn home_of_domain<'a>(
    mut connections: impl Iterator<Item = &'a Connection>,
    address: Option<&str>,
) -> Option<&'a Connection> {
    let domain = domain_of(address?)?;
    connections.find(|own| own.provider.as_ref().is_some_and(|provider| provider.domain_aliases.contains(&domain)))
}

/// A connection as the login page offers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderButton {
    /// Its name, which the button's address carries.
    pub connection: String,
    /// What its provider is called.
    pub label: String,
    /// Its picture, where somebody gave it one.
    pub icon_url: Option<String>,
}

/// The connections that a login page has a button for: all that are not told otherwise.
pub(crate) fn buttons(providers: &[StoredConnection]) -> Vec<ProviderButton> {
    let shown = providers.iter().map(|stored| &stored.connection).filter(|own| own.show_as_button != Some(false));
    let button = |own: &Connection| ProviderButton {
        connection: own.name.clone(),
        label: label(own),
        icon_url: own.provider.as_ref().and_then(|provider| provider.icon_url.clone()),
    };
    shown.map(button).collect()
}

/// What people call a connection's provider.
pub(super) fn label(connection: &Connection) -> String {
    let preset = Preset::of(&connection.strategy).filter(|preset| preset.strategy != "oidc");
    let usual = || preset.map_or(connection.name.as_str(), |preset| preset.label).to_owned();
    connection.display_name.clone().unwrap_or_else(usual)
}

/// Whether an address may lead to one of these.
pub(crate) fn has_domains(providers: &[StoredConnection]) -> bool {
    let has_any = |stored: &StoredConnection| {
        stored.connection.provider.as_ref().is_some_and(|provider| !provider.domain_aliases.is_empty())
    };
    providers.iter().any(has_any)
}

/// The connection at which people with an address of this domain sign in, of those that the page of this pending
/// authorization leads to.
pub async fn home_of_address(
    svc: &Services,
    cx: &RequestContext,
    state: &str,
    address: &str,
    browser: Browser<'_>,
) -> Result<Option<String>, PendingRefused> {
    let pending = find_pending(svc, cx, state, browser.binding).await?;
    let connections = pending.providers.iter().map(|stored| &stored.connection);
    Ok(home_of_domain(connections, Some(address)).map(|home| home.name.clone()))
}

fn domain_of(address: &str) -> Option<String> {
    let folded = FoldedEmail::parse(address)?;
    host_name(folded.as_str().split_once('@')?.1)
}
