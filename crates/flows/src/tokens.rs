//! Making tokens: claims, signatures, and the rows that make them revocable. Nothing here opens a write.

use keys::{OpaqueToken, RefreshSecret};
use model::client::Client;
use model::grant::{AccessToken, Digest, RefreshToken, TokenFamily};
use model::resource_server::{ResourceServer, TokenDialect};
use model::user::{Profile, User};
use model::{FamilyId, RefreshTokenId, Timestamp};
use protocol::claims::{self, AccessTokenClaims, AccessTokenProfile, IdTokenClaims, ProfileClaims, Told};
use protocol::rotation::Lifetimes;
use protocol::scope::ScopeSet;
use protocol::token::{TokenResponse, TokenType};
use store::{StoreError, WriteTx};

use crate::error::OrInternal;
use crate::permissions::Permitted;
use crate::{InternalError, RequestContext, Services, machines};

/// What tokens are made from.
pub(crate) struct Issue<'a> {
    pub(crate) client: &'a Client,
    pub(crate) user: &'a User,
    pub(crate) family: &'a TokenFamily,
    /// The API of the family's audience; none means userinfo alone.
    pub(crate) api: Option<&'a ResourceServer>,
    /// What this answer allows: the family's scope, or a part of it.
    pub(crate) permitted: &'a Permitted,
    pub(crate) nonce: Option<&'a str>,
    /// Auth0's `gty`, for grants that have one.
    pub(crate) gty: Option<&'static str>,
    /// The refresh token that is returned beside the access token.
    pub(crate) refresh: Option<&'a GivenRefreshToken>,
    /// The key that the access token is bound to, as a thumbprint.
    pub(crate) jkt: Option<&'a str>,
}

/// A refresh token as it is given to its holder: in clear, beside its record.
pub(crate) struct GivenRefreshToken {
    pub(crate) record: RefreshToken,
    secret: RefreshSecret,
}

impl GivenRefreshToken {
    /// A token of this family with these lifetimes, which is not stored yet.
    pub(crate) fn new(
        svc: &Services,
        family_id: &FamilyId,
        generation: i64,
        lifetimes: Lifetimes,
        now: Timestamp,
    ) -> Self {
        let record = RefreshToken {
            id: RefreshTokenId::from_random(svc.random()),
            family_id: family_id.clone(),
            generation,
            issued_at: now,
            idle_expires_at: lifetimes.idle_expires_at_ms.map(Timestamp::from_millis),
            expires_at: lifetimes.expires_at_ms.map(Timestamp::from_millis),
            consumed_at: None,
            successor_id: None,
            seen_at: None,
            sealed_response: None,
            repeatable_until: None,
        };
        GivenRefreshToken { record, secret: RefreshSecret::new(svc.random(), family_id.as_str(), &svc.sealer) }
    }

    /// A token that was given before, from the answer that gave it. `None` where that holds no such token.
    pub(crate) fn again(record: RefreshToken, answer: &TokenResponse) -> Option<Self> {
        let secret = RefreshSecret::parse(answer.refresh_token.as_deref()?)?;
        Some(GivenRefreshToken { record, secret })
    }

    pub(crate) async fn store(&self, tx: &mut WriteTx) -> Result<(), StoreError> {
        store::refresh_tokens::insert(tx, &self.secret.digest(), &self.record).await
    }
}

/// Tokens that are signed and not yet stored. Until they are, and are returned, they were never issued.
pub(crate) struct Issued {
    pub(crate) response: TokenResponse,
    access: IssuedAccess,
    /// When the first of its tokens ends, the refresh token aside.
    pub(crate) ends_at: Timestamp,
}

impl Issued {
    /// Stores the access token's row and sees to it that the family outlives it.
    pub(crate) async fn store(&self, tx: &mut WriteTx, family: &FamilyId) -> Result<(), StoreError> {
        self.access.store(tx, family).await
    }
}

/// An access token that is not stored yet.
pub(crate) struct IssuedAccess {
    pub(crate) token: String,
    /// Seconds.
    pub(crate) lifetime: u64,
    /// The row that makes it revocable.
    row: AccessToken,
    digest: Digest,
}

impl IssuedAccess {
    /// Stores its row and sees to it that the family outlives it.
    pub(crate) async fn store(&self, tx: &mut WriteTx, family: &FamilyId) -> Result<(), StoreError> {
        store::access_tokens::insert(tx, &self.digest, &self.row).await?;
        store::families::extend(tx, family, self.row.expires_at).await
    }
}

/// The claims of an access token that one of our keys signed and that is a JWT; expired or not, revoked or not.
pub(crate) fn verified_access_token(svc: &Services, token: &str) -> Option<serde_json::Map<String, serde_json::Value>> {
    svc.key_set().verifier().verify(token, &["JWT", "at+jwt"]).ok()
}

/// The thumbprint of the key that an access token is bound to.
pub(crate) fn confirmed_key(claims: &serde_json::Map<String, serde_json::Value>) -> Option<&str> {
    claims.get("cnf")?.get("jkt")?.as_str()
}

/// What an access token is looked up by, whatever its form.
pub(crate) fn access_digest(svc: &Services, token: &str) -> Digest {
    svc.sealer.keyed_digest("access token", token.as_bytes())
}

/// Makes and signs the tokens of one answer.
pub(crate) fn issue(svc: &Services, cx: &RequestContext, issue: &Issue<'_>) -> Result<Issued, InternalError> {
    let lifetime = issue.api.map(|api| api.token_lifetime);
    let access = issue_access(svc, cx, issue, lifetime)?;
    let scope = &issue.permitted.scope;
    let is_openid = scope.contains("openid");
    let id_token = if is_openid { Some(id_token(svc, cx, issue, &access.token)?) } else { None };
    let response = TokenResponse {
        access_token: access.token.clone(),
        refresh_token: issue.refresh.map(|refresh| refresh.secret.text().to_string()),
        id_token,
        scope: (!scope.is_empty()).then(|| scope.clone()),
        expires_in: access.lifetime,
        token_type: TokenType::bound_to(issue.jkt),
    };
    let id_token_expires_at = is_openid.then(|| cx.now.plus_seconds(issue.client.id_token_lifetime));
    let access_expires_at = access.row.expires_at;
    let ends_at = id_token_expires_at.map_or(access_expires_at, |end| end.min(access_expires_at));
    Ok(Issued { response, access, ends_at })
}

/// Makes and signs an access token that travels through the browser, whose history and logs may keep it: an API says
/// for how long that is bearable.
pub(crate) fn issue_for_web(
    svc: &Services,
    cx: &RequestContext,
    issue: &Issue<'_>,
) -> Result<IssuedAccess, InternalError> {
    issue_access(svc, cx, issue, issue.api.map(|api| api.token_lifetime_for_web))
}

fn issue_access(
    svc: &Services,
    cx: &RequestContext,
    issue: &Issue<'_>,
    lifetime: Option<u64>,
) -> Result<IssuedAccess, InternalError> {
    let lifetime = lifetime.unwrap_or(svc.settings.userinfo_token_lifetime.as_secs());
    let token = match issue.api {
        Some(api) => access_jwt(svc, cx, issue, api, lifetime)?,
        None => OpaqueToken::from_random(svc.random()).text().to_string(),
    };
    let row = AccessToken {
        family_id: issue.family.id.clone(),
        refresh_token_id: issue.refresh.map(|refresh| refresh.record.id.clone()),
        scope: issue.permitted.scope.clone(),
        dpop_jkt: issue.jkt.map(str::to_owned),
        expires_at: cx.now.plus_seconds(lifetime),
    };
    Ok(IssuedAccess { digest: access_digest(svc, &token), token, lifetime, row })
}

fn access_jwt(
    svc: &Services,
    cx: &RequestContext,
    issue: &Issue<'_>,
    api: &ResourceServer,
    lifetime: u64,
) -> Result<String, InternalError> {
    let userinfo = svc.settings.userinfo_audience();
    let Permitted { scope, permissions } = issue.permitted;
    sign_access_token(
        svc,
        &AccessTokenClaims {
            issuer: &svc.settings.issuer,
            subject: issue.user.user_id.as_str(),
            audience: &api.identifier,
            userinfo_audience: scope.contains("openid").then_some(userinfo.as_str()),
            client_id: issue.client.client_id.as_str(),
            issued_at: cx.now.seconds(),
            lifetime,
            scope,
            grant: issue.gty,
            permissions: permissions.as_deref(),
            jkt: issue.jkt,
            jti: &jti(svc),
            profile: profile_of(api.token_dialect),
        },
    )
}

/// An access token by which a machine speaks for itself. It is permitted what it was granted.
pub(crate) fn machine_access_token(
    svc: &Services,
    cx: &RequestContext,
    client: &Client,
    api: &ResourceServer,
    scope: &ScopeSet,
    jkt: Option<&str>,
) -> Result<String, InternalError> {
    let permissions: Option<Vec<String>> = api.tells_permissions().then(|| scope.iter().map(str::to_owned).collect());
    sign_access_token(
        svc,
        &AccessTokenClaims {
            issuer: &svc.settings.issuer,
            subject: &machines::subject_of(&client.client_id),
            audience: &api.identifier,
            userinfo_audience: None,
            client_id: client.client_id.as_str(),
            issued_at: cx.now.seconds(),
            lifetime: api.token_lifetime,
            scope,
            grant: Some("client-credentials"),
            permissions: permissions.as_deref(),
            jkt,
            jti: &jti(svc),
            profile: profile_of(api.token_dialect),
        },
    )
}

fn sign_access_token(svc: &Services, claims: &AccessTokenClaims<'_>) -> Result<String, InternalError> {
    let typ = claims.profile.header_type();
    svc.key_set().signer().sign(typ, &claims::access_token(claims)).or_internal("signing an access token")
}

fn profile_of(dialect: TokenDialect) -> AccessTokenProfile {
    match dialect {
        TokenDialect::AccessToken | TokenDialect::AccessTokenAuthz => AccessTokenProfile::Auth0,
        TokenDialect::Rfc9068Profile | TokenDialect::Rfc9068ProfileAuthz => AccessTokenProfile::Rfc9068,
    }
}

pub(crate) fn jti(svc: &Services) -> String {
    model::ids::alphanumeric(&svc.random::<22>())
}

fn id_token(
    svc: &Services,
    cx: &RequestContext,
    issue: &Issue<'_>,
    access_token: &str,
) -> Result<String, InternalError> {
    let facts = IdTokenFacts {
        nonce: issue.nonce,
        sid: issue.family.sid.as_ref().map(model::SessionId::as_str),
        authenticated_at: issue.family.authenticated_at,
        amr: &issue.family.amr,
        access_token: Some(access_token),
        code: None,
    };
    let told = Told { scope: &issue.permitted.scope, requested: &issue.family.claims.id_token };
    sign_id_token(svc, cx, issue.client, issue.user, told, &facts)
}

/// What an ID token says of the login it attests.
pub(crate) struct IdTokenFacts<'a> {
    pub(crate) nonce: Option<&'a str>,
    pub(crate) sid: Option<&'a str>,
    pub(crate) authenticated_at: Timestamp,
    pub(crate) amr: &'a [String],
    /// The access token beside which it travels.
    pub(crate) access_token: Option<&'a str>,
    /// The code beside which it travels.
    pub(crate) code: Option<&'a str>,
}

/// Makes and signs an ID token.
pub(crate) fn sign_id_token(
    svc: &Services,
    cx: &RequestContext,
    client: &Client,
    user: &User,
    told: Told<'_>,
    facts: &IdTokenFacts<'_>,
) -> Result<String, InternalError> {
    let at_hash = facts.access_token.map(claims::half_hash);
    let c_hash = facts.code.map(claims::half_hash);
    let token = IdTokenClaims {
        issuer: &svc.settings.issuer,
        subject: user.user_id.as_str(),
        audience: client.client_id.as_str(),
        issued_at: cx.now.seconds(),
        lifetime: client.id_token_lifetime,
        nonce: facts.nonce,
        sid: facts.sid,
        auth_time: Some(facts.authenticated_at.seconds()),
        amr: told_methods(facts.amr),
        acr: None,
        c_hash: c_hash.as_deref(),
        at_hash: at_hash.as_deref(),
    };
    let updated_at = user.updated_at.to_string();
    let claims = claims::id_token(&token, &profile_claims(&user.profile, &updated_at), told);
    svc.key_set().signer().sign("JWT", &claims).or_internal("signing an ID token")
}

/// The authentication methods an ID token names. Auth0's name them only after a second factor, and applications show
/// or store what they find in a token.
fn told_methods(amr: &[String]) -> &[String] {
    if amr.iter().any(|method| method == "mfa") { amr } else { &[] }
}

/// A profile as claims are made from it.
pub(crate) fn profile_claims<'a>(profile: &'a Profile, updated_at: &'a str) -> ProfileClaims<'a> {
    ProfileClaims {
        name: profile.name.as_deref().or(profile.email.as_deref()),
        nickname: profile.nickname.as_deref(),
        given_name: profile.given_name.as_deref(),
        family_name: profile.family_name.as_deref(),
        picture: profile.picture.as_deref(),
        updated_at: Some(updated_at),
        email: profile.email.as_deref(),
        email_verified: profile.email_verified,
        phone_number: profile.phone_number.as_deref(),
        phone_verified: profile.phone_verified,
    }
}
