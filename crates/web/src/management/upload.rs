//! Forms with a file of people in them (RFC 7578).

use axum::extract::multipart::{Field, Multipart, MultipartError};
use axum::extract::{FromRequest, Request};
use flows::management::jobs::Upload;
use http::StatusCode;

use crate::errors::management::{Failure, Unread};
use crate::state::AppState;

/// The largest file, as at Auth0.
const MOST_FILE_BYTES: usize = 512_000;

/// The longest text beside it.
const MOST_TEXT_BYTES: usize = 4_096;

/// More parts than anybody has a use for.
const MOST_PARTS: usize = 32;

/// The part that holds the file. What it calls itself, and its type, differ between clients and say nothing.
const FILE: &str = "users";

/// The parts of such a form, of bounded size.
pub(crate) struct UsersUpload(pub(super) Upload);

impl FromRequest<AppState> for UsersUpload {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Failure> {
        let mut form = Multipart::from_request(request, state).await.map_err(|_| Unread::NotMultipart)?;
        let mut upload = Upload::default();
        let mut parts = 0;
        while let Some(part) = form.next_field().await.map_err(|error| unread(&error))? {
            parts += 1;
            if parts > MOST_PARTS {
                return Err(Unread::UploadTooLarge.into());
            }
            add(&mut upload, part).await?;
        }
        Ok(UsersUpload(upload))
    }
}

async fn add(upload: &mut Upload, part: Field<'_>) -> Result<(), Unread> {
    let name = part.name().unwrap_or_default().to_owned();
    let content = part.bytes().await.map_err(|error| unread(&error))?;
    let most = if name == FILE { MOST_FILE_BYTES } else { MOST_TEXT_BYTES };
    if content.len() > most {
        return Err(Unread::UploadTooLarge);
    }
    let is_first = if name == FILE {
        upload.file.replace(content.to_vec()).is_none()
    } else {
        let text = String::from_utf8(content.to_vec()).map_err(|_| Unread::NotMultipart)?;
        upload.texts.insert(name, text).is_none()
    };
    if is_first { Ok(()) } else { Err(Unread::NotMultipart) }
}

fn unread(error: &MultipartError) -> Unread {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Unread::UploadTooLarge,
        _ => Unread::NotMultipart,
    }
}
