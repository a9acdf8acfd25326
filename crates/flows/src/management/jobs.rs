//! Work that was asked for, and how far it is.

use model::job::{JobStatus, ReportedJob};
use model::ticket::TicketKind;
use model::{JobId, JsonObject};
use protocol::management_scope::ManagementScope;

use super::tickets::{read_client, read_user};
use super::{Body, BodyInvalid, Caller, Refused, Resource};
use crate::tickets::{Mailing, send, verification};
use crate::{RequestContext, Services};

/// How far a job is. One that nobody was told of is not there, nor one that was done a day ago.
pub async fn get(svc: &Services, cx: &RequestContext, caller: &Caller, id: &JobId) -> Result<ReportedJob, Refused> {
    caller.require_any(&[ManagementScope::CreateUsers, ManagementScope::ReadUsers])?;
    let found = store::jobs::find_reported(&mut svc.store.read().await?, id, cx.now).await?;
    found.ok_or(Refused::NotFound(Resource::Job))
}

/// Sends somebody a link to confirm their address. The job is done once the mail server has the mail.
pub async fn verification_email(
    svc: &Services,
    cx: &RequestContext,
    caller: &Caller,
    body: &Body,
) -> Result<ReportedJob, Refused> {
    caller.require(ManagementScope::UpdateUsers)?;
    let mut fields = body.object()?;
    let user = read_user(svc, &mut fields).await?;
    let client_id = read_client(svc, &mut fields).await?;
    fields.finish()?;
    let report = JsonObject::from_iter([("type".to_owned(), "verification_email".into())]);
    // The languages of a script are not the person's.
    let unspoken = RequestContext { languages: Vec::new(), ..cx.clone() };
    let mut tx = svc.store.write().await?;
    let kind = TicketKind::VerifyEmail;
    let mailing = send(svc, &unspoken, &mut tx, &user.user_id, kind, client_id, Some(&report)).await?;
    verification::record(svc, cx, &mut tx, &user.user_id, user.profile.email.as_deref(), &mailing).await?;
    tx.commit().await?;
    match mailing {
        Mailing::Sent(id) => Ok(ReportedJob { id, status: JobStatus::Pending, created_at: cx.now, report }),
        Mailing::TooMany => Err(Refused::TooManyMails),
        Mailing::Nowhere => Err(BodyInvalid::wrong("user_id", "must be of a user with an e-mail address").into()),
    }
}
