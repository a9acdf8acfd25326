use model::address::FoldedEmail;
use model::event::Event;
use model::grant::{AccessToken, AuthorizationCode, RefreshToken, TokenFamily};
use model::session::Session;
use model::ticket::{Pin, Ticket, TicketKind};
use model::{EventId, FamilyId, JsonObject, RefreshTokenId, SessionId};
use protocol::authorization::{AuthorizationRequest, ResponseMode, ResponseType};
use protocol::claims::{ClaimsRequest, RequestedClaims};
use protocol::params::Params;
use protocol::scope::ScopeSet;

use super::{NOW, at, client_id, connection_id, digest, family_id, user_id};
use crate::pending_authorizations::PendingAuthorization;
use crate::provider_sign_ins::ProviderSignIn;
use crate::pushed_authorizations::PushedAuthorization;

pub(in crate::tests) fn session(sid: &str) -> Session {
    Session {
        sid: SessionId::new(sid),
        user_id: user_id(),
        authenticated_at: at(-1),
        amr: vec!["pwd".to_owned(), "mfa".to_owned()],
        created_at: NOW,
        last_seen_at: at(1),
        idle_expires_at: at(10),
        expires_at: at(100),
        ended_at: None,
        metadata: JsonObject::new(),
    }
}

pub(in crate::tests) fn family(id: &str) -> TokenFamily {
    TokenFamily {
        id: FamilyId::new(id),
        user_id: user_id(),
        client_id: client_id(),
        sid: None,
        audience: None,
        scope: ScopeSet::parse("openid profile"),
        claims: RequestedClaims::default(),
        authenticated_at: at(-1),
        amr: Vec::new(),
        dpop_jkt: None,
        created_at: NOW,
        revoked_at: None,
        revoked_reason: None,
    }
}

pub(in crate::tests) fn refresh_token(id: &str) -> RefreshToken {
    RefreshToken {
        id: RefreshTokenId::new(id),
        family_id: family_id(),
        generation: 0,
        issued_at: NOW,
        idle_expires_at: None,
        expires_at: None,
        consumed_at: None,
        successor_id: None,
        seen_at: None,
        sealed_response: None,
        repeatable_until: None,
    }
}

pub(in crate::tests) fn access_token() -> AccessToken {
    AccessToken {
        family_id: family_id(),
        refresh_token_id: None,
        scope: ScopeSet::parse("openid"),
        dpop_jkt: None,
        expires_at: at(60),
    }
}

pub(in crate::tests) fn code() -> AuthorizationCode {
    AuthorizationCode {
        family_id: family_id(),
        client_id: client_id(),
        redirect_uri: None,
        code_challenge: None,
        nonce: None,
        expires_at: at(1),
        consumed_at: None,
    }
}

pub(in crate::tests) fn pending() -> PendingAuthorization {
    let request = AuthorizationRequest {
        client_id: "app".to_owned(),
        redirect_uri: "https://app.example/callback".to_owned(),
        redirect_uri_was_sent: true,
        response_type: ResponseType::CODE,
        response_mode: ResponseMode::FormPost,
        scope: ScopeSet::parse("openid email"),
        state: Some("a state\u{0}with \"everything\"".to_owned()),
        nonce: None,
        code_challenge: None,
        dpop_jkt: None,
        audience: None,
        claims: ClaimsRequest::default(),
        prompt: Vec::new(),
        max_age: Some(0),
        login_hint: None,
        id_token_hint: None,
        screen_hint: None,
        ui_locales: None,
        connection: None,
        connection_scope: None,
        organization: None,
    };
    PendingAuthorization {
        browser_digest: digest(77),
        client_id: client_id(),
        request,
        started_at: NOW,
        expires_at: at(30),
    }
}

pub(in crate::tests) fn pushed() -> PushedAuthorization {
    let parameters = Params::from_form(b"response_type=code&state=s").expect("a readable request");
    PushedAuthorization { client_id: client_id(), parameters, expires_at: at(60) }
}

pub(in crate::tests) fn provider_sign_in() -> ProviderSignIn {
    ProviderSignIn {
        browser_digest: digest(200),
        connection_id: connection_id(),
        secrets_sealed: vec![7; 40],
        is_silent: false,
        started_at: NOW,
        expires_at: at(60),
    }
}

/// An event `minutes` after [`NOW`].
pub(in crate::tests) fn event(minutes: i64, code: &str) -> Event {
    Event {
        log_id: EventId::at(at(minutes), [0; 8]),
        date: at(minutes),
        code: code.to_owned(),
        description: None,
        connection: None,
        connection_id: None,
        client_id: None,
        client_name: None,
        ip: None,
        user_agent: None,
        user_id: None,
        user_name: None,
        audience: None,
        scope: None,
        details: JsonObject::new(),
    }
}

/// A link that Ada was sent for a new password, with everything in it.
pub(in crate::tests) fn ticket() -> Ticket {
    Ticket {
        kind: TicketKind::ResetPassword,
        user_id: user_id(),
        pin: Pin {
            email: Some(FoldedEmail::of("ada@example.com")),
            last_password_reset: Some(at(-20)),
            logins_count: Some(7),
            password_version: Some(2),
        },
        client_id: Some(client_id()),
        is_mailed: true,
        result_url: Some("https://app.example/done".to_owned()),
        tells_email: true,
        verifies_email: true,
        created_at: NOW,
        expires_at: at(60),
        spent_at: None,
    }
}
