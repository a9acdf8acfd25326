//! Telling applications that a session they take part in has ended (OpenID Connect Back-Channel Logout 1.0).
//!
//! The write that ends a session leaves a job for each address of each application in it, so that none is forgotten.
//! Applications that cannot be reached are told again for most of a day.

use model::client::Client;
use model::event::EventType;
use model::session::Session;
use model::{ClientId, SessionId, UserId};
use protocol::logout::{LogoutTokenClaims, logout_token};
use serde::{Deserialize, Serialize};
use store::WriteTx;
use upstream::Told;

use crate::error::OrInternal;
use crate::events::event;
use crate::jobs::{self, Work, WorkFailed};
use crate::tokens::jti;
use crate::{InternalError, RequestContext, Services};

/// What one application is to be told at one of its addresses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogoutNews {
    /// The application.
    pub client_id: ClientId,
    /// The address.
    pub url: String,
    /// Whose session has ended. It is told of somebody who was deleted, too.
    pub user_id: UserId,
    /// Which.
    pub sid: SessionId,
}

/// Leaves the jobs for a session that ends with this write.
pub(crate) async fn enqueue(
    svc: &Services,
    cx: &RequestContext,
    tx: &mut WriteTx,
    session: &Session,
) -> Result<(), InternalError> {
    for client_id in store::sessions::clients(tx, &session.sid).await? {
        let Some(stored) = store::clients::find(tx, &client_id).await? else { continue };
        for url in stored.client.backchannel_logout_urls {
            let (client_id, user_id, sid) = (client_id.clone(), session.user_id.clone(), session.sid.clone());
            let news = LogoutNews { client_id, url, user_id, sid };
            jobs::enqueue(svc, cx, tx, &Work::BackchannelLogout(news)).await?;
        }
    }
    Ok(())
}

/// Makes one attempt. An application that has gone or has another address meanwhile is not told.
pub(crate) async fn tell(svc: &Services, cx: &RequestContext, news: &LogoutNews) -> Result<(), WorkFailed> {
    let found = store::clients::find(&mut svc.store.read().await?, &news.client_id).await?;
    let client = found.map(|stored| stored.client);
    let Some(client) = client.filter(|client| client.backchannel_logout_urls.contains(&news.url)) else {
        return Ok(());
    };
    let token = sign(svc, cx, &client, news)?;
    let told = svc.upstreams.tell_of_logout(&news.url, &token).await;
    let told = told.map_err(|refused| WorkFailed::Never(format!("the address of {} {refused}", client.client_id)))?;
    judge(&client, told)?;
    let succeeded = event(svc, cx, EventType::BackchannelLogoutSucceeded).client(&client).user_id(&news.user_id);
    succeeded.detail("sid", news.sid.as_str()).record_alone(svc).await?;
    Ok(())
}

fn sign(svc: &Services, cx: &RequestContext, client: &Client, news: &LogoutNews) -> Result<String, InternalError> {
    let claims = logout_token(&LogoutTokenClaims {
        issuer: &svc.settings.issuer,
        audience: client.client_id.as_str(),
        subject: news.user_id.as_str(),
        sid: news.sid.as_str(),
        jti: &jti(svc),
        issued_at: cx.now.seconds(),
    });
    svc.key_set().signer().sign("logout+jwt", &claims).or_internal("signing a logout token")
}

/// An application that calls the token wrong does so the next time too; it may be tired or away only for a while.
fn judge(client: &Client, told: Told) -> Result<(), WorkFailed> {
    let id = &client.client_id;
    match told {
        Told::Accepted => Ok(()),
        Told::Answered(status @ (408 | 425 | 429 | 500..)) => Err(WorkFailed::Later(format!("{id} answered {status}"))),
        Told::Answered(status) => Err(WorkFailed::Never(format!("{id} answered {status}"))),
        Told::Unavailable(reason) => Err(WorkFailed::Later(format!("{id} did not answer: {}", reason.as_str()))),
        Told::TimedOut => Err(WorkFailed::Later(format!("{id} took too long to answer"))),
    }
}

#[cfg(test)]
mod tests {
    use model::Timestamp;
    use protocol::client_metadata::AppType;
    use upstream::UnavailableReason;

    use super::*;

    #[test]
    fn se_11_who_may_do_better_is_told_again_and_nobody_else() {
        let now = Timestamp::from_millis(0);
        let client = Client::new(ClientId::new("app"), "The app".to_owned(), AppType::RegularWeb, now);
        let check = |told: Told, expected: &str| {
            let found = match judge(&client, told) {
                Ok(()) => "done".to_owned(),
                Err(WorkFailed::Later(words)) => format!("later: {words}"),
                Err(WorkFailed::Never(words)) => format!("never: {words}"),
                Err(WorkFailed::Internal(error)) => panic!("{error}"),
            };
            assert_eq!(found, expected, "{told:?}");
        };
        check(Told::Accepted, "done");
        for status in [408, 425, 429, 500, 502, 503, 504] {
            check(Told::Answered(status), &format!("later: app answered {status}"));
        }
        for status in [301, 302, 307, 308, 400, 401, 403, 404, 405, 410] {
            check(Told::Answered(status), &format!("never: app answered {status}"));
        }
        check(Told::TimedOut, "later: app took too long to answer");
        let away = "later: app did not answer: unreachable";
        check(Told::Unavailable(UnavailableReason::Unreachable), away);
    }
}
