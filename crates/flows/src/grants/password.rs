//! A person's password in the hands of a client (RFC 6749 4.3, and Auth0's `password-realm`). Only for clients that
//! name the grant; it has no page, so whatever needs one (a second factor, consent) ends it.

use std::net::IpAddr;

use model::FamilyId;
use model::client::Client;
use model::event::EventType;
use model::grant::TokenFamily;
use model::resource_server::ResourceServer;
use model::user::User;
use protocol::claims::RequestedClaims;
use protocol::scope::ScopeSet;
use protocol::token::{PasswordRequest, TokenResponse};
use secrecy::SecretString;
use store::connections::StoredConnection;

use super::{GrantRefused, first_refresh_token};
use crate::authorize::audience::{find_api, grantable};
use crate::client_authentication::ClientRefused;
use crate::events::event;
use crate::grants::authorization_code::keep_family_for;
use crate::login::LoginRefused;
use crate::login::attempt::Attempt;
use crate::login::attempts::{self, Account};
use crate::login::password::check;
use crate::permissions::permitted;
use crate::tokens::{self, Issue};
use crate::{RequestContext, Services, dpop};

pub(super) async fn exchange(
    svc: &Services,
    cx: &RequestContext,
    client: &Client,
    request: PasswordRequest,
    forwarded_for: Option<IpAddr>,
    jkt: Option<&str>,
) -> Result<TokenResponse, GrantRefused> {
    let api = find_api(&mut svc.store.read().await?, &svc.settings, request.audience.as_deref()).await?;
    let api = api.map_err(|unknown| GrantRefused::UnknownAudience(unknown.0))?;
    dpop::require(client, api.as_ref(), jkt)?;
    let connection = find_connection(svc, client, request.realm.as_deref()).await?;
    // A public client could name any address it likes and so count its guesses against strangers.
    let is_trusted = client.is_token_endpoint_ip_header_trusted && !client.is_public();
    let peer = forwarded_for.filter(|_| is_trusted).or(cx.peer);
    let attempt = Attempt { connection: &connection, client, username: &request.username, peer };
    let password = SecretString::from(request.password.expose().to_owned());
    match Box::pin(check(svc, cx, &attempt, &password)).await? {
        Ok(checked) => {
            let to = Recipient { client, api, jkt, peer };
            issue(svc, cx, &to, &request, checked.user).await
        }
        Err(why @ LoginRefused::Limited(_)) => Err(GrantRefused::Login(why)),
        Err(why) => {
            attempt
                .event(svc, cx, EventType::PasswordExchangeFailed)
                .describe(format!("{why:?}"))
                .record_alone(svc)
                .await?;
            Err(GrantRefused::Login(why))
        }
    }
}

/// The connection that `realm` names, or the tenant's default directory, if this client may use it.
async fn find_connection(
    svc: &Services,
    client: &Client,
    realm: Option<&str>,
) -> Result<StoredConnection, GrantRefused> {
    let mut db = svc.store.read().await?;
    let realm = match realm {
        Some(realm) => realm.to_owned(),
        None => store::settings::tenant(&mut db).await?.default_directory.ok_or(GrantRefused::UnknownRealm)?,
    };
    let enabled = store::connections::for_client(&mut db, &client.client_id, None).await?;
    let fits = |stored: &StoredConnection| stored.connection.is_database() && stored.connection.answers_to(&realm);
    enabled.into_iter().find(fits).ok_or(GrantRefused::UnknownRealm)
}

/// For whom and for what tokens are made.
struct Recipient<'a> {
    client: &'a Client,
    api: Option<ResourceServer>,
    jkt: Option<&'a str>,
    peer: Option<IpAddr>,
}

async fn issue(
    svc: &Services,
    cx: &RequestContext,
    to: &Recipient<'_>,
    request: &PasswordRequest,
    user: User,
) -> Result<TokenResponse, GrantRefused> {
    let Recipient { client, api, jkt, peer } = to;
    let asked = request.scope.clone().unwrap_or_else(|| ScopeSet::parse("openid profile email"));
    let family = TokenFamily {
        id: FamilyId::from_random(svc.random()),
        user_id: user.user_id.clone(),
        client_id: client.client_id.clone(),
        sid: None,
        audience: api.as_ref().map(|api| api.identifier.clone()),
        scope: grantable(client, api.as_ref(), &asked),
        claims: RequestedClaims::default(),
        authenticated_at: cx.now,
        amr: vec!["pwd".to_owned()],
        dpop_jkt: jkt.filter(|_| client.is_public()).map(str::to_owned),
        created_at: cx.now,
        revoked_at: None,
        revoked_reason: None,
    };
    let permitted = permitted(svc, &user.user_id, api.as_ref(), &family.scope).await?;
    let refresh = first_refresh_token(svc, cx, client, &family);
    let issued = tokens::issue(
        svc,
        cx,
        &Issue {
            client,
            user: &user,
            family: &family,
            api: api.as_ref(),
            permitted: &permitted,
            nonce: None,
            gty: Some("password"),
            refresh: refresh.as_ref(),
            jkt: *jkt,
        },
    )?;
    let mut tx = svc.store.write().await?;
    if !store::users::record_login(&mut tx, &user, peer.map(|peer| peer.to_string()).as_deref(), cx.now).await? {
        return Err(GrantRefused::Login(LoginRefused::WrongPassword));
    }
    if !store::families::insert(&mut tx, &family, cx.now).await? {
        return Err(ClientRefused::Unknown.into());
    }
    if let Some(refresh) = &refresh {
        refresh.store(&mut tx).await?;
        keep_family_for(&mut tx, &refresh.record).await?;
    }
    issued.store(&mut tx, &family.id).await?;
    attempts::forget(&mut tx, &Account::of(&user)).await?;
    event(svc, cx, EventType::PasswordExchanged)
        .client(client)
        .user(&user)
        .scope(&permitted.scope)
        .record(&mut tx)
        .await?;
    tx.commit().await?;
    Ok(issued.response)
}
