//! Sending a link to confirm an address.

use model::JsonObject;
use model::job::{JobStatus, ReportedJob};
use model::ticket::TicketKind;
use protocol::management_scope::ManagementScope;

use super::super::tickets::{read_client, read_user};
use super::{Body, BodyInvalid, Caller, Refused, Resource};
use crate::tickets::{Mailing, send, verification};
use crate::{RequestContext, Services};

/// Sends somebody a link to confirm their address. The job is done once the mail server has the mail.
pub async fn start(svc: &Services, cx: &RequestContext, caller: &Caller, body: &Body) -> Result<ReportedJob, Refused> {
    caller.require(ManagementScope::UpdateUsers)?;
    let mut fields = body.object()?;
    let user = read_user(svc, &mut fields).await?;
    let client_id = read_client(svc, &mut fields).await?;
    fields.finish()?;
    let report = JsonObject::from_iter([("type".to_owned(), "verification_email".into())]);
    // The languages of a script are not the person's.
    let unspoken = RequestContext { languages: Vec::new(), ..cx.clone() };
    let mut tx = svc.store.write().await?;
    if !store::users::hold(&mut tx, &user.user_id).await? {
        return Err(Refused::NotFound(Resource::User));
    }
    let kind = TicketKind::VerifyEmail;
    let mailing = send(svc, &unspoken, &mut tx, &user.user_id, kind, client_id, Some(&report)).await?;
    verification::record(svc, cx, &mut tx, &user.user_id, user.profile.email.as_deref(), &mailing).await?;
    tx.commit().await?;
    match mailing {
        Mailing::Sent(id) => {
            Ok(ReportedJob { id, status: JobStatus::Pending, status_details: None, created_at: cx.now, report })
        }
        Mailing::TooMany => Err(Refused::TooManyMails),
        Mailing::Nowhere => Err(BodyInvalid::wrong("user_id", "must be of a user with an e-mail address").into()),
    }
}
