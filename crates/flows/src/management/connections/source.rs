//! Where a connection's people come from: the `options.source` object.

use model::connection::{Source, SourceKind};
use store::WriteTx;
use store::connections::StoredConnection;

use super::super::Refused;
use super::super::body::{BodyInvalid, Fields};
use super::super::text::{check_length, check_range};
use crate::{Services, connection_secrets};

const STRATEGY: &str = "auth0";

/// What a request says of the source.
pub(super) enum SourceChange {
    /// Nothing.
    Keep,
    /// `null`.
    Remove,
    /// What it is to be.
    Replace(Fields),
}

impl SourceChange {
    pub(super) fn read(options: &mut Fields) -> Result<Self, BodyInvalid> {
        if options.take_null("source") {
            return Ok(SourceChange::Remove);
        }
        Ok(options.nested("source")?.map_or(SourceChange::Keep, SourceChange::Replace))
    }

    /// A source that goes takes its secret with it.
    pub(super) fn apply(self, svc: &Services, stored: &mut StoredConnection) -> Result<(), BodyInvalid> {
        match self {
            SourceChange::Keep => {}
            SourceChange::Remove => {
                stored.connection.source = None;
                stored.source_secret_sealed = None;
            }
            SourceChange::Replace(object) => replace(svc, stored, object)?,
        }
        Ok(())
    }
}

/// Without their source, people whose password it holds could not sign in, and nothing would say which source it was.
pub(super) async fn check_removable(
    tx: &mut WriteTx,
    before: Option<&Source>,
    after: Option<&Source>,
) -> Result<(), Refused> {
    let Some(removed) = before.filter(|_| after.is_none()) else { return Ok(()) };
    match store::passwords::held_by_source(tx, &removed.name).await? {
        0 => Ok(()),
        people => Err(Refused::SourceInUse { source_name: removed.name.clone(), people }),
    }
}

fn replace(svc: &Services, stored: &mut StoredConnection, mut object: Fields) -> Result<(), BodyInvalid> {
    let held = stored.connection.source.take();
    let secret: Option<String> = object.take("client_secret")?;
    let source = read(svc, &stored.connection.name, held.as_ref(), &mut object)?;
    match secret {
        Some(secret) => {
            check_length(&object.path_of("client_secret"), &secret, 1..=1024)?;
            connection_secrets::put_of_source(svc, stored, &secret);
        }
        // Whoever may change the issuer would otherwise learn the secret by naming a server of their own.
        None if !held.is_some_and(|held| is_same_client(&held, &source)) => {
            return Err(object.wrong("client_secret", "must be given together with a new issuer or client_id"));
        }
        None => {}
    }
    object.finish()?;
    stored.connection.source = Some(source);
    Ok(())
}

fn is_same_client(one: &Source, other: &Source) -> bool {
    let SourceKind::Auth0 { issuer, client_id, .. } = &one.kind;
    let SourceKind::Auth0 { issuer: other_issuer, client_id: other_client_id, .. } = &other.kind;
    issuer == other_issuer && client_id == other_client_id
}

fn read(
    svc: &Services,
    connection_name: &str,
    held: Option<&Source>,
    object: &mut Fields,
) -> Result<Source, BodyInvalid> {
    let strategy: String = object.require("strategy")?;
    if strategy != STRATEGY {
        return Err(object.wrong("strategy", "must be auth0: this version knows no other source"));
    }
    let source = Source {
        name: name(connection_name, held, object)?,
        enabled: object.take("enabled")?.unwrap_or(true),
        just_in_time: object.take("just_in_time")?.unwrap_or(false),
        timeout_ms: object.take("timeout_ms")?.unwrap_or(5000),
        max_concurrency: object.take("max_concurrency")?.unwrap_or(32),
        breaker_failures: object.take("breaker_failures")?.unwrap_or(5),
        breaker_open_ms: object.take("breaker_open_ms")?.unwrap_or(10_000),
        kind: SourceKind::Auth0 {
            issuer: issuer(svc, object)?,
            client_id: short(object, "client_id")?,
            realm: short(object, "realm")?,
            read_profiles: object.take("read_profiles")?.unwrap_or(false),
        },
    };
    check(&source, object)?;
    Ok(source)
}

/// People's passwords say by this name who holds them, so it stays for as long as the source does.
fn name(connection_name: &str, held: Option<&Source>, object: &mut Fields) -> Result<String, BodyInvalid> {
    let named: Option<String> = object.take("name")?;
    match (named, held) {
        (Some(name), Some(held)) if name != held.name => {
            Err(object.wrong("name", "cannot change, because people's passwords refer to the source by it"))
        }
        (Some(name), _) => {
            check_length(&object.path_of("name"), &name, 1..=128)?;
            Ok(name)
        }
        (None, Some(held)) => Ok(held.name.clone()),
        (None, None) => Ok(connection_name.to_owned()),
    }
}

/// `issuer`, or the `domain` that Auth0 SDKs ask for.
fn issuer(svc: &Services, object: &mut Fields) -> Result<String, BodyInvalid> {
    let domain: Option<String> = object.take("domain")?;
    let property = if domain.is_some() { "domain" } else { "issuer" };
    let issuer = match domain {
        Some(_) if object.has("issuer") => return Err(object.wrong("domain", "must not stand beside issuer")),
        Some(domain) => format!("https://{domain}/"),
        None => object.require("issuer")?,
    };
    svc.upstreams.check_issuer(&issuer).map_err(|refused| object.wrong(property, format!("is refused: {refused}")))?;
    if issuer == svc.settings.issuer {
        return Err(object.wrong(property, "must not be this server itself"));
    }
    Ok(issuer)
}

fn short(object: &mut Fields, name: &str) -> Result<String, BodyInvalid> {
    let text: String = object.require(name)?;
    check_length(&object.path_of(name), &text, 1..=256)?;
    Ok(text)
}

fn check(source: &Source, object: &Fields) -> Result<(), BodyInvalid> {
    check_range(&object.path_of("timeout_ms"), source.timeout_ms, 100..=30_000)?;
    check_range(&object.path_of("max_concurrency"), source.max_concurrency.into(), 1..=1000)?;
    check_range(&object.path_of("breaker_failures"), source.breaker_failures.into(), 1..=1000)?;
    check_range(&object.path_of("breaker_open_ms"), source.breaker_open_ms, 100..=3_600_000)
}
