//! The token endpoint (RFC 6749 4.1.3) and what it answers.

use model::provider::ClientAuthentication;
use secrecy::ExposeSecret;
use serde::Deserialize;
use url::Url;

use crate::answer::{Garbage, Setback, UnavailableReason};
use crate::gate::Stopwatch;
use crate::http::{HttpAnswer, HttpClient};
use crate::sign_in::{ProviderTokens, Registration, Returned, SignInProblem};

/// A refusal (RFC 6749 5.2). GitHub sends it with status 200.
#[derive(Deserialize)]
struct Refusal {
    error: String,
}

/// Exchanges a code. A refusal of the code is an answer, and no failure of the provider: anybody can bring a made-up
/// one.
pub(crate) async fn exchange(
    http: &HttpClient,
    token_endpoint: &Url,
    registration: &Registration<'_>,
    returned: &Returned<'_>,
    watch: Stopwatch,
) -> Result<Result<ProviderTokens, SignInProblem>, Setback> {
    let provider = registration.provider;
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("code", returned.code),
        ("redirect_uri", registration.redirect_uri),
    ];
    if provider.pkce {
        form.push(("code_verifier", returned.code_verifier.expose_secret()));
    }
    let answer = match (&provider.client_authentication, registration.secret) {
        (ClientAuthentication::ClientSecretBasic, Some(secret)) => {
            http.post_form_as(token_endpoint, &form, &provider.client_id, secret).await?
        }
        (ClientAuthentication::None, _) => {
            form.push(("client_id", &provider.client_id));
            http.post_form(token_endpoint, &form, None).await?
        }
        (_, Some(secret)) => {
            form.extend([("client_id", provider.client_id.as_str()), ("client_secret", secret.expose_secret())]);
            http.post_form(token_endpoint, &form, None).await?
        }
        (_, None) => return Err(UnavailableReason::OurCredentials.into()),
    };
    read(answer, watch)
}

fn read(answer: HttpAnswer, watch: Stopwatch) -> Result<Result<ProviderTokens, SignInProblem>, Setback> {
    let retry_after = answer.retry_after(watch.now());
    match answer.status {
        200 => {
            let json = answer.json.ok_or(Garbage::NotJson)?;
            if let Ok(refusal) = Refusal::deserialize(&json) {
                return refused(&refusal.error);
            }
            Ok(Ok(serde_json::from_value(json).map_err(|_| Garbage::Malformed)?))
        }
        // Anybody can bring a code that is refused in a way nobody can read: that is no failure of the provider either.
        400 | 401 | 403 => {
            let refusal = answer.json.and_then(|json| serde_json::from_value::<Refusal>(json).ok());
            refused(refusal.as_ref().map_or("", |refusal| &refusal.error))
        }
        429 => Err(Setback::Throttled { retry_after }),
        status => Err(UnavailableReason::Status(status).into()),
    }
}

/// Goes by the words and not by the status. The second and third are GitHub's.
fn refused(error: &str) -> Result<Result<ProviderTokens, SignInProblem>, Setback> {
    match error {
        "invalid_grant" | "bad_verification_code" => Ok(Err(SignInProblem::CodeRefused)),
        "invalid_client" | "unauthorized_client" | "incorrect_client_credentials" | "access_denied" => {
            Err(UnavailableReason::OurCredentials.into())
        }
        _ => Err(UnavailableReason::UnknownError.into()),
    }
}
