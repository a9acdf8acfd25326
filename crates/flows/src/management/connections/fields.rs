//! The properties of a connection, in Auth0's spelling.

use model::connection::{Connection, DATABASE_STRATEGY};
use model::{ClientId, ConnectionId, Timestamp};
use store::connections::StoredConnection;
use upstream::social::{PRESETS, Preset};

use super::super::body::{BodyInvalid, Fields};
use super::super::text::{check_count, check_length, check_string_pairs};
use super::provider;
use super::source::SourceChange;
use crate::{RequestContext, Services};

const MOST_CLIENTS: usize = 1000;
const MOST_REALMS: usize = 10;

/// A connection that is open to nobody yet.
pub(super) fn new_connection(id: ConnectionId, fields: &mut Fields, now: Timestamp) -> Result<Connection, BodyInvalid> {
    let name: String = fields.require("name")?;
    check_name(&name)?;
    let strategy: String = fields.require("strategy")?;
    if strategy != DATABASE_STRATEGY && Preset::of(&strategy).is_none() {
        let known: Vec<_> = PRESETS.iter().map(|preset| preset.strategy).collect();
        return Err(fields.wrong("strategy", format!("must be auth0 or one of {}", known.join(", "))));
    }
    Ok(Connection { strategy, ..Connection::new(id, name, now) })
}

/// Auth0's rule: letters and digits, with single hyphens between them.
fn check_name(name: &str) -> Result<(), BodyInvalid> {
    let words =
        |name: &str| name.split('-').all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric()));
    if name.len() <= 128 && words(name) {
        return Ok(());
    }
    Err(BodyInvalid::wrong("name", "must have at most 128 letters and digits, with single hyphens between them"))
}

/// Puts what the request says into the connection, seals what is secret, and checks the connection. A provider that is
/// named for the first time is asked who it is, so that nothing may be open.
pub(super) async fn apply(
    svc: &Services,
    cx: &RequestContext,
    stored: &mut StoredConnection,
    mut fields: Fields,
) -> Result<(), BodyInvalid> {
    let connection = &mut stored.connection;
    fields.set_or_clear("display_name", &mut connection.display_name)?;
    if let Some(clients) = fields.take::<Vec<String>>("enabled_clients")? {
        connection.enabled_clients = clients.into_iter().map(ClientId::new).collect();
    }
    fields.set("realms", &mut connection.realms)?;
    fields.set("is_domain_connection", &mut connection.is_domain_connection)?;
    fields.merge("metadata", &mut connection.metadata)?;
    let preset = Preset::of(&connection.strategy);
    if preset.is_some() {
        fields.set_or_clear("show_as_button", &mut connection.show_as_button)?;
    } else {
        fields.repeat(&["show_as_button"], false)?;
    }
    check(connection)?;
    match (preset, fields.nested("options")?) {
        (None, Some(options)) => replace_options(svc, stored, options)?,
        (Some(preset), Some(options)) => replace_provider(svc, cx, stored, preset, options).await?,
        (Some(_), None) if stored.connection.provider.is_none() => {
            return Err(BodyInvalid::Missing { path: "options".to_owned() });
        }
        (_, None) => {}
    }
    fields.finish()
}

async fn replace_provider(
    svc: &Services,
    cx: &RequestContext,
    stored: &mut StoredConnection,
    preset: &Preset,
    options: Fields,
) -> Result<(), BodyInvalid> {
    let mut wanted = provider::read(svc, preset, options)?;
    provider::settle(svc, cx, &mut wanted, stored.connection.provider.as_ref()).await?;
    provider::apply(svc, wanted, stored)
}

/// Auth0 replaces `options` as a whole. The source stays where nobody speaks of it: it is no option of Auth0's, so
/// Auth0's tools do not repeat it.
fn replace_options(svc: &Services, stored: &mut StoredConnection, mut options: Fields) -> Result<(), BodyInvalid> {
    let connection = &mut stored.connection;
    connection.disable_signup = options.take("disable_signup")?.unwrap_or(false);
    connection.brute_force_protection = options.take("brute_force_protection")?.unwrap_or(true);
    let mut policy = None;
    options.set_or_clear("passwordPolicy", &mut policy)?;
    connection.password_policy = policy.unwrap_or_default();
    // Lazy migration is a source here; scripts are not run.
    options.repeat(&["import_mode", "enabledDatabaseCustomization", "requires_username"], false)?;
    let source = SourceChange::read(&mut options)?;
    options.finish()?;
    source.apply(svc, stored)
}

fn check(connection: &Connection) -> Result<(), BodyInvalid> {
    if let Some(name) = &connection.display_name {
        check_length("display_name", name, 1..=128)?;
    }
    check_count("enabled_clients", &connection.enabled_clients, MOST_CLIENTS)?;
    check_count("realms", &connection.realms, MOST_REALMS)?;
    for realm in &connection.realms {
        check_length("realms", realm, 1..=128)?;
    }
    check_string_pairs("metadata", &connection.metadata, 10)
}

#[cfg(test)]
mod tests {
    use super::check_name;

    #[test]
    fn names_are_words_with_single_hyphens() {
        for name in ["Username-Password-Authentication", "db", "7"] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
        for name in ["", "-db", "db-", "a--b", "a b", "a_b", "ä", &"x".repeat(129)] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }
}
