//! What has to happen next before an authorization request can be answered.

use crate::authorization::{AuthorizationRequest, Prompt};
use crate::error::ErrorCode;

/// What is known of the browser's session. Absent where there is none that is live.
#[derive(Clone, Copy, Debug)]
pub struct SessionFacts {
    /// When the person last proved who they are, unix milliseconds.
    pub authenticated_at_ms: i64,
    /// Whether that was done for this very request.
    pub authenticated_for_this_request: bool,
    /// Whether the person is the one that `id_token_hint` or `login_hint` names. True where neither was sent.
    pub matches_hints: bool,
}

/// The page that begins a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    /// The login form.
    Login,
    /// The sign-up form.
    Signup,
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The person must prove who they are.
    Login(Screen),
    /// The request can be answered for the session's user.
    Finish,
    /// No page may be shown, and one would be needed (OpenID Connect Core 3.1.2.6).
    Refuse(ErrorCode, &'static str),
}

/// Decides what comes next. Pages hold no order of their own: each asks again after its work is done.
pub fn next_step(request: &AuthorizationRequest, session: Option<SessionFacts>, now_ms: i64) -> Step {
    let usable = session.is_some_and(|session| suffices(request, &session, now_ms));
    match (usable, request.prompts(Prompt::None)) {
        (true, _) => Step::Finish,
        (false, true) => Step::Refuse(ErrorCode::LoginRequired, "Login required"),
        (false, false) => Step::Login(screen(request)),
    }
}

fn suffices(request: &AuthorizationRequest, session: &SessionFacts, now_ms: i64) -> bool {
    if session.authenticated_for_this_request {
        return true;
    }
    let asks_again = [Prompt::Login, Prompt::SelectAccount, Prompt::Create].into_iter().any(|p| request.prompts(p));
    !asks_again && session.matches_hints && is_recent(request.max_age, session, now_ms)
}

/// OpenID Connect Core 3.1.2.1: with `max_age=0` no earlier proof is recent enough.
fn is_recent(max_age: Option<u64>, session: &SessionFacts, now_ms: i64) -> bool {
    let Some(max_age) = max_age else { return true };
    let limit_ms = i64::try_from(max_age).unwrap_or(i64::MAX).saturating_mul(1000);
    max_age > 0 && now_ms.saturating_sub(session.authenticated_at_ms) <= limit_ms
}

fn screen(request: &AuthorizationRequest) -> Screen {
    let wants_signup = request.screen_hint.as_deref() == Some("signup") || request.prompts(Prompt::Create);
    if wants_signup { Screen::Signup } else { Screen::Login }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authorization::{ResponseMode, ResponseType};
    use crate::claims::ClaimsRequest;
    use crate::scope::ScopeSet;

    fn request(prompt: &[Prompt], max_age: Option<u64>) -> AuthorizationRequest {
        AuthorizationRequest {
            client_id: "c".into(),
            redirect_uri: "https://app.example/cb".into(),
            redirect_uri_was_sent: true,
            response_type: ResponseType::CODE,
            response_mode: ResponseMode::Query,
            scope: ScopeSet::default(),
            state: None,
            nonce: None,
            code_challenge: None,
            dpop_jkt: None,
            audience: None,
            claims: ClaimsRequest::default(),
            prompt: prompt.to_vec(),
            max_age,
            login_hint: None,
            id_token_hint: None,
            screen_hint: None,
            ui_locales: None,
            connection: None,
            connection_scope: None,
            organization: None,
        }
    }

    const NOW: i64 = 1_000_000;
    const LOGIN: Step = Step::Login(Screen::Login);
    const REFUSED: Step = Step::Refuse(ErrorCode::LoginRequired, "Login required");

    fn session(age_seconds: i64) -> SessionFacts {
        SessionFacts {
            authenticated_at_ms: NOW - age_seconds * 1000,
            authenticated_for_this_request: false,
            matches_hints: true,
        }
    }

    #[test]
    fn az_14_az_15_prompt_and_max_age_decide() {
        type Case = (&'static [Prompt], Option<u64>, Option<SessionFacts>, Step);
        let cases: &[Case] = &[
            (&[], None, None, LOGIN),
            (&[], None, Some(session(5)), Step::Finish),
            (&[Prompt::None], None, None, REFUSED),
            (&[Prompt::None], None, Some(session(5)), Step::Finish),
            (&[Prompt::None], Some(4), Some(session(5)), REFUSED),
            (&[Prompt::None], Some(0), Some(session(0)), REFUSED),
            (&[Prompt::Login], None, Some(session(0)), LOGIN),
            (&[Prompt::SelectAccount], None, Some(session(0)), LOGIN),
            (&[Prompt::Create], None, Some(session(0)), Step::Login(Screen::Signup)),
            (&[], Some(5), Some(session(5)), Step::Finish),
            (&[], Some(4), Some(session(5)), LOGIN),
            (&[], Some(0), Some(session(0)), LOGIN),
            (&[], Some(u64::MAX), Some(session(5)), Step::Finish),
        ];
        for (prompt, max_age, session, step) in cases {
            assert_eq!(next_step(&request(prompt, *max_age), *session, NOW), *step, "{prompt:?} {max_age:?}");
        }
    }

    #[test]
    fn a_login_made_for_this_request_satisfies_it() {
        let fresh = SessionFacts { authenticated_for_this_request: true, ..session(0) };
        assert_eq!(next_step(&request(&[Prompt::Login], Some(0)), Some(fresh), NOW), Step::Finish);
    }

    #[test]
    fn az_16_somebody_else_s_session_is_not_enough() {
        let other = SessionFacts { matches_hints: false, ..session(5) };
        assert_eq!(next_step(&request(&[Prompt::None], None), Some(other), NOW), REFUSED);
        assert_eq!(next_step(&request(&[], None), Some(other), NOW), LOGIN);
    }
}
